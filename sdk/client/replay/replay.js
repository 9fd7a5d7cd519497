// replay.js: the frame behind /replay-frame, in which the rules of a recorded match run again, of
// however many versions. It reaches no network and draws nothing: the page hands it the file and each
// version's game.wasm, asks for positions, and gets what a spectator sees there (docs/protocol.md,
// "The replay frame"). It works in slices, so that the page is always heard.
import { Playback } from "./playback.js";

const SLICE_MS = 12;
const TOLD_MS = 200; // between two messages about how far it has come

function greet() {
  return new Promise((resolve) => {
    const listen = (event) => {
      const { data, ports } = event;
      if (event.source !== window.parent || data?.gamekit !== 1 || !data.replay) return;
      if (ports.length !== 1) return;
      window.removeEventListener("message", listen);
      resolve({ replay: data.replay, rules: data.rules, port: ports[0] });
    };
    window.addEventListener("message", listen);
    window.parent.postMessage({ gamekit: 1, ready: true }, "*");
  });
}

class Stage {
  #playback;
  #port;
  #wanted = null; // position that the page waits for
  #isWorking = false;
  #toldAt = 0;
  #turn = new MessageChannel(); // the next slice: timers of a frame that nobody sees are slowed down

  constructor(playback, port) {
    this.#playback = playback;
    this.#port = port;
    this.#turn.port1.onmessage = () => this.#work();
    port.onmessage = ({ data }) => {
      if (data?.t !== "show" || !Number.isSafeInteger(data.step) || data.step < 0) return;
      this.#wanted = data.step;
      this.#goOn();
    };
    this.#tell();
    this.#goOn();
  }

  #goOn() {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#turn.port2.postMessage(null);
  }

  // What the page wants first, then what is still to be run of the match.
  #work() {
    const until = performance.now() + SLICE_MS;
    const mayGoOn = () => performance.now() < until;
    let isMore = false;
    try {
      if (this.#wanted !== null) {
        if (this.#playback.goTo(this.#wanted, mayGoOn)) this.#show();
        isMore = true;
      } else isMore = this.#playback.runAhead(mayGoOn);
    } catch {
      this.#wanted = null; // `failure` says why; what is before it can still be shown
    }
    this.#isWorking = false;
    if (isMore) this.#goOn();
    if (!isMore || performance.now() - this.#toldAt > TOLD_MS) this.#tell();
  }

  #show() {
    this.#wanted = null;
    const { buffer } = this.#playback.view();
    const { step, part } = this.#playback;
    this.#port.postMessage({ t: "view", step, part, view: buffer }, [buffer]);
  }

  #tell() {
    this.#toldAt = performance.now();
    const { front, steppable, agreed, mismatch, failure } = this.#playback;
    this.#port.postMessage({
      t: "progress",
      front,
      steppable,
      agreed,
      mismatch,
      failure: failure && { code: failure.code, message: failure.message, step: failure.step },
    });
  }
}

const { replay, rules, port } = await greet();
try {
  const wasm = new Map(rules.map(({ image, bytes }) => [image, bytes]));
  const playback = await Playback.open(new Uint8Array(replay), ({ sha }) => wasm.get(sha) ?? null);
  const { game, tickHz, steps, hashes, end, parts } = playback;
  port.postMessage({
    t: "opened",
    game,
    tickHz,
    steps,
    hashes,
    isWhole: end !== null,
    parts: parts.map(({ image, from }) => ({ image: image.sha, version: image.version, from })),
    isPlayable: playback.isPlayable,
  });
  if (playback.isPlayable) new Stage(playback, port);
} catch (problem) {
  port.postMessage({ t: "refused", code: problem.code ?? "internal", message: problem.message });
}
