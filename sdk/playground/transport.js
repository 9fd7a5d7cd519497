// transport.js: time. Play, pause, steps, speed, and the timeline of everything that has happened;
// further back than the newest moment the match is a film, until somebody goes on from there.
import { button, element, option, paced, setText } from "./dom.js";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const SCRUB_MS = 60;

export class Transport {
  constructor(node, tell) {
    this.tell = tell;
    this.now = null;
    this.isScrubbing = false;
    this.begin = button("«", { "aria-label": "To the beginning", onclick: () => this.goTo("first") });
    this.back = button("‹", { "aria-label": "A step back", onclick: () => this.step(-1) });
    this.play = button("Play", { class: "primary play", onclick: () => this.toggle() });
    this.forward = button("›", { "aria-label": "A step forward", onclick: () => this.step(1) });
    this.end = button("»", { "aria-label": "To the newest", onclick: () => this.goTo("newest") });
    this.speed = element(
      "select",
      { "aria-label": "Speed", onchange: () => tell("speed", { speed: Number(this.speed.value) }) },
      SPEEDS.map((speed) => option(speed, `${speed}×`, speed === 1)),
    );
    this.timeline = element("input", {
      type: "range",
      class: "timeline",
      "aria-label": "Timeline",
      min: 0,
      max: 0,
      value: 0,
    });
    const scrub = paced(SCRUB_MS, (step) => tell("goTo", { step }));
    this.timeline.addEventListener("input", () => {
      this.isScrubbing = true;
      scrub(Number(this.timeline.value));
      this.#showWhere(Number(this.timeline.value));
    });
    for (const over of ["change", "blur"])
      this.timeline.addEventListener(over, () => {
        this.isScrubbing = false;
      });
    this.where = element("output", { class: "where" });
    this.mark = element("span", { class: "mark" });
    this.goOnHere = button("Go on from here", { class: "primary goOn", onclick: () => this.goOn() });
    this.loss = element("span", { class: "loss" });
    this.cut = element("div", { class: "cut" }, this.goOnHere, this.loss);
    node.replaceChildren(
      element("div", { class: "buttons" }, this.begin, this.back, this.play, this.forward, this.end),
      this.speed,
      this.timeline,
      this.where,
      this.mark,
      this.cut,
    );
    this.show(null);
  }

  show(now) {
    this.now = now;
    for (const part of [this.begin, this.back, this.play, this.forward, this.end, this.timeline])
      part.disabled = now === null;
    this.cut.hidden = now === null || now.live;
    if (now === null) return;
    const stands = now.fault !== "";
    setText(this.play, now.playing ? "Pause" : now.live ? "Play" : "Watch");
    this.play.disabled = now.over || stands;
    this.back.disabled = this.begin.disabled = now.step <= now.first;
    this.forward.disabled = now.over || stands;
    this.end.disabled = now.live;
    if (document.activeElement !== this.speed) this.speed.value = String(now.speed);
    this.timeline.min = String(now.first);
    this.timeline.max = String(now.newest);
    if (!this.isScrubbing) this.timeline.value = String(now.step);
    const part = now.newest > now.first ? (now.step - now.first) / (now.newest - now.first) : 1;
    this.timeline.style.setProperty("--part", String(part));
    this.#showWhere(this.isScrubbing ? Number(this.timeline.value) : now.step);
    const mark = stands ? "broken" : !now.live ? "film" : now.over ? "over" : now.playing ? "live" : "paused";
    setText(this.mark, mark);
    this.mark.dataset.mark = mark;
    const later = now.newest - now.step;
    setText(this.loss, `the ${later} step${later === 1 ? "" : "s"} after it will be forgotten`);
  }

  toggle() {
    if (this.now && !this.play.disabled) this.tell(this.now.playing ? "pause" : "play");
  }

  step(by) {
    if (!this.now) return;
    if (by > 0) this.tell("step");
    else this.tell("goTo", { step: Math.max(this.now.first, this.now.step - 1) });
  }

  goTo(which) {
    if (this.now) this.tell("goTo", { step: this.now[which] });
  }

  goOn() {
    if (this.now && !this.now.live) this.tell("goOn");
  }

  #showWhere(step) {
    setText(this.where, `${step} of ${this.now.newest}`);
  }
}
