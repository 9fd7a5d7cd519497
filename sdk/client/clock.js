// clock.js: which server tick to show now. States arrive with jitter; the fastest of the last two
// seconds tell where the server's clock stands, the slow ones how far behind it one has to stay so
// that the next state is there in time. Times are milliseconds of one local clock, handed in.

const WINDOW_MS = 2000;
const RECENT_SAMPLES = 12;
const STALL_TICKS = 3; // so much later than before, all of the recent ones: the server stood still
const DELAY_TICKS_MIN = 1.5;
const DELAY_TICKS_MAX = 8;
const JITTER_DECAY = 0.99; // per state
const SPEED_CHANGE_MAX = 0.08; // of the display, to catch up or fall back unseen
const RESTART_TICKS = 120; // so far back: another run; less: the server repeats what it lost
const JUMP_TICKS = 12; // more than this is not caught up but jumped

export class TickClock {
  constructor(tickHz) {
    this.tickMs = 1000 / (tickHz || 60);
    this.reset();
  }

  reset() {
    this.samples = []; // {at, offset}: offset = arrival - tick * tickMs
    this.offset = null; // of the fastest
    this.jitterTicks = 0;
    this.lastTick = -1;
    this.shownTick = null;
    this.shownAt = 0;
  }

  // A state of `tick` has arrived at `now`.
  arrive(tick, now) {
    if (tick < this.lastTick - RESTART_TICKS) this.reset();
    if (tick <= this.lastTick) return;
    this.lastTick = tick;
    this.samples.push({ at: now, offset: now - tick * this.tickMs });
    while (this.samples[0].at < now - WINDOW_MS) this.samples.shift();
    this.#forgetBeforeStall();
    this.offset = Math.min(...this.samples.map((sample) => sample.offset));
    const late = (now - tick * this.tickMs - this.offset) / this.tickMs;
    this.jitterTicks = Math.max(late, this.jitterTicks * JITTER_DECAY);
  }

  #forgetBeforeStall() {
    const recent = this.samples.slice(-RECENT_SAMPLES);
    if (recent.length < RECENT_SAMPLES) return;
    const fastest = Math.min(...recent.map((sample) => sample.offset));
    if (fastest > this.offset + STALL_TICKS * this.tickMs) this.samples = recent;
  }

  // The newest tick that could have arrived at `now`, with a fraction; null before the first state.
  tickAt(now) {
    return this.offset === null ? null : (now - this.offset) / this.tickMs;
  }

  // How many ticks the display stays behind tickAt.
  get delayTicks() {
    return Math.min(DELAY_TICKS_MAX, DELAY_TICKS_MIN + this.jitterTicks);
  }

  // The tick to show at `now`: never backwards, and at nearly even speed. Call it once a frame.
  advance(now) {
    if (this.offset === null) return null;
    const wanted = this.tickAt(now) - this.delayTicks;
    if (this.shownTick === null || Math.abs(wanted - this.shownTick) > JUMP_TICKS) {
      this.shownTick = wanted;
    } else {
      const passed = Math.max(0, now - this.shownAt) / this.tickMs;
      const error = wanted - (this.shownTick + passed);
      const change = Math.max(-SPEED_CHANGE_MAX, Math.min(SPEED_CHANGE_MAX, error * 0.1));
      this.shownTick += passed * (1 + change);
    }
    this.shownAt = now;
    return this.shownTick;
  }
}
