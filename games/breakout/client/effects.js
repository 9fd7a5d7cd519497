// effects.js: what shines and fades on a court: crumbs of a brick, a lit paddle, the tails of the
// balls. In units of a court and milliseconds; it decides nothing. With reduced motion there is none.
import { brickAt } from "./view.js";

const CRUMBS = 7;
const CRUMB_MS = 480;
const CRUMBS_MAX = 120;
const LIT_MS = 160;
const TAIL_MS = 130;
const TAIL_JUMP = 60; // further than this, the ball was put somewhere, it did not fly

export class Effects {
  constructor(reduced) {
    this.reduced = reduced;
    this.crumbs = []; // {x, y, vx, vy, row, at}
    this.litAt = -Infinity;
    this.tails = []; // by ball: [{x, y, at}]
  }

  brick(index, now) {
    if (this.reduced) return;
    const { x, y, row } = brickAt(index);
    for (let i = 0; i < CRUMBS; i++) {
      if (this.crumbs.length >= CRUMBS_MAX) this.crumbs.shift();
      this.crumbs.push({
        x: x + Math.random() * 60,
        y: y + Math.random() * 20,
        vx: (Math.random() - 0.5) * 0.3,
        vy: Math.random() * 0.2,
        row,
        at: now,
      });
    }
  }

  paddle(now) {
    if (!this.reduced) this.litAt = now;
  }

  // 1..0
  litAfter(now) {
    return Math.max(0, 1 - (now - this.litAt) / LIT_MS);
  }

  // Where the balls are now; returns their tails, oldest first.
  follow(balls, now) {
    if (this.reduced) return [];
    this.tails = balls.map((ball, i) => {
      const tail = (this.tails[i] ?? []).filter(({ at }) => at > now - TAIL_MS);
      const last = tail.at(-1);
      const jumped = last && Math.hypot(ball.x - last.x, ball.y - last.y) > TAIL_JUMP;
      return [...(jumped ? [] : tail), { x: ball.x, y: ball.y, at: now }];
    });
    return this.tails;
  }

  // {x, y, row, left: 1..0}
  crumbsAt(now) {
    this.crumbs = this.crumbs.filter(({ at }) => now - at < CRUMB_MS);
    return this.crumbs.map(({ x, y, vx, vy, row, at }) => {
      const age = now - at;
      return {
        x: x + vx * age,
        y: y + vy * age + age * age * 0.0004,
        row,
        left: 1 - age / CRUMB_MS,
      };
    });
  }
}
