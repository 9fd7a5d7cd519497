// actions.js: logical actions ("up", "fire") from keyboard, touch buttons and gamepad, one path for
// all three. Losing the focus releases everything; Escape gives the keyboard back to the page.

const STICK_THRESHOLD = 0.4;

export class Actions {
  // `bindings`: {action: [event.code, ...]}, the player's own; they replace the declared keys.
  constructor({ canvas, buttons, bindings, onEscape }) {
    this.canvas = canvas;
    this.buttons = buttons;
    this.bindings = bindings ?? {};
    this.onEscape = onEscape;
    this.declared = new Map();
    this.byCode = new Map();
    this.sources = new Map(); // action -> set of what holds it down
    this.listeners = [];
    this.#listen();
  }

  // {id: {keys: [...], label, button: true, gamepad: {button: n} or {axis: n, direction: -1 or 1}}};
  // `gamepad` may be a list.
  define(declared) {
    this.declared = new Map(Object.entries(declared));
    this.byCode.clear();
    for (const [id, action] of this.declared) {
      this.sources.set(id, new Set());
      for (const code of this.bindings[id] ?? action.keys ?? []) this.byCode.set(code, id);
    }
    this.#makeButtons();
  }

  held(id) {
    return (this.sources.get(id)?.size ?? 0) > 0;
  }

  // callback(id, down)
  onChange(callback) {
    this.listeners.push(callback);
  }

  releaseAll() {
    for (const [id, sources] of this.sources) {
      if (sources.size === 0) continue;
      sources.clear();
      this.#tell(id, false);
    }
  }

  // Reads the gamepads; the kit calls it once a frame.
  poll() {
    const pads = navigator.getGamepads ? [...navigator.getGamepads()].filter(Boolean) : [];
    for (const [id, action] of this.declared) {
      const wanted = [action.gamepad ?? []].flat();
      const down = pads.some((pad) => wanted.some((control) => isPressed(pad, control)));
      this.#hold(id, "gamepad", down);
    }
  }

  #hold(id, source, down) {
    const sources = this.sources.get(id);
    if (!sources || sources.has(source) === down) return;
    const before = sources.size > 0;
    if (down) sources.add(source);
    else sources.delete(source);
    if (sources.size > 0 !== before) this.#tell(id, !before);
  }

  #tell(id, down) {
    for (const listener of this.listeners) listener(id, down);
  }

  #listen() {
    window.addEventListener("keydown", (event) => {
      if (event.code === "Escape") {
        this.releaseAll();
        this.canvas.blur();
        this.onEscape();
        return;
      }
      const id = this.byCode.get(event.code);
      if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.#hold(id, event.code, true); // a repeat too: it was held before the game could hear it
    });
    window.addEventListener("keyup", (event) => {
      const id = this.byCode.get(event.code);
      if (id) this.#hold(id, event.code, false);
    });
    window.addEventListener("blur", () => this.releaseAll());
    window.addEventListener("focus", () => {
      if (document.activeElement === document.body) this.canvas.focus({ preventScroll: true });
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.releaseAll();
    });
    this.canvas.addEventListener("pointerdown", () => this.canvas.focus({ preventScroll: true }));
    this.canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #makeButtons() {
    this.buttons.replaceChildren();
    for (const [id, action] of this.declared) {
      if (action.button) this.buttons.append(this.#makeButton(id, action));
    }
    const touch = window.matchMedia("(any-pointer: coarse)").matches;
    this.buttons.hidden = !touch || this.buttons.childElementCount === 0;
  }

  #makeButton(id, action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.label ?? id;
    const press = (down) => (event) => {
      event.preventDefault();
      if (down) button.setPointerCapture(event.pointerId);
      button.setAttribute("aria-pressed", String(down));
      this.#hold(id, "button", down);
    };
    button.addEventListener("pointerdown", press(true));
    button.addEventListener("pointerup", press(false));
    button.addEventListener("pointercancel", press(false));
    return button;
  }
}

function isPressed(pad, control) {
  if (control.axis !== undefined)
    return (pad.axes[control.axis] ?? 0) * control.direction > STICK_THRESHOLD;
  return pad.buttons[control.button]?.pressed ?? false;
}
