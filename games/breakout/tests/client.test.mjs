// client.test.mjs: the parts of the client that are no pictures: bytes, places, time, words.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { layCourts } from "../client/draw.js";
import { Effects } from "../client/effects.js";
import { History } from "../client/history.js";
import { textsFor } from "../client/texts.js";
import { between, brickAt, decodeView, encodeDirection, encodeTarget } from "../client/view.js";
import { announce, captions, standing } from "../client/words.js";

const quiet = { linked: true, ended: null, touch: false };
const who = {
  ownSlot: 0,
  players: [
    { name: "Ada", slot: 0 },
    { name: "Grace", slot: 1 },
  ],
  texts: textsFor("en"),
};

// Two courts, a ball on each paddle; on the first one a life falls.
function knownView(changes = {}) {
  const written = execFileSync(process.env.BREAKOUT_RULES_TEST, ["--print-view"], {
    encoding: "utf8",
  });
  const bytes = Uint8Array.from(Buffer.from(written.trim(), "hex"));
  return { ...decodeView(new DataView(bytes.buffer)), ...changes };
}

function withCourt(view, index, changes) {
  const courts = view.courts.map((court, i) => (i === index ? { ...court, ...changes } : court));
  return { ...view, courts };
}

test("a view is decoded as the rules wrote it", () => {
  const view = knownView();
  assert.equal(view.phase, "play");
  assert.equal(view.versus, true);
  assert.equal(view.courts.length, 2);
  assert.deepEqual(
    view.players.map(({ here, gone, x, court }) => ({ here, gone, x, court })),
    [
      { here: true, gone: false, x: 400, court: 0 },
      { here: true, gone: false, x: 400, court: 1 },
    ],
  );
  const [one, other] = view.courts;
  assert.equal(one.score, 310);
  assert.equal(one.wide, true);
  assert.equal(other.wide, false);
  assert.equal(one.slow, false);
  assert.deepEqual(one.balls, [{ x: 400, y: 552 }]);
  assert.deepEqual(one.drops, [{ kind: 3, x: 100, y: 200 }]);
  assert.deepEqual(other.bricks.slice(10, 14), [0, 0, 1, 1]);
  assert.equal(other.lives, 3);
});

test("bytes that are no view are refused", () => {
  assert.equal(decodeView(new DataView(new ArrayBuffer(3))), null);
  assert.equal(decodeView(new DataView(new ArrayBuffer(40))), null);
});

test("inputs are the bytes that the rules take", () => {
  assert.deepEqual([...encodeDirection(-1)], [255]);
  assert.deepEqual([...encodeTarget(9999)], [...encodeTarget(800)]);
  assert.deepEqual([...encodeTarget(-5)], [0, 0]);
  assert.deepEqual([...encodeTarget(100.5)], [0x48, 0x06]);
});

test("balls and drops are shown between two states, one that was put elsewhere is not", () => {
  const one = knownView();
  const [ball] = one.courts[0].balls;
  const two = withCourt(one, 0, { balls: [{ ...ball, x: ball.x + 8 }] });
  assert.equal(between(one, two, 0.5).courts[0].balls[0].x, 404);
  const served = withCourt(one, 0, { balls: [{ x: 100, y: 300 }] });
  assert.deepEqual(between(one, served, 0.5).courts[0].balls[0], ball);
  const more = withCourt(one, 0, { balls: [ball, ball, ball] });
  assert.equal(between(one, more, 0.5).courts[0].balls.length, 1);
});

test("each state is told once, in order, and again after a long way back", () => {
  const history = new History();
  const told = [];
  const tell = (before, after) => told.push([before?.timer ?? null, after.timer]);
  for (const timer of [1, 2, 3]) history.add(timer, knownView({ timer }));
  history.pass(2.5, tell);
  history.pass(9, tell);
  assert.deepEqual(told, [
    [null, 1],
    [1, 2],
    [2, 3],
  ]);
  assert.equal(history.at(0).timer, 1);
  assert.equal(history.at(2).timer, 2);
  assert.equal(history.at(99).timer, 3);
  assert.equal(new History().at(1), null);
});

