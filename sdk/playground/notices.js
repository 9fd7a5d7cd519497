// notices.js: what the author has to know before anything else: it does not compile, it crashed, the
// new build cannot take over, the tool is gone. One box each, gone when it is no longer so.
import { button, element } from "./dom.js";

export class Notices {
  constructor(node) {
    this.node = node;
    this.boxes = new Map();
  }

  // `actions`: [[text, callback], ...]. Without a title the notice goes.
  set(id, title, { text = "", code = "", tone = "bad", actions = [] } = {}) {
    const before = this.boxes.get(id);
    const print = JSON.stringify([title, text, code, tone]);
    if (before?.print === print) return;
    before?.node.remove();
    this.boxes.delete(id);
    if (!title) return;
    const node = element(
      "div",
      { class: "notice", "data-tone": tone, "data-notice": id },
      element("strong", {}, title),
      text ? element("p", {}, text) : null,
      code ? element("pre", {}, code) : null,
      actions.length > 0
        ? element("div", { class: "actions" }, actions.map(([name, run]) => button(name, { onclick: run })))
        : null,
    );
    this.boxes.set(id, { node, print });
    this.node.append(node);
  }

  // One that goes by itself.
  pass(title, text, tone) {
    const id = `passing-${performance.now()}`;
    this.set(id, title, { text, tone, actions: [["Close", () => this.set(id, null)]] });
    if (tone === "good") setTimeout(() => this.set(id, null), 8000);
  }
}
