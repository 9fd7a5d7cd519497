// client.test.mjs: the parts of the client that are no pictures: bytes and places.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { layCourts } from "../client/draw.js";
import { between, decodeView, encodeDirection, encodeTarget } from "../client/view.js";

function knownView() {
  const written = execFileSync(process.env.BREAKOUT_RULES_TEST, ["--print-view"], {
    encoding: "utf8",
  });
  return decodeView(new DataView(Uint8Array.from(Buffer.from(written.trim(), "hex")).buffer));
}

test("a view is decoded as the rules wrote it", () => {
  const view = knownView();
  assert.equal(view.phase, "play");
  assert.equal(view.versus, true);
  assert.equal(view.courts.length, 2);
  assert.deepEqual(view.courts[0].balls, [{ x: 400, y: 552 }]);
  assert.deepEqual(view.courts[0].drops, [{ kind: 3, x: 100, y: 200 }]);
  assert.deepEqual(view.courts[1].bricks.slice(10, 14), [0, 0, 1, 1]);
  assert.equal(view.courts[1].lives, 3);
});

test("bytes that are no view are refused", () => {
  assert.equal(decodeView(new DataView(new ArrayBuffer(3))), null);
  assert.equal(decodeView(new DataView(new ArrayBuffer(40))), null);
});

test("inputs are the bytes that the rules take", () => {
  assert.deepEqual([...encodeDirection(-1)], [255]);
  assert.deepEqual([...encodeTarget(9999)], [...encodeTarget(800)]);
});

test("a ball is shown between two states", () => {
  const one = knownView();
  const two = structuredClone(one);
  two.courts[0].balls[0].x += 8;
  assert.equal(between(one, two, 0.5).courts[0].balls[0].x, 404);
});

test("courts are on the screen at any size", () => {
  for (const [width, height] of [
    [320, 480],
    [844, 300],
    [1600, 900],
  ])
    for (const { left, top, scale } of layCourts({ width, height }, 2))
      assert.ok(
        left >= 0 && top >= 0 && left + 800 * scale <= width && top + 600 * scale <= height,
      );
});
