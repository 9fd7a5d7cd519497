// view.js: the one place of the client that knows the bytes of a view; they are described in
// pong.h. Lengths come out in field units (1600 x 900), velocities per tick.

export const WIDTH = 1600;
export const HEIGHT = 900;
export const BALL_RADIUS = 12;
export const PADDLE_SPEED = 14; // per tick
export const TARGET_UNITS = 16; // of an input's target, per length
export const TICK_HZ = 60;

export const PHASES = ["waiting", "countdown", "serve", "play", "paused", "over"];

const NOBODY = 255;
const POSITION = 1 / 16;
const VELOCITY = 1 / 256;
const HEAD_BYTES = 21;
const KEEPER = { face: 60, half: 80 };
const FORWARD = { face: 380, half: 60 };

// null when the bytes are no view.
export function decodeView(bytes) {
  if (bytes.byteLength < HEAD_BYTES) return null;
  const playerCount = bytes.getUint8(16);
  const phase = PHASES[bytes.getUint8(0)];
  if (!phase || bytes.byteLength !== HEAD_BYTES + 2 * playerCount) return null;
  const presence = bytes.getUint8(1);
  const winner = bytes.getUint8(17);
  return {
    phase,
    scores: [bytes.getUint8(2), bytes.getUint8(3)],
    timer: bytes.getUint16(4, true),
    hits: bytes.getUint8(6),
    walls: bytes.getUint8(7),
    ball: {
      x: bytes.getInt16(8, true) * POSITION,
      y: bytes.getInt16(10, true) * POSITION,
      vx: bytes.getInt16(12, true) * VELOCITY,
      vy: bytes.getInt16(14, true) * VELOCITY,
    },
    winner: winner === NOBODY ? null : winner,
    forfeit: bytes.getUint8(18) === 1,
    rally: bytes.getUint8(19),
    pointsToWin: bytes.getUint8(20),
    paddles: decodePaddles(bytes, playerCount, presence),
  };
}

function decodePaddles(bytes, playerCount, presence) {
  const gone = (slot) => ((presence >> (4 + slot)) & 1) === 1;
  return Array.from({ length: playerCount }, (_, slot) => {
    const place = slot >= 2 && !gone(slot - 2) ? FORWARD : KEEPER;
    return {
      team: slot % 2,
      y: bytes.getUint16(HEAD_BYTES + 2 * slot, true) * POSITION,
      half: place.half,
      face: slot % 2 === 0 ? place.face : WIDTH - place.face,
      here: ((presence >> slot) & 1) === 1,
      gone: gone(slot),
    };
  });
}

// The two inputs there are.
export function encodeDirection(direction) {
  return Uint8Array.of(direction & 0xff);
}

export function encodeTarget(y) {
  const target = Math.round(Math.max(0, Math.min(HEIGHT, y)) * TARGET_UNITS);
  return Uint8Array.of(target & 0xff, target >> 8);
}
