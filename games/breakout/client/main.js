// main.js: the browser side of breakout. States come in, controls go out; what lies between two
// states is history.js's, every picture is draw.js's, every word is words.js's.
import { Controls } from "./controls.js";
import { draw, layCourts } from "./draw.js";
import { Effects } from "./effects.js";
import { History } from "./history.js";
import { soundsOf } from "./sounds.js";
import { textsFor } from "./texts.js";
import { COLUMNS, decodeView, TICK_HZ } from "./view.js";
import { announce, captions, standing } from "./words.js";

const COURTS_MAX = 2;
const HIDDEN_MS = 500; // frames further apart: the page was in the background

export function create(kit) {
  const { slot, players } = kit.start;
  const ownSlot = slot ?? null;
  const texts = textsFor(kit.start.locale);
  const context = kit.canvas.getContext("2d");
  const history = new History();
  const effects = Array.from({ length: COURTS_MAX }, () => new Effects(kit.reducedMotion));
  const sounds = soundsOf(kit.sound);
  const who = { ownSlot, players, texts };
  let places = [];
  let linked = true;
  let ended = null; // the stored match
  let lastCount = 0;
  let framedAt = 0;

  kit.label(texts.label);
  const controls = new Controls(kit, {
    acrossCourt(x) {
      const place = places[history.newest?.players[ownSlot]?.court ?? 0];
      return place ? (x - place.left) / place.scale : null;
    },
  });

  kit.onResize(lay);
  kit.onLink((up) => {
    linked = up;
    if (up) controls.repeat();
  });
  kit.onEnded((match) => {
    ended = match;
  });
  kit.onState((tick, _ack, bytes) => {
    const view = decodeView(bytes);
    if (!view) return;
    history.add(tick, view);
    if (places.length !== view.courts.length) lay();
  });
  kit.onFrame((now, tick) => {
    const hidden = now - framedAt > HIDDEN_MS; // nobody saw the last moments: no noise about them
    framedAt = now;
    if (tick !== null) history.pass(tick, (before, after) => happened(before, after, now, hidden));
    const view = tick === null ? null : history.at(tick);
    draw(context, {
      screen: kit.screen,
      theme: kit.theme,
      view,
      places,
      effects,
      now,
      ownSlot,
      level: texts.level,
      verdicts: texts,
      ...captions(view, who, { linked, ended, touch: controls.touch }),
    });
  });

  function lay() {
    places = layCourts(kit.screen, history.newest?.courts.length ?? 1);
  }

  // Between two states, one after the other: what is to be heard, seen and said.
  function happened(before, after, now, hidden) {
    if (before && !hidden) {
      after.courts.forEach((court, i) => {
        hitsOn(before.courts[i], court, i, now);
      });
      if (after.phase === "over" && before.phase !== "over")
        sounds.end(ownSlot === null || standing(after, ownSlot) >= 0);
    }
    if (!hidden) countAloud(after);
    const text = announce(before, after, who);
    if (text) kit.status(text);
  }

  function hitsOn(before, after, index, now) {
    if (after.paddleHits !== before.paddleHits) {
      sounds.paddle();
      effects[index].paddle(now);
    }
    if (after.lives < before.lives) sounds.lost();
    if (after.drops.length < before.drops.length && after.lives >= before.lives)
      caught(before, after);
    if (after.level !== before.level) return; // other bricks
    before.bricks.forEach((hits, brick) => {
      if (after.bricks[brick] >= hits) return;
      sounds.brick(Math.floor(brick / COLUMNS));
      if (after.bricks[brick] === 0) effects[index].brick(brick, now);
    });
  }

  function caught(before, after) {
    const more = after.lives > before.lives || after.balls.length > before.balls.length;
    if (more || (after.wide && !before.wide) || (after.slow && !before.slow)) sounds.caught();
  }

  function countAloud(view) {
    const count = view.phase === "countdown" ? Math.ceil(view.timer / TICK_HZ) : 0;
    if (count !== lastCount && (count > 0 || view.phase === "play")) sounds.count(count === 0);
    lastCount = count;
  }
}
