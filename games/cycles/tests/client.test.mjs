// client.test.mjs: the parts of the client that are no pictures: bytes, places, turns, words.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { Arena } from "../client/arena.js";
import { encodeTurn, tapDirection } from "../client/controls.js";
import { History } from "../client/history.js";
import { textsFor } from "../client/texts.js";
import { DOWN, decodeView, LEFT, RIGHT, trailUpTo, UP } from "../client/view.js";
import { announce, captions, ranking } from "../client/words.js";

const viewer = (bytes) => new DataView(Uint8Array.from(bytes).buffer);

function viewOf(changes = {}) {
  const player = {
    here: true,
    gone: false,
    riding: true,
    wins: 0,
    heading: RIGHT,
    steps: 2,
    corners: [
      [10, 10],
      [12, 10],
    ],
  };
  return {
    phase: "ride",
    timer: 0,
    round: 1,
    roundWinner: null,
    forfeit: false,
    players: [player, { ...player, wins: 1 }],
    ...changes,
  };
}

const who = {
  ownSlot: 0,
  players: [
    { name: "Ada", slot: 0 },
    { name: "Grace", slot: 1 },
  ],
  texts: textsFor("en"),
};

test("a view is decoded as the rules wrote it", () => {
  const written = execFileSync(process.env.CYCLES_RULES_TEST, ["--print-view"], {
    encoding: "utf8",
  });
  const view = decodeView(viewer(Buffer.from(written.trim(), "hex")));
  assert.equal(view.phase, "ride");
  assert.equal(view.round, 1);
  assert.deepEqual(
    view.players.map(({ here, riding, steps }) => ({ here, riding, steps })),
    [
      { here: true, riding: true, steps: 5 },
      { here: false, riding: true, steps: 5 },
    ],
  );
  assert.deepEqual(view.players[0].corners, [
    [20, 20],
    [23, 20],
    [23, 22],
  ]);
  assert.deepEqual(view.players[1].corners, [
    [60, 40],
    [55, 40],
  ]);
});

test("bytes that are no view are refused", () => {
  assert.equal(decodeView(viewer([1, 2, 3])), null);
  assert.equal(decodeView(viewer([9, 0, 0, 0, 0, 0, 1, 2, 255, 0])), null);
  assert.equal(decodeView(viewer([2, 0, 0, 0, 0, 0, 1, 2, 255, 0])), null);
  const tooLong = [2, 3, 0, 3, 0, 0, 1, 2, 255, 0, 0, 1, 1, 1, 0, 9, 0];
  assert.equal(decodeView(viewer(tooLong)), null);
});

test("a trail can be cut between two cells", () => {
  const corners = [
    [0, 0],
    [4, 0],
    [4, 3],
  ];
  assert.deepEqual(trailUpTo(corners, 2.5), [
    [0, 0],
    [2.5, 0],
  ]);
  assert.deepEqual(trailUpTo(corners, 5), [
    [0, 0],
    [4, 0],
    [4, 1],
  ]);
  assert.deepEqual(trailUpTo([[7, 7]], 3), [[7, 7]]);
});

test("trails grow evenly between two states, and not from one round into the next", () => {
  const history = new History();
  const later = viewOf();
  later.players = later.players.map((player) => ({ ...player, steps: 3 }));
  history.add(10, viewOf());
  history.add(11, later);
  assert.deepEqual(history.at(10.5).lengths, [2.5, 2.5]);
  history.add(12, viewOf({ round: 2, players: later.players.map((p) => ({ ...p, steps: 0 })) }));
  assert.deepEqual(history.at(11.5).lengths, [3, 3]);
});

test("each state is told once, in order", () => {
  const history = new History();
  const told = [];
  for (let round = 1; round < 4; round++) history.add(round, viewOf({ round }));
  history.pass(2.5, (before, after) => told.push([before?.round ?? null, after.round]));
  history.pass(9, (before, after) => told.push([before?.round ?? null, after.round]));
  assert.deepEqual(told, [
    [null, 1],
    [1, 2],
    [2, 3],
  ]);
});

test("two quick turns go together, two slow ones do not", () => {
  assert.deepEqual([...encodeTurn(UP, 1000, null)], [UP]);
  assert.deepEqual([...encodeTurn(LEFT, 1060, { direction: UP, at: 1000 })], [UP, LEFT]);
  assert.deepEqual([...encodeTurn(LEFT, 1400, { direction: UP, at: 1000 })], [LEFT]);
});

test("a tap turns to its side of the cycle", () => {
  assert.equal(tapDirection(10, 50, { x: 40, y: 40 }, UP), LEFT);
  assert.equal(tapDirection(60, 50, { x: 40, y: 40 }, DOWN), RIGHT);
  assert.equal(tapDirection(60, 10, { x: 40, y: 40 }, RIGHT), UP);
});

test("the whole arena is on the screen at any size, names above it", () => {
  for (const [width, height] of [
    [320, 568],
    [390, 780],
    [844, 300],
    [1920, 1080],
  ]) {
    const arena = new Arena({ width, height }, 8);
    assert.ok(arena.left >= 0 && arena.left + arena.width <= width + 1e-6);
    assert.ok(arena.top >= 0 && arena.top + arena.height <= height + 1e-6);
    assert.ok(arena.nameOf(7).y < arena.top);
  }
});

test("on an upright screen directions go with the mirrored arena", () => {
  const arena = new Arena({ width: 390, height: 780 }, 2);
  for (const [direction, x, y] of [
    [UP, 0, -1],
    [RIGHT, 1, 0],
    [DOWN, 0, 1],
    [LEFT, -1, 0],
  ]) {
    const from = arena.point(50, 30);
    const onField = arena.direction(direction);
    const [fieldX, fieldY] = [
      [0, -1],
      [1, 0],
      [0, 1],
      [-1, 0],
    ][onField];
    const to = arena.point(50 + fieldX, 30 + fieldY);
    assert.equal(Math.sign(Math.round(to.x - from.x)), x);
    assert.equal(Math.sign(Math.round(to.y - from.y)), y);
  }
});

test("the end is said in words", () => {
  const over = viewOf({ phase: "over" });
  assert.equal(announce(viewOf(), over, who), "You lose, Grace: 1, Ada: 0");
  assert.equal(captions(over, who, { linked: true, ended: null, touch: false }).tint, 1);
  const level = viewOf({ phase: "over", players: [over.players[0], over.players[0]] });
  assert.equal(captions(level, who, { linked: true, ended: null, touch: false }).title, "A draw");
});

test("who has left stands behind who stayed", () => {
  const view = viewOf();
  view.players[1].gone = true;
  assert.deepEqual(ranking(view), [0, 1]);
});

test("it is said who is awaited", () => {
  const view = viewOf({ phase: "waiting", timer: 100 });
  view.players[1] = { ...view.players[1], here: false };
  const said = captions(view, who, { linked: true, ended: null, touch: false });
  assert.equal(said.title, "Waiting for Grace");
  assert.deepEqual(said.notes, ["", "away"]);
});
