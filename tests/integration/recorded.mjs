// The replay of a match that was played on the platform, as anybody gets it, run again by the tool.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Playback } from '../../sdk/client/replay/playback.js';
import { readReplay } from '../../sdk/client/replay/reader.js';
import { program, until } from './harness.mjs';

const run = promisify(execFile);
const gamekit = path.join(path.dirname(program), 'gamekit');

export const match_of = async (platform, match) =>
    (await platform.api('GET', `/api/games/matches/${match}`)).body;

// The bytes of it, once they are there.
export async function replay_of(platform, match) {
    const url = `${platform.origin}/api/games/matches/${match}/replay`;
    const answer = await until('the replay', async () => {
        const one = await fetch(url);
        return one.status === 200 && one;
    });
    assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.equal((await match_of(platform, match)).replay, 'ready');
    return Buffer.from(await answer.arrayBuffer());
}

// Runs it again with the very games that played, out of the store: every hash, the result, and that
// all who tell how it ended tell the same. Returns what the tool said and what is in the file.
export async function verify(platform, match, state = 'ended') {
    const bytes = await replay_of(platform, match);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-replay-'));
    const file = path.join(folder, 'match.gkreplay');
    fs.writeFileSync(file, bytes);
    const store = path.join(platform.data_dir, 'store');
    const { stdout } = await run(gamekit, ['replay', file, '--store', store]).finally(() =>
        fs.rmSync(folder, { recursive: true, force: true }),
    );
    const { head, records: list } = readReplay(bytes);
    const records = [...list];
    const images = [head.image, ...records.filter(({ image }) => image).map(({ image }) => image)];
    const shown = await match_of(platform, match);
    const last = path.join(store, shown.sha, 'game.so');
    const sum = crypto.createHash('sha256').update(fs.readFileSync(last)).digest('hex');
    assert.equal(images.at(-1).sha, sum);
    const known = shown.versions.map(({ image }) => image);
    for (const { sha } of images) assert.ok(known.includes(sha), 'the match knows its versions');
    const end = records.at(-1);
    assert.equal(end.type, 'end');
    const ended = [end.hash.toString(16).padStart(16, '0'), end.ticks];
    const [row] = await platform.sql(
        `select state_hash, ticks from games.matches where id = '${match}'`,
    );
    assert.deepEqual(ended, [row.state_hash, Number(row.ticks)]);
    assert.deepEqual(ended, [shown.stateHash, shown.ticks]);
    assert.match(stdout, new RegExp(`^last_hash=0x${shown.stateHash}$`, 'm'));
    assert.match(stdout, /The match is the same to its end/);
    assert.equal(/without a result/.test(stdout), state === 'aborted');
    assert.equal(shown.state, state);
    await plays_back(bytes, store, shown.versions);
    return { stdout, head, images, records, end };
}

// As the browser runs it, by the rules of each version in its place, where all bring some.
async function plays_back(bytes, store, versions) {
    const wasm = ({ sha }) => {
        const version = versions.find(({ image, rules }) => rules && image === sha);
        return version && fs.readFileSync(path.join(store, version.sha, 'game.wasm'));
    };
    const playback = await Playback.open(bytes, wasm);
    if (playback.parts.some(({ image }) => !wasm(image))) return;
    assert.ok(playback.goTo(playback.steps));
    assert.deepEqual([playback.mismatch, playback.agreed], [null, playback.hashes]);
}
