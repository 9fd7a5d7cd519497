// words.js: what a view says in words: the captions on the courts, and the line for screen readers.
import { TICK_HZ } from "./view.js";

// who: {ownSlot, players: [{name, slot}], texts}
function nameOf(who, slot) {
  return who.players.find((player) => player.slot === slot)?.name ?? `#${slot + 1}`;
}

function absentNames(view, who) {
  return view.players
    .map((player, slot) => (player.here || player.gone ? null : nameOf(who, slot)))
    .filter((name) => name !== null)
    .join(who.texts.and);
}

function noteOn(player, texts) {
  if (player.gone) return texts.left;
  return player.here ? "" : texts.away;
}

// {names, notes, number, title, lines} for draw.js
// how: {linked, ended: match or null, touch}
export function captions(view, who, { linked, ended, touch }) {
  const { texts, ownSlot } = who;
  const base = { names: [], notes: [], number: null, title: null, lines: [] };
  if (view) {
    base.names = view.players.map((_, slot) => nameOf(who, slot));
    base.notes = view.players.map((player) => noteOn(player, texts));
  }
  if (view?.phase === "over") return { ...base, ...verdict(view, who) };
  if (ended?.state === "aborted") return { ...base, title: texts.ended };
  if (!linked) return { ...base, title: texts.offline };
  if (!view) return base;
  const seconds = Math.ceil(view.timer / TICK_HZ);
  const hint = ownSlot === null ? texts.watching : touch ? texts.hintTouch : texts.hintKeys;
  switch (view.phase) {
    case "waiting":
      return {
        ...base,
        title: texts.waiting(absentNames(view, who)),
        lines: [texts.forfeitIn(seconds)],
      };
    case "paused":
      return {
        ...base,
        title: texts.paused(absentNames(view, who)),
        lines: [texts.forfeitIn(seconds)],
      };
    case "countdown":
      return { ...base, number: seconds, lines: [hint] };
    default:
      return { ...base, lines: ownSlot === null ? [texts.watching] : [] };
  }
}

// 1: that player has won, 0: level, -1: has lost; as the rules have it.
export function standing(view, slot) {
  if (view.players[slot].gone) return -1;
  if (!view.versus) return view.courts[0].status === "cleared" ? 1 : -1;
  const other = 1 - slot;
  if (view.players[other].gone) return 1;
  return Math.sign(view.courts[slot].score - view.courts[other].score);
}

function verdict(view, who) {
  const { texts, ownSlot } = who;
  const lines = view.versus
    ? view.courts.map(({ score }, slot) => texts.standing(nameOf(who, slot), score))
    : [`${texts.level(view.courts[0].level + 1)}   ${view.courts[0].score}`];
  if (view.forfeit) lines.push(texts.byForfeit);
  if (ownSlot !== null)
    return { title: [texts.lose, texts.draw, texts.win][standing(view, ownSlot) + 1], lines };
  const best = view.players.findIndex((_, slot) => standing(view, slot) > 0);
  if (!view.versus) return { title: texts[view.courts[0].status] ?? texts.over, lines };
  return { title: best === -1 ? texts.draw : texts.wins(nameOf(who, best)), lines };
}

// What a screen reader should say when `before` (null at first) became `after`; null for nothing.
export function announce(before, after, who) {
  const { texts, ownSlot } = who;
  if (after.phase !== before?.phase) {
    if (after.phase === "over") {
      const { title, lines } = verdict(after, who);
      return [title, ...lines].join(", ");
    }
    if (after.phase === "waiting") return texts.waiting(absentNames(after, who));
    if (after.phase === "paused") return texts.paused(absentNames(after, who));
    if (after.phase === "countdown") return texts.starts(Math.ceil(after.timer / TICK_HZ));
  }
  const index = ownSlot === null ? 0 : after.players[ownSlot].court;
  const [old, court] = [before?.courts[index], after.courts[index]];
  if (!old) return null;
  if (court.status !== old.status && texts[court.status]) return texts[court.status];
  if (court.level !== old.level) return `${texts.level(court.level + 1)}, ${court.score}`;
  if (court.lives < old.lives) return texts.lives(court.lives);
  return caught(old, court, texts);
}

// What was caught between two states: what an effect or a number tells.
function caught(before, after, texts) {
  if (after.lives > before.lives) return texts.caught[3];
  if (after.wide && !before.wide) return texts.caught[0];
  if (after.slow && !before.slow) return texts.caught[1];
  return after.balls.length > before.balls.length ? texts.caught[2] : null;
}
