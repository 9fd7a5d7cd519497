// wasm.test.mjs: the rules compiled for WebAssembly (by the test pong_portable) play the same match
// as the native ones, bit for bit: another compiler, another word size.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

const PLAYERS = 4;
const INPUT_BYTES = 4;
const STATE_BYTES = 408;
const PAGE_BYTES = 65536;

// Places in struct gk_game where pointers have 4 bytes.
const TABLE = { init: 8, join: 12, tick: 24, check: 40, bot: 48 };

async function openGame(file) {
  const { instance } = await WebAssembly.instantiate(readFileSync(file));
  const { memory, gk_game_v1: table, __indirect_function_table: functions } = instance.exports;
  const scratch = memory.grow(1) * PAGE_BYTES;
  const bytes = new Uint8Array(memory.buffer);
  const words = new DataView(memory.buffer);
  const call = (name, ...values) =>
    functions.get(words.getUint32(table.value + TABLE[name], true))(0, ...values);
  return { scratch, bytes, words, call };
}

async function stateAfter(file, seed, ticks) {
  const { scratch, bytes, words, call } = await openGame(file);
  const [state, match, inputs, given] = [0, 1024, 2048, 3072].map((offset) => scratch + offset);
  words.setBigUint64(match, BigInt(seed), true);
  words.setUint32(match + 8, 1, true);
  words.setUint32(match + 12, PLAYERS, true);
  call("init", state, match);
  for (let slot = 0; slot < PLAYERS; slot++) call("join", state, slot);
  words.setBigUint64(inputs, 0b1111n, true);
  words.setUint32(inputs + 8, given, true);
  for (let tick = 0; tick < ticks; tick++) {
    for (let slot = 0; slot < PLAYERS; slot++)
      call("bot", state, slot, (slot % 3) + 1, given + slot * INPUT_BYTES);
    call("tick", state, inputs);
  }
  assert.equal(call("check", state), 1);
  return Buffer.from(bytes.slice(state, state + STATE_BYTES)).toString("hex");
}

const file = process.env.PONG_WASM ?? "";
const missing = existsSync(file) ? false : "clang or lld is not installed";

test("WebAssembly and native rules play the same match", { skip: missing }, async () => {
  for (const [seed, ticks] of [
    [1, 700],
    [2, 5000],
    [77, 40000],
  ]) {
    const native = execFileSync(
      process.env.PONG_RULES_TEST,
      ["--print-state", String(seed), String(ticks)],
      { encoding: "utf8" },
    );
    assert.equal(await stateAfter(file, seed, ticks), native.trim());
  }
});
