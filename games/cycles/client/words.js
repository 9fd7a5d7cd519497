// words.js: what a view says in words: the captions on the arena, and the line for screen readers.
import { TICK_HZ } from "./view.js";

// who: {ownSlot, players: [{name, slot}], texts}
function nameOf(who, slot) {
  return who.players.find((player) => player.slot === slot)?.name ?? `#${slot + 1}`;
}

function nameOfTeam(view, who, team) {
  const mates = view.players.map((_, slot) => slot).filter((slot) => slot % view.teams === team);
  return mates.map((slot) => nameOf(who, slot)).join(who.texts.mates);
}

// Team by team; a seat that nobody has is left out.
function shownSlots(view, who) {
  const isTaken = (slot) =>
    view.players[slot].here || who.players.some((player) => player.slot === slot);
  return view.players
    .map((_, slot) => slot)
    .filter(isTaken)
    .sort((one, other) => (one % view.teams) - (other % view.teams) || one - other);
}

function absentNames(view, who) {
  return shownSlots(view, who)
    .filter((slot) => !view.players[slot].here && !view.players[slot].gone)
    .map((slot) => nameOf(who, slot))
    .join(who.texts.and);
}

function noteOn(player, texts) {
  if (player.gone) return texts.left;
  return player.here ? "" : texts.away;
}

// {slots, names, notes, number, title, lines, tint: a team or null} for draw.js
// how: {linked, ended: match or null, touch}
export function captions(view, who, { linked, ended, touch }) {
  const { texts } = who;
  const base = {
    slots: [],
    names: [],
    notes: [],
    number: null,
    title: null,
    lines: [],
    tint: null,
  };
  if (view) {
    base.slots = shownSlots(view, who);
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
      return {
        ...base,
        number: seconds,
        lines: [texts.round(view.round), ...hints(view, who, touch)],
      };
    case "roundEnd":
      return {
        ...base,
        title: roundVerdict(view, who),
        lines: standings(view, who),
        tint: view.roundWinner,
      };
    default:
      return { ...base, lines: whileRiding(view, who) };
  }
}

function hints(view, { ownSlot, players, texts }, touch) {
  if (ownSlot === null) return [texts.watching];
  const mates = players.filter(
    ({ slot }) => slot !== ownSlot && slot % view.teams === ownSlot % view.teams,
  );
  const pairs = mates.map(({ name }) => texts.pairs(name));
  if (!view.players[ownSlot].riding) return [...pairs, texts.nextRound];
  return [...pairs, touch ? texts.hintTouch : texts.hintKeys];
}

function whileRiding(view, { ownSlot, texts }) {
  if (ownSlot === null) return [texts.watching];
  const own = view.players[ownSlot];
  if (!own.riding) return [own.steps === 0 ? texts.nextRound : texts.crashed];
  return view.inset > 0 ? [texts.border] : [];
}

function roundVerdict(view, who) {
  if (view.roundWinner === null) return who.texts.roundDraw;
  if (who.ownSlot !== null && view.roundWinner === who.ownSlot % view.teams)
    return who.texts.roundWin;
  return who.texts.roundWins(nameOfTeam(view, who, view.roundWinner));
}

function hasLeft(view, team) {
  return view.players.every((player) => player.team !== team || player.gone);
}

// Which team stands before which, as the rules have it: who stayed, then who won more rounds.
export function ranking(view) {
  const teams = Array.from({ length: view.teams }, (_, team) => team);
  const before = (one, other) =>
    Number(hasLeft(view, one)) - Number(hasLeft(view, other)) ||
    view.players[other].wins - view.players[one].wins;
  return teams.sort(before);
}

function standings(view, who) {
  const shown = new Set(shownSlots(view, who).map((slot) => slot % view.teams));
  return ranking(view)
    .filter((team) => shown.has(team))
    .slice(0, 4)
    .map((team) => who.texts.standing(nameOfTeam(view, who, team), view.players[team].wins));
}

function verdict(view, who) {
  const { texts, ownSlot } = who;
  const order = ranking(view);
  const level = (team) =>
    hasLeft(view, team) === hasLeft(view, order[0]) &&
    view.players[team].wins === view.players[order[0]].wins;
  const first = order.filter(level);
  const own = ownSlot === null ? null : ownSlot % view.teams;
  const lines = standings(view, who);
  if (view.forfeit) lines.push(texts.byForfeit);
  if (first.length > 1) {
    const lost = own !== null && !first.includes(own);
    return { title: lost ? texts.lose : texts.draw, lines, tint: null };
  }
  if (own === null)
    return { title: texts.wins(nameOfTeam(view, who, first[0])), lines, tint: first[0] };
  return { title: first[0] === own ? texts.win : texts.lose, lines, tint: first[0] };
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
  if (crashed) return texts.crashed;
  return before && before.inset === 0 && after.inset > 0 ? texts.border : null;
}
