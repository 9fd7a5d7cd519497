// clock.js: how long the present turn still lasts. The server counts it from the last step; the page
// learns of a step by its state. Of a turn that it has not seen begin it does not know: it says so.

export class TurnClock {
  // `seconds`: of a turn; 0 or undefined: as long as it takes.
  constructor(seconds) {
    this.seconds = seconds > 0 ? seconds : null;
    this.tick = null; // of the newest state
    this.since = null; // when the turn began; null: unknown
  }

  // A state of step `tick` has arrived at `now` (ms). Coming and going send states too, of the same
  // step.
  arrive(tick, now) {
    if (this.tick === null ? tick === 0 : tick !== this.tick) this.since = now;
    this.tick = tick;
  }

  // In seconds, or null.
  left(now) {
    if (this.seconds === null || this.since === null) return null;
    return Math.max(0, this.seconds - (now - this.since) / 1000);
  }
}
