// main.js: the browser side. States come in, directions go out. What `kit` is: gamekit's client.md.
import { draw } from "./draw.js";
import { textsFor } from "./texts.js";
import { between, decodeView, encodeDirection } from "./view.js";

const STATES_MAX = 16;

export function create(kit) {
  const { actions } = kit;
  const ownSlot = kit.start.slot ?? null;
  const texts = textsFor(kit.start.locale);
  const context = kit.canvas.getContext("2d");
  let states = []; // {tick, view}, ascending
  let linked = true;
  let ended = null;

  kit.label(texts.label);
  const sendDirection = () => {
    const way = (more, less) => Number(actions.held(more)) - Number(actions.held(less));
    kit.send(encodeDirection(way("right", "left"), way("down", "up")));
  };
  actions.define({
    left: control(["ArrowLeft", "KeyA"], texts.left, { axis: 0, direction: -1 }, 14),
    right: control(["ArrowRight", "KeyD"], texts.right, { axis: 0, direction: 1 }, 15),
    up: control(["ArrowUp", "KeyW"], texts.up, { axis: 1, direction: -1 }, 12),
    down: control(["ArrowDown", "KeyS"], texts.down, { axis: 1, direction: 1 }, 13),
  });
  actions.onChange(sendDirection);

  kit.onState((tick, _ack, bytes) => {
    const view = decodeView(bytes);
    const before = states.at(-1);
    if (!view || (before && tick === before.tick)) return;
    if (before && tick < before.tick) states = []; // the server has begun again further back
    states.push({ tick, view });
    if (states.length > STATES_MAX) states.shift();
    if (before) hear(before.view, view);
  });
  kit.onLink((up) => {
    linked = up;
    if (up) sendDirection(); // what was sent meanwhile may be lost
  });
  kit.onEnded((match) => {
    ended = match;
    kit.status(caption());
  });
  kit.onFrame((_now, tick) => {
    const { screen, theme } = kit;
    const names = kit.start.players;
    draw(context, { screen, theme, view: viewAt(tick), ownSlot, names, caption: caption() });
  });

  // The view to show at a tick with a fraction: between two states, or the newest.
  function viewAt(tick) {
    const next = states.findIndex((state) => state.tick > tick);
    if (tick === null || next === -1) return states.at(-1)?.view ?? null;
    if (next === 0) return states[0].view;
    const [one, two] = [states[next - 1], states[next]];
    return between(one.view, two.view, (tick - one.tick) / (two.tick - one.tick));
  }

  function hear(before, after) {
    const own = after.players[ownSlot];
    if (!own || own.score === before.players[ownSlot]?.score) return;
    kit.sound.tone({ from: 660, to: 990, seconds: 0.08 });
    kit.status(texts.score(own.score));
  }

  function caption() {
    if (ended?.state === "aborted") return texts.aborted;
    const own = ended?.players?.find(({ slot }) => slot === ownSlot);
    if (ended) return texts[own?.outcome] ?? texts.over;
    return linked ? "" : texts.offline;
  }
}

function control(keys, label, stick, button) {
  return { keys, label, button: true, gamepad: [stick, { button }] };
}
