// sender.js: hands inputs to the page, at most one a tick: the server takes no more. A faster one
// replaces the one that waits, so an input says what is held, not what has happened.

export class Sender {
  // `post(bytes)` sends; `now()` and `later(callback, ms)` are the clock.
  constructor(tickHz, post, now, later) {
    this.intervalMs = 1000 / Math.min(tickHz || 60, 60);
    this.post = post;
    this.now = now;
    this.later = later;
    this.sentAt = -Infinity;
    this.waiting = null;
  }

  send(bytes) {
    const copy = Uint8Array.from(bytes);
    const wait = this.sentAt + this.intervalMs - this.now();
    if (this.waiting !== null) {
      this.waiting = copy;
    } else if (wait > 0) {
      this.waiting = copy;
      this.later(() => this.#sendWaiting(), wait);
    } else {
      this.#sendNow(copy);
    }
  }

  #sendWaiting() {
    const bytes = this.waiting;
    this.waiting = null;
    this.#sendNow(bytes);
  }

  #sendNow(bytes) {
    this.sentAt = this.now();
    this.post(bytes);
  }
}
