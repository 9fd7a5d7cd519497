// fleet.js: laying the own ships, before the rules see them. A fleet is a list of {first, down},
// longest first. Nothing here draws or sends.
import { CELLS, LENGTHS, SIDE } from "./view.js";

export function cellsOf(ship, { first, down }) {
  return Array.from({ length: LENGTHS[ship] }, (_, part) => first + part * (down ? SIDE : 1));
}

export function isInTheSea(ship, { first, down }) {
  const along = down ? Math.floor(first / SIDE) : first % SIDE;
  return first >= 0 && first < CELLS && along + LENGTHS[ship] <= SIDE;
}

// How far two cells are apart, corners counted as beside.
function distance(one, other) {
  const across = Math.abs((one % SIDE) - (other % SIDE));
  return Math.max(across, Math.abs(Math.floor(one / SIDE) - Math.floor(other / SIDE)));
}

// The numbers of the ships that lie on another one, or beside it where ships must not touch.
export function clashing(fleet, mayTouch) {
  const least = mayTouch ? 1 : 2;
  const at = fleet.map((place, ship) => cellsOf(ship, place));
  const clash = (one, other) => one.some((cell) => other.some((at) => distance(cell, at) < least));
  return fleet
    .map((_, ship) => ship)
    .filter((ship) => at.some((cells, other) => other !== ship && clash(at[ship], cells)));
}

export function shipAt(fleet, cell) {
  return fleet.findIndex((place, ship) => cellsOf(ship, place).includes(cell));
}

// With `ship` at a place as near to (column, row) as the sea allows.
export function moved(fleet, ship, column, row, down = fleet[ship].down) {
  const most = (isAlong) => SIDE - (isAlong ? LENGTHS[ship] : 1);
  const x = Math.max(0, Math.min(most(!down), column));
  const y = Math.max(0, Math.min(most(down), row));
  return fleet.map((place, i) => (i === ship ? { first: y * SIDE + x, down } : place));
}

export function turned(fleet, ship) {
  const { first, down } = fleet[ship];
  return moved(fleet, ship, first % SIDE, Math.floor(first / SIDE), !down);
}

// random() gives 0..1, as Math.random does.
export function mixed(random, mayTouch) {
  for (;;) {
    const fleet = LENGTHS.map(() => ({
      first: Math.floor(random() * CELLS),
      down: random() < 0.5,
    }));
    if (
      fleet.every((place, ship) => isInTheSea(ship, place)) &&
      clashing(fleet, mayTouch).length === 0
    )
      return fleet;
  }
}
