// The file of a match (docs/games/replay.md), read by node: for files that the tests have made, so
// what is wrong with one is an exception.
const MAGIC = "GKREPLAY";
const RECORD = { join: 1, leave: 2, tick: 3, again: 4, meet: 5, hash: 6, ask: 7, image: 8, end: 9 };

export function readReplay(file) {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.subarray(0, 8).toString() !== MAGIC || bytes.getUint32(8, true) !== 1)
    throw new Error("this is no replay of format 1");
  const head = {
    stateBytes: bytes.getUint32(12 + 64, true),
    inputBytes: bytes.getUint32(12 + 68, true),
    game: text(file.subarray(84, 116)),
    tickHz: bytes.getUint32(116, true),
    match: file.subarray(124, 204),
    playerCount: bytes.getUint32(124 + 12, true),
  };
  return { head, records: records(file, bytes, head, 204 + 48 * head.playerCount) };
}

// Each record as it comes: {type, slot, reason, ticks, present, inputs, hash, result}.
function* records(file, bytes, head, begin) {
  const inputs = new Uint8Array(head.playerCount * head.inputBytes);
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
      const from = slot * head.inputBytes;
      now.set(inputs.subarray(from, from + head.inputBytes), from);
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
        inputs.set(file.subarray(at, at + head.inputBytes), slot * head.inputBytes);
        at += head.inputBytes;
      }
      yield { type: "tick", ticks: 1, present, inputs: given() };
    } else if (type === RECORD.again) {
      yield { type: "tick", ticks: Number(number()), present, inputs: given() };
    } else if (type === RECORD.hash) {
      yield { type: "hash", hash: bytes.getBigUint64(at, true) };
      at += 8;
    } else if (type === RECORD.end) {
      yield { type: "end", ticks: Number(number()), hash: bytes.getBigUint64(at, true) };
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
