// controls.js: turns from keys, gamepad, swipes and taps. The last two turns go together when they
// were quick, so that a U-turn of two keys in one tick is not lost.
import { DOWN, LEFT, RIGHT, UP } from "./view.js";

const DIRECTIONS = { up: UP, right: RIGHT, down: DOWN, left: LEFT };
const TOGETHER_MS = 140;
const SWIPE_PIXELS = 22;

// The bytes of a turn at `now`, after the one before it: {direction, at} or null.
export function encodeTurn(direction, now, before) {
  const quick = before && now - before.at < TOGETHER_MS && before.direction !== direction;
  return Uint8Array.from(quick ? [before.direction, direction] : [direction]);
}

// Which way a tap at (x, y) turns a cycle at `head` that goes `heading`, all on the screen.
export function tapDirection(x, y, head, heading) {
  if (heading === UP || heading === DOWN) return x < head.x ? LEFT : RIGHT;
  return y < head.y ? UP : DOWN;
}

export class Controls {
  // toField(direction): from the screen's to the field's; ownCycle(): {x, y, heading} on the
  // screen, or null.
  constructor(kit, { toField, ownCycle }) {
    this.kit = kit;
    this.toField = toField;
    this.ownCycle = ownCycle;
    this.last = null;
    this.touch = window.matchMedia("(pointer: coarse)").matches;
    if (kit.start.slot === null || kit.start.slot === undefined) return;
    this.#listenToActions();
    this.#listenToPointer();
  }

  #listenToActions() {
    const pad = (axis, direction, button) => [{ axis, direction }, { button }];
    this.kit.actions.define({
      up: { keys: ["ArrowUp", "KeyW"], gamepad: pad(1, -1, 12) },
      right: { keys: ["ArrowRight", "KeyD"], gamepad: pad(0, 1, 15) },
      down: { keys: ["ArrowDown", "KeyS"], gamepad: pad(1, 1, 13) },
      left: { keys: ["ArrowLeft", "KeyA"], gamepad: pad(0, -1, 14) },
    });
    this.kit.actions.onChange((id, down) => {
      if (down) this.#turn(DIRECTIONS[id]);
    });
  }

  #listenToPointer() {
    const { canvas } = this.kit;
    let from = null;
    canvas.addEventListener("pointerdown", (event) => {
      this.touch = event.pointerType !== "mouse";
      canvas.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, id: event.pointerId, swiped: false };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from || event.pointerId !== from.id) return;
      const x = event.clientX - from.x;
      const y = event.clientY - from.y;
      if (Math.max(Math.abs(x), Math.abs(y)) < SWIPE_PIXELS) return;
      from = { ...from, x: event.clientX, y: event.clientY, swiped: true };
      if (Math.abs(x) > Math.abs(y)) this.#turn(x < 0 ? LEFT : RIGHT);
      else this.#turn(y < 0 ? UP : DOWN);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (from?.id === event.pointerId && !from.swiped) this.#tap(event);
      from = null;
    });
    canvas.addEventListener("pointercancel", () => {
      from = null;
    });
  }

  #tap(event) {
    const cycle = this.ownCycle();
    if (!cycle) return;
    const box = this.kit.canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    this.#turn(tapDirection(x, y, cycle, cycle.heading));
  }

  #turn(onScreen) {
    const now = performance.now();
    const direction = this.toField(onScreen);
    this.kit.send(encodeTurn(direction, now, this.last));
    this.last = { direction, at: now };
  }
}
