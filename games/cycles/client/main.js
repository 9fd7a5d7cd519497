// main.js: the browser side of light cycles. States come in, turns go out; what lies between two
// states is history.js's, every picture is draw.js's, every word is words.js's.
import { Arena } from "./arena.js";
import { Controls } from "./controls.js";
import { draw } from "./draw.js";
import { History } from "./history.js";
import { textsFor } from "./texts.js";
import { decodeView, TICK_HZ } from "./view.js";
import { announce, captions, ranking } from "./words.js";

const HIDDEN_MS = 1000; // so long without a frame, nobody was looking

export function create(kit) {
  const { slot, players } = kit.start;
  const ownSlot = slot ?? null;
  const texts = textsFor(kit.start.locale);
  const context = kit.canvas.getContext("2d");
  const history = new History();
  const who = { ownSlot, players, texts };
  let nameCount = players.length; // more when somebody comes late
  let arena = new Arena({ width: 1, height: 1 }, nameCount);
  let shown = null;
  let crashes = [];
  let linked = true;
  let ended = null; // the stored match
  let lastCount = 0;
  let framedAt = 0;

  kit.label(texts.label);
  const controls = new Controls(kit, {
    toField: (direction) => arena.direction(direction),
    ownCycle,
  });

  kit.onResize(lay);
  kit.onLink((up) => {
    linked = up;
  });
  kit.onEnded((match) => {
    ended = match;
  });
  kit.onState((tick, _ack, bytes) => {
    const view = decodeView(bytes);
    if (view) history.add(tick, view);
  });
  kit.onFrame((now, tick) => {
    const quiet = now - framedAt > HIDDEN_MS;
    framedAt = now;
    if (tick !== null) history.pass(tick, (before, after) => happened(before, after, now, quiet));
    shown = tick === null ? null : history.at(tick);
    const said = captions(shown?.view ?? null, who, { linked, ended, touch: controls.touch });
    if (said.slots.length > nameCount) {
      nameCount = said.slots.length;
      lay();
    }
    draw(context, {
      screen: kit.screen,
      theme: kit.theme,
      arena,
      shown,
      crashes,
      now,
      reducedMotion: kit.reducedMotion,
      ownSlot,
      ...said,
    });
  });

  function lay() {
    arena = new Arena(kit.screen, nameCount);
  }

  function ownCycle() {
    const player = history.newest?.players[ownSlot];
    if (!player?.riding) return null;
    const head = arena.point(...player.corners.at(-1));
    return { ...head, heading: arena.direction(player.heading) };
  }

  // Between two states, one after the other: what is to be heard, seen and said.
  function happened(before, after, now, quiet) {
    if (before?.round !== after.round) crashes = [];
    after.players.forEach((player, slot) => {
      if (player.riding || player.steps === 0 || before?.players[slot].riding === false) return;
      const [x, y] = player.corners.at(-1);
      crashes.push({ slot, x, y, at: before && !quiet ? now : -Infinity });
      if (before && !quiet) sounds.crash(slot === ownSlot);
    });
    if (before && !quiet) turnSound(before, after);
    if (!quiet) countAloud(after);
    if (before && !quiet && after.phase === "over" && before.phase !== "over")
      sounds.end(ownSlot === null || ranking(after)[0] === after.players[ownSlot].team);
    const text = announce(before, after, who);
    if (text) kit.status(text);
  }

  function turnSound(before, after) {
    if (ownSlot === null || after.phase !== "ride") return;
    if (before.players[ownSlot].heading !== after.players[ownSlot].heading) sounds.turn();
  }

  function countAloud(view) {
    const count = view.phase === "countdown" ? Math.ceil(view.timer / TICK_HZ) : 0;
    if (count !== lastCount && (count > 0 || view.phase === "ride")) sounds.count(count === 0);
    lastCount = count;
  }

  const sounds = {
    turn: () => kit.sound.tone({ from: 520, to: 640, seconds: 0.05, volume: 0.1 }),
    crash: (own) =>
      kit.sound.tone({
        from: own ? 260 : 180,
        to: 40,
        seconds: 0.5,
        type: "sawtooth",
        volume: own ? 0.2 : 0.1,
      }),
    count: (last) =>
      kit.sound.tone({ from: last ? 880 : 440, seconds: last ? 0.25 : 0.1, type: "sine" }),
    end: (bright) =>
      (bright ? [0, 4, 7, 12] : [7, 3, 0]).forEach((halfTones, i) => {
        kit.sound.tone({
          from: 392 * 2 ** (halfTones / 12),
          seconds: 0.25,
          after: i * 0.13,
        });
      }),
  };
}
