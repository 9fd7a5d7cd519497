// reader.js: the file of a match, docs/games/replay.md, as sdk/host/replay_read.c reads it. Every
// byte is hostile: what is wrong is a ReplayError with one of the codes of that page. Runs in the
// browser and in node.
import { fnv } from "./hash.js";

const MAGIC = "GKREPLAY";
const VERSION = 1;
const BYTES_MAX = 256 * 1024 * 1024;
const TICKS_MAX = 100_000_000;
const PLAYERS_MAX = 64;
const MODES_MAX = 8;
const TICK_HZ_MAX = 120;
const STATE_BYTES_MAX = 1 << 20;
const INPUT_BYTES_MAX = 256;
const ASK_BYTES_MAX = 1024;
const SPECTATOR = 0xffffffffn;
const NO_RESULT = 2;
const LEAVE_DISCONNECTED = 1;
const LEAVE_LEFT = 2;
const OUTCOMES = [null, "win", "loss", "draw"];

const HEAD_BYTES = 204;
const IMAGE_BYTES = 72;
const SEAT_BYTES = 48;
const AT = { version: 8, image: 12, game: 84, tickHz: 116, hashTicks: 120, match: 124 };
const MATCH_BYTES = 80;

const TYPE = {
  join: 1,
  leave: 2,
  tick: 3,
  again: 4,
  meet: 5,
  hash: 6,
  ask: 7,
  image: 8,
  end: 9,
  seat: 10,
};
const STEPS = [TYPE.tick, TYPE.again, TYPE.meet];
const BEHIND_STEP = [TYPE.hash, TYPE.ask, TYPE.end, TYPE.seat]; // change nothing
const ASKED = { input: 4, first: 6, last: 11, migrate: 9, bot: 11 }; // sdk/host/callback.h

export class ReplayError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// All of a file at once: {head, records}, the latter one after the other.
export function readReplay(bytes) {
  const reader = new ReplayReader(bytes);
  const records = function* () {
    for (let record = reader.next(); record; record = reader.next()) yield record;
  };
  return { head: reader.head, records: records() };
}

