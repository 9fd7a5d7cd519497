// main.js: the browser side of breakout. States come in, controls go out; pictures are draw.js's.
import { draw, layCourts } from "./draw.js";
import { captionOf, textsFor } from "./texts.js";
import { between, decodeView, encodeDirection, encodeTarget } from "./view.js";

const STATES_MAX = 32;

export function create(kit) {
  const ownSlot = kit.start.slot ?? null;
  const texts = textsFor(kit.start.locale);
  const context = kit.canvas.getContext("2d");
  let states = []; // {tick, view}, ascending
  let held = null; // the bytes of the newest control
  let linked = true;
  let ended = null; // the stored match
  let places = [];

  kit.label(texts.label);
  const lay = () => {
    places = layCourts(kit.screen, states.at(-1)?.view.courts.length ?? 1);
  };
  const send = (bytes) => {
    held = bytes;
    kit.send(bytes);
  };
  kit.onResize(lay);
  kit.onEnded((match) => {
    ended = match;
  });
  kit.onLink((up) => {
    linked = up;
    if (up && held) kit.send(held); // what was sent meanwhile may be lost
  });
  kit.onState((tick, _ack, bytes) => {
    const view = decodeView(bytes);
    const before = states.at(-1);
    if (!view) return;
    if (before && tick < before.tick - STATES_MAX) states = [];
    else if (before && tick <= before.tick) return;
    states.push({ tick, view });
    if (states.length > STATES_MAX) states.shift();
    if (before) happened(before.view, view);
    else lay();
  });
  kit.onFrame((_now, tick) => {
    const view = tick === null ? null : viewAt(tick);
    const caption = captionOf(view, texts, { linked, ended, ownSlot });
    const { screen, theme } = kit;
    draw(context, {
      screen,
      theme,
      view,
      places,
      ownSlot,
      names: kit.start.players,
      texts,
      caption,
    });
  });
  if (ownSlot !== null) listen();

  function viewAt(tick) {
    const next = states.findIndex((state) => state.tick > tick);
    if (next === -1) return states.at(-1)?.view ?? null;
    if (next === 0) return states[0].view;
    const [one, two] = [states[next - 1], states[next]];
    return between(one.view, two.view, (tick - one.tick) / (two.tick - one.tick));
  }

  function happened(before, after) {
    after.courts.forEach((court, i) => {
      const old = before.courts[i];
      if (court.brickHits !== old.brickHits) kit.sound.tone({ from: 520, seconds: 0.06 });
      if (court.paddleHits !== old.paddleHits) kit.sound.tone({ from: 260, seconds: 0.06 });
      if (court.lives < old.lives) kit.sound.tone({ from: 300, to: 70, seconds: 0.4 });
      if (court.level !== old.level || court.lives !== old.lives)
        kit.status(`${texts.level(court.level + 1, court.score)}, ${court.lives}`);
    });
    if (after.phase !== before.phase) {
      const { title, line } = captionOf(after, texts, { linked, ended, ownSlot });
      if (title) kit.status(`${title} ${line}`);
    }
  }

  function listen() {
    const { actions, canvas } = kit;
    actions.define({
      left: { keys: ["ArrowLeft", "KeyA"], gamepad: [{ axis: 0, direction: -1 }, { button: 14 }] },
      right: { keys: ["ArrowRight", "KeyD"], gamepad: [{ axis: 0, direction: 1 }, { button: 15 }] },
    });
    actions.onChange(() => {
      send(encodeDirection(Number(actions.held("right")) - Number(actions.held("left"))));
    });
    const aim = (event) => {
      const court = states.at(-1)?.view.players[ownSlot]?.court ?? 0;
      const place = places[court];
      const left = canvas.getBoundingClientRect().left;
      if (place) send(encodeTarget((event.clientX - left - place.left) / place.scale));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      aim(event);
    });
    canvas.addEventListener("pointermove", aim);
  }
}
