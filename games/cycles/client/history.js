// history.js: the last states, and what lies between two of them: the shown tick is hardly ever a
// whole one. Passing a state tells what has happened in it, so that sounds come when the eye sees.

const STATES_MAX = 32;

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

  // {view, lengths}: how things are at `tick`, and how long each trail is then; null without states.
  at(tick) {
    if (this.states.length === 0) return null;
    const next = this.states.findIndex((state) => state.tick > tick);
    if (next <= 0) return still(next === 0 ? this.states[0].view : this.newest);
    return between(this.states[next - 1], this.states[next], tick);
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

function still(view) {
  return { view, lengths: view.players.map((player) => lengthOf(player, view)) };
}

// Slow and fast cycles ride no whole number of cells a tick: shown a part behind, they ride evenly.
function lengthOf(player, view) {
  return player.riding ? Math.max(0, player.steps - view.behind) : player.steps;
}

// The trails are those of the later state, cut off where they are now.
function between(one, two, tick) {
  if (two.view.round !== one.view.round) return still(one.view);
  const part = (tick - one.tick) / (two.tick - one.tick);
  const lengths = one.view.players.map((player, slot) => {
    const begin = lengthOf(player, one.view);
    return begin + (lengthOf(two.view.players[slot], two.view) - begin) * part;
  });
  const players = one.view.players.map((player, slot) => ({
    ...player,
    corners: two.view.players[slot].corners,
    heading: two.view.players[slot].heading,
  }));
  return { view: { ...one.view, players }, lengths };
}
