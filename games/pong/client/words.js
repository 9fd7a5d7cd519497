// words.js: what a view says in words: the captions on the court, and the line for screen readers.
import { TICK_HZ } from "./view.js";

const HINT_UNTIL_POINTS = 1; // the controls are named until somebody has scored

// who: {ownSlot, players: [{name, slot}], texts}
function namesOf(who, wanted) {
  const names = who.players.filter(({ slot }) => wanted(slot)).map(({ name }) => name);
  return names.join(who.texts.and);
}

// Those who may still come (back).
function absentNames(view, who) {
  return namesOf(
    who,
    (slot) => view.paddles[slot] && !view.paddles[slot].here && !view.paddles[slot].gone,
  );
}

function teamName(who, team) {
  return namesOf(who, (slot) => slot % 2 === team);
}

function noteOn(view, who, team) {
  const mates = view.paddles.filter((paddle) => paddle.team === team);
  if (mates.some((paddle) => paddle.gone)) return who.texts.left;
  return mates.every((paddle) => paddle.here) ? "" : who.texts.away;
}

// {names, notes, number, title, lines, tint} for draw.js
// how: {linked, ended: match or null, touch}
export function captions(view, who, { linked, ended, touch }) {
  const { texts, ownSlot } = who;
  const base = { names: [0, 1].map((team) => teamName(who, team)), notes: ["", ""], lines: [] };
  if (view?.phase === "over") return { ...base, ...verdict(view, who) };
  if (ended?.state === "aborted") return { ...base, title: texts.ended };
  if (!linked) return { ...base, title: texts.offline };
  if (!view) return base;
  const notes = [0, 1].map((team) => noteOn(view, who, team));
  const seconds = Math.ceil(view.timer / TICK_HZ);
  const absent = () => absentNames(view, who);
  switch (view.phase) {
    case "waiting":
      return { ...base, notes, title: texts.waiting(absent()), lines: [texts.forfeitIn(seconds)] };
    case "paused":
      return { ...base, notes, title: texts.paused(absent()), lines: [texts.forfeitIn(seconds)] };
    case "countdown":
      return {
        ...base,
        notes,
        number: seconds,
        lines: [texts.goal(view.pointsToWin), hint(who, touch)],
      };
    default: {
      const fresh = view.scores[0] + view.scores[1] < HINT_UNTIL_POINTS && view.rally < 2;
      return { ...base, notes, lines: fresh || ownSlot === null ? [hint(who, touch)] : [] };
    }
  }
}

function hint({ texts, ownSlot }, touch) {
  if (ownSlot === null) return texts.watching;
  return touch ? texts.hintTouch : texts.hintKeys;
}

function verdict(view, who) {
  const { texts, ownSlot } = who;
  const lines = [`${view.scores[0]} : ${view.scores[1]}`];
  if (view.forfeit) lines.push(texts.byForfeit);
  if (view.winner === null) return { title: texts.draw, lines };
  const tint = view.winner;
  if (ownSlot === null) return { title: texts.wins(teamName(who, tint)), lines, tint };
  return { title: tint === ownSlot % 2 ? texts.win : texts.lose, lines, tint };
}

// What a screen reader should say when `before` (null at first) became `after`; null for nothing.
export function announce(before, after, who) {
  const { texts } = who;
  if (after.phase !== before?.phase) {
    if (after.phase === "over") {
      const { title, lines } = verdict(after, who);
      return [title, ...lines].join(", ");
    }
    const absent = absentNames(after, who);
    if (after.phase === "waiting") return texts.waiting(absent);
    if (after.phase === "paused") return texts.paused(absent);
    if (after.phase === "countdown") return texts.starts(Math.ceil(after.timer / TICK_HZ));
  }
  if (before && after.scores.some((points, team) => points !== before.scores[team]))
    return texts.score(teamName(who, 0), after.scores[0], teamName(who, 1), after.scores[1]);
  return null;
}
