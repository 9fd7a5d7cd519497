// main.js: the page of the playground. What the tool says comes in by one line and is handed to the
// parts; what the author does goes out by it. Nothing is kept here that the tool does not tell.
import { byId, setPressed, setText } from "./dom.js";
import { Inspector } from "./inspector.js";
import { Line } from "./line.js";
import { Notices } from "./notices.js";
import { Settings } from "./settings.js";
import { Stage } from "./stage.js";
import { Transport } from "./transport.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const looks = {
  theme: localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light"),
  locale: localStorage.getItem("locale") ?? "en",
  reducedMotion: still.matches,
};
let sound = false;
let game = null;
let match = null;
let seats = null;
let now = null;
let beginsWith = null; // number of a match that is to be played from its first step
let built = ""; // game, files and match of the frames that are shown

const tell = (type, fields) => line.tell(type, fields);
const notices = new Notices(byId("notices"));
const inspector = new Inspector(tell);
const settings = new Settings(byId("settings"), tell);
const transport = new Transport(byId("transport"), tell);
const stage = new Stage(byId("stage"), {
  tell,
  send: (frame) => line.sendFrame(frame),
  say: (text) => setText(byId("said"), text),
  escaped: () => transport.play.focus(),
});

const heard = {
  game(message) {
    game = message;
    inspector.game = game;
    document.title = `${game.title} – Playground`;
    setText(byId("title"), game.title);
    setText(byId("version"), `${game.version}, ${game.tickHz ? `${game.tickHz} Hz` : "turn-based"}`);
    settings.show(game, match);
  },
  match(message) {
    if (message.number !== match?.number) inspector.clearLog();
    match = message;
    settings.show(game, match);
    showStage();
  },
  seats(message) {
    seats = message.seats;
    if (match && seats.length === match.players) stage.seats(seats);
    showStage();
  },
  now(message) {
    now = message;
    transport.show(now);
    inspector.show(now);
    if (built) stage.now(now, now.result && stored(now.result));
    if (beginsWith === match?.number && now.newest === 0) tell("play");
    beginsWith = null;
    notices.set("fault", now.fault && `The game stopped in step ${now.faultStep}`, {
      text: `${now.fault} The match stands at the last good step and goes on with your next save.`,
      actions: [
        ["Try this step again", () => tell("tryAgain")],
        ["A second back", () => tell("goTo", { step: Math.max(now.first, now.step - (game.tickHz || 1)) })],
      ],
    });
    notices.set("swap", now.swapRefused && "The old build goes on", {
      text: `The new one cannot take over this match. ${now.swapRefused}`,
      tone: "warn",
      actions: [["New match with the new build", () => settings.start()]],
    });
  },
  build({ folder, state, text: said, ms }) {
    const text = said.replaceAll(`${folder}/`, "");
    const chip = byId("build");
    chip.dataset.state = state;
    setText(chip, { building: "Building…", built: `Built in ${ms} ms`, failed: "Does not build" }[state]);
    if (state === "failed")
      notices.set("build", "This does not build", { text: "The last good build goes on.", code: text });
    else if (state === "built") {
      notices.set("build", null);
      notices.set("warnings", text && "The compiler warns", { code: text, tone: "warn" });
    }
  },
  log: ({ lines }) => inspector.log(lines),
  replays: ({ names }) => inspector.replays(names),
  saved: ({ text }) => notices.pass("Saved", text, "good"),
  error: ({ text }) => notices.pass("That did not work", text, "bad"),
};

const line = new Line({
  message: (message) => heard[message.t]?.(message),
  frame: (channel, frame) => stage.frame(channel, frame),
  opened() {
    notices.set("line", null);
    inspector.clearLog();
    built = "";
  },
  closed(replaced) {
    if (replaced)
      notices.set("line", "Another page has taken over", {
        actions: [["Take it back", () => line.connect()]],
      });
    else
      notices.set("line", "No connection to gamekit play", {
        text: "Start it again, or open the address that it printed: an older one is not valid any more.",
      });
  },
});

// The frames are made anew with each match and each change of the client's files.
function showStage() {
  if (!game || !match || seats?.length !== match.players) return;
  const wanted = `${match.number} ${match.files} ${looks.locale}`;
  if (wanted === built) return;
  const isFirst = !built.startsWith(`${match.number} `);
  const focused = stage.cards.findIndex((card) => card.frame?.node === document.activeElement);
  built = wanted;
  stage.build(game, match, seats, looks);
  stage.setSound(sound);
  stage.focusFirst(stage.cards[focused]?.slot ?? (isFirst ? (stage.ownSlots[0] ?? null) : null));
  beginsWith = isFirst ? match.number : null;
}

// The result as the site tells it to a frame.
function stored(result) {
  const players = result.players.map((player, slot) => ({
    user: `player-${slot}`,
    name: `Player ${slot + 1}`,
    slot,
    team: seats[slot]?.team ?? 0,
    ...player,
  }));
  return { id: `playground-${match.number}`, game: game.id, state: "ended", reason: result.reason, players };
}

function showLooks() {
  document.documentElement.dataset.theme = looks.theme;
  setPressed(byId("theme"), looks.theme === "dark");
  byId("locale").value = looks.locale;
}

byId("theme").addEventListener("click", () => {
  looks.theme = looks.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", looks.theme);
  showLooks();
  stage.setLooks(looks);
});
byId("locale").addEventListener("change", ({ target }) => {
  looks.locale = target.value;
  localStorage.setItem("locale", looks.locale);
  showStage();
});
byId("sound").addEventListener("click", () => {
  sound = !sound;
  setPressed(byId("sound"), sound);
  stage.setSound(sound);
});

const keys = {
  " ": () => transport.toggle(),
  ".": () => transport.step(1),
  ",": () => transport.step(-1),
  Home: () => transport.goTo("first"),
  End: () => transport.goTo("newest"),
  g: () => transport.goOn(),
  n: () => settings.start(),
};
window.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea")) return;
  if (key === " " && target.closest("button, summary")) return;
  const work = /^[1-9]$/.test(key) ? () => stage.focus(Number(key) - 1) : keys[key];
  if (!work) return;
  event.preventDefault();
  work();
});

showLooks();
