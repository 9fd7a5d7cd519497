// playback.js: a recorded match that can be shown at any step. A position is a number of steps (of a
// ticking game: of ticks) behind `init`. The match is run from its beginning once; on the way every
// hash of the file is compared, and the state is kept every so many steps, so that going to another
// position means to run from the one kept before it. Nothing here knows a clock or a page.
import { ReplayReader } from "./reader.js";
import { openRules } from "./rules.js";

const KEEP_STEPS = 256; // between two states that are kept, at first
const KEEP_BYTES_MAX = 48 << 20; // of all of them: with more, every other one goes

// A match that cannot be shown further, because its rules are not at hand or do what they must not.
export class PlaybackError extends Error {
  constructor(code, message, step) {
    super(message);
    this.code = code; // "no_rules", "rules_failed"
    this.step = step;
  }
}

export class Playback {
  #reader;
  #rules; // by place in `parts`; null where there are none
  #here; // where the rules stand: {step, part, record, rest}; `rest` ticks of `record` are to come
  #kept = []; // marks, by step
  #keepSteps = KEEP_STEPS;
  #front = 0; // the furthest step so far
  #frontMark = null; // of it, when the rules have left it
  #comparedTo = 0; // byte of the file

  // file: a Uint8Array, kept. rulesOf(image): the bytes of that version's game.wasm, or null. A file
  // that makes no sense is a ReplayError.
  static async open(file, rulesOf) {
    const playback = new Playback(new ReplayReader(file));
    await playback.#openRules(rulesOf);
    playback.#begin();
    return playback;
  }

  constructor(reader) {
    const { game, tickHz, seats, playerCount, image } = reader.head;
    Object.assign(this, { game, tickHz, seats, playerCount });
    this.#reader = reader;
    this.parts = [{ image, from: 0 }]; // which version plays from which step on
    this.steps = 0;
    this.end = null; // the last record, if the match has one
    this.hashes = 0; // in the file
    this.agreed = 0; // of these, with what was run so far
    this.mismatch = null; // step of the first one that did not agree
    this.failure = null; // the PlaybackError behind whose step nothing can be shown
    this.#survey();
  }

  // How many steps can be shown: all, or up to the version whose rules are missing, or to where they
  // fail.
  get steppable() {
    const missing = this.#rules.indexOf(null);
    const until = missing === -1 ? this.steps : this.parts[missing].from;
    return this.failure ? Math.max(0, Math.min(until, this.failure.step - 1)) : until;
  }

  get isPlayable() {
    return this.#rules[0] !== null && this.failure?.step !== 0;
  }

  get step() {
    return this.#here.step;
  }

  // The place in `parts` of the version that plays.
  get part() {
    return this.#here.part;
  }

  // The furthest step that the match was run to.
  get front() {
    return this.#front;
  }

  // What a spectator sees now.
  view() {
    return this.#guarded((rules) => rules.view());
  }

  result() {
    return this.#guarded((rules) => rules.result());
  }

  // Goes to `step`, or towards it for as long as mayGoOn() says. True when it is there.
  goTo(step, mayGoOn = () => true) {
    const wanted = Math.min(step, this.steppable);
    this.#startBefore(wanted);
    while (this.#here.step < wanted) {
      this.#step();
      if (!mayGoOn()) break;
    }
    return this.#here.step === wanted;
  }

  // Runs on from the furthest step for as long as mayGoOn() says, and comes back to where it stands.
  // True while there is more.
  runAhead(mayGoOn) {
    if (this.#front >= this.steppable) return false;
    const here = this.#mark();
    this.goTo(this.steppable, mayGoOn);
    this.#load(here);
    return this.#front < this.steppable;
  }

  // Reads all of it once: what is wrong with it is wrong at once.
  #survey() {
    const reader = this.#reader;
    const begin = reader.mark();
    for (let record = reader.next(); record; record = reader.next()) {
      if (record.type === "tick") this.steps += record.ticks;
      else if (record.type === "meet") this.steps++;
      else if (record.type === "image") this.parts.push({ image: record.image, from: this.steps });
      else if (record.type === "hash") this.hashes++;
      else if (record.type === "end") {
        this.hashes++;
        this.end = record;
      }
    }
    reader.goTo(begin);
  }

