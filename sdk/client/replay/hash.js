// hash.js: FNV-1a of 64 bits (sdk/host/hash.h), in two halves, for numbers of 64 bits are slow here:
// its prime is 2^40 + 0x1b3.
const HALF = 0x100000000;

export function fnv(bytes) {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = 0; i < bytes.length; i++) {
    low = (low ^ bytes[i]) >>> 0;
    const product = low * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / HALF) + ((low << 8) >>> 0)) % HALF;
    low = product % HALF;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
