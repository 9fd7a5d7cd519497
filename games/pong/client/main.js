// main.js: Pong in the browser. States come in through the kit, one frame goes out to the canvas;
// the rest of the folder does one thing each. Everything shown is a state of the server's, a little
// late and smoothed, except the own paddle, which answers at once.
import { Controls } from "./controls.js";
import { Court } from "./court.js";
import { draw } from "./draw.js";
import { Effects } from "./effects.js";
import { History } from "./history.js";
import { OwnPaddle } from "./paddle.js";
import { soundsOf } from "./sounds.js";
import { textsFor } from "./texts.js";
import { announce, captions } from "./words.js";
import { decodeView, HEIGHT, TICK_HZ, WIDTH } from "./view.js";

const HIDDEN_MS = 500; // frames further apart: the page was in the background

export function create(kit) {
  const { slot, players } = kit.start;
  const ownSlot = slot ?? null;
  const texts = textsFor(kit.start.locale);
  const context = kit.canvas.getContext("2d");
  const history = new History();
  const effects = new Effects(kit.reducedMotion);
  const sounds = soundsOf(kit.sound);
  const own = new OwnPaddle(1000 / TICK_HZ);
  const who = { ownSlot, players, texts };
  let court = new Court({ width: 1, height: 1 }, 0);
  let linked = true;
  let ended = null; // the stored match
  let lastCount = 0;
  let framedAt = 0;
  let hidden = false; // nobody saw the last moments: they are passed without noise

  kit.label(texts.label);
  const controls = new Controls(kit, {
    alongGoal: (x, y) => court.alongGoal(x, y),
    changed: (control) => own.control(control, performance.now()),
  });

  kit.onResize((screen) => {
    court = new Court(screen, ownSlot === null ? 0 : ownSlot % 2);
  });
  kit.onLink((up) => {
    linked = up;
    if (up) controls.repeat(); // what was sent meanwhile may be lost
  });
  kit.onEnded((match) => {
    ended = match;
  });
  kit.onState((tick, _ack, bytes) => {
    const view = decodeView(bytes);
    if (!view) return;
    history.add(tick, view);
    const paddle = ownSlot === null ? null : view.paddles[ownSlot];
    if (paddle) own.arrive(paddle.y, paddle.half, performance.now(), kit.latencyMs);
  });
  kit.onFrame((now, tick) => {
    hidden = now - framedAt > HIDDEN_MS;
    framedAt = now;
    if (tick !== null) history.pass(tick, (before, after) => happened(before, after, now));
    const view = tick === null ? null : withOwnPaddle(history.at(tick), now);
    if (view) effectsOfBall(view, now);
    draw(context, {
      screen: kit.screen,
      theme: kit.theme,
      court,
      view,
      effects,
      now,
      ownSlot,
      ...captions(view, who, { linked, ended, touch: controls.touch }),
    });
  });

  function withOwnPaddle(view, now) {
    if (!view || ownSlot === null || view.phase === "over") return view;
    const paddles = view.paddles.map((paddle, i) =>
      i === ownSlot ? { ...paddle, y: own.at(now) ?? paddle.y } : paddle,
    );
    return { ...view, paddles };
  }

  function effectsOfBall(view, now) {
    if (view.phase === "play") effects.ballAt(view.ball.x, view.ball.y, now);
  }

  // Between two states, one after the other: what is to be heard, seen and said.
  function happened(before, after, now) {
    if (before && !hidden) soundsAndSparks(before, after, now);
    countAloud(after);
    const text = announce(before, after, who);
    if (text) kit.status(text);
  }

  function soundsAndSparks(before, after, now) {
    const pan = (after.ball.x / WIDTH) * 1.2 - 0.6;
    if (after.hits !== before.hits) {
      sounds.hit(after.rally, pan);
      const slotOfHit = nearestPaddle(after);
      effects.hit(after.ball.x, after.ball.y, slotOfHit, now);
    } else if (after.walls !== before.walls) {
      sounds.wall(pan);
    }
    for (const team of [0, 1]) {
      if (after.scores[team] <= before.scores[team]) continue;
      sounds.point(team === 0 ? 0.6 : -0.6);
      effects.point(team === 0 ? WIDTH : 0, before.ball.y, team, now);
    }
    if (after.phase === "over" && before.phase !== "over") {
      sounds.end(ownSlot === null || after.winner === ownSlot % 2);
      if (after.winner !== null) effects.victory(WIDTH / 2, HEIGHT / 2, after.winner, now);
    }
  }

  function countAloud(view) {
    const count = view.phase === "countdown" ? Math.ceil(view.timer / TICK_HZ) : 0;
    if (!hidden && count !== lastCount && (count > 0 || view.phase === "play"))
      sounds.count(count === 0);
    lastCount = count;
  }
}

// The one that must have hit a ball that now flies away from it.
function nearestPaddle(view) {
  const team = view.ball.vx > 0 ? 0 : 1;
  let nearest = team;
  view.paddles.forEach((paddle, slot) => {
    const distance = (p) => Math.abs(p.face - view.ball.x);
    if (paddle.team === team && !paddle.gone && distance(paddle) < distance(view.paddles[nearest]))
      nearest = slot;
  });
  return nearest;
}
