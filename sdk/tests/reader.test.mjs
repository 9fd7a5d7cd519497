// The reader of the browser (sdk/client/replay) against that of the host, on files that the host's
// writer made: whole, cut at every byte, and with bytes changed. Needs GAMEKIT, JUDGE (replay_judge)
// and GAMES, the folder of the bundles.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Playback } from "../client/replay/playback.js";
import { fnv } from "../client/replay/hash.js";
import { ReplayError, ReplayReader } from "../client/replay/reader.js";

const { GAMEKIT, JUDGE, GAMES } = process.env;
const CUT_BYTES = 3000; // of each file, at every byte
const CHANGES = 1500; // of each file
const SEED = 20261122;

let folder;
let files; // {game, bytes}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "gamekit-reader-"));
  files = ["pong", "battleships"].flatMap((game) => {
    const to = join(folder, game);
    execFileSync(GAMEKIT, ["bench", join(GAMES, game), "--record", to]);
    const names = readdirSync(to).slice(0, 2);
    return names.map((name) => ({ game, bytes: readFileSync(join(to, name)) }));
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

// What the host says of each, in order.
function judged(all) {
  const parts = all.flatMap((bytes) => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(bytes.length);
    return [count, bytes];
  });
  const options = { input: Buffer.concat(parts), maxBuffer: 1 << 26, encoding: "utf8" };
  return execFileSync(JUDGE, [], options).trimEnd().split("\n");
}

// The same of ours.
function read(bytes) {
  let reader = null;
  let records = 0;
  let code = "fine";
  try {
    reader = new ReplayReader(bytes);
    while (reader.next()) records++;
    if (!reader.end) code = "unfinished";
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    code = error.code;
  }
  return `${code} ${reader?.ticks ?? 0} ${records}`;
}

function assertSame(all) {
  const theirs = judged(all);
  assert.equal(theirs.length, all.length);
  for (const [i, bytes] of all.entries()) assert.equal(read(bytes), theirs[i], `file ${i}`);
  return new Set(theirs.map((line) => line.split(" ")[0]));
}

// xorshift: the same files each time.
function* chance(seed) {
  for (let x = seed; ; ) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

test("a whole file is the same file to both readers", () => {
  const codes = assertSame(files.map(({ bytes }) => bytes));
  assert.deepEqual([...codes], ["fine"]);
});

test("a file that is cut is cut to both readers, wherever", () => {
  for (const { bytes } of files) {
    const cuts = Array.from({ length: Math.min(CUT_BYTES, bytes.length) }, (_, i) =>
      bytes.subarray(0, i),
    );
    const codes = assertSame(cuts);
    assert.deepEqual([...codes].sort(), ["replay_magic", "replay_truncated", "unfinished"]);
  }
});

test("a byte that was changed is told by both readers with the same code", () => {
  const random = chance(SEED);
  const next = (below) => random.next().value % below;
  const seen = new Set();
  for (const { bytes } of files) {
    const changed = Array.from({ length: CHANGES }, (_, i) => {
      const copy = Buffer.from(bytes.subarray(0, i % 2 ? bytes.length : CUT_BYTES));
      for (let n = 1 + next(3); n > 0; n--) {
        const at = i % 3 ? next(Math.min(copy.length, 600)) : next(copy.length);
        copy[at] = next(2) ? next(256) : next(12);
      }
      return copy;
    });
    for (const code of assertSame(changed)) seen.add(code);
  }
  for (const code of ["head", "magic", "version", "record", "slot", "inputs", "check", "truncated"])
    assert.ok(seen.has(`replay_${code}`), `${code} has been seen: ${[...seen]}`);
});

test("what stands behind the end is told, and so are other ticks than it says", () => {
  const { bytes } = files[0];
  const ticks = Buffer.from(bytes);
  const { at } = lastRecord(bytes);
  ticks[at + 1] ^= 1;
  const codes = assertSame([Buffer.concat([bytes, Buffer.from([6])]), signed(ticks)]);
  assert.deepEqual([...codes].sort(), ["replay_ticks", "replay_trailing"]);
});

// Its sum made right again.
function signed(bytes) {
  bytes.writeBigUInt64LE(fnv(bytes.subarray(0, -8)), bytes.length - 8);
  return bytes;
}

function lastRecord(bytes) {
  const reader = new ReplayReader(bytes);
  let at = reader.at;
  while (reader.next() && !reader.end) at = reader.at;
  return { at };
}

const rules = (game) => {
  const path = join(GAMES, game, "game.wasm");
  return existsSync(path) ? readFileSync(path) : null;
};
const skip = !existsSync(join(GAMES ?? "", "pong/game.wasm")) && "no game.wasm: clang, wasm-ld";

test("a match is the same wherever one comes from to a position", { skip }, async () => {
  for (const { game, bytes } of files) {
    const open = () => Playback.open(bytes, () => rules(game));
    const straight = await open();
    const jumping = await open();
    const random = chance(SEED);
    const places = [0, straight.steps, ...Array.from({ length: 40 }, () => random.next().value)];
    for (const place of places.map((one) => one % (straight.steps + 1))) {
      const fresh = await open();
      assert.ok(fresh.goTo(place));
      assert.ok(jumping.goTo(place));
      assert.deepEqual(jumping.view(), fresh.view(), `at ${place}`);
    }
    while (straight.runAhead(sliced(1000))) assert.equal(straight.step, 0);
    assert.equal(straight.front, straight.steps);
    assert.equal(straight.agreed, straight.hashes);
    assert.equal(straight.mismatch, null);
    straight.goTo(straight.steps);
    assert.deepEqual(straight.result(), straight.end.result);
  }
});

test("running on behind the page's back is cut into slices and disturbs nothing", { skip }, async () => {
  const { game, bytes } = files[0];
  const playback = await Playback.open(bytes, () => rules(game));
  playback.goTo(100);
  const view = playback.view();
  let slices = 0;
  while (playback.runAhead(sliced(50))) {
    slices++;
    assert.equal(playback.step, 100);
    assert.deepEqual(playback.view(), view);
  }
  assert.ok(slices > 5, `${slices} slices`);
});

test("another state than the recorded one is told with its step, and the rest still plays", { skip }, async () => {
  const { game, bytes } = files[0];
  const changed = Buffer.from(bytes);
  const reader = new ReplayReader(bytes);
  let wanted = 0; // the third hash
  let step = 0;
  for (let record = reader.next(), hashes = 0; hashes < 3; record = reader.next())
    if (record.type === "hash") {
      hashes++;
      wanted = reader.at - 8;
      step = reader.ticks;
    }
  changed[wanted] ^= 1;
  const playback = await Playback.open(signed(changed), () => rules(game));
  assert.ok(playback.goTo(playback.steps));
  assert.equal(playback.mismatch, step);
  assert.equal(playback.agreed, 2);
});

test("without rules, or with ones that fail, it says so and throws nothing at the page", { skip }, async () => {
  const { bytes } = files[0];
  const without = await Playback.open(bytes, () => null);
  assert.equal(without.isPlayable, false);
  assert.equal(without.steppable, 0);
  const broken = await Playback.open(bytes, () => Buffer.from("no module"));
  assert.equal(broken.isPlayable, false);
  const other = await Playback.open(bytes, () => rules("battleships"));
  try {
    other.goTo(other.steps);
  } catch (error) {
    assert.equal(error.code, "rules_failed");
    assert.equal(other.failure, error);
    assert.ok(other.steppable <= error.step);
  }
  assert.ok(other.failure || other.mismatch !== null, "it is another game");
});

// Goes on so many times.
function sliced(count) {
  let left = count;
  return () => --left > 0;
}
