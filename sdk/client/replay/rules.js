// rules.js: a game as WebAssembly, called as the server's host calls the shared object: the same
// state, byte for byte. Runs in the frame of a replay and in node. The module is a stranger's: what it
// does wrong is an exception (of WebAssembly, or a RulesError), never more.
import { fnv } from "./hash.js";

const PAGE_BYTES = 65536;
const ALIGNMENT = 16;
const MATCH_BYTES = 80;
const HOST_BYTES = 16;
const INPUTS_BYTES = 16; // struct gk_inputs
const VIEW_BYTES_MAX = 16 << 10; // GK_VIEW_BYTES_MAX
const RESULT_BYTES = 8 + 64 * 8;
const SPECTATOR = 0xffffffff;
const OUTCOMES = [null, "win", "loss", "draw"];

// Places in struct gk_game where pointers have four bytes.
const CALLBACKS = { init: 8, join: 12, leave: 16, tick: 24, view: 28, result: 32, migrate: 36, check: 40 };

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

export class RulesError extends Error {}

// bytes: a game.wasm. image: {stateBytes, inputBytes} of the version. oldBytes: of the largest state
// that it may have to take over.
export async function openRules(bytes, { stateBytes, inputBytes }, playerCount, oldBytes = 0) {
  const { instance } = await WebAssembly.instantiate(bytes);
  const host = (await WebAssembly.instantiate(HOST)).instance.exports;
  return new Rules(instance.exports, host, { stateBytes, inputBytes, playerCount, oldBytes });
}

class Rules {
  #memory;
  #functions;
  #table; // address of struct gk_game
  #at = {}; // addresses of what the host has in the game's memory

  constructor(exports, host, { stateBytes, inputBytes, playerCount, oldBytes }) {
    this.stateBytes = stateBytes;
    this.#memory = exports.memory;
    this.#functions = exports.__indirect_function_table;
    this.#table = exports.gk_game_v1.value >>> 0;
    let end = this.#memory.buffer.byteLength;
    for (const [name, count] of [
      ["host", HOST_BYTES],
      ["match", MATCH_BYTES],
      ["inputs", INPUTS_BYTES],
      ["given", playerCount * inputBytes],
      ["state", stateBytes],
      ["old", oldBytes],
      ["view", VIEW_BYTES_MAX],
      ["result", RESULT_BYTES],
    ]) {
      this.#at[name] = end;
      end += Math.ceil(count / ALIGNMENT) * ALIGNMENT;
    }
    this.#memory.grow(Math.ceil((end - this.#memory.buffer.byteLength) / PAGE_BYTES));
    const first = this.#functions.grow(2);
    this.#functions.set(first, host.log);
    this.#functions.set(first + 1, host.extension);
    new Uint32Array(this.#memory.buffer, this.#at.host, 4).set([HOST_BYTES, 0, first, first + 1]);
  }

  init(match) {
    this.#bytes("state", this.stateBytes).fill(0);
    this.#bytes("match", MATCH_BYTES).set(match);
    this.#call("init", this.#at.match);
  }

  join(slot) {
    this.#call("join", slot);
  }

  leave(slot, reason) {
    this.#call("leave", slot, reason);
  }

  // present: which slots have an input (BigInt); inputs: the bytes of all slots.
  tick(present, inputs) {
    const words = new DataView(this.#memory.buffer, this.#at.inputs, INPUTS_BYTES);
    words.setBigUint64(0, present, true);
    words.setUint32(8, this.#at.given, true);
    words.setUint32(12, 0, true);
    this.#bytes("given", inputs.length).set(inputs);
    this.#call("tick", this.#at.inputs);
  }

  // What a spectator sees, copied.
  view() {
    const count = this.#call("view", SPECTATOR, this.#at.view, VIEW_BYTES_MAX) >>> 0;
    if (count > VIEW_BYTES_MAX) throw new RulesError("A view is over its size.");
    return this.#bytes("view", count).slice();
  }

  // null while the match goes on; else {reason, players}, as the reader has it.
  result() {
    this.#bytes("result", RESULT_BYTES).fill(0);
    if (this.#call("result", this.#at.result) === 0) return null;
    const words = new DataView(this.#memory.buffer, this.#at.result, RESULT_BYTES);
    const players = [];
    for (let slot = 0; slot < Math.min(words.getUint32(0, true), 64); slot++) {
      const at = 8 + 8 * slot;
      players.push({
        score: words.getInt32(at, true),
        place: words.getUint16(at + 4, true),
        outcome: OUTCOMES[words.getUint8(at + 6)] ?? null,
        forfeit: words.getUint8(at + 7) === 1,
      });
    }
    return { reason: words.getUint32(4, true), players };
  }

  // Takes over the state of an older version. False when the game refuses it.
  migrate(old, schema) {
    if (!this.#callback("migrate")) return false;
    this.#bytes("state", this.stateBytes).fill(0);
    this.#bytes("old", old.length).set(old);
    return this.#call("migrate", this.#at.old, old.length, schema) === 1;
  }

  // Of a game without `check` nothing is broken.
  check() {
    return this.#callback("check") ? this.#call("check") === 1 : true;
  }

  hash() {
    return fnv(this.#bytes("state", this.stateBytes));
  }

  save() {
    return this.#bytes("state", this.stateBytes).slice();
  }

  load(state) {
    this.#bytes("state", this.stateBytes).set(state);
  }

  // Anew each time: a game may make its memory grow.
  #bytes(name, count) {
    return new Uint8Array(this.#memory.buffer, this.#at[name], count);
  }

  // What the table has; null where it is too short for it, or has none.
  #callback(name) {
    const words = new DataView(this.#memory.buffer);
    if (CALLBACKS[name] + 4 > words.getUint32(this.#table, true)) return null;
    const index = words.getUint32(this.#table + CALLBACKS[name], true);
    return index === 0 ? null : this.#functions.get(index);
  }

  #call(name, ...values) {
    const callback = this.#callback(name);
    if (!callback) throw new RulesError(`The game has no ${name}.`);
    return callback(this.#at.host, this.#at.state, ...values);
  }
}
