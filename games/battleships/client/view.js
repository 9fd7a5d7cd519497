// view.js: the one place of the client that knows the bytes of a view and of an input; they are
// described in battleships.h. Cells are numbered row by row, 0-99.

export const SIDE = 10;
export const CELLS = SIDE * SIDE;
export const LENGTHS = [5, 4, 3, 3, 2];
export const PHASES = ["placing", "shooting", "over"];

export const UNKNOWN = 0;
export const MISS = 1;
export const HIT = 2;
export const SUNK = 3;

const PLACE = 1;
const SHOOT = 2;
const DOWNWARDS = 0x80;
const NOBODY = 255;
const HEAD_BYTES = 10;
const BOARD_BYTES = CELLS / 4 + LENGTHS.length;

// null when the bytes are no view. A ship is {first, down}, or null where it is a secret.
export function decodeView(bytes) {
  const phase = PHASES[bytes.byteLength > 0 ? bytes.getUint8(0) : PHASES.length];
  if (!phase || bytes.byteLength !== HEAD_BYTES + 2 * BOARD_BYTES) return null;
  const presence = bytes.getUint8(1);
  const someone = (slot) => (slot === NOBODY ? null : slot);
  const shooter = someone(bytes.getUint8(5));
  return {
    phase,
    turn: someone(bytes.getUint8(2)),
    winner: someone(bytes.getUint8(3)),
    forfeit: bytes.getUint8(4) === 1,
    touching: (bytes.getUint8(8) & 2) === 2,
    last:
      shooter === null ? null : { shooter, cell: bytes.getUint8(6), success: bytes.getUint8(7) },
    players: [0, 1].map((slot) => ({
      here: ((presence >> slot) & 1) === 1,
      placed: ((presence >> (2 + slot)) & 1) === 1,
      gone: ((presence >> (4 + slot)) & 1) === 1,
      missed: (bytes.getUint8(9) >> (2 * slot)) & 3, // turns let go by in a row
      ...decodeBoard(bytes, HEAD_BYTES + slot * BOARD_BYTES),
    })),
  };
}

function decodeBoard(bytes, at) {
  const cells = Array.from(
    { length: CELLS },
    (_, cell) => (bytes.getUint8(at + (cell >> 2)) >> ((cell & 3) * 2)) & 3,
  );
  const ships = LENGTHS.map((_, ship) => {
    const place = bytes.getUint8(at + CELLS / 4 + ship);
    return place === NOBODY ? null : { first: place & 0x7f, down: (place & DOWNWARDS) !== 0 };
  });
  return { cells, ships };
}

export function encodeFleet(ships) {
  return Uint8Array.of(PLACE, ...ships.map(({ first, down }) => first | (down ? DOWNWARDS : 0)));
}

export function encodeShot(cell) {
  return Uint8Array.of(SHOOT, cell);
}
