// A game as WebAssembly, called by node as a host calls it: the same state, byte for byte.
import { readFileSync } from "node:fs";

const PAGE_BYTES = 65536;
const MATCH_BYTES = 80;

// Places in struct gk_game where pointers have four bytes.
const CALLBACKS = { init: 8, join: 12, leave: 16, tick: 24, check: 40 };

// (module
//   (func (export "log") (param i32 i32 i32 i32))
//   (func (export "extension") (param i32 i32) (result i32) i32.const 0))
const HOST = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 14, 2, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 0, 0x60, 2, 0x7f, 0x7f, 1, 0x7f,
  3, 3, 2, 0, 1,
  7, 19, 2, 3, 0x6c, 0x6f, 0x67, 0, 0, 9, 0x65, 0x78, 0x74, 0x65, 0x6e, 0x73, 0x69, 0x6f, 0x6e, 0, 1,
  10, 9, 2, 2, 0, 0x0b, 4, 0, 0x41, 0, 0x0b,
]);

export async function openGame(path, { stateBytes, inputBytes, playerCount }) {
  const { instance } = await WebAssembly.instantiate(readFileSync(path));
  const { memory, gk_game_v1: table, __indirect_function_table: functions } = instance.exports;
  const host = (await WebAssembly.instantiate(HOST)).instance.exports;
  const inputsBytes = playerCount * inputBytes;
  const places = {};
  let end = memory.buffer.byteLength;
  for (const [name, count] of [
    ["host", 16],
    ["match", MATCH_BYTES],
    ["inputs", 16],
    ["given", inputsBytes],
    ["state", stateBytes],
  ]) {
    places[name] = end;
    end += Math.ceil(count / 16) * 16;
  }
  memory.grow(Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES));
  const bytes = new Uint8Array(memory.buffer);
  const words = new DataView(memory.buffer);

  const first = functions.grow(2);
  functions.set(first, host.log);
  functions.set(first + 1, host.extension);
  new Uint32Array(memory.buffer, places.host, 4).set([16, 0, first, first + 1]);

  const call = (name, ...values) => {
    const callback = words.getUint32(table.value + CALLBACKS[name], true);
    return callback === 0 ? 1 : functions.get(callback)(places.host, places.state, ...values);
  };
  return {
    init(match) {
      bytes.fill(0, places.state, places.state + stateBytes);
      bytes.set(match, places.match);
      call("init", places.match);
    },
    join: (slot) => call("join", slot),
    leave: (slot, reason) => call("leave", slot, reason),
    tick(present, inputs) {
      words.setBigUint64(places.inputs, present, true);
      words.setUint32(places.inputs + 8, places.given, true);
      bytes.set(inputs, places.given);
      call("tick", places.inputs);
    },
    check: () => call("check"),
    hash: () => fnv(bytes.subarray(places.state, places.state + stateBytes)),
  };
}

// FNV-1a of 64 bits (sdk/host/hash.h) in two halves: its prime is 2^40 + 0x1b3.
function fnv(bytes) {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / 0x100000000) + ((low << 8) >>> 0)) % 0x100000000;
    low = product % 0x100000000;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
