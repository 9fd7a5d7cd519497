// texts.js: all words of the client.

const en = {
  label: "Pong court",
  waiting: (names) => `Waiting for ${names}`,
  forfeitIn: (seconds) => `${seconds} s until forfeit`,
  paused: (names) => `${names} lost the connection`,
  offline: "Connection lost. Trying again …",
  starts: (seconds) => `Starting in ${seconds} seconds`,
  hintKeys: "↑ ↓ or W S, mouse or gamepad",
  hintTouch: "Drag anywhere on the court",
  watching: "Watching",
  goal: (points) => (points === 1 ? "The next point wins" : `${points} points win`),
  away: "away",
  left: "left",
  and: " and ",
  win: "You win",
  lose: "You lose",
  wins: (names) => `${names} won`,
  draw: "Nobody came",
  ended: "The match was ended",
  byForfeit: "by forfeit",
  score: (one, a, other, b) => `${one} ${a}, ${other} ${b}`,
};

const fr = {
  label: "Terrain de Pong",
  waiting: (names) => `En attente de ${names}`,
  forfeitIn: (seconds) => `${seconds} s avant forfait`,
  paused: (names) => `Connexion perdue : ${names}`,
  offline: "Connexion perdue. Nouvel essai…",
  starts: (seconds) => `Début dans ${seconds} secondes`,
  hintKeys: "↑ ↓ ou W S, souris ou manette",
  hintTouch: "Glissez n'importe où sur le terrain",
  watching: "Spectateur",
  goal: (points) => (points === 1 ? "Le prochain point gagne" : `Victoire à ${points} points`),
  away: "absent",
  left: "parti",
  and: " et ",
  win: "Victoire",
  lose: "Défaite",
  wins: (names) => `Victoire : ${names}`,
  draw: "Personne n'est venu",
  ended: "Le match a été arrêté",
  byForfeit: "par forfait",
  score: (one, a, other, b) => `${one} ${a}, ${other} ${b}`,
};

export function textsFor(locale) {
  return String(locale).startsWith("fr") ? fr : en;
}
