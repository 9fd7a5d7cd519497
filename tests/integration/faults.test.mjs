// Two things that go wrong at once: a worker or the games service dies in the middle of a change of version.
// Whatever dies, the matches go on from their last committed tick and to their end, and nobody's
// game is blamed for what it has not done. Processes are stopped (SIGSTOP) where they are to die, so that
// they die there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { bring_versions, input, variant, workers } from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import { mischief, play } from './matches.mjs';
import { Rally } from './rally.mjs';

const TICKS = 50; // that a match has to go on
const REHEARSAL_MS = 300; // of one match; a process that is to park has a second
const DOOM = [...Buffer.from('mischief'), 205];
const DOOM_TICKS = 300; // it dies of that at each so many
const ENDLESS = 10; // of tests/unit/games/hostile/deeds.h
const WAIT_MS = 20_000;

let platform, admin, folder, plugins, hold, doomed, twin, first, rally;
before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-faults-'));
    plugins = path.join(folder, 'plugins');
    hold = path.join(folder, 'hold');
    fs.mkdirSync(plugins);
    variant(plugins, 'counter-twin-doomed', 'counter');
    variant(plugins, 'hostile');
    platform = await start_platform({
        settings: { plugins_dir: plugins, worker_path: slow_worker(), trial_seconds: 2 },
    });
    admin = await platform.admin();
    const names = ['counter-twin-doomed', 'counter-twin', 'counter'];
    [doomed, twin, first] = await bring_versions(platform, plugins, ...names);
});
after(async () => {
    await platform?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
});

// A worker that waits before it begins, as long as the file `hold` is there.
function slow_worker() {
    const worker = path.join(path.dirname(program), 'transcendence-worker-plain');
    const script = path.join(folder, 'worker.sh');
    fs.writeFileSync(
        script,
        `#!/bin/bash
         while [ -e ${hold} ]; do sleep 0.01; done
         exec -a transcendence-worker ${worker} "$@"`,
        { mode: 0o755 },
    );
    fs.chmodSync(folder, 0o755);
    return script;
}

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const logged = (text, from) =>
    until(text, () => platform.logs('games').slice(from).includes(text), WAIT_MS);
const log_end = () => platform.logs('games').length;

// Puts a version live; whatever is answered, if at all.
const swap = (sha) =>
    admin.api('POST', '/api/games/counter/swap', { body: { sha } }).catch(() => {});

// The process that is to take over, once it has rehearsed: the one that plays is stopped before it
// can park.
async function begin_change(sha) {
    const [old] = workers(platform, 'counter');
    const from = log_end();
    process.kill(old.pid, 'SIGSTOP');
    swap(sha);
    await logged('process of another version started', from);
    await later(REHEARSAL_MS);
    const next = workers(platform, 'counter').find(({ pid }) => pid !== old.pid);
    return { old: old.pid, next: next.pid, from };
}

const goes_on = () =>
    Promise.all(rally.players.map((player) => player.after(rally.tick + TICKS, WAIT_MS)));

async function ends_well() {
    await goes_on();
    for (const player of rally.players) player.hit();
    assert.equal(await rally.end(), undefined);
    assert.deepEqual(rally.undone, []);
    await until('its replay', async () => {
        const { body } = await platform.api('GET', `/api/games/matches/${rally.match}`);
        return body.state === 'ended' && body.replay === 'ready';
    });
}

describe('in the middle of a change of version', () => {
    beforeEach(async () => {
        await until(
            'the first version alone',
            async () => {
                await swap(first);
                const { body } = await admin.api('GET', '/api/games/workers');
                const ours = body.items?.filter(({ game }) => game === 'counter') ?? [];
                return ours.length === 1 && ours[0].state === 'live' && ours[0].sha === first;
            },
            WAIT_MS,
        );
        rally = await Rally.begin(platform, 'counter');
        for (const player of rally.players) player.hit();
        await goes_on();
    });

    test('the worker dies while the other version gets ready', async () => {
        const [old] = workers(platform, 'counter');
        const from = log_end();
        fs.writeFileSync(hold, '');
        const changed = swap(twin);
        await logged('process of another version started', from);
        process.kill(old.pid, 'SIGKILL');
        await logged('worker died', from);
        fs.rmSync(hold);
        assert.equal((await changed).body.outcome, 'on_trial');
        await ends_well();
    });

    test('the worker dies while it is to park', async () => {
        const { old, from } = await begin_change(twin);
        process.kill(old, 'SIGKILL');
        await logged('all matches play the other version', from);
        await ends_well();
    });

    test('the next one dies while the other is to park, and its version is not blamed', async () => {
        const { next, from } = await begin_change(twin);
        process.kill(next, 'SIGKILL');
        await logged('all matches go back to the old one', from);
        await ends_well();
        const [{ state }] = await platform.sql(
            `select state from games.versions where sha = '${twin}'`,
        );
        assert.equal(state, 'admitted');
    });

    test('the next one dies between the hand-over and its first tick', async () => {
        const { old, next, from } = await begin_change(twin);
        process.kill(next, 'SIGSTOP');
        process.kill(old, 'SIGCONT');
        await logged('all matches play the other version', from);
        process.kill(next, 'SIGKILL');
        await ends_well();
        assert.equal((await platform.api('GET', '/api/games/counter')).body.sha, twin);
    });

    test('both die at once', async () => {
        const { old, next } = await begin_change(twin);
        for (const pid of [old, next]) process.kill(pid, 'SIGKILL');
        await ends_well();
    });

    test('games dies before anybody has parked', async () => {
        await begin_change(twin);
        await platform.kill('games');
        await ends_well();
    });

    test('games dies between the hand-over and the first tick', async () => {
        const { old, next, from } = await begin_change(twin);
        process.kill(next, 'SIGSTOP');
        process.kill(old, 'SIGCONT');
        await logged('all matches play the other version', from);
        await platform.kill('games');
        await ends_well();
    });

    test('games and all workers die at once', async () => {
        const { old, next } = await begin_change(twin);
        const games = platform.child('games').pid;
        for (const pid of [games, old, next]) process.kill(pid, 'SIGKILL');
        await ends_well();
    });

    test('games dies while the matches are on their way back', async () => {
        const from = log_end();
        const [host] = rally.players;
        host.socket.send(input(host.channel, 1000, ...DOOM)); // the first version ignores it
        await until('a moment soon before', () => rally.tick % DOOM_TICKS > DOOM_TICKS / 2);
        swap(doomed);
        await logged('all matches play the other version', from);
        fs.writeFileSync(hold, '');
        await logged('the other version does wrong', from);
        await platform.kill('games');
        fs.rmSync(hold);
        await goes_on();
        assert.deepEqual(rally.undone, []);
        await rally.end();
    });
});

describe('a worker that is killed in the middle of a callback', () => {
    test('is not held against the match', async () => {
        const hostile = await play(platform, 'hostile');
        const from = log_end();
        mischief(hostile, ENDLESS);
        for (let kill = 0; kill < 3; kill++) {
            await later(REHEARSAL_MS);
            for (const { pid } of workers(platform, 'hostile')) process.kill(pid, 'SIGKILL');
            await until('the report', () => {
                const lines = platform.logs('games').slice(from).split('\n');
                return lines.filter((line) => /worker died.*game=hostile/.test(line)).length > kill;
            });
        }
        assert.ok(!platform.logs('games').slice(from).includes('a match killed its worker'));
        const { body } = await platform.api('GET', `/api/games/matches/${hostile.match}`);
        assert.equal(body.state, 'live');
    });
});
