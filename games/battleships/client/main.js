// main.js: the browser side of battleships. States come in, fleets and shots go out; a picture is
// draw.js's, a word is words.js's. What was sent and is not yet seen in a state is sent again when
// the connection is back.
import { TurnClock } from "./clock.js";
import { draw } from "./draw.js";
import { clashing, mixed, moved, shipAt, turned } from "./fleet.js";
import { buttonAt, cellAt, layTable } from "./table.js";
import { textsFor } from "./texts.js";
import {
  CELLS,
  decodeView,
  encodeFleet,
  encodeShot,
  LENGTHS,
  MISS,
  SIDE,
  SUNK,
  UNKNOWN,
} from "./view.js";
import { announce, cellName, nameOf, sameShot, titleOf } from "./words.js";

const WARN_SECONDS = 10;
const STEPS = { up: -SIDE, down: SIDE, left: -1, right: 1 };

export function create(kit) {
  const { slot, players } = kit.start;
  const ownSlot = slot ?? null;
  const texts = textsFor(kit.start.locale);
  const who = { ownSlot, players, texts };
  const context = kit.canvas.getContext("2d");
  let view = null;
  const clock = new TurnClock(kit.start.turnSeconds);
  let fleet = mixed(Math.random, false); // fine whether ships may touch or not
  let held = null; // the number of the ship that moves with the cursor or the pointer
  let grip = null; // {x, y}: which part of it is held; and whether it has moved
  let cursor = null; // a cell, once a key was used
  let hover = null;
  let splash = null;
  let waiting = null; // bytes that were sent and not yet seen
  let linked = true;
  let warned = null; // the tick of the turn whose end was announced
  let ended = null; // the stored match
  let table = layTable({ width: 1, height: 1 }, [0, 1], []);

  kit.label(texts.label);
  const places = () =>
    view?.phase === "placing" && ownSlot !== null && !view.players[ownSlot].placed;
  const shoots = () => view?.phase === "shooting" && view.turn === ownSlot;
  const activeSlot = () => (places() ? ownSlot : ownSlot === null ? null : 1 - ownSlot);

  kit.onResize(lay);
  kit.onLink((up) => {
    linked = up;
    if (up && waiting) kit.send(waiting);
  });
  kit.onEnded((match) => {
    ended = match;
  });
  kit.onState((tick, _ack, bytes) => {
    const next = decodeView(bytes);
    if (!next) return;
    clock.arrive(tick, performance.now());
    const before = view;
    view = next;
    waiting = null;
    happened(before, view);
    lay();
  });
  kit.onFrame((now) => {
    warn(now);
    draw(context, scene(now));
  });
  if (ownSlot !== null) {
    listenToActions();
    listenToPointer();
  }

  function lay() {
    const slots = places() ? [ownSlot] : ownSlot === null ? [0, 1] : [ownSlot, 1 - ownSlot];
    table = layTable(kit.screen, slots, places() ? ["turn", "mix", "ready"] : []);
  }

  function scene(now) {
    const wrong = places() ? clashing(fleet, view.touching) : [];
    const stopped = ended?.state === "aborted" && view?.phase !== "over";
    return {
      screen: kit.screen,
      theme: kit.theme,
      reducedMotion: kit.reducedMotion,
      table,
      view,
      now,
      secondsLeft: ended || view?.phase === "over" || !linked ? null : clock.left(now),
      turnSeconds: clock.seconds,
      title: stopped ? texts.ended : titleOf(view, who, { linked, wrong: wrong.length > 0 }),
      names: [0, 1].map((one) => (one === ownSlot ? texts.own : nameOf(who, one))),
      fleet: places() ? fleet : null,
      fleetSlot: ownSlot,
      wrong,
      held,
      cursor:
        cursor === null || !(places() || shoots()) ? null : { slot: activeSlot(), cell: cursor },
      hover: hover !== null && shoots() ? { slot: activeSlot(), cell: hover } : null,
      splash,
      labels: texts,
      disabled: [...(held === null ? ["turn"] : []), ...(wrong.length > 0 ? ["ready"] : [])],
    };
  }

  // Once, when it is the own time that runs out.
  function warn(now) {
    const left = places() || shoots() ? clock.left(now) : null;
    if (left === null || left > WARN_SECONDS || !linked || ended || warned === clock.tick) return;
    warned = clock.tick;
    kit.status(texts.hurry(Math.ceil(left)));
    kit.sound.tone({ from: 520, seconds: 0.12, type: "sine" });
    kit.sound.tone({ from: 520, seconds: 0.12, type: "sine", after: 0.25 });
  }

  function happened(before, after) {
    const text = announce(before, after, who);
    if (text) kit.status(text);
    if (!before) return;
    const { last } = after;
    if (last && !sameShot(before.last, last)) {
      splash = { ...last, slot: 1 - last.shooter, at: performance.now() };
      soundOfShot(last.success);
    }
    if (after.phase === "over" && before.phase !== "over")
      soundOfEnd(ownSlot === null || after.winner === ownSlot);
    else if (after.turn === ownSlot && before.turn !== ownSlot && ownSlot !== null)
      kit.sound.tone({ from: 660, seconds: 0.12, type: "sine", after: 0.35 });
  }

  function soundOfShot(success) {
    if (success === MISS) kit.sound.tone({ from: 240, to: 90, seconds: 0.25, type: "sine" });
    else kit.sound.tone({ from: 170, to: 45, seconds: 0.4, type: "sawtooth", volume: 0.16 });
    if (success === SUNK)
      kit.sound.tone({ from: 300, to: 60, seconds: 0.8, type: "triangle", after: 0.2 });
  }

  function soundOfEnd(won) {
    (won ? [0, 4, 7, 12] : [7, 3, 0, -5]).forEach((halfTones, i) => {
      kit.sound.tone({ from: 392 * 2 ** (halfTones / 12), seconds: 0.28, after: 0.3 + i * 0.13 });
    });
  }

  function send(bytes) {
    waiting = bytes;
    kit.send(bytes);
  }

  function press(id) {
    if (!places()) return;
    if (id === "turn" && held !== null) fleet = turned(fleet, held);
    if (id === "mix") {
      fleet = mixed(Math.random, view.touching);
      held = null;
    }
    if (id === "ready" && clashing(fleet, view.touching).length === 0) send(encodeFleet(fleet));
  }

  function shoot(cell) {
    if (!shoots() || view.players[1 - ownSlot].cells[cell] !== UNKNOWN) return;
    send(encodeShot(cell));
  }

  function listenToActions() {
    const arrows = { up: "ArrowUp", right: "ArrowRight", down: "ArrowDown", left: "ArrowLeft" };
    const letters = { up: "KeyW", right: "KeyD", down: "KeyS", left: "KeyA" };
    const pads = { up: 12, right: 15, down: 13, left: 14 };
    const moves = Object.keys(arrows).map((id) => [
      id,
      { keys: [arrows[id], letters[id]], gamepad: { button: pads[id] } },
    ]);
    kit.actions.define({
      ...Object.fromEntries(moves),
      act: { keys: ["Space"], gamepad: { button: 0 } },
      turn: { keys: ["KeyR"], gamepad: { button: 2 } },
      mix: { keys: ["KeyN"], gamepad: { button: 3 } },
      ready: { keys: ["Enter"], gamepad: { button: 9 } },
    });
    kit.actions.onChange((id, down) => {
      if (!down) return;
      if (STEPS[id]) moveCursor(id);
      else if (id === "act") act();
      else if (id === "ready" && shoots()) act();
      else press(id);
    });
  }

  function moveCursor(id) {
    const at = cursor ?? 0;
    const column = at % SIDE;
    const step = STEPS[id];
    const leaves =
      (step === -1 && column === 0) ||
      (step === 1 && column === SIDE - 1) ||
      at + step < 0 ||
      at + step >= CELLS;
    if (cursor === null || leaves) cursor = at;
    else cursor = at + step;
    if (places() && held !== null)
      fleet = moved(fleet, held, cursor % SIDE, Math.floor(cursor / SIDE));
    sayCursor();
  }

  function act() {
    cursor ??= 0;
    if (shoots()) {
      shoot(cursor);
    } else if (places()) {
      const ship = shipAt(fleet, cursor);
      held = held === null && ship >= 0 ? ship : null;
      if (held !== null) cursor = fleet[held].first;
      sayCursor();
    }
  }

  function sayCursor() {
    const name = cellName(cursor);
    if (places()) {
      const ship = shipAt(fleet, cursor);
      kit.status(ship >= 0 ? texts.cell(name, texts.ship(LENGTHS[ship])) : name);
    } else if (shoots()) {
      kit.status(texts.cell(name, texts.known[view.players[1 - ownSlot].cells[cursor]]));
    }
  }

  function listenToPointer() {
    const { canvas } = kit;
    const point = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const boardOf = (one) => table.boards.find((board) => board.slot === one);
    const cellUnder = (event) => {
      const board = boardOf(activeSlot());
      const { x, y } = point(event);
      return board ? cellAt(board, x, y) : null;
    };
    canvas.addEventListener("pointerdown", (event) => {
      cursor = null;
      const { x, y } = point(event);
      const button = buttonAt(table, x, y);
      if (button) return press(button);
      const cell = cellUnder(event);
      if (cell === null || !places()) return;
      const ship = shipAt(fleet, cell);
      held = ship >= 0 ? ship : null;
      if (held === null) return;
      canvas.setPointerCapture(event.pointerId);
      const { first } = fleet[held];
      grip = {
        column: (cell % SIDE) - (first % SIDE),
        row: Math.floor(cell / SIDE) - Math.floor(first / SIDE),
        cell,
        moved: false,
      };
    });
    canvas.addEventListener("pointermove", (event) => {
      const cell = cellUnder(event);
      hover = event.pointerType === "mouse" ? cell : null;
      if (!grip || held === null || cell === null || !places()) return;
      if (cell === grip.cell && !grip.moved) return;
      grip.moved = true;
      const row = Math.floor(cell / SIDE) - grip.row;
      fleet = moved(fleet, held, (cell % SIDE) - grip.column, row);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (grip && !grip.moved && places() && held !== null) fleet = turned(fleet, held);
      else if (!grip && shoots()) {
        const cell = cellUnder(event);
        if (cell !== null) shoot(cell);
      }
      grip = null;
    });
    canvas.addEventListener("pointercancel", () => {
      grip = null;
    });
    canvas.addEventListener("pointerleave", () => {
      hover = null;
    });
  }
}
