// view.js: the bytes of views and inputs, as template.h says. Nothing else in client/ knows them.

export const WIDTH = 640;
export const HEIGHT = 400;
export const TICK_HZ = 30;

const HEAD_BYTES = 3;
const PLAYER_BYTES = 7;
const COIN_BYTES = 4;

// {secondsLeft, players: [{here, x, y, score}], coins: [{x, y}]}, or null: the bytes are no view.
export function decodeView(bytes) {
  if (bytes.byteLength < HEAD_BYTES) return null;
  const playerCount = bytes.getUint8(2);
  const coinsAt = HEAD_BYTES + playerCount * PLAYER_BYTES;
  if (bytes.byteLength < coinsAt || (bytes.byteLength - coinsAt) % COIN_BYTES !== 0) return null;
  const players = [];
  for (let at = HEAD_BYTES; at < coinsAt; at += PLAYER_BYTES)
    players.push({
      here: bytes.getUint8(at) === 1,
      x: bytes.getUint16(at + 1, true),
      y: bytes.getUint16(at + 3, true),
      score: bytes.getUint16(at + 5, true),
    });
  const coins = [];
  for (let at = coinsAt; at < bytes.byteLength; at += COIN_BYTES)
    coins.push({ x: bytes.getUint16(at, true), y: bytes.getUint16(at + 2, true) });
  return { secondsLeft: Math.ceil(bytes.getUint16(0, true) / TICK_HZ), players, coins };
}

// `part` of the way from one view to the next: players glide, the rest is as in `one`.
export function between(one, two, part) {
  const players = one.players.map((player, slot) => {
    const next = two.players[slot] ?? player;
    return {
      ...player,
      x: player.x + (next.x - player.x) * part,
      y: player.y + (next.y - player.y) * part,
    };
  });
  return { ...one, players };
}

export function encodeDirection(dx, dy) {
  return Uint8Array.of(dx & 0xff, dy & 0xff);
}