test("with reduced motion nothing flies or shines", () => {
  for (const reduced of [false, true]) {
    const effects = new Effects(reduced);
    effects.brick(5, 1000);
    effects.paddle(1000);
    effects.follow([{ x: 1, y: 1 }], 990);
    assert.equal(effects.crumbsAt(1001).length > 0, !reduced);
    assert.equal(effects.litAfter(1001) > 0, !reduced);
    assert.equal(effects.follow([{ x: 3, y: 1 }], 1001).length, reduced ? 0 : 1);
  }
});

test("a ball that was put elsewhere draws no tail across the court", () => {
  const effects = new Effects(false);
  effects.follow([{ x: 0, y: 0 }], 1000);
  assert.equal(effects.follow([{ x: 5, y: 0 }], 1010)[0].length, 2);
  assert.equal(effects.follow([{ x: 400, y: 300 }], 1020)[0].length, 1);
});

test("bricks are where the rules have them", () => {
  assert.deepEqual(brickAt(0), { x: 18, y: 62, row: 0 });
  assert.deepEqual(brickAt(95), { x: 18 + 11 * 64, y: 62 + 7 * 24, row: 7 });
});

test("courts are on the screen at any size, and do not overlap", () => {
  for (const [width, height] of [
    [320, 480],
    [844, 300],
    [1600, 900],
  ]) {
    const places = layCourts({ width, height }, 2);
    for (const { left, top, scale } of places)
      assert.ok(
        left >= 0 && top >= 0 && left + 800 * scale <= width && top + 600 * scale <= height,
      );
    const [one, other] = places;
    assert.ok(one.left + 800 * one.scale <= other.left || one.top + 600 * one.scale <= other.top);
  }
});

test("the end is said in words, against each other and together", () => {
  const over = knownView({ phase: "over" });
  assert.equal(announce(knownView(), over, who), "You win, Ada: 310, Grace: 0");
  assert.equal(captions(over, { ...who, ownSlot: 1 }, quiet).title, "You lose");
  assert.equal(captions(over, { ...who, ownSlot: null }, quiet).title, "Ada won");
  const level = withCourt(over, 1, { score: 310 });
  assert.equal(captions(level, who, quiet).title, "A draw");
  const together = { ...over, versus: false, courts: [{ ...over.courts[0], status: "cleared" }] };
  assert.equal(captions(together, { ...who, ownSlot: 1 }, quiet).title, "You win");
  const lost = { ...together, courts: [{ ...over.courts[0], status: "lost" }] };
  assert.equal(captions(lost, who, quiet).title, "You lose");
  assert.equal(captions(lost, { ...who, ownSlot: null }, quiet).title, "No balls left");
});

test("who has left has lost, whatever the score is", () => {
  const view = knownView({ phase: "over", forfeit: true });
  view.players[0].gone = true;
  assert.equal(standing(view, 0), -1);
  assert.equal(standing(view, 1), 1);
  assert.ok(captions(view, who, quiet).lines.includes("by forfeit"));
});

test("lives, levels and what was caught are said of the own court", () => {
  const view = knownView();
  const fewer = withCourt(view, 0, { lives: 1 });
  assert.equal(announce(view, fewer, who), "1 life left");
  assert.equal(announce(view, fewer, { ...who, ownSlot: 1 }), null);
  assert.equal(announce(view, withCourt(view, 0, { level: 1 }), who), "Level 2, 310");
  assert.equal(announce(view, withCourt(view, 0, { lives: 4 }), who), "One more life");
  assert.equal(announce(view, withCourt(view, 0, { slow: true }), who), "Slow ball");
  assert.equal(announce(view, withCourt(view, 0, { status: "lost" }), who), "No balls left");
});

test("it is said who is awaited, in both languages", () => {
  const view = knownView({ phase: "paused", timer: 61 });
  view.players[1].here = false;
  const said = captions(view, who, quiet);
  assert.equal(said.title, "Grace lost the connection");
  assert.deepEqual(said.notes, ["", "away"]);
  assert.deepEqual(said.lines, ["2 s until the seat is lost"]);
  const french = captions(view, { ...who, texts: textsFor("fr-FR") }, quiet);
  assert.equal(french.title, "Connexion perdue : Grace");
  assert.deepEqual(Object.keys(textsFor("fr")), Object.keys(textsFor("en")));
});
