// texts.js: all words of the client, and what a view says with them.
const en = {
  label: "Breakout",
  waiting: "Waiting for the other player",
  paused: "Connection lost: waiting",
  offline: "Connection lost. Trying again …",
  hint: "Arrow keys, mouse or finger",
  watching: "Watching",
  level: (level, score) => `Level ${level} · ${score}`,
  cleared: "All cleared",
  lost: "No balls left",
  win: "You win",
  lose: "You lose",
  over: "The match is over",
  ended: "The match was ended",
  seconds: (seconds) => `${seconds} s until forfeit`,
};
const fr = {
  label: "Casse-briques",
  waiting: "En attente de l'autre joueur",
  paused: "Connexion perdue : on attend",
  offline: "Connexion perdue. Nouvel essai…",
  hint: "Flèches, souris ou doigt",
  watching: "Spectateur",
  level: (level, score) => `Niveau ${level} · ${score}`,
  cleared: "Tout est vidé",
  lost: "Plus de balles",
  win: "Victoire",
  lose: "Défaite",
  over: "Le match est terminé",
  ended: "Le match a été arrêté",
  seconds: (seconds) => `${seconds} s avant forfait`,
};

export function textsFor(locale) {
  return String(locale).startsWith("fr") ? fr : en;
}

// {title, line} over the courts.
export function captionOf(view, texts, { linked, ended, ownSlot }) {
  if (ended?.state === "aborted") return { title: texts.ended, line: "" };
  if (view?.phase === "over") {
    const own = ended?.players?.find(({ slot }) => slot === ownSlot);
    const title =
      own && own.outcome !== "draw" ? (own.outcome === "win" ? texts.win : texts.lose) : texts.over;
    return { title, line: view.courts.map(({ score }) => score).join(" : ") };
  }
  if (!linked) return { title: texts.offline, line: "" };
  if (!view) return { title: "", line: "" };
  const seconds = Math.ceil(view.timer / 60);
  if (view.phase === "waiting") return { title: texts.waiting, line: texts.seconds(seconds) };
  if (view.phase === "paused") return { title: texts.paused, line: texts.seconds(seconds) };
  if (view.phase === "countdown")
    return { title: String(seconds), line: ownSlot === null ? texts.watching : texts.hint };
  return { title: "", line: "" };
}
