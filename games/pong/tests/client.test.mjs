// client.test.mjs: the parts of Pong's client and of the kit that are no pictures: bytes, time.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { TickClock } from "../../../sdk/client/clock.js";
import { Sender } from "../../../sdk/client/sender.js";
import { Court } from "../client/court.js";
import { History } from "../client/history.js";
import { OwnPaddle } from "../client/paddle.js";
import { decodeView, encodeDirection, encodeTarget, HEIGHT } from "../client/view.js";
import { announce, captions } from "../client/words.js";
import { textsFor } from "../client/texts.js";

const TICK_MS = 1000 / 60;

function viewOf(changes = {}) {
  const paddle = { team: 0, y: 450, half: 80, face: 60, here: true, gone: false };
  return {
    phase: "play",
    scores: [0, 0],
    timer: 0,
    hits: 0,
    walls: 0,
    ball: { x: 800, y: 450, vx: 9, vy: 0 },
    winner: null,
    forfeit: false,
    rally: 0,
    pointsToWin: 7,
    paddles: [paddle, { ...paddle, team: 1, face: 1540 }],
    ...changes,
  };
}

// --- bytes ---

test("a view is decoded as the rules wrote it", () => {
  const written = execFileSync(process.env.PONG_RULES_TEST, ["--print-view"], { encoding: "utf8" });
  const view = decodeView(new DataView(Uint8Array.from(Buffer.from(written.trim(), "hex")).buffer));
  assert.deepEqual(view, {
    phase: "paused",
    scores: [0, 1],
    timer: 900,
    hits: 0,
    walls: 0,
    ball: { x: 300, y: 400, vx: -7, vy: 3 },
    winner: null,
    forfeit: false,
    rally: 0,
    pointsToWin: 7,
    paddles: [
      { team: 0, y: 450, half: 80, face: 60, here: true, gone: false },
      { team: 1, y: 250, half: 80, face: 1540, here: false, gone: false },
    ],
  });
});

test("bytes that are no view are refused", () => {
  assert.equal(decodeView(new DataView(new ArrayBuffer(5))), null);
  assert.equal(
    decodeView(new DataView(Uint8Array.of(...Array(16).fill(0), 2, 0, 0, 0, 7).buffer)),
    null,
  );
  assert.equal(decodeView(new DataView(Uint8Array.of(9, ...Array(20).fill(0)).buffer)), null);
});

test("a mate alone stands as keeper", () => {
  const bytes = new Uint8Array(29);
  bytes[0] = 3;
  bytes[16] = 4;
  bytes[1] = 0b0001_1110; // slot 0 has left
  const { paddles } = decodeView(new DataView(bytes.buffer));
  assert.equal(paddles[2].face, 60);
  assert.equal(paddles[3].face, 1600 - 380);
  assert.equal(paddles[0].gone, true);
});

test("inputs are the bytes that the rules take", () => {
  assert.deepEqual([...encodeDirection(-1)], [255]);
  assert.deepEqual([...encodeDirection(1)], [1]);
  assert.deepEqual([...encodeTarget(450)], [0x20, 0x1c]);
  assert.deepEqual([...encodeTarget(99999)], [...encodeTarget(HEIGHT)]);
  assert.deepEqual([...encodeTarget(-5)], [0, 0]);
});

// --- the clock ---

test("the clock follows steady states a tick and a half behind", () => {
  const clock = new TickClock(60);
  let now = 1000;
  for (let tick = 1; tick <= 200; tick++, now += TICK_MS) {
    clock.arrive(tick, now);
    clock.advance(now);
  }
  const shown = clock.advance(now);
  assert.ok(Math.abs(shown - (201 - 1.5)) < 0.05, String(shown));
});

test("jitter makes the clock stay further behind, and never run backwards", () => {
  const clock = new TickClock(60);
  const late = [0, 25, 3, 40, 10, 0, 33, 7];
  const arrivals = Array.from({ length: 600 }, (_, tick) => ({
    tick,
    at: 5000 + tick * TICK_MS + late[tick % late.length],
  })).sort((one, other) => one.at - other.at);
  let before = -Infinity;
  let missing = 0;
  let newest = -1;
  for (let now = 5100; now < 14000; now += TICK_MS) {
    while (arrivals.length > 0 && arrivals[0].at <= now) {
      newest = Math.max(newest, arrivals[0].tick);
      clock.arrive(newest, arrivals.shift().at);
    }
    const shown = clock.advance(now);
    assert.ok(shown >= before);
    before = shown;
    if (now > 7000) missing += shown > newest ? 1 : 0;
  }
  assert.equal(missing, 0);
});

test("the clock finds the server again after it stood still", () => {
  const clock = new TickClock(60);
  let now = 0;
  for (let tick = 0; tick < 120; tick++, now += TICK_MS) clock.arrive(tick, now);
  now += 700;
  for (let tick = 120; tick < 140; tick++, now += TICK_MS) clock.arrive(tick, now);
  assert.ok(Math.abs(clock.tickAt(now) - 140) < 0.1);
});

test("states that the server repeats do not move the clock back", () => {
  const clock = new TickClock(60);
  let now = 0;
  for (let tick = 0; tick < 120; tick++, now += TICK_MS) {
    clock.arrive(tick, now);
    clock.advance(now);
  }
  const before = clock.advance(now);
  for (let tick = 117; tick < 120; tick++) clock.arrive(tick, now);
  assert.ok(clock.advance(now + 1) >= before);
  clock.arrive(3, now);
  assert.ok(Math.abs(clock.tickAt(now) - 120) < 0.1);
});

// --- between two states ---

