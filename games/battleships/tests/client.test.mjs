// client.test.mjs: the parts of the client that are no pictures: bytes, fleets, places, words.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { TurnClock } from "../client/clock.js";
import { cellsOf, clashing, isInTheSea, mixed, moved, shipAt, turned } from "../client/fleet.js";
import { buttonAt, cellAt, layTable } from "../client/table.js";
import { textsFor } from "../client/texts.js";
import { decodeView, encodeFleet, encodeShot, HIT, MISS, SUNK } from "../client/view.js";
import { announce, cellName, titleOf } from "../client/words.js";

const viewer = (bytes) => new DataView(Uint8Array.from(bytes).buffer);
const ROWS = [0, 10, 20, 30, 40].map((first) => ({ first, down: false }));

function knownView() {
  const written = execFileSync(process.env.BATTLESHIPS_RULES_TEST, ["--print-view"], {
    encoding: "utf8",
  });
  return decodeView(viewer(Buffer.from(written.trim(), "hex")));
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
  const view = knownView();
  assert.equal(view.phase, "shooting");
  assert.equal(view.turn, 1);
  assert.equal(view.touching, true);
  assert.deepEqual(view.last, { shooter: 0, cell: 99, success: MISS });
  assert.deepEqual(
    view.players.map(({ here, placed, gone, missed }) => [here, placed, gone, missed]),
    [
      [true, true, false, 0],
      [false, true, false, 1],
    ],
  );
  assert.deepEqual(view.players[0].ships, ROWS);
  assert.deepEqual(view.players[1].ships, [null, null, null, null, ROWS[4]]);
  const { cells } = view.players[1];
  assert.deepEqual(
    [cells[0], cells[40], cells[41], cells[99], cells[5]],
    [HIT, SUNK, SUNK, MISS, 0],
  );
});

test("bytes that are no view are refused", () => {
  assert.equal(decodeView(viewer([])), null);
  assert.equal(decodeView(viewer(Array(69).fill(0))), null);
  assert.equal(decodeView(viewer([7, ...Array(69).fill(0)])), null);
});

test("inputs are the bytes that the rules take", () => {
  assert.deepEqual(
    [...encodeFleet([...ROWS.slice(0, 4), { first: 3, down: true }])],
    [1, 0, 10, 20, 30, 0x83],
  );
  assert.deepEqual([...encodeShot(42)], [2, 42]);
});

test("a mixed fleet lies in the sea and apart", () => {
  for (let i = 0; i < 50; i++) {
    const fleet = mixed(Math.random, i % 2 === 1);
    assert.ok(fleet.every((place, ship) => isInTheSea(ship, place)));
    assert.deepEqual(clashing(fleet, i % 2 === 1), []);
  }
});

test("a ship can be moved and turned but never leaves the sea", () => {
  assert.deepEqual(moved(ROWS, 0, 9, 9)[0], { first: 95, down: false });
  assert.deepEqual(moved(ROWS, 0, -3, -3)[0], { first: 0, down: false });
  assert.deepEqual(turned(moved(ROWS, 0, 3, 9), 0)[0], { first: 53, down: true });
  assert.deepEqual(cellsOf(4, { first: 3, down: true }), [3, 13]);
});

test("ships on each other are named, ships beside each other where they must not touch", () => {
  assert.deepEqual(clashing(turned(ROWS, 0), true), [0, 1, 2, 3, 4]);
  assert.deepEqual(clashing(ROWS, true), []);
  assert.deepEqual(clashing(ROWS, false), [0, 1, 2, 3, 4]);
  const apart = [0, 20, 40, 60, 80].map((first) => ({ first, down: false }));
  assert.deepEqual(clashing(apart, false), []);
  assert.deepEqual(clashing(moved(apart, 4, 5, 1), false), [0, 4]); // corner to corner
});

test("ships are found by a cell", () => {
  assert.equal(shipAt(ROWS, 12), 1);
  assert.equal(shipAt(ROWS, 99), -1);
});

test("boards and buttons are on the screen at any size, and not on each other", () => {
  for (const [width, height] of [
    [320, 480],
    [390, 520],
    [844, 320],
    [1600, 900],
  ]) {
    for (const [slots, buttons] of [
      [[0], ["turn", "mix", "ready"]],
      [[0, 1], []],
    ]) {
      const table = layTable({ width, height }, slots, buttons);
      for (const { left, top, size } of table.boards) {
        assert.ok(left >= 0 && left + size <= width, `${width}x${height}`);
        assert.ok(top >= 0 && top + size <= height, `${width}x${height}`);
      }
      for (const button of table.buttons) {
        assert.ok(button.y >= table.boards[0].top + table.boards[0].size - 1);
        assert.equal(buttonAt(table, button.x + 1, button.y + 1), button.id);
      }
    }
  }
});

test("a point is in its cell", () => {
  const [board] = layTable({ width: 600, height: 700 }, [0], []).boards;
  const { left, top, cell } = board;
  assert.equal(cellAt(board, left + 1.5 * cell, top + 2.5 * cell), 21);
  assert.equal(cellAt(board, left - 1, top + 1), null);
});

test("shots are announced by their cell, with whose turn it is", () => {
  const view = knownView();
  const before = { ...view, last: null, turn: 0 };
  assert.equal(cellName(99), "J10");
  assert.equal(announce(before, view, who), "Ada, J10: miss. Grace is away: waiting");
  assert.equal(announce(view, view, who), null);
});

test("the time of a turn counts from the last step, not from coming and going", () => {
  const clock = new TurnClock(60);
  clock.arrive(0, 1000);
  assert.equal(clock.left(11_000), 50);
  clock.arrive(0, 20_000); // somebody has come: no step
  assert.equal(clock.left(21_000), 40);
  clock.arrive(1, 30_000);
  assert.equal(clock.left(31_000), 59);
  assert.equal(clock.left(999_000), 0);
});

test("of a turn that has not been seen to begin no time is said", () => {
  const clock = new TurnClock(60);
  clock.arrive(7, 1000);
  assert.equal(clock.left(2000), null);
  clock.arrive(8, 3000);
  assert.equal(clock.left(4000), 59);
  const patient = new TurnClock(undefined);
  patient.arrive(0, 0);
  assert.equal(patient.left(1), null);
});

test("it is said who let the time go by, and what is wrong with a fleet", () => {
  const view = knownView();
  const before = { ...view, turn: 1, players: view.players.map((p) => ({ ...p, missed: 0 })) };
  const after = { ...view, turn: 0 };
  assert.equal(announce(before, after, who), "Grace let the time go by. Your turn: shoot");
  const placing = { ...view, phase: "placing", turn: null, touching: false };
  placing.players = placing.players.map((player) => ({ ...player, placed: false }));
  assert.equal(titleOf(placing, who, { linked: true, wrong: true }), "Ships must not touch");
  assert.deepEqual(Object.keys(textsFor("fr")), Object.keys(textsFor("en")));
});

test("the end is said in words", () => {
  const view = { ...knownView(), phase: "over", winner: 0, forfeit: true };
  assert.equal(titleOf(view, who, { linked: false, wrong: false }), "You win, by forfeit");
  assert.equal(announce({ ...view, phase: "shooting" }, view, who), "You win, by forfeit");
});
