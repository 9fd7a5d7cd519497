// effects.js: what shines and fades: the ball's trail, sparks of a hit, a ring of a point. In field
// units and milliseconds; it decides nothing. With reduced motion there is none of it.

const TRAIL_MS = 260;
const SPARK_MS = 420;
const RING_MS = 700;
const SPARKS = 9;
const PARTICLES_MAX = 160;

export class Effects {
  constructor(reduced) {
    this.reduced = reduced;
    this.trail = []; // {x, y, at}
    this.sparks = []; // {x, y, vx, vy, at, team, ms}
    this.rings = []; // {x, y, at, team}
    this.lit = [-Infinity, -Infinity, -Infinity, -Infinity]; // when each paddle was hit
    this.flash = { at: -Infinity, team: 0 };
    this.lastHitter = null; // team
  }

  ballAt(x, y, now) {
    if (this.reduced) return;
    const last = this.trail.at(-1);
    if (last && Math.hypot(x - last.x, y - last.y) > 200) this.trail = [];
    this.trail.push({ x, y, at: now });
    while (this.trail.length > 0 && this.trail[0].at < now - TRAIL_MS) this.trail.shift();
  }

  hit(x, y, slot, now) {
    const team = slot % 2;
    this.lastHitter = team;
    this.lit[slot] = now;
    if (this.reduced) return;
    for (let i = 0; i < SPARKS; i++) {
      const angle = (Math.random() - 0.5) * 2.4 + (team === 0 ? 0 : Math.PI);
      this.#spark(x, y, angle, 0.12 + Math.random() * 0.3, team, now, SPARK_MS);
    }
  }

  point(x, y, team, now) {
    this.lastHitter = null;
    this.flash = { at: now, team };
    this.trail = [];
    if (!this.reduced) this.rings.push({ x, y, at: now, team });
  }

  victory(x, y, team, now) {
    if (this.reduced) return;
    for (let i = 0; i < 80; i++) {
      const angle = Math.random() * 2 * Math.PI;
      this.#spark(x, y, angle, 0.1 + Math.random() * 0.9, team, now, 1600);
    }
  }

  #spark(x, y, angle, speed, team, at, ms) {
    if (this.sparks.length >= PARTICLES_MAX) this.sparks.shift();
    this.sparks.push({
      x,
      y,
      vx: Math.cos(angle) * speed,
      vy: Math.sin(angle) * speed,
      team,
      at,
      ms,
    });
  }

  // {x, y, left: 1..0}: how much is left of each.
  *sparksAt(now) {
    this.sparks = this.sparks.filter((spark) => now - spark.at < spark.ms);
    for (const spark of this.sparks) {
      const age = now - spark.at;
      const left = 1 - age / spark.ms;
      const way = (age * (1 + left)) / 2; // slows down
      yield { x: spark.x + spark.vx * way, y: spark.y + spark.vy * way, left, team: spark.team };
    }
  }

  *ringsAt(now) {
    this.rings = this.rings.filter((ring) => now - ring.at < RING_MS);
    for (const ring of this.rings) yield { ...ring, left: 1 - (now - ring.at) / RING_MS };
  }

  *trailAt(now) {
    for (const dot of this.trail)
      yield { ...dot, left: Math.max(0, 1 - (now - dot.at) / TRAIL_MS) };
  }
}
