// texts.js: all words of the client.

const en = {
  label: "Pong court",
  waiting: (names) => `Waiting for ${names}`,
  forfeitIn: (seconds) => `${seconds} s until forfeit`,
  paused: (names) => `${names} lost the connection`,
  offline: "Connection lost. Trying again …",
  getReady: "Get ready",
  starts: (seconds) => `Starting in ${seconds} seconds`,
  hintKeys: "↑ ↓ or W S, mouse or gamepad",
  hintTouch: "Drag anywhere on the court",
  watching: "Watching",
  away: "away",
  left: "left",
  you: "You",
  and: " and ",
  win: "You win",
  lose: "You lose",
  wins: (names) => `${names} won`,
  draw: "Nobody came",
  byForfeit: "by forfeit",
  score: (one, a, other, b) => `${one} ${a}, ${other} ${b}`,
};

const fr = {
  label: "Terrain de Pong",
  waiting: (names) => `En attente de ${names}`,
  forfeitIn: (seconds) => `${seconds} s avant forfait`,
  paused: (names) => `Connexion perdue : ${names}`,
  offline: "Connexion perdue. Nouvel essai…",
  getReady: "Prêt ?",
  starts: (seconds) => `Début dans ${seconds} secondes`,
  hintKeys: "↑ ↓ ou W S, souris ou manette",
  hintTouch: "Glissez n'importe où sur le terrain",
  watching: "Spectateur",
  away: "absent",
  left: "parti",
  you: "Vous",
  and: " et ",
  win: "Victoire",
  lose: "Défaite",
  wins: (names) => `Victoire : ${names}`,
  draw: "Personne n'est venu",
  byForfeit: "par forfait",
  score: (one, a, other, b) => `${one} ${a}, ${other} ${b}`,
};

export function textsFor(locale) {
  return String(locale).startsWith("fr") ? fr : en;
}
