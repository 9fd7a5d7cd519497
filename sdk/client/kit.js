// kit.js: what a game's client gets, see docs/games/client.md. It owns the port to the page: state
// frames and switches come in, inputs and status lines go out. The game sees bytes and callbacks,
// never the page.
import { Actions } from "./actions.js";
import { TickClock } from "./clock.js";
import { Sender } from "./sender.js";
import { Sound } from "./sound.js";

const STATE_OP = 2;
const STATE_HEAD_BYTES = 10; // op, channel, tick, ack
const PIXEL_RATIO_MAX = 3;
const STATUS_CHARACTERS_MAX = 200;
const STATUS_EVERY_MS = 1000;

export function createKit(port, start, { canvas, buttons, files }) {
  const listeners = {
    state: [],
    ended: [],
    link: [],
    theme: [],
    frame: [],
    resize: [],
    players: [],
  };
  const tell = (kind, ...values) => {
    for (const listener of listeners[kind]) listener(...values);
  };
  const listenTo = (kind) => (callback) => {
    listeners[kind].push(callback);
  };

  const isPlayer = start.slot !== null && start.slot !== undefined;
  const clock = new TickClock(start.tickHz);
  const sound = new Sound(start.sound !== false);
  const actions = new Actions({
    canvas,
    buttons,
    bindings: start.bindings,
    onEscape: () => port.postMessage({ t: "escape" }),
  });
  const sender = new Sender(
    start.tickHz,
    (bytes) => port.postMessage(bytes.buffer, [bytes.buffer]),
    () => performance.now(),
    (callback, ms) => setTimeout(callback, ms),
  );
  const status = limitedStatus(port);

  const kit = {
    start: Object.freeze(start),
    files,
    canvas,
    screen: { width: 0, height: 0, ratio: 1 },
    clock,
    actions,
    sound,
    theme: start.theme === "dark" ? "dark" : "light",
    reducedMotion: start.reducedMotion === true,
    latencyMs: 0,
    send: (bytes) => {
      if (isPlayer) sender.send(bytes);
    },
    status,
    label: (text) => canvas.setAttribute("aria-label", text),
    onState: listenTo("state"),
    onFrame: listenTo("frame"),
    onResize: listenTo("resize"),
    onTheme: listenTo("theme"),
    onEnded: listenTo("ended"),
    onLink: listenTo("link"),
    onPlayers: listenTo("players"),
    open,
  };

  // Called by the loader when the game is ready: messages that came before are waiting in the port.
  function open() {
    document.documentElement.lang = start.locale ?? "en";
    applyTheme(kit.theme);
    followSize(kit, canvas, () => tell("resize", kit.screen));
    port.onmessage = (event) => receive(event.data);
    requestAnimationFrame(frame);
    if (isPlayer) canvas.focus({ preventScroll: true }); // who watches keeps the keyboard
  }

  function receive(data) {
    if (data instanceof ArrayBuffer) receiveState(data);
    else if (data?.t === "latency") kit.latencyMs = Math.max(0, Number(data.ms) || 0);
    else if (data?.t === "sound") sound.on = data.on === true;
    else if (data?.t === "theme") changeTheme(data.theme === "dark" ? "dark" : "light");
    else if (data?.t === "ended") tell("ended", data.result);
    else if (data?.t === "link") tell("link", data.up === true);
    else if (data?.t === "players") changePlayers(data.players);
  }

  function receiveState(buffer) {
    if (buffer.byteLength < STATE_HEAD_BYTES) return;
    const bytes = new DataView(buffer);
    if (bytes.getUint8(0) !== STATE_OP) return;
    const tick = bytes.getUint32(2, true);
    const ack = bytes.getUint32(6, true);
    clock.arrive(tick, performance.now());
    tell("state", tick, ack, new DataView(buffer, STATE_HEAD_BYTES));
  }

  // In place: whoever holds the list sees who has come late.
  function changePlayers(players) {
    start.players.splice(0, start.players.length, ...players);
    tell("players", start.players);
  }

  function changeTheme(theme) {
    kit.theme = theme;
    applyTheme(theme);
    tell("theme", theme);
  }

  function frame(now) {
    requestAnimationFrame(frame);
    actions.poll();
    tell("frame", now, clock.advance(now));
  }

  return kit;
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

// Keeps the canvas's pixels at the size of its box in device pixels; kit.screen is in CSS pixels.
function followSize(kit, canvas, changed) {
  const measure = () => {
    const box = canvas.getBoundingClientRect();
    kit.screen.width = box.width;
    kit.screen.height = box.height;
    kit.screen.ratio = Math.min(window.devicePixelRatio || 1, PIXEL_RATIO_MAX);
    canvas.width = Math.max(1, Math.round(box.width * kit.screen.ratio));
    canvas.height = Math.max(1, Math.round(box.height * kit.screen.ratio));
    changed();
  };
  new ResizeObserver(measure).observe(canvas);
  measure();
}

// Status lines for screen readers: the last one of each second, none twice in a row.
function limitedStatus(port) {
  let said = "";
  let waiting = null;
  let timer = null;
  const say = () => {
    timer = null;
    if (waiting === null || waiting === said) return;
    said = waiting;
    waiting = null;
    port.postMessage({ t: "status", text: said });
    timer = setTimeout(say, STATUS_EVERY_MS);
  };
  return (text) => {
    waiting = String(text).slice(0, STATUS_CHARACTERS_MAX);
    if (timer === null) say();
  };
}
