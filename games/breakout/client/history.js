// history.js: the last states, and what lies between two of them: the shown tick is hardly ever a
// whole one. Passing a state tells what has happened in it, so that sounds and sparks come when the
// eye sees them.
import { between } from "./view.js";

const STATES_MAX = 64;

export class History {
  constructor() {
    this.states = []; // {tick, view}, ascending
    this.passed = null; // the newest state whose events were told
  }

  add(tick, view) {
    const newest = this.states.at(-1);
    if (newest && tick < newest.tick - STATES_MAX) this.states = [];
    else if (newest && tick <= newest.tick) return;
    this.states.push({ tick, view });
    if (this.states.length > STATES_MAX) this.states.shift();
  }

  get newest() {
    return this.states.at(-1)?.view ?? null;
  }

  // The view at `tick`, places between two states where it falls between; null without states.
  at(tick) {
    const next = this.states.findIndex((state) => state.tick > tick);
    if (next === -1) return this.newest;
    if (next === 0) return this.states[0].view;
    const [one, two] = [this.states[next - 1], this.states[next]];
    return between(one.view, two.view, (tick - one.tick) / (two.tick - one.tick));
  }

  // Calls tell(before, after) for each state passed on the way to `tick`; `before` is null at first.
  pass(tick, tell) {
    for (const state of this.states) {
      if (state.tick > tick) break;
      const old = this.passed && state.tick <= this.passed.tick;
      if (old && state.tick > this.passed.tick - STATES_MAX) continue;
      tell(this.passed?.view ?? null, state.view);
      this.passed = state;
    }
  }
}
