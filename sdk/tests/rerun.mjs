// rerun.mjs GAME.wasm REPLAY...: runs recorded matches again with the rules as WebAssembly, and
// compares every hash and the result. Prints "hashes=N"; exit 1 after the first difference of each.
import { readFileSync } from "node:fs";

import { Playback } from "../client/replay/playback.js";

async function rerun(wasm, path) {
  const playback = await Playback.open(readFileSync(path), () => wasm);
  if (!playback.isPlayable) throw new Error("its rules cannot be run");
  playback.goTo(playback.steps);
  if (playback.mismatch !== null)
    throw new Error(`after tick ${playback.mismatch}, the state is another one`);
  if (playback.agreed !== playback.hashes)
    throw new Error(`${playback.agreed} of ${playback.hashes} hashes were compared`);
  return playback.hashes;
}

const [game, ...paths] = process.argv.slice(2);
const wasm = readFileSync(game);
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
