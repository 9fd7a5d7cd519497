// controls.js: what the player wants, from keys and gamepad (a direction) or a finger and the mouse
// (a place); the last one used counts. It sends changes only.
import { encodeDirection, encodeTarget } from "./view.js";

const TARGET_STEP = 1; // smaller moves of the mouse are not worth an input

export class Controls {
  // alongGoal(x, y): the place on the goal line of a point of the canvas; changed(control) hears
  // every change, as {direction} or {target}.
  constructor(kit, { alongGoal, changed }) {
    this.kit = kit;
    this.alongGoal = alongGoal;
    this.changed = changed;
    this.control = { direction: 0 };
    this.touch = window.matchMedia("(pointer: coarse)").matches;
    this.pointer = null; // the finger that steers
    if (kit.start.slot === null || kit.start.slot === undefined) return;
    this.#listenToActions();
    this.#listenToPointer();
  }

  repeat() {
    this.#send();
  }

  #listenToActions() {
    const { actions } = this.kit;
    const axes = (direction) => [
      { axis: 1, direction },
      { axis: 0, direction },
    ];
    actions.define({
      up: {
        keys: ["ArrowUp", "KeyW", "ArrowLeft", "KeyA"],
        gamepad: [...axes(-1), { button: 12 }, { button: 14 }],
      },
      down: {
        keys: ["ArrowDown", "KeyS", "ArrowRight", "KeyD"],
        gamepad: [...axes(1), { button: 13 }, { button: 15 }],
      },
    });
    actions.onChange(() => {
      this.#change({ direction: Number(actions.held("down")) - Number(actions.held("up")) });
    });
  }

  #listenToPointer() {
    const { canvas } = this.kit;
    canvas.addEventListener("pointerdown", (event) => {
      this.touch = event.pointerType !== "mouse";
      this.pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      this.#aimAt(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" || event.pointerId === this.pointer) this.#aimAt(event);
    });
    const lift = (event) => {
      if (event.pointerId === this.pointer) this.pointer = null;
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
  }

  #aimAt(event) {
    const box = this.kit.canvas.getBoundingClientRect();
    this.#change({ target: this.alongGoal(event.clientX - box.left, event.clientY - box.top) });
  }

  #change(control) {
    const { direction, target } = this.control;
    if (control.direction !== undefined && control.direction === direction) return;
    if (control.target !== undefined && Math.abs(control.target - target) < TARGET_STEP) return;
    this.control = control;
    this.changed(control);
    this.#send();
  }

  #send() {
    const { direction, target } = this.control;
    this.kit.send(target === undefined ? encodeDirection(direction) : encodeTarget(target));
  }
}
