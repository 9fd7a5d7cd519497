// client.test.mjs: the parts of the client that are no pictures, by `node --test`. The view that is
// decoded was written by the rules themselves.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { layField } from "../client/draw.js";
import { between, decodeView, encodeDirection } from "../client/view.js";

function knownView() {
  const written = execFileSync(process.env.RULES_TEST, ["--print-view"], { encoding: "utf8" });
  return decodeView(new DataView(Uint8Array.from(Buffer.from(written.trim(), "hex")).buffer));
}

test("a view is decoded as the rules wrote it", () => {
  const view = knownView();
  assert.equal(view.secondsLeft, 60);
  assert.deepEqual(view.players[0], { here: true, x: 300, y: 200, score: 12 });
  assert.equal(view.players[1].here, false);
  assert.deepEqual(view.coins[5], { x: 17, y: 390 });
});

test("bytes that are no view are refused", () => {
  assert.equal(decodeView(new DataView(new ArrayBuffer(2))), null);
  assert.equal(decodeView(new DataView(Uint8Array.of(0, 0, 8, 1).buffer)), null);
});

test("a player is shown between two states", () => {
  const one = knownView();
  const two = structuredClone(one);
  two.players[0].x += 10;
  assert.equal(between(one, two, 0.5).players[0].x, 305);
});

test("a direction is the bytes that the rules take", () => {
  assert.deepEqual([...encodeDirection(-1, 1)], [255, 1]);
});

test("the field is on the screen at any size", () => {
  for (const [width, height] of [
    [320, 480],
    [844, 300],
    [1600, 900],
  ]) {
    const { left, top, scale } = layField({ width, height });
    assert.ok(left >= 0 && top >= 0 && scale > 0);
    assert.ok(left + 640 * scale <= width + 1e-6 && top + 400 * scale <= height + 1e-6);
  }
});
