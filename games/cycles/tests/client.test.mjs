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
    team: 0,
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
    teams: 2,
    roundWinner: null,
    forfeit: false,
    roundsToWin: 3,
    inset: 0,
    behind: 0,
    players: [player, { ...player, team: 1, wins: 1 }],
    ...changes,
  };
}

// Two against two; the second pair leads.
function viewOfPairs(changes = {}) {
  const [one, other] = viewOf().players;
  return viewOf({ players: [one, other, one, other], ...changes });
}

const who = {
  ownSlot: 0,
  players: [
    { name: "Ada", slot: 0 },
    { name: "Grace", slot: 1 },
  ],
  texts: textsFor("en"),
};

const whoOfPairs = {
  ...who,
  players: ["Ada", "Grace", "Barbara", "Hedy"].map((name, slot) => ({ name, slot })),
};

const quiet = { linked: true, ended: null, touch: false };

test("a view is decoded as the rules wrote it", () => {
  const written = execFileSync(process.env.CYCLES_RULES_TEST, ["--print-view"], {
    encoding: "utf8",
  });
  const view = decodeView(viewer(Buffer.from(written.trim(), "hex")));
  assert.equal(view.phase, "ride");
  assert.equal(view.round, 1);
  assert.equal(view.teams, 2);
  assert.equal(view.roundWinner, null);
  assert.equal(view.roundsToWin, 3);
  assert.equal(view.behind, 0);
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
  const head = [2, 3, 0, 3, 0, 0, 1, 2, 2, 255, 0, 3, 0, 1, 0];
  const standing = [0, 1, 1, 1, 0, 0];
  assert.notEqual(decodeView(viewer([...head, ...standing, ...standing])), null);
  assert.equal(decodeView(viewer([9, ...head.slice(1), ...standing, ...standing])), null);
  assert.equal(decodeView(viewer([...head, ...standing])), null);
  assert.equal(decodeView(viewer([...head, ...standing, 0, 1, 1, 1, 9, 0])), null);
  const noSpeed = [...head.slice(0, 13), 3, 0];
  assert.equal(decodeView(viewer([...noSpeed, ...standing, ...standing])), null);
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

test("slow cycles ride evenly although they stand still in some ticks", () => {
  const history = new History();
  let parts = 0;
  let steps = 10;
  for (let tick = 1; tick <= 9; tick++) {
    const player = { ...viewOf().players[0], steps };
    history.add(tick, viewOf({ behind: (3 - parts) / 4, players: [player, player] }));
    parts += 3;
    if (parts >= 4) steps++;
    parts %= 4;
  }
  for (let tick = 1; tick < 9; tick += 0.5) {
    const step = history.at(tick + 0.5).lengths[0] - history.at(tick).lengths[0];
    assert.equal(step, 0.375);
    assert.ok(history.at(tick).lengths[0] <= 10 + Math.floor((Math.ceil(tick) - 1) * 0.75));
  }
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
  assert.equal(captions(over, who, quiet).tint, 1);
  const [one, other] = over.players;
  const level = viewOf({ phase: "over", players: [one, { ...other, wins: 0 }] });
  assert.equal(captions(level, who, quiet).title, "A draw");
});

test("who has left stands behind who stayed", () => {
  const view = viewOf();
  view.players[1].gone = true;
  assert.deepEqual(ranking(view), [0, 1]);
});

test("it is said who is awaited", () => {
  const view = viewOf({ phase: "waiting", timer: 100 });
  view.players[1] = { ...view.players[1], here: false };
  const said = captions(view, who, quiet);
  assert.equal(said.title, "Waiting for Grace");
  assert.deepEqual(said.notes, ["", "away"]);
});

test("pairs win and lose together", () => {
  const over = viewOfPairs({ phase: "over" });
  assert.equal(
    announce(viewOfPairs(), over, whoOfPairs),
    "You lose, Grace + Hedy: 1, Ada + Barbara: 0",
  );
  assert.equal(captions(over, { ...whoOfPairs, ownSlot: 3 }, quiet).title, "You win");
  const round = viewOfPairs({ phase: "roundEnd", roundWinner: 1 });
  assert.equal(captions(round, whoOfPairs, quiet).title, "Grace + Hedy wins the round");
  assert.equal(captions(round, { ...whoOfPairs, ownSlot: 1 }, quiet).title, "Round won");
  const start = captions(viewOfPairs({ phase: "countdown", timer: 20 }), whoOfPairs, quiet);
  assert.ok(start.lines.includes("You ride with Barbara"));
  assert.deepEqual(start.slots, [0, 2, 1, 3]);
});

test("a seat that nobody has is not shown, and who comes late is told when to ride", () => {
  const players = viewOf().players;
  const late = { ...players[0], here: true, riding: false, steps: 0, team: 2 };
  const view = viewOf({ teams: 4, players: [...players, late, { ...late, here: false, team: 3 }] });
  const said = captions(
    view,
    { ...who, ownSlot: 2, players: [...who.players, { name: "Eve", slot: 2 }] },
    quiet,
  );
  assert.deepEqual(said.slots, [0, 1, 2]);
  assert.deepEqual(said.lines, ["You ride from the next round on"]);
});

test("it is said when the border moves", () => {
  const before = viewOf();
  const after = viewOf({ inset: 1 });
  assert.equal(announce(before, after, who), "The border is closing in");
  assert.equal(announce(after, viewOf({ inset: 2 }), who), null);
});
