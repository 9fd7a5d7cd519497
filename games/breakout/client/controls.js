// controls.js: where the player wants the paddle, from keys and gamepad (a direction) or a finger
// and the mouse (a place); the last one used counts. It sends changes only.
import { encodeDirection, encodeTarget } from "./view.js";

export class Controls {
  // acrossCourt(x): the place on the own court of a point of the canvas, or null.
  constructor(kit, { acrossCourt }) {
    this.kit = kit;
    this.acrossCourt = acrossCourt;
    this.sent = null; // the bytes of the newest
    this.touch = window.matchMedia("(pointer: coarse)").matches;
    this.pointer = null; // the finger that steers
    if (kit.start.slot === null || kit.start.slot === undefined) return;
    this.#listenToActions();
    this.#listenToPointer();
  }

  // What was sent while the connection was lost may be lost too.
  repeat() {
    if (this.sent) this.kit.send(this.sent);
  }

  #listenToActions() {
    const { actions } = this.kit;
    actions.define({
      left: { keys: ["ArrowLeft", "KeyA"], gamepad: [{ axis: 0, direction: -1 }, { button: 14 }] },
      right: { keys: ["ArrowRight", "KeyD"], gamepad: [{ axis: 0, direction: 1 }, { button: 15 }] },
    });
    actions.onChange(() => {
      this.#send(encodeDirection(Number(actions.held("right")) - Number(actions.held("left"))));
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
    const x = this.acrossCourt(event.clientX - this.kit.canvas.getBoundingClientRect().left);
    if (x !== null) this.#send(encodeTarget(x));
  }

  #send(bytes) {
    if (this.sent?.length === bytes.length && bytes.every((byte, i) => byte === this.sent[i]))
      return;
    this.sent = bytes;
    this.kit.send(bytes);
  }
}
