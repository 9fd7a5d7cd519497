// The file of a match (docs/games/replay.md), read by node: for files that the tests have made, so
// what is wrong with one is an exception.
const MAGIC = "GKREPLAY";
const RECORD = { join: 1, leave: 2, tick: 3, again: 4, meet: 5, hash: 6, image: 8, end: 9, seat: 10 };
const IMAGE_BYTES = 72;
const SEAT_BYTES = 48;

export function readReplay(file) {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.subarray(0, 8).toString() !== MAGIC || bytes.getUint32(8, true) !== 1)
    throw new Error("this is no replay of format 1");
  const head = {
    ...image(file, bytes, 12),
    game: text(file.subarray(84, 116)),
    tickHz: bytes.getUint32(116, true),
    match: file.subarray(124, 204),
    playerCount: bytes.getUint32(124 + 12, true),
  };
  head.seats = Array.from({ length: head.playerCount }, (_, slot) =>
    seat(file, 204 + SEAT_BYTES * slot),
  );
  return { head, records: records(file, bytes, head, 204 + SEAT_BYTES * head.playerCount) };
}

function image(file, bytes, at) {
  return {
    sha: Buffer.from(file.subarray(at, at + 32)).toString("hex"),
    version: text(file.subarray(at + 32, at + 56)),
    stateSchema: bytes.getUint32(at + 60, true),
    stateBytes: bytes.getUint32(at + 64, true),
    inputBytes: bytes.getUint32(at + 68, true),
  };
}

function seat(file, at) {
  return {
    user: Buffer.from(file.subarray(at, at + 16)).toString("hex"),
    name: text(file.subarray(at + 16, at + 40)),
    bot: file[at + 40],
  };
}

// Each record as it comes: {type, slot, reason, ticks, present, inputs, hash, image, seat}.
function* records(file, bytes, head, begin) {
  let { inputBytes } = head;
  let inputs = new Uint8Array(head.playerCount * inputBytes);
  let present = 0n;
  let at = begin;

  const number = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = file[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const given = () => {
    const now = new Uint8Array(inputs.length);
    for (const slot of slotsOf(present, head)) {
      const from = slot * inputBytes;
      now.set(inputs.subarray(from, from + inputBytes), from);
    }
    return now;
  };

  while (at < file.length) {
    const type = file[at++];
    if (type === RECORD.join) {
      yield { type: "join", slot: file[at++] };
    } else if (type === RECORD.leave) {
      yield { type: "leave", slot: file[at++], reason: file[at++] };
    } else if (type === RECORD.tick) {
      present ^= number();
      for (const slot of slotsOf(number(), head)) {
        inputs.set(file.subarray(at, at + inputBytes), slot * inputBytes);
        at += inputBytes;
      }
      yield { type: "tick", ticks: 1, present, inputs: given() };
    } else if (type === RECORD.again) {
      yield { type: "tick", ticks: Number(number()), present, inputs: given() };
    } else if (type === RECORD.hash) {
      yield { type: "hash", hash: bytes.getBigUint64(at, true) };
      at += 8;
    } else if (type === RECORD.image) {
      const next = image(file, bytes, at);
      at += IMAGE_BYTES;
      inputBytes = next.inputBytes;
      inputs = new Uint8Array(head.playerCount * inputBytes);
      present = 0n;
      yield { type: "image", image: next };
    } else if (type === RECORD.seat) {
      const slot = file[at];
      yield { type: "seat", slot, seat: seat(file, at + 1) };
      at += 1 + SEAT_BYTES;
    } else if (type === RECORD.end) {
      const ticks = Number(number());
      yield { type: "end", ticks, hash: bytes.getBigUint64(at, true), reason: file[at + 8] };
      return;
    } else if (type !== RECORD.meet) {
      throw new Error(`a record of type ${type}, which no test makes`);
    }
  }
}

function slotsOf(mask, head) {
  const slots = [];
  for (let slot = 0; slot < head.playerCount; slot++)
    if ((mask >> BigInt(slot)) & 1n) slots.push(slot);
  return slots;
}

function text(bytes) {
  return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString();
}