  async #openRules(rulesOf) {
    const oldBytes = Math.max(...this.parts.map(({ image }) => image.stateBytes));
    this.#rules = await Promise.all(
      this.parts.map(async ({ image }) => {
        const bytes = rulesOf(image);
        try {
          return bytes && (await openRules(bytes, image, this.playerCount, oldBytes));
        } catch {
          return null; // this browser cannot run them
        }
      }),
    );
  }

  #begin() {
    this.#here = { step: 0, part: 0, record: null, rest: 0 };
    if (!this.#rules[0]) return;
    try {
      this.#guarded((rules) => rules.init(this.#reader.head.match));
      this.#settle();
      this.#kept.push(this.#mark());
    } catch {
      // `failure` says so
    }
  }

  // One step: what stands before it in the file, it, and what belongs to it behind.
  #step() {
    while (this.#here.rest === 0) {
      const record = this.#reader.next();
      if (record.type === "meet") break;
      if (record.type === "tick") Object.assign(this.#here, { record, rest: record.ticks });
      else this.#between(record);
    }
    if (this.#here.rest > 0) {
      const { present, inputs } = this.#here.record;
      this.#guarded((rules) => rules.tick(present, inputs));
      this.#here.rest--;
    }
    this.#here.step++;
    this.#settle();
    if (this.#here.step > this.#front) {
      this.#front = this.#here.step;
      if (this.#front % this.#keepSteps === 0) this.#keep();
    }
  }

  #settle() {
    while (this.#here.rest === 0 && this.#reader.isBehindStep) this.#between(this.#reader.next());
  }

  #between(record) {
    if (record.type === "join") this.#guarded((rules) => rules.join(record.slot));
    else if (record.type === "leave")
      this.#guarded((rules) => rules.leave(record.slot, record.reason));
    else if (record.type === "image") this.#change(record.image);
    else if (record.type === "hash" || record.type === "end") this.#compare(record);
  }

  // The state goes over as it does on the server: as it is, or by `migrate`.
  #change(image) {
    const before = this.parts[this.#here.part].image;
    const old = this.#guarded((rules) => rules.save());
    this.#here.part++;
    this.#guarded((rules) => {
      if (image.stateSchema === before.stateSchema && image.stateBytes === before.stateBytes) rules.load(old);
      else if (!rules.migrate(old, before.stateSchema))
        throw new Error("The next version refuses the state.");
    });
  }

  // Each once: after going back, what was compared is run again.
  #compare({ type, hash, result }) {
    if (this.#reader.at <= this.#comparedTo) return;
    this.#comparedTo = this.#reader.at;
    let isSame = this.#guarded((rules) => rules.hash()) === hash;
    if (type === "end" && result) isSame &&= JSON.stringify(this.result()) === JSON.stringify(result);
    if (isSame && this.mismatch === null) this.agreed++;
    else this.mismatch ??= this.#here.step;
  }

  #keep() {
    this.#kept.push(this.#mark());
    if (this.#kept.length * this.#kept.at(-1).bytes <= KEEP_BYTES_MAX) return;
    this.#keepSteps *= 2;
    this.#kept = this.#kept.filter(({ step }) => step % this.#keepSteps === 0);
  }

  // From where it stands, or from the nearest state that is kept.
  #startBefore(step) {
    const own = this.#here.step <= step ? this.#here.step : -1;
    const marks = this.#frontMark ? [...this.#kept, this.#frontMark] : this.#kept;
    const before = marks.filter((mark) => mark.step <= step && mark.step > own);
    if (before.length > 0) this.#load(before.reduce((a, b) => (b.step > a.step ? b : a)));
  }

  #mark() {
    const { step, part, record, rest } = this.#here;
    const state = this.#rules[part].save();
    const reader = this.#reader.mark();
    return { step, part, record, rest, state, reader, bytes: state.length + reader.inputs.length };
  }

  #load({ step, part, record, rest, state, reader }) {
    if (this.#here.step === this.#front) this.#frontMark = this.#mark();
    this.#here = { step, part, record, rest };
    this.#reader.goTo(reader);
    this.#rules[part].load(state);
  }

  // What the rules do. Where they fail, nothing behind that step can be shown.
  #guarded(work) {
    const { step, part } = this.#here;
    const rules = this.#rules[part];
    try {
      if (!rules) throw new PlaybackError("no_rules", "The version has no game.wasm.", step);
      return work(rules);
    } catch (error) {
      const message = String(error?.message ?? error);
      this.failure =
        error instanceof PlaybackError ? error : new PlaybackError("rules_failed", message, step);
      this.#here.step = Number.POSITIVE_INFINITY; // what stands there now is no state of the match
      throw this.failure;
    }
  }
}
