// words.js: what a view says in words: the title, and the line for screen readers.
import { SIDE } from "./view.js";

// who: {ownSlot, players: [{name, slot}], texts}
export function nameOf(who, slot) {
  return who.players.find((player) => player.slot === slot)?.name ?? `#${slot + 1}`;
}

// "B4": the column as a letter, the row as a number.
export function cellName(cell) {
  return `${String.fromCharCode(65 + (cell % SIDE))}${Math.floor(cell / SIDE) + 1}`;
}

export function titleOf(view, who, { linked, wrong }) {
  const { texts, ownSlot } = who;
  if (view?.phase === "over") return verdict(view, who);
  if (!linked) return texts.offline;
  if (!view) return "";
  const absent = view.players.findIndex((player, slot) => slot !== ownSlot && !player.here);
  if (view.phase === "placing") {
    if (ownSlot === null) return texts.placing;
    if (!view.players[ownSlot].placed)
      return wrong ? (view.touching ? texts.wrong : texts.apart) : texts.place;
    return absent >= 0
      ? texts.awaited(nameOf(who, absent))
      : texts.placed(nameOf(who, 1 - ownSlot));
  }
  if (view.turn === ownSlot) return texts.yourTurn;
  if (!view.players[view.turn].here) return texts.awaited(nameOf(who, view.turn));
  return texts.turnOf(nameOf(who, view.turn));
}

function verdict({ winner, forfeit }, who) {
  const { texts, ownSlot } = who;
  if (winner === null) return texts.draw;
  const won = winner === ownSlot ? texts.win : texts.lose;
  const title = ownSlot === null ? texts.wins(nameOf(who, winner)) : won;
  return forfeit ? `${title}, ${texts.byForfeit}` : title;
}

export function sameShot(one, other) {
  return one?.cell === other?.cell && one?.shooter === other?.shooter;
}

// What a screen reader should say when `before` (null at first) became `after`; null for nothing.
export function announce(before, after, who) {
  const { texts } = who;
  const parts = [];
  const { last } = after;
  if (last && !sameShot(before?.last, last)) {
    const success = texts.success[last.success];
    parts.push(texts.shot(nameOf(who, last.shooter), cellName(last.cell), success));
  }
  after.players.forEach(({ missed }, slot) => {
    if (before && missed > before.players[slot].missed) parts.push(texts.late(nameOf(who, slot)));
  });
  if (after.phase !== before?.phase || after.turn !== before?.turn)
    parts.push(titleOf(after, who, { linked: true, wrong: false }));
  return parts.length > 0 ? parts.join(". ") : null;
}
