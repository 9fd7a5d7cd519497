// texts.js: all words of the client.

const en = {
  label: "Light cycles arena",
  waiting: (names) => `Waiting for ${names}`,
  startIn: (seconds) => `${seconds} s until the others start without`,
  offline: "Connection lost. Trying again …",
  round: (number) => `Round ${number}`,
  hintKeys: "Arrow keys or W A S D: do not touch a wall",
  hintTouch: "Swipe to turn: do not touch a wall",
  watching: "Watching",
  crashed: "You crashed",
  away: "away",
  left: "left",
  and: ", ",
  roundWin: "Round won",
  roundWins: (name) => `${name} wins the round`,
  roundDraw: "Nobody wins the round",
  win: "You win",
  lose: "You lose",
  draw: "A draw",
  wins: (name) => `${name} won`,
  ended: "The match was ended",
  byForfeit: "The others have left",
  standing: (name, wins) => `${name}: ${wins}`,
};

const fr = {
  label: "Arène de motos lumineuses",
  waiting: (names) => `En attente de ${names}`,
  startIn: (seconds) => `Départ sans les absents dans ${seconds} s`,
  offline: "Connexion perdue. Nouvel essai…",
  round: (number) => `Manche ${number}`,
  hintKeys: "Flèches ou W A S D : ne touchez aucun mur",
  hintTouch: "Glissez pour tourner : ne touchez aucun mur",
  watching: "Spectateur",
  crashed: "Accident",
  away: "absent",
  left: "parti",
  and: ", ",
  roundWin: "Manche gagnée",
  roundWins: (name) => `Manche gagnée par ${name}`,
  roundDraw: "Manche sans vainqueur",
  win: "Victoire",
  lose: "Défaite",
  draw: "Match nul",
  wins: (name) => `Victoire : ${name}`,
  ended: "Le match a été arrêté",
  byForfeit: "Les autres sont partis",
  standing: (name, wins) => `${name} : ${wins}`,
};

export function textsFor(locale) {
  return String(locale).startsWith("fr") ? fr : en;
}
