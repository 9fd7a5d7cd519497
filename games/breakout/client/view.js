// view.js: the one place of the client that knows the bytes of a view; they are described in
// breakout.h. Lengths come out in units of a court, 800 x 600.
export const WIDTH = 800;
export const HEIGHT = 600;
export const COLUMNS = 12;
const BRICKS = 96;
export const TICK_HZ = 60;
export const PADDLE_Y = 560;
export const PADDLE_HALF = 56;
export const PADDLE_WIDE = 88;
export const BALL_RADIUS = 8;
export const LIVES_MAX = 5;
const PHASES = ["waiting", "countdown", "play", "paused", "over"];
const STATUSES = ["serves", "flies", "cleared", "lost"];
const HEAD_BYTES = 7;
const COURT_BYTES = 34;
const POSITION = 1 / 16;

// The upper left corner of a brick, and its row.
export function brickAt(index) {
  const row = Math.floor(index / COLUMNS);
  return { x: 18 + (index % COLUMNS) * 64, y: 62 + row * 24, row };
}

// null when the bytes are no view.
export function decodeView(bytes) {
  if (bytes.byteLength < HEAD_BYTES) return null;
  const phase = PHASES[bytes.getUint8(0)];
  const presence = bytes.getUint8(1);
  const versus = bytes.getUint8(2) === 2;
  const count = bytes.getUint8(3);
  const courtCount = versus ? count : 1;
  let at = HEAD_BYTES + 2 * count;
  if (!phase || count < 1 || count > 2 || bytes.byteLength < at) return null;
  const players = Array.from({ length: count }, (_, slot) => ({
    here: ((presence >> slot) & 1) === 1,
    gone: ((presence >> (4 + slot)) & 1) === 1,
    x: bytes.getUint16(HEAD_BYTES + 2 * slot, true) * POSITION,
    court: slot % courtCount,
  }));
  const place = (from) => ({
    x: bytes.getInt16(from, true) * POSITION,
    y: bytes.getInt16(from + 2, true) * POSITION,
  });
  const courts = [];
  for (let i = 0; i < courtCount; i++) {
    if (bytes.byteLength < at + COURT_BYTES) return null;
    const balls = bytes.getUint8(at + 8);
    const drops = bytes.getUint8(at + 9);
    const ballsAt = at + COURT_BYTES;
    const dropsAt = ballsAt + 4 * balls;
    const end = dropsAt + 5 * drops;
    if (bytes.byteLength < end) return null;
    const start = at;
    courts.push({
      status: STATUSES[bytes.getUint8(at)],
      level: bytes.getUint8(at + 1),
      lives: bytes.getUint8(at + 2),
      wide: (bytes.getUint8(at + 3) & 1) === 1,
      slow: (bytes.getUint8(at + 3) & 2) === 2,
      score: bytes.getUint16(at + 4, true),
      paddleHits: bytes.getUint8(at + 6),
      brickHits: bytes.getUint8(at + 7),
      bricks: Array.from(
        { length: BRICKS },
        (_, n) => (bytes.getUint8(start + 10 + (n >> 2)) >> ((n & 3) * 2)) & 3,
      ),
      balls: Array.from({ length: balls }, (_, n) => place(ballsAt + 4 * n)),
      drops: Array.from({ length: drops }, (_, n) => ({
        kind: bytes.getUint8(dropsAt + 5 * n),
        ...place(dropsAt + 5 * n + 1),
      })),
    });
    at = end;
  }
  if (at !== bytes.byteLength) return null;
  return {
    phase,
    versus,
    timer: bytes.getUint16(4, true),
    forfeit: bytes.getUint8(6) === 1,
    players,
    courts,
  };
}

export function encodeDirection(direction) {
  return Uint8Array.of(direction & 0xff);
}

export function encodeTarget(x) {
  const target = Math.round(Math.max(0, Math.min(WIDTH, x)) * 16);
  return Uint8Array.of(target & 0xff, target >> 8);
}

// Positions between two views; a list that has changed is shown as it was.
export function between(one, two, part) {
  const mix = (a, b) => ({
    ...a,
    x: a.x + (b.x - a.x) * part,
    y: a.y + ((b.y ?? 0) - (a.y ?? 0)) * part,
  });
  const list = (a, b) =>
    a.length === b.length && a.every((item, i) => Math.abs(item.y - b[i].y) < 60)
      ? a.map((item, i) => mix(item, b[i]))
      : a;
  return {
    ...one,
    players: one.players.map((player, i) => ({ ...player, x: mix(player, two.players[i]).x })),
    courts: one.courts.map((court, i) => ({
      ...court,
      balls: list(court.balls, two.courts[i].balls),
      drops: list(court.drops, two.courts[i].drops),
    })),
  };
}
