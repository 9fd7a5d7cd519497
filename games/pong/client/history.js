// history.js: the last states, and what lies between two of them: the shown tick is hardly ever a
// whole one. Passing a state tells what has happened in it (a hit, a wall, a point), so that sounds
// and sparks come when the eye sees them.
import { BALL_RADIUS, HEIGHT } from "./view.js";

const STATES_MAX = 64;
const GUESS_TICKS_MAX = 4; // how far the ball flies on when the next state is late
const JUMP_LENGTH = 120; // further than this per tick, the ball was put somewhere, it did not fly

export class History {
  constructor() {
    this.states = []; // {tick, view}, ascending
    this.passed = null; // the newest state whose events were told
  }

  add(tick, view) {
    const newest = this.newest;
    if (newest && tick < newest.tick - STATES_MAX) this.states = [];
    else if (newest && tick <= newest.tick) return;
    this.states.push({ tick, view });
    if (this.states.length > STATES_MAX) this.states.shift();
  }

  get newest() {
    return this.states.at(-1) ?? null;
  }

  // The view at `tick`, positions between two states where it falls between; null without states.
  at(tick) {
    if (this.states.length === 0) return null;
    const next = this.states.findIndex((state) => state.tick > tick);
    if (next === 0) return this.states[0].view;
    if (next === -1) return this.#beyond(tick);
    return between(this.states[next - 1], this.states[next], tick);
  }

  #beyond(tick) {
    const { tick: last, view } = this.newest;
    if (view.phase !== "play") return view;
    const ticks = Math.min(tick - last, GUESS_TICKS_MAX);
    const y = view.ball.y + view.ball.vy * ticks;
    const ball = {
      ...view.ball,
      x: view.ball.x + view.ball.vx * ticks,
      y: Math.max(BALL_RADIUS, Math.min(HEIGHT - BALL_RADIUS, y)),
    };
    return { ...view, ball };
  }

  // Calls tell(before, after) for each state passed on the way to `tick`; `before` is null at first.
  pass(tick, tell) {
    for (const state of this.states) {
      if (state.tick > tick) break;
      if (
        this.passed &&
        state.tick <= this.passed.tick &&
        state.tick > this.passed.tick - STATES_MAX
      )
        continue;
      tell(this.passed?.view ?? null, state.view);
      this.passed = state;
    }
  }
}

function between(one, two, tick) {
  const part = (tick - one.tick) / (two.tick - one.tick);
  const mix = (a, b) => a + (b - a) * part;
  const a = one.view.ball;
  const b = two.view.ball;
  const jumped = Math.hypot(b.x - a.x, b.y - a.y) > JUMP_LENGTH * (two.tick - one.tick);
  const ball = jumped ? a : { ...a, x: mix(a.x, b.x), y: mix(a.y, b.y) };
  const paddles = one.view.paddles.map((paddle, slot) => ({
    ...paddle,
    y: mix(paddle.y, two.view.paddles[slot]?.y ?? paddle.y),
  }));
  return { ...one.view, ball, paddles };
}
