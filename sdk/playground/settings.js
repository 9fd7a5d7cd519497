// settings.js: what a new match begins with: mode, players, the game's own options, the seed.
import { button, element, option } from "./dom.js";

const SEED_MAX = 2 ** 32;

export class Settings {
  constructor(form, tell) {
    this.form = form;
    this.tell = tell;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
  }

  // The game's choices, as the newest build has them; what was chosen stays where it still fits.
  show(game, match) {
    this.game = game;
    const chosen = match ?? { mode: 0, players: game.modes[0].playersMin, seed: "1", options: {} };
    this.mode = element(
      "select",
      { onchange: () => this.#limitPlayers() },
      game.modes.map((mode, i) => option(i, modeText(mode), i === chosen.mode)),
    );
    this.players = element("input", { type: "number", value: chosen.players, required: true });
    this.seed = element("input", { type: "text", inputmode: "numeric", pattern: "[0-9]{1,20}", required: true });
    this.seed.value = chosen.seed;
    this.options = game.options.map((declared) => control(declared, chosen.options[declared.id]));
    this.form.replaceChildren(
      field("Mode", this.mode),
      field("Players", this.players),
      ...this.options.map(({ label, node }) => field(label, node)),
      element(
        "div",
        { class: "pair" },
        field("Seed", this.seed),
        button("Another", { class: "quiet", onclick: () => this.#drawSeed() }),
      ),
      element("button", { class: "primary" }, "New match"),
    );
    this.#limitPlayers();
  }

  start() {
    if (!this.game || !this.form.reportValidity()) return;
    this.tell("start", {
      mode: Number(this.mode.value),
      players: Number(this.players.value),
      seed: this.seed.value,
      options: Object.fromEntries(this.options.map(({ id, read }) => [id, read()])),
    });
  }

  #limitPlayers() {
    const { playersMin, playersMax } = this.game.modes[Number(this.mode.value)];
    this.players.min = String(playersMin);
    this.players.max = String(playersMax);
    const wanted = Number(this.players.value);
    this.players.value = String(Math.min(playersMax, Math.max(playersMin, wanted)));
  }

  #drawSeed() {
    this.seed.value = String(Math.floor(Math.random() * SEED_MAX));
  }
}

// One of the game's options, see docs/games: an integer, one of several, or a switch.
function control(declared, value) {
  const given = value ?? declared.default;
  const made = { id: declared.id, label: declared.label.en };
  if (declared.type === "integer") {
    const { min, max, step } = declared;
    made.node = element("input", { type: "number", min, max, step, value: given, required: true });
    made.read = () => Number(made.node.value);
  } else if (declared.type === "enum") {
    made.node = element(
      "select",
      {},
      declared.values.map(({ id, label }) => option(id, label.en, id === given)),
    );
    made.read = () => made.node.value;
  } else {
    made.node = element("input", { type: "checkbox", checked: given });
    made.read = () => made.node.checked;
  }
  return made;
}

const field = (text, node) => element("label", { class: "field" }, element("span", {}, text), node);

function modeText({ id, playersMin, playersMax, teams }) {
  const players = playersMin === playersMax ? playersMin : `${playersMin}–${playersMax}`;
  const inTeams = teams > 1 && teams < playersMax ? `, ${teams} teams` : "";
  return `${id} (${players} player${playersMax === 1 ? "" : "s"}${inTeams})`;
}
