// inspector.js: what the match is, in words and figures: the state, the result, the costs, the log,
// the replays.
import { button, byId, bytes, element, option, setText } from "./dom.js";

const LOG_LINES_MAX = 400;
const LEVELS = ["debug", "info", "warning", "error"];

export class Inspector {
  constructor(tell) {
    this.tell = tell;
    this.game = null;
  }

  show(now) {
    const { game } = this;
    setText(byId("tick"), game?.tickHz === 0 ? `${now.tick} moves` : `${now.tick} (${seconds(now, game)} s)`);
    setText(byId("hash"), now.hash);
    setText(byId("result"), resultText(now.result));
    setText(byId("explain"), now.explain || "This game has no `explain`.");
    this.#figures(now);
  }

  log(lines) {
    const list = byId("log");
    const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
    for (const { step, level, text } of lines)
      list.append(
        element("li", { "data-level": LEVELS[level] ?? "info" }, element("b", {}, String(step)), ` ${text}`),
      );
    while (list.childElementCount > LOG_LINES_MAX) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
  }

  clearLog() {
    byId("log").replaceChildren();
  }

  replays(names) {
    const select = element("select", { "aria-label": "Replay" }, names.map((name) => option(name, name)));
    byId("replays").replaceChildren(
      button("Save this match", { onclick: () => this.tell("save") }),
      names.length > 0 ? element("div", { class: "pair" }, select,
        button("Load", { onclick: () => this.tell("load", { name: select.value }) })) : "",
    );
  }

  #figures(now) {
    const { tickHz, stateBytes } = this.game;
    const budget = tickHz > 0 ? ` (${percent((now.stepUs * tickHz) / 1e6)} of a tick)` : "";
    const rows = [
      ["A step", `${round(now.stepUs)} µs${budget}`],
      ["All views", `${round(now.viewsUs)} µs`],
      ["Steps a second", now.playing && now.live ? `${Math.round(now.stepsPerSecond)}` : "–"],
      ["State", bytes(stateBytes)],
      ["History", `${bytes(now.historyBytes)} of ${bytes(now.historyMax)}`],
      ["Game process", now.runner ? `${now.runner} (gdb -p ${now.runner})` : "none"],
    ];
    const list = byId("figures");
    if (list.childElementCount !== rows.length * 2)
      list.replaceChildren(...rows.flatMap(([name]) => [element("dt", {}, name), element("dd")]));
    rows.forEach(([, text], i) => {
      setText(list.children[2 * i + 1], text);
    });
  }
}

const seconds = (now, game) => (game ? (now.tick / game.tickHz).toFixed(1) : "–");
const round = (value) => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
const percent = (part) => `${part < 0.1 ? Math.round(part * 1000) / 10 : Math.round(part * 100)} %`;

function resultText(result) {
  if (!result) return "not over";
  const players = result.players.map(
    ({ score, outcome, forfeit }, slot) =>
      `${slot + 1}: ${outcome ?? "none"} ${score}${forfeit ? " (forfeit)" : ""}`,
  );
  return `${result.reason} · ${players.join(" · ")}`;
}
