// view.js: the one place of the client that knows the bytes of a view; they are described in
// cycles.h. Places are cells of the grid, a trail is the list of its corners from its first cell to
// the cycle.

export const WIDTH = 112;
export const HEIGHT = 70;
export const TICK_HZ = 20;
export const PHASES = ["waiting", "countdown", "ride", "roundEnd", "over"];

export const UP = 0;
export const RIGHT = 1;
export const DOWN = 2;
export const LEFT = 3;

export const STEPS = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
];

const NOBODY = 255;
const HEAD_BYTES = 15;
const PARTS = 4; // of a cell
const PARTS_BEHIND = [3, 0, 2]; // by speed: what a smooth trail stays behind the whole cells
const PLAYER_BYTES = 6;
const PLAYERS_MAX = 8;

// null when the bytes are no view.
export function decodeView(bytes) {
  if (bytes.byteLength < HEAD_BYTES) return null;
  const phase = PHASES[bytes.getUint8(0)];
  const count = bytes.getUint8(7);
  const teams = bytes.getUint8(8);
  const behind = PARTS_BEHIND[bytes.getUint8(13)];
  if (!phase || count < 2 || count > PLAYERS_MAX || teams < 2 || behind === undefined) return null;
  const bit = (place, slot) => ((bytes.getUint8(place) >> slot) & 1) === 1;
  const roundWinner = bytes.getUint8(9);
  const players = [];
  let at = HEAD_BYTES;
  for (let slot = 0; slot < count; slot++) {
    if (at + PLAYER_BYTES > bytes.byteLength) return null;
    const steps = bytes.getUint16(at + 4, true);
    const packed = Math.ceil(steps / 4);
    if (at + PLAYER_BYTES + packed > bytes.byteLength) return null;
    players.push({
      team: slot % teams,
      here: bit(1, slot),
      gone: bit(2, slot),
      riding: bit(3, slot),
      wins: bytes.getUint8(at),
      heading: bytes.getUint8(at + 3) & 3,
      steps,
      corners: decodeCorners(bytes, at, steps),
    });
    at += PLAYER_BYTES + packed;
  }
  if (at !== bytes.byteLength) return null;
  return {
    phase,
    timer: bytes.getUint16(4, true),
    round: bytes.getUint8(6),
    teams,
    roundWinner: roundWinner === NOBODY ? null : roundWinner, // a team
    forfeit: bytes.getUint8(10) === 1,
    roundsToWin: bytes.getUint8(11),
    inset: bytes.getUint8(12),
    behind: (behind - bytes.getUint8(14)) / PARTS, // cells that the shown trails stay behind
    players,
  };
}

function decodeCorners(bytes, at, steps) {
  let x = bytes.getUint8(at + 1);
  let y = bytes.getUint8(at + 2);
  let before = -1;
  const corners = [[x, y]];
  for (let step = 0; step < steps; step++) {
    const packed = bytes.getUint8(at + PLAYER_BYTES + (step >> 2));
    const going = (packed >> ((step & 3) * 2)) & 3;
    if (going !== before && step > 0) corners.push([x, y]);
    before = going;
    x += STEPS[going][0];
    y += STEPS[going][1];
  }
  if (steps > 0) corners.push([x, y]);
  return corners;
}

// The first `length` cells of a trail; the last point may lie between two cells.
export function trailUpTo(corners, length) {
  const points = [corners[0]];
  let left = length;
  for (let i = 1; i < corners.length && left > 0; i++) {
    const [fromX, fromY] = corners[i - 1];
    const [toX, toY] = corners[i];
    const long = Math.abs(toX - fromX) + Math.abs(toY - fromY);
    const part = Math.min(1, left / long);
    points.push([fromX + (toX - fromX) * part, fromY + (toY - fromY) * part]);
    left -= long;
  }
  return points;
}
