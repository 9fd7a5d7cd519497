// rerun.mjs GAME.wasm REPLAY...: runs recorded matches again with the rules as WebAssembly, and
// compares every hash. Prints "hashes=N"; exit 1 after the first difference of each match.
import { readFileSync } from "node:fs";

import { readReplay } from "./replay.mjs";
import { openGame } from "./wasm_game.mjs";

async function rerun(wasm, path) {
  const { head, records } = readReplay(readFileSync(path));
  const game = await openGame(wasm, head);
  let ticks = 0;
  let hashes = 0;
  game.init(head.match);
  for (const record of records) {
    if (record.type === "seat") continue;
    if (record.type === "image") throw new Error(`after tick ${ticks}, another image plays`);
    if (record.type === "join") game.join(record.slot);
    else if (record.type === "leave") game.leave(record.slot, record.reason);
    else if (record.type === "tick")
      for (let i = 0; i < record.ticks; i++, ticks++) game.tick(record.present, record.inputs);
    else {
      hashes++;
      if (game.hash() !== record.hash)
        throw new Error(`after tick ${ticks}, the state is another one`);
      if (record.type === "end" && record.ticks !== ticks)
        throw new Error(`the file ends after ${record.ticks} ticks, not ${ticks}`);
    }
    if (game.check() !== 1) throw new Error(`after tick ${ticks}, an invariant is broken`);
  }
  return hashes;
}

const [wasm, ...paths] = process.argv.slice(2);
let hashes = 0;
for (const path of paths) {
  try {
    hashes += await rerun(wasm, path);
  } catch (error) {
    console.error(`${path}: ${error.message}`);
    process.exitCode = 1;
  }
}
if (hashes === 0) process.exitCode = 1;
console.log(`hashes=${hashes}`);
