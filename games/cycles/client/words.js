// words.js: what a view says in words: the captions on the arena, and the line for screen readers.
import { TICK_HZ } from "./view.js";

// who: {ownSlot, players: [{name, slot}], texts}
export function nameOf(who, slot) {
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

// {names, notes, number, title, lines, tint} for draw.js
// how: {linked, ended: match or null, touch}
export function captions(view, who, { linked, ended, touch }) {
  const { texts, ownSlot } = who;
  const base = { names: [], notes: [], number: null, title: null, lines: [], tint: null };
  if (view) {
    base.names = view.players.map((_, slot) => nameOf(who, slot));
    base.notes = view.players.map((player) => noteOn(player, texts));
  }
  if (view?.phase === "over") return { ...base, ...verdict(view, who) };
  if (ended?.state === "aborted") return { ...base, title: texts.ended };
  if (!linked) return { ...base, title: texts.offline };
  if (!view) return base;
  const seconds = Math.ceil(view.timer / TICK_HZ);
  switch (view.phase) {
    case "waiting":
      return {
        ...base,
        title: texts.waiting(absentNames(view, who)),
        lines: [texts.startIn(seconds)],
      };
    case "countdown":
      return { ...base, number: seconds, lines: [texts.round(view.round), hint(who, touch)] };
    case "roundEnd":
      return {
        ...base,
        title: roundVerdict(view, who),
        lines: standings(view, who),
        tint: view.roundWinner,
      };
    default: {
      if (ownSlot === null) return { ...base, lines: [texts.watching] };
      return { ...base, lines: view.players[ownSlot].riding ? [] : [texts.crashed] };
    }
  }
}

function hint({ texts, ownSlot }, touch) {
  if (ownSlot === null) return texts.watching;
  return touch ? texts.hintTouch : texts.hintKeys;
}

function roundVerdict({ roundWinner }, who) {
  if (roundWinner === null) return who.texts.roundDraw;
  if (roundWinner === who.ownSlot) return who.texts.roundWin;
  return who.texts.roundWins(nameOf(who, roundWinner));
}

// Who stands before whom, as the rules have it: who stayed, then who won more rounds.
export function ranking(view) {
  const slots = view.players.map((_, slot) => slot);
  const before = (one, other) =>
    Number(view.players[one].gone) - Number(view.players[other].gone) ||
    view.players[other].wins - view.players[one].wins;
  return slots.sort(before);
}

function standings(view, who) {
  return ranking(view)
    .slice(0, 4)
    .map((slot) => who.texts.standing(nameOf(who, slot), view.players[slot].wins));
}

function verdict(view, who) {
  const { texts, ownSlot } = who;
  const order = ranking(view);
  const level = (slot) =>
    view.players[slot].gone === view.players[order[0]].gone &&
    view.players[slot].wins === view.players[order[0]].wins;
  const first = order.filter(level);
  const lines = standings(view, who);
  if (view.forfeit) lines.push(texts.byForfeit);
  if (first.length > 1) {
    const lost = ownSlot !== null && !first.includes(ownSlot);
    return { title: lost ? texts.lose : texts.draw, lines, tint: null };
  }
  if (ownSlot === null) return { title: texts.wins(nameOf(who, first[0])), lines, tint: first[0] };
  return { title: first[0] === ownSlot ? texts.win : texts.lose, lines, tint: first[0] };
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
    if (after.phase === "countdown") return texts.round(after.round);
    if (after.phase === "roundEnd") return roundVerdict(after, who);
  }
  const crashed =
    ownSlot !== null && before?.players[ownSlot].riding && !after.players[ownSlot].riding;
  return crashed ? texts.crashed : null;
}
