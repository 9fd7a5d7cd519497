// stage.js: a card for each seat, with its frame and what can be done to the player in it: who plays,
// whether he is there, how bad his line is. And one for the spectator.
import { button, bytes, element, option, paced, setText } from "./dom.js";
import { PlayerFrame } from "./frame.js";

export const SPECTATOR = 64; // its channel
const FRAMES_AT_FIRST = 4; // of seats; more are shown when asked for
const LINE_MS = 80;
const LOOK_MS = 200;
const SETTLE_MS = 3000; // a game takes the keyboard when it starts; only one is to keep it
const CARD_SHAPE = 10 / 16; // of a court
const CARD_EXTRA = 84; // pixels of a card beside its court
const CARD_WIDTH_MIN = 250;
const GAP = 14;

const KINDS = [
  ["me", "Keyboard"],
  ["bot1", "Bot, easy"],
  ["bot2", "Bot, fair"],
  ["bot3", "Bot, hard"],
  ["empty", "Nobody"],
];

export class Stage {
  // tell(type, fields), send(frame), say(text) for the page's live line, escaped()
  constructor(node, { tell, send, say, escaped }) {
    Object.assign(this, { node, tell, send, say, escaped });
    this.cards = [];
    this.soundOn = false;
    this.soundOf = 0; // channel of the frame that was last in use
    this.keeper = null; // what is to have the keyboard, until settledAt
    this.settledAt = 0;
    setInterval(() => this.#lookForFocus(), LOOK_MS);
    window.addEventListener("focusin", ({ target }) => {
      if (target.tagName !== "IFRAME") this.keeper = target;
    });
    new ResizeObserver(() => this.#fit()).observe(node.parentElement);
  }

  // A new match, or new files of the client: all frames are made anew.
  build(game, match, seats, looks) {
    this.game = game;
    this.match = match;
    this.looks = looks;
    const sameSeats = this.cards.length === match.players + 1 && this.number === match.number;
    const shown = this.cards.map((card) => card.isShown);
    this.number = match.number;
    for (const card of this.cards) card.frame?.close();
    if (!sameSeats) {
      this.cards = [];
      for (let slot = 0; slot < match.players; slot++) this.cards.push(this.#playerCard(slot));
      this.cards.push(this.#spectatorCard());
      for (const [i, card] of this.cards.entries()) {
        const isExtra = card.slot !== null && match.players > FRAMES_AT_FIRST && i >= FRAMES_AT_FIRST;
        card.isShown = shown.length === this.cards.length ? shown[i] : !isExtra;
      }
      this.node.replaceChildren(...this.cards.map((card) => card.node));
    }
    this.seats(seats);
    for (const card of this.cards) if (card.isShown) this.#open(card);
    this.#tellShown();
  }

  // Who sits where, and his line.
  seats(seats) {
    if (seats.length !== this.cards.length - 1) return;
    this.seatList = seats;
    for (const [slot, seat] of seats.entries()) this.#showSeat(this.cards[slot], seat);
  }

  // Where the match stands.
  now(now, result) {
    for (const [slot, standing] of now.seats.entries())
      this.#showStanding(this.cards[slot], standing, now);
    const spectator = this.cards.at(-1);
    setText(spectator.figures, `${bytes(now.spectatorBytes)} a tick`);
    for (const card of this.cards) {
      if (result) card.frame?.end(result);
      else if (card.frame?.hasEnded) this.#open(card); // it went back before the end
    }
  }

  frame(channel, frame) {
    const card = channel === SPECTATOR ? this.cards.at(-1) : this.cards[channel];
    card?.frame?.receive(frame);
  }

  setLooks(looks) {
    this.looks = looks;
    for (const card of this.cards) card.frame?.post({ t: "theme", theme: looks.theme });
  }

  setSound(on) {
    this.soundOn = on;
    for (const card of this.cards)
      card.frame?.post({ t: "sound", on: on && card.channel === this.soundOf });
  }

  focus(slot) {
    const card = this.cards[slot];
    if (card?.slot !== slot || !card.frame) return;
    this.keeper = card.frame.node;
    card.frame.focus();
  }

  // The same, and it keeps it while the frames start.
  focusFirst(slot) {
    this.#settle();
    if (slot !== null) this.focus(slot);
  }

  get ownSlots() {
    return (this.seatList ?? []).flatMap((seat, slot) => (seat.kind === "me" ? [slot] : []));
  }

  #playerCard(slot) {
    const card = { slot, channel: slot, frame: null, isShown: true };
    card.kind = element(
      "select",
      { "aria-label": `Who plays player ${slot + 1}`, onchange: () => this.#chooseKind(card) },
      KINDS.map(([value, text]) => option(value, text)),
    );
    card.presence = element("span", { class: "presence" });
    card.link = button("", { class: "quiet small", onclick: () => this.#togglePresence(card) });
    card.leave = button("Leave", {
      class: "quiet small",
      title: "Gives the seat up for good",
      onclick: () => this.tell("presence", { slot, what: "leave" }),
    });
    card.latency = element("span", { class: "figure", title: "Round trip, measured" }, "–");
    card.figures = element("span", { class: "figure" });
    card.sliders = {
      latency: slider("Latency", 0, 500, 10, "ms", () => this.#chooseLine(card)),
      jitter: slider("Jitter", 0, 200, 5, "ms", () => this.#chooseLine(card)),
      loss: slider("Loss", 0, 30, 1, "%", () => this.#chooseLine(card)),
    };
    card.body = element("div", { class: "court" });
    card.reveal = button("Show", { class: "quiet small", onclick: () => this.#toggleShown(card) });
    card.node = element(
      "article",
      { class: "card", "aria-label": `Player ${slot + 1}`, "data-slot": slot },
      element(
        "header",
        {},
        element("b", { class: "badge" }, String(slot + 1)),
        card.kind,
        card.presence,
        element("span", { class: "gap" }),
        card.link,
        card.leave,
        card.reveal,
      ),
      card.body,
      element(
        "details",
        { class: "line" },
        element("summary", {}, "Line ", card.latency, element("span", { class: "gap" }), card.figures),
        element("div", { class: "sliders" }, Object.values(card.sliders).map((made) => made.node)),
      ),
    );
    return card;
  }

  #spectatorCard() {
    const card = { slot: null, channel: SPECTATOR, frame: null, isShown: true };
    card.figures = element("span", { class: "figure" });
    card.body = element("div", { class: "court" });
    card.reveal = button("Show", { class: "quiet small", onclick: () => this.#toggleShown(card) });
    card.node = element(
      "article",
      { class: "card spectator", "aria-label": "Spectator" },
      element(
        "header",
        {},
        element("b", {}, "Spectator"),
        element("span", { class: "gap" }),
        card.figures,
        card.reveal,
      ),
      card.body,
    );
    return card;
  }

  #open(card) {
    card.frame?.close();
    const { game, match } = this;
    const team = (slot) => this.seatList[slot]?.team ?? 0;
    const name = (slot) =>
      this.seatList[slot]?.kind === "bot" ? `Bot ${slot + 1}` : `Player ${slot + 1}`;
    const players = Array.from({ length: match.players }, (_, slot) => ({
      name: name(slot),
      slot,
      team: team(slot),
    }));
    const start = {
      match: `playground-${match.number}`,
      game: game.id,
      mode: game.modes[match.mode]?.id ?? "",
      slot: card.slot,
      players,
      tickHz: game.tickHz,
      locale: this.looks.locale,
      theme: this.looks.theme,
      reducedMotion: this.looks.reducedMotion,
      sound: this.soundOn && card.channel === this.soundOf,
      bindings: bindingsOf(game.input),
    };
    const files = `${game.id}/${match.files}`;
    const who = card.slot === null ? "Spectator" : name(card.slot);
    card.frame = new PlayerFrame(
      {
        channel: card.channel,
        slot: card.slot,
        title: `${game.title}: ${who}`,
        address: `/play-frame/${files}`,
        entry: `/games/${files}/client/main.js`,
        start,
      },
      {
        send: this.send,
        ready: () => this.#settle(),
        latency: (ms) => card.latency && setText(card.latency, `${Math.round(ms)} ms`),
        status: (text) => this.say(`${who}: ${text}`),
        escape: () => this.escaped(),
        failed: (text) => this.#showFailure(card, text),
      },
    );
    if (card.slot !== null) card.frame.setUp(this.seatList[card.slot].connected);
    card.body.replaceChildren(card.frame.node);
    card.node.dataset.failed = "no";
  }

  #showFailure(card, text) {
    card.node.dataset.failed = "yes";
    card.body.append(element("p", { class: "failure", role: "alert" }, `client: ${text}`));
  }

  #showSeat(card, seat) {
    const kind = seat.kind === "bot" ? `bot${seat.difficulty}` : seat.kind;
    if (document.activeElement !== card.kind) card.kind.value = kind;
    card.seat = seat;
    card.node.dataset.team = seat.team;
    card.frame?.setUp(seat.connected);
    for (const [name, made] of Object.entries(card.sliders)) made.set(seat[name]);
    const isBad = seat.latency > 0 || seat.jitter > 0 || seat.loss > 0;
    card.node.dataset.line = isBad ? "bad" : "good";
  }

  #showStanding(card, standing, now) {
    const { seat } = card;
    if (!seat) return;
    const state = standing.left ? "left" : standing.joined ? "here" : "away";
    card.node.dataset.presence = state;
    setText(card.presence, state);
    setText(card.link, seat.connected ? "Disconnect" : "Connect");
    card.link.disabled = standing.left;
    card.leave.disabled = standing.left || seat.leaving;
    const inputs = perSecond(card, standing.inputBytesTotal);
    const refused = standing.refused > 0 ? `, ${standing.refused} refused` : "";
    setText(card.figures, `↓ ${bytes(standing.viewBytes)} a tick  ↑ ${bytes(inputs)} a second${refused}`);
    card.node.dataset.rewound = now.live ? "no" : "yes";
  }

  #chooseKind(card) {
    const { value } = card.kind;
    const difficulty = Number(value.slice(3)) || card.seat.difficulty;
    const kind = value.startsWith("bot") ? "bot" : value;
    this.tell("seat", { slot: card.slot, kind, difficulty });
    card.kind.blur();
  }

  #togglePresence(card) {
    const what = card.seat.connected ? "disconnect" : "connect";
    this.tell("presence", { slot: card.slot, what });
  }

  #chooseLine(card) {
    card.told ??= paced(LINE_MS, () => {
      const { latency, jitter, loss } = card.sliders;
      this.tell("link", {
        slot: card.slot,
        latency: latency.value,
        jitter: jitter.value,
        loss: loss.value,
      });
    });
    card.told();
  }

  #toggleShown(card) {
    card.isShown = !card.isShown;
    if (card.isShown) this.#open(card);
    else {
      card.frame?.close();
      card.frame = null;
      card.body.replaceChildren();
    }
    this.#tellShown();
  }

  #tellShown() {
    for (const card of this.cards) {
      setText(card.reveal, card.isShown ? "Hide" : "Show");
      card.node.dataset.shown = card.isShown ? "yes" : "no";
    }
    const slots = this.cards.filter((card) => card.isShown && card.slot !== null);
    this.tell("show", {
      slots: slots.map((card) => card.slot),
      spectator: this.cards.at(-1).isShown,
    });
    this.#fit();
  }

  #settle() {
    this.settledAt = performance.now() + SETTLE_MS;
  }

  #lookForFocus() {
    const focused = this.cards.find(({ frame }) => frame && document.activeElement === frame.node);
    if (performance.now() < this.settledAt && focused && focused.frame.node !== this.keeper) {
      if (this.keeper?.isConnected) this.keeper.focus({ preventScroll: true });
      else focused.frame.node.blur();
      return;
    }
    for (const card of this.cards) card.node.dataset.focused = card === focused ? "yes" : "no";
    if (focused && this.soundOf !== focused.channel) {
      this.soundOf = focused.channel;
      this.setSound(this.soundOn);
    }
  }

  // As large as they can be while all are seen at once.
  #fit() {
    const shown = this.cards.filter((card) => card.isShown).length || 1;
    const { clientWidth, clientHeight } = this.node.parentElement;
    const width = clientWidth - 32;
    const height = clientHeight - 32;
    let best = CARD_WIDTH_MIN;
    for (let columns = 1; columns <= shown; columns++) {
      const rows = Math.ceil(shown / columns);
      const across = (width - (columns - 1) * GAP) / columns;
      const down = ((height - (rows - 1) * GAP) / rows - CARD_EXTRA) / CARD_SHAPE;
      best = Math.max(best, Math.floor(Math.min(across, down)));
    }
    this.node.style.setProperty("--card-width", `${Math.min(best, width)}px`);
  }
}

function slider(label, min, max, step, unit, changed) {
  const input = element("input", { type: "range", min, max, step, value: 0, "aria-label": label });
  const shown = element("output", {}, `0 ${unit}`);
  const made = {
    node: element("label", {}, element("span", {}, label), input, shown),
    get value() {
      return Number(input.value);
    },
    set(value) {
      if (document.activeElement === input) return;
      input.value = String(value);
      setText(shown, `${value} ${unit}`);
    },
  };
  input.addEventListener("input", () => {
    setText(shown, `${input.value} ${unit}`);
    changed();
  });
  return made;
}

// Of a total that only grows, over the last second or so.
function perSecond(card, total) {
  const at = performance.now();
  card.samples = (card.samples ?? []).filter((sample) => sample.at > at - 1000 && sample.total <= total);
  card.samples.push({ at, total });
  const { at: from, total: before } = card.samples[0];
  return at > from ? Math.round(((total - before) * 1000) / Math.max(at - from, 500)) : 0;
}

function bindingsOf(input) {
  return Object.fromEntries((input?.actions ?? []).map(({ id, keys }) => [id, keys]));
}
