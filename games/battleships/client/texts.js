// texts.js: all words of the client.

const en = {
  label: "Battleships: two seas of ten by ten cells",
  place: "Drag your ships, tap to turn",
  placed: (name) => `Waiting for the ships of ${name}`,
  placing: "The ships are being laid",
  wrong: "Ships must not lie on each other",
  yourTurn: "Your turn: shoot",
  turnOf: (name) => `${name} shoots`,
  awaited: (name) => `${name} is away: waiting`,
  offline: "Connection lost. Trying again …",
  turn: "Turn",
  mix: "Mix",
  ready: "Ready",
  own: "Your fleet",
  success: ["", "miss", "hit", "sunk"],
  shot: (name, cell, success) => `${name}, ${cell}: ${success}`,
  cell: (cell, known) => `${cell}, ${known}`,
  known: ["not shot at", "miss", "hit", "sunk"],
  ship: (length) => `ship of ${length}`,
  win: "You win",
  lose: "You lose",
  wins: (name) => `${name} won`,
  draw: "The other one never came",
  ended: "The match was ended",
  byForfeit: "by forfeit",
};

const fr = {
  label: "Bataille navale : deux mers de dix cases sur dix",
  place: "Glissez vos navires, touchez : tourner",
  placed: (name) => `En attente des navires de ${name}`,
  placing: "Les navires se placent",
  wrong: "Les navires ne doivent pas se chevaucher",
  yourTurn: "À vous de tirer",
  turnOf: (name) => `${name} tire`,
  awaited: (name) => `${name} est absent : on attend`,
  offline: "Connexion perdue. Nouvel essai…",
  turn: "Tourner",
  mix: "Mélanger",
  ready: "Prêt",
  own: "Votre flotte",
  success: ["", "à l'eau", "touché", "coulé"],
  shot: (name, cell, success) => `${name}, ${cell} : ${success}`,
  cell: (cell, known) => `${cell}, ${known}`,
  known: ["pas encore visée", "à l'eau", "touché", "coulé"],
  ship: (length) => `navire de ${length}`,
  win: "Victoire",
  lose: "Défaite",
  wins: (name) => `Victoire : ${name}`,
  draw: "L'autre n'est jamais venu",
  ended: "Le match a été arrêté",
  byForfeit: "par forfait",
};

export function textsFor(locale) {
  return String(locale).startsWith("fr") ? fr : en;
}