test("the ball is shown between two states", () => {
  const history = new History();
  history.add(10, viewOf());
  history.add(11, viewOf({ ball: { x: 810, y: 452, vx: 9, vy: 2 } }));
  assert.equal(history.at(10.5).ball.x, 805);
  assert.equal(history.at(10.5).ball.y, 451);
});

test("a ball that was put elsewhere is not drawn flying there", () => {
  const history = new History();
  history.add(10, viewOf({ ball: { x: 1610, y: 300, vx: 20, vy: 0 } }));
  history.add(11, viewOf({ phase: "serve" }));
  assert.equal(history.at(10.9).ball.x, 1610);
  assert.equal(history.at(11).ball.x, 800);
});

test("a late state is bridged, but not for long", () => {
  const history = new History();
  history.add(10, viewOf());
  assert.equal(history.at(12).ball.x, 818);
  assert.equal(history.at(100).ball.x, 800 + 4 * 9);
});

test("each state is told once, in order, when it is shown", () => {
  const history = new History();
  const told = [];
  const tell = (before, after) => told.push([before?.hits ?? null, after.hits]);
  for (let hits = 0; hits < 4; hits++) history.add(hits, viewOf({ hits }));
  history.pass(1.5, tell);
  history.pass(1.6, tell);
  history.pass(9, tell);
  assert.deepEqual(told, [
    [null, 0],
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
});

// --- the own paddle ---

test("the own paddle answers before the server does", () => {
  const paddle = new OwnPaddle(TICK_MS);
  paddle.arrive(450, 80, 1000, 80);
  paddle.at(1000);
  paddle.control({ direction: -1 }, 1000);
  assert.ok(paddle.at(1000 + 3 * TICK_MS) < 450 - 35);
});

test("the own paddle ends where the server has it", () => {
  const paddle = new OwnPaddle(TICK_MS);
  const latency = 80;
  let server = 450;
  paddle.control({ target: 200 }, 1000);
  for (let now = 1000; now < 2500; now += TICK_MS) {
    if (now > 1000 + latency) server = Math.max(200, server - 14);
    paddle.arrive(server, 80, now, latency);
    paddle.at(now);
  }
  assert.ok(Math.abs(paddle.at(2500) - 200) < 0.5);
});

// --- sending ---

test("inputs are sent at most once a tick, and the last one always is", () => {
  let now = 0;
  const timers = [];
  const sent = [];
  const later = (callback, ms) => timers.push({ callback, at: now + ms });
  const sender = new Sender(
    60,
    (bytes) => sent.push([now, bytes[0]]),
    () => now,
    later,
  );
  for (let i = 0; i < 100; i++, now += 1) {
    while (timers.length > 0 && timers[0].at <= now) timers.shift().callback();
    sender.send([i]);
  }
  while (timers.length > 0) {
    now = timers[0].at;
    timers.shift().callback();
  }
  assert.ok(sent.length <= 8, String(sent.length));
  assert.equal(sent[0][1], 0);
  assert.equal(sent.at(-1)[1], 99);
});

// --- the court ---

test("on an upright screen the own goal is at the bottom", () => {
  for (const team of [0, 1]) {
    const court = new Court({ width: 390, height: 780 }, team);
    const own = court.point(team === 0 ? 0 : 1600, 450);
    const other = court.point(team === 0 ? 1600 : 0, 450);
    assert.ok(own.y > other.y);
    assert.ok(Math.abs(court.alongGoal(own.x, own.y) - 450) < 1e-6);
  }
});

test("the whole court is on the screen at any size", () => {
  for (const [width, height] of [
    [320, 480],
    [1920, 1080],
    [844, 300],
    [200, 900],
  ]) {
    const court = new Court({ width, height }, 0);
    assert.ok(court.left >= 0 && court.left + court.width <= width);
    assert.ok(court.top >= 0 && court.top + court.height <= height);
  }
});

// --- words ---

const who = {
  ownSlot: 0,
  players: [
    { name: "Ada", slot: 0 },
    { name: "Grace", slot: 1 },
  ],
  texts: textsFor("en"),
};

test("points and the end are announced", () => {
  const before = viewOf();
  assert.equal(announce(before, viewOf({ scores: [1, 0], phase: "serve" }), who), "Ada 1, Grace 0");
  const over = viewOf({ phase: "over", scores: [7, 2], winner: 0 });
  assert.equal(announce(before, over, who), "You win, 7 : 2");
  assert.equal(announce(before, before, who), null);
});

test("before the start it is said how many points win, in both languages", () => {
  const countdown = viewOf({ phase: "countdown", timer: 90, pointsToWin: 11 });
  const said = captions(countdown, who, { linked: true, ended: null, touch: false });
  assert.equal(said.number, 2);
  assert.equal(said.lines[0], "11 points win");
  assert.deepEqual(Object.keys(textsFor("fr")), Object.keys(textsFor("en")));
});

test("it is said who is away", () => {
  const view = viewOf({ phase: "paused", timer: 300 });
  view.paddles[1].here = false;
  const said = captions(view, who, { linked: true, touch: false });
  assert.equal(said.title, "Grace lost the connection");
  assert.deepEqual(said.notes, ["", "away"]);
  assert.deepEqual(said.lines, ["5 s until forfeit"]);
});

test("the verdict stays when the connection goes, and an abort is said", () => {
  const over = viewOf({ phase: "over", scores: [7, 2], winner: 1, forfeit: true });
  const said = captions(over, who, { linked: false, ended: null, touch: false });
  assert.equal(said.title, "You lose");
  assert.deepEqual(said.lines, ["7 : 2", "by forfeit"]);
  const stopped = captions(viewOf(), who, {
    linked: true,
    ended: { state: "aborted" },
    touch: false,
  });
  assert.equal(stopped.title, "The match was ended");
});
