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

// The numbers of the ships that lie on another one.
export function overlapping(fleet) {
  const at = fleet.map((place, ship) => new Set(cellsOf(ship, place)));
  return fleet
    .map((_, ship) => ship)
    .filter((ship) =>
      at.some((cells, other) => other !== ship && [...at[ship]].some((cell) => cells.has(cell))),
    );
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
export function mixed(random) {
  for (;;) {
    const fleet = LENGTHS.map(() => ({
      first: Math.floor(random() * CELLS),
      down: random() < 0.5,
    }));
    if (fleet.every((place, ship) => isInTheSea(ship, place)) && overlapping(fleet).length === 0)
      return fleet;
  }
}
