// paddle.js: the own paddle without the way to the server and back. It starts at the newest state,
// which knows the controls that were sent a round trip before it came, and replays those since.
import { HEIGHT, PADDLE_SPEED } from "./view.js";

const CONTROLS_MS_MAX = 2000;
const CORRECTION_PER_MS = 0.012;

// control: null, {direction} or {target}
export class OwnPaddle {
  constructor(tickMs) {
    this.tickMs = tickMs;
    this.controls = [{ at: -Infinity, control: null }];
    this.state = null; // {y, half, since}
    this.shown = null;
    this.shownAt = 0;
  }

  control(control, now) {
    this.controls.push({ at: now, control });
    while (this.controls.length > 2 && this.controls[1].at < now - CONTROLS_MS_MAX)
      this.controls.shift();
  }

  // The paddle stood at `y` in a state that came at `now`.
  arrive(y, half, now, latencyMs) {
    this.state = { y, half, since: now - latencyMs - this.tickMs / 2 };
  }

  // Where to show it.
  at(now) {
    if (!this.state) return null;
    const right = this.#replay(now);
    if (this.shown === null) {
      this.shown = right;
    } else {
      const passed = Math.max(0, now - this.shownAt);
      this.shown = this.#move(this.shown, this.controls.at(-1).control, passed);
      this.shown += (right - this.shown) * (1 - Math.exp(-passed * CORRECTION_PER_MS));
    }
    this.shownAt = now;
    return this.shown;
  }

  #replay(now) {
    let y = this.state.y;
    for (let i = 0; i < this.controls.length; i++) {
      const begin = Math.max(this.controls[i].at, this.state.since);
      const end = Math.min(this.controls[i + 1]?.at ?? now, now);
      if (end > begin) y = this.#move(y, this.controls[i].control, end - begin);
    }
    return y;
  }

  #move(y, control, ms) {
    const reach = (PADDLE_SPEED * ms) / this.tickMs;
    let step = 0;
    if (control?.direction) step = control.direction * reach;
    else if (control?.target !== undefined)
      step = Math.max(-reach, Math.min(reach, control.target - y));
    const { half } = this.state;
    return Math.max(half, Math.min(HEIGHT - half, y + step));
  }
}
