// texts.js: all words of the client.
const en = {
  label: "Template",
  left: "Left",
  right: "Right",
  up: "Up",
  down: "Down",
  score: (score) => `${score} coins`,
  offline: "Connection lost. Trying again …",
  aborted: "The match was ended",
  over: "The match is over",
  win: "You win",
  loss: "You lose",
  draw: "A draw",
};
const fr = {
  label: "Template",
  left: "Gauche",
  right: "Droite",
  up: "Haut",
  down: "Bas",
  score: (score) => `${score} pièces`,
  offline: "Connexion perdue. Nouvel essai…",
  aborted: "Le match a été arrêté",
  over: "Le match est terminé",
  win: "Victoire",
  loss: "Défaite",
  draw: "Égalité",
};

export function textsFor(locale) {
  return String(locale).startsWith("fr") ? fr : en;
}