export class ReplayReader {
  // `bytes`: a Uint8Array, borrowed. Reads the head.
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = null; // the record, once it was read: what stood before it is as it was written
    this.head = this.#readHead();
    this.#begin();
  }

  #begin() {
    this.at = HEAD_BYTES + SEAT_BYTES * this.head.playerCount;
    this.image = this.head.image;
    this.present = 0n; // slots that have an input
    this.inputs = new Uint8Array(this.head.playerCount * this.image.inputBytes); // the last of each
    this.joined = 0n;
    this.left = 0n;
    this.slotNext = 0; // of who comes and goes in this step
    this.ticks = 0;
  }

  // What has been read so far, for goTo: as if the file were read up to there.
  mark() {
    const { at, image, present, joined, left, slotNext, ticks } = this;
    return { at, image, present, inputs: this.inputs.slice(), joined, left, slotNext, ticks };
  }

  goTo(mark) {
    Object.assign(this, mark, { inputs: mark.inputs.slice() });
  }

  // Whether the next record tells of the state as it is now.
  get isBehindStep() {
    return BEHIND_STEP.includes(this.bytes[this.at]);
  }

  // The next record, null behind the last one:
  //   {type: "join", slot} {type: "leave", slot, reason}
  //   {type: "tick", ticks, present, inputs}: so many ticks with these inputs (valid until the next
  //   call), canonical, of all slots one after the other
  //   {type: "meet"} {type: "hash", hash} {type: "ask"} {type: "image", image}
  //   {type: "end", ticks, hash, result}: `result` null or {reason, players}
  //   {type: "seat", slot, seat}: who sits there from now on, as in the head
  next() {
    if (this.at === this.bytes.length) return null;
    const from = this.at;
    const type = this.#byte();
    if (this.slotNext !== 0 && !STEPS.includes(type) && type !== TYPE.join && type !== TYPE.leave)
      refuse("replay_record", `At byte ${from}, a step is left that has begun with who came and who went.`);
    if (STEPS.includes(type)) this.slotNext = 0;
    switch (type) {
      case TYPE.join:
        return this.#join();
      case TYPE.leave:
        return this.#leave();
      case TYPE.tick:
        return this.#tick();
      case TYPE.again:
        return this.#again();
      case TYPE.meet:
        if (this.head.tickHz !== 0)
          refuse("replay_record", `At byte ${from}, a step of a ticking game has no tick.`);
        return { type: "meet" };
      case TYPE.hash:
        return { type: "hash", hash: this.#word64() };
      case TYPE.ask:
        return this.#ask();
      case TYPE.image:
        return this.#image();
      case TYPE.end:
        return this.#end();
      case TYPE.seat:
        return this.#seat();
      default:
        return refuse("replay_record", `At byte ${from}, there is no record of type ${type}.`);
    }
  }

  #readHead() {
    const { bytes, view } = this;
    if (bytes.length > BYTES_MAX)
      refuse("replay_size", `The file has ${bytes.length} bytes, at most ${BYTES_MAX} are read.`);
    if (textOf(bytes.subarray(0, MAGIC.length)) !== MAGIC)
      refuse("replay_magic", `This is no replay: it does not begin with ${MAGIC}.`);
    if (bytes.length < AT.image) this.#truncated();
    if (view.getUint32(AT.version, true) !== VERSION)
      refuse("replay_version", `The replay is of format ${view.getUint32(AT.version, true)}, not ${VERSION}.`);
    if (bytes.length < HEAD_BYTES) this.#truncated();
    const match = bytes.subarray(AT.match, AT.match + MATCH_BYTES);
    const head = {
      game: text(bytes.subarray(AT.game, AT.game + 32), "The game's id"),
      tickHz: view.getUint32(AT.tickHz, true),
      hashTicks: view.getUint32(AT.hashTicks, true),
      match, // struct gk_match
      mode: view.getUint32(AT.match + 8, true),
      playerCount: view.getUint32(AT.match + 12, true),
      seats: [],
      image: null,
    };
    const isFine =
      head.game !== "" &&
      head.tickHz <= TICK_HZ_MAX &&
      head.hashTicks <= TICKS_MAX &&
      head.mode < MODES_MAX &&
      head.playerCount >= 1 &&
      head.playerCount <= PLAYERS_MAX;
    if (!isFine) refuse("replay_head", "A field of its head is out of range.");
    if (bytes.length < HEAD_BYTES + SEAT_BYTES * head.playerCount) this.#truncated();
    for (let slot = 0; slot < head.playerCount; slot++)
      head.seats.push(seatAt(bytes.subarray(HEAD_BYTES + SEAT_BYTES * slot), slot, "replay_head"));
    head.image = this.#imageAt(AT.image);
    return head;
  }

  #imageAt(at) {
    const part = this.bytes.subarray(at, at + IMAGE_BYTES);
    const image = {
      sha: hexOf(part.subarray(0, 32)), // SHA-256 of game.so
      version: text(part.subarray(32, 56), "The game's version"),
      stateSchema: this.view.getUint32(at + 60, true),
      stateBytes: this.view.getUint32(at + 64, true),
      inputBytes: this.view.getUint32(at + 68, true),
    };
    const { stateBytes, inputBytes } = image;
    const isFine =
      stateBytes >= 1 && stateBytes <= STATE_BYTES_MAX && inputBytes >= 1 && inputBytes <= INPUT_BYTES_MAX;
    if (!isFine)
      refuse("replay_head", `It has states of ${stateBytes} bytes and inputs of ${inputBytes}: no game has.`);
    return image;
  }

  #join() {
    const slot = this.#slot();
    const bit = 1n << BigInt(slot);
    if ((this.joined | this.left) & bit)
      refuse("replay_slot", `Slot ${slot} joins, but is there or left for good.`);
    this.joined |= bit;
    return { type: "join", slot };
  }

  #leave() {
    const slot = this.#slot();
    const reason = this.#byte();
    const bit = 1n << BigInt(slot);
    const isFine =
      (reason === LEAVE_LEFT || (reason === LEAVE_DISCONNECTED && (this.joined & bit) !== 0n)) &&
      (this.left & bit) === 0n;
    if (!isFine)
      refuse("replay_slot", `Slot ${slot} leaves for reason ${reason}, but is not there, or that is no reason.`);
    this.joined &= ~bit;
    if (reason === LEAVE_LEFT) this.left |= bit;
    return { type: "leave", slot, reason };
  }

  #slot() {
    const slot = this.#byte();
    if (slot >= this.head.playerCount || slot < this.slotNext)
      refuse("replay_slot", `After tick ${this.ticks}, slot ${slot} comes or goes: there is none, or not in order.`);
    this.slotNext = slot + 1;
    return slot;
  }

  #tick() {
    const turned = this.#number();
    const changed = this.#number();
    const present = this.present ^ turned;
    const all = (1n << BigInt(this.head.playerCount)) - 1n;
    if ((present & ~all) | (present & this.left) | (changed & ~present) || (turned | changed) === 0n)
      refuse("replay_inputs", `The inputs of tick ${this.ticks} are not of slots that play, or are as before.`);
    const { inputBytes } = this.image;
    for (const slot of slotsOf(changed)) {
      this.#need(inputBytes);
      this.inputs.set(this.bytes.subarray(this.at, this.at + inputBytes), slot * inputBytes);
      this.at += inputBytes;
    }
    if (this.ticks === TICKS_MAX) refuse("replay_ticks", `It has more than ${TICKS_MAX} ticks.`);
    this.present = present;
    return this.#given(1);
  }

  #again() {
    const ticks = this.#number();
    if (ticks === 0n || ticks > BigInt(TICKS_MAX - this.ticks))
      refuse("replay_ticks", `After tick ${this.ticks}, it has ${ticks} more: none, or more than ${TICKS_MAX} in all.`);
    if (this.present & this.left)
      refuse("replay_inputs", `A slot that left has an input in tick ${this.ticks}.`);
    return this.#given(Number(ticks));
  }

  // The last inputs of those who have one, zeros of the others.
  #given(ticks) {
    const { inputBytes } = this.image;
    const inputs = new Uint8Array(this.inputs.length);
    for (const slot of slotsOf(this.present)) {
      const from = slot * inputBytes;
      inputs.set(this.inputs.subarray(from, from + inputBytes), from);
    }
    this.ticks += ticks;
    return { type: "tick", ticks, present: this.present, inputs };
  }

  #ask() {
    const callback = this.#byte();
    const slot = this.#number(0xffffffffn);
    const count = Number(this.#number(BigInt(ASK_BYTES_MAX)));
    const changesNothing =
      callback === ASKED.input ||
      (callback >= ASKED.first && callback <= ASKED.last && callback !== ASKED.migrate);
    const isFine =
      changesNothing &&
      (slot < BigInt(this.head.playerCount) || slot === SPECTATOR) &&
      (callback !== ASKED.bot || count === 1);
    if (!isFine) refuse("replay_record", `After tick ${this.ticks}, it asks what cannot be asked.`);
    this.#need(count);
    this.at += count;
    return { type: "ask" };
  }

  #image() {
    this.#need(IMAGE_BYTES);
    this.image = this.#imageAt(this.at);
    this.at += IMAGE_BYTES;
    this.present = 0n;
    this.inputs = new Uint8Array(this.head.playerCount * this.image.inputBytes);
    return { type: "image", image: this.image };
  }

  #seat() {
    this.#need(1 + SEAT_BYTES);
    const slot = this.#byte();
    if (slot >= this.head.playerCount)
      refuse("replay_slot", `After tick ${this.ticks}, somebody takes the seat of slot ${slot}: there is none.`);
    const seat = seatAt(this.bytes.subarray(this.at), slot, "replay_record");
    this.at += SEAT_BYTES;
    return { type: "seat", slot, seat };
  }

  #end() {
    const ticks = this.#number(0xffffffffn);
    const hash = this.#word64();
    const result = this.#result();
    const until = this.at;
    const sum = this.#word64();
    if (!this.end && sum !== fnv(this.bytes.subarray(0, until)))
      refuse("replay_check", "The file was changed after it was written: its sum does not hold.");
    if (ticks !== BigInt(this.ticks))
      refuse("replay_ticks", `It has ${this.ticks} ticks, but says ${ticks}.`);
    if (this.at !== this.bytes.length)
      refuse("replay_trailing", `There are ${this.bytes.length - this.at} bytes behind its end.`);
    this.end = { type: "end", ticks: this.ticks, hash, result };
    return this.end;
  }

  #result() {
    const reason = this.#byte();
    const count = this.#byte();
    if (reason > NO_RESULT || count !== (reason === NO_RESULT ? 0 : this.head.playerCount))
      refuse("replay_record", `Its result is for reason ${reason} of ${count} players: that is no result.`);
    const players = [];
    for (let slot = 0; slot < count; slot++) {
      this.#need(8);
      const outcome = this.bytes[this.at + 6];
      const forfeit = this.bytes[this.at + 7];
      if (outcome >= OUTCOMES.length || forfeit > 1)
        refuse("replay_record", `Its result of player ${slot} is none.`);
      players.push({
        score: this.view.getInt32(this.at, true),
        place: this.view.getUint16(this.at + 4, true),
        outcome: OUTCOMES[outcome],
        forfeit: forfeit === 1,
      });
      this.at += 8;
    }
    return reason === NO_RESULT ? null : { reason, players };
  }

  #need(count) {
    if (this.bytes.length - this.at < count) this.#truncated();
  }

  #byte() {
    this.#need(1);
    return this.bytes[this.at++];
  }

  #word64() {
    this.#need(8);
    this.at += 8;
    return this.view.getBigUint64(this.at - 8, true);
  }

  // One number has one form: no byte more than it needs.
  #number(max = 0xffffffffffffffffn) {
    let number = 0n;
    let byte = 0x80;
    for (let shift = 0; byte & 0x80; shift += 7) {
      byte = this.#byte();
      if (shift > 63 || (shift === 63 && (byte & 0x7f) > 1) || (shift > 0 && byte === 0))
        refuse("replay_number", `At byte ${this.at - 1}, a number is too long.`);
      number |= BigInt(byte & 0x7f) << BigInt(shift);
    }
    if (number > max) refuse("replay_number", `Before byte ${this.at}, a number is over ${max}.`);
    return number;
  }

  #truncated() {
    refuse(
      "replay_truncated",
      `The file ends within a record, after ${this.bytes.length} bytes: the rest is missing.`,
    );
  }
}

function seatAt(bytes, slot, code) {
  const end = bytes.subarray(16, 40).indexOf(0);
  if (end === -1 || bytes[40] > 3 || bytes.subarray(41, SEAT_BYTES).some((byte) => byte !== 0))
    refuse(code, `What it says of seat ${slot} is no seat.`);
  return {
    user: hexOf(bytes.subarray(0, 16)),
    name: textOf(bytes.subarray(16, 16 + end)),
    bot: bytes[40],
  };
}

function* slotsOf(mask) {
  for (let slot = 0; mask !== 0n; slot++, mask >>= 1n) if (mask & 1n) yield slot;
}

function text(bytes, what) {
  const end = bytes.indexOf(0);
  if (end === -1) refuse("replay_head", `${what} does not end.`);
  return textOf(bytes.subarray(0, end));
}

function textOf(bytes) {
  return new TextDecoder().decode(bytes);
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function refuse(code, message) {
  throw new ReplayError(code, message);
}
