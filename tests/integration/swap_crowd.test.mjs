// A game is replaced while a hundred matches of it are played, and five hundred times in a row. Each
// match has two players with a WebSocket on a gateway of his own; what each of them is shown is
// held against the replay of the match, tick by tick around the change. It is a matter of time, so
// it is judged on a build without sanitizers only: TEST_PRESET=release.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, describe, test } from 'node:test';
import { readReplay } from '../../sdk/client/replay/reader.js';
import { arenas, input, play, shown, variant, workers } from './counting.mjs';
import { start_platform, until } from './harness.mjs';
import { foreign_share, processor_time } from './matches.mjs';
import { archive_of, bring, bundle_of, put_live } from './versions.mjs';

const IS_RELEASE = process.env.TEST_PRESET === 'release';
const MATCHES = IS_RELEASE ? 100 : 10;
const STARTED_AT_ONCE = 8;
const TICK_MS = 10;
const GAP_TICKS_MAX = IS_RELEASE ? 2 : 30; // from one frame to the next
const FOREIGN_SHARE_MAX = 0.1; // of the processors: above it a late frame is nobody's fault
const HIT_MS = 100; // each player counts one more
const WATCHED_MS = 1000; // before and after
const FACTOR = 2; // what an input counts for the second version
const STATE_BYTES = 24; // of the first schema; a view begins with it

// What a player is shown: the longest time between two frames, and each state while it is kept.
class Watch {
    state = null; // the newest
    states = new Map(); // by tick

    constructor({ socket, channel }) {
        Object.assign(this, { socket, channel });
        this.seq = 0;
        this.begin();
        socket.on_frame = (bytes, at) => this.#take(bytes, at);
        socket.frames.length = socket.all_frames.length = 0;
    }

    begin() {
        Object.assign(this, { gap_ticks: 0, gap_ms: 0 });
    }

    #take(bytes, at) {
        if (bytes[0] !== 2) return;
        const tick = bytes.readUInt32LE(2);
        if (this.at) {
            assert.ok(tick > this.tick, `tick ${tick} came after ${this.tick}`);
            this.gap_ticks = Math.max(this.gap_ticks, tick - this.tick);
            this.gap_ms = Math.max(this.gap_ms, at - this.at);
        }
        Object.assign(this, { tick, at, view: shown(bytes) });
        if (this.keeps) this.states.set(tick, Buffer.from(bytes.subarray(10, 10 + STATE_BYTES)));
    }

    hit(value) {
        this.socket.send(input(this.channel, ++this.seq, value));
    }
}

async function play_many(platform, count) {
    const matches = [];
    const begin = async () => {
        while (matches.length < count) {
            const at = matches.push(null) - 1;
            const one = await play(platform);
            matches[at] = {
                id: one.match,
                watches: [one.host, one.guest].map((p) => new Watch(p)),
            };
        }
    };
    await Promise.all(Array.from({ length: STARTED_AT_ONCE }, begin));
    return matches;
}

// How long anybody waited for a frame meanwhile, and what else may have been the reason.
async function waits_of(watches, act) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const machine = processor_time();
    for (const watch of watches) watch.begin();
    delay.enable();
    await act();
    await wait(WATCHED_MS);
    delay.disable();
    const of = (what) => Math.max(...watches.map((watch) => watch[what]));
    const foreign = foreign_share(machine, processor_time());
    return { ticks: of('gap_ticks'), ms: of('gap_ms'), delay_ms: delay.max / 1e6, foreign };
}

// A frame that we were late to look at was there before. Where other programs have taken the processors
// meanwhile a late one proves nothing: the test is skipped, and says so.
function assert_nobody_waited({ ticks, ms, delay_ms, foreign }, t) {
    const late_ms = ms - delay_ms;
    if (ticks <= GAP_TICKS_MAX && late_ms <= GAP_TICKS_MAX * TICK_MS) return;
    if (foreign > FOREIGN_SHARE_MAX) {
        t.skip(`not judged: other programs took ${Math.round(foreign * 100)} % of the processors`);
        return;
    }
    assert.fail(`${ticks} ticks and at least ${late_ms} ms between two frames`);
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// FNV-1a of 64 bits.
function hash_of(bytes) {
    let hash = 0xcbf29ce484222325n;
    for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
    return hash;
}

// The tick after which another version plays, the hash of the state there by the process that left
// the match and by the one that took it over, and who had which inputs in each tick.
function seam_of(replay) {
    const all = [...readReplay(replay).records];
    const at = all.findIndex(({ type }) => type === 'image');
    assert.ok(at > 0, 'another version played it');
    const [left, , taken] = all.slice(at - 1, at + 2);
    assert.deepEqual([left.type, taken.type], ['hash', 'hash']);
    const steps = [null]; // by the tick that it made
    let tick;
    for (const record of all) {
        if (record.type === 'image') tick = steps.length - 1;
        for (let i = 0; record.type === 'tick' && i < record.ticks; i++) steps.push(record);
    }
    return { tick, left: left.hash, taken: taken.hash, steps };
}

// A state after one tick of the game by either version.
function stepped(state, { present, inputs }, factor) {
    const next = Buffer.from(state);
    next.writeBigUInt64LE(next.readBigUInt64LE(0) + 1n, 0);
    for (const slot of [0, 1]) {
        const at = 8 + 4 * slot;
        if ((present >> BigInt(slot)) & 1n)
            next.writeUInt32LE(next.readUInt32LE(at) + factor * inputs[slot], at);
    }
    return next;
}

// What a player was shown of the first version leads to what he was shown of the second one, over
// the state that one process left and the other one took.
function assert_seamless(states, seam) {
    const shown = [...states.keys()];
    let tick = shown.findLast((one) => one <= seam.tick);
    const last = shown.find((one) => one > seam.tick);
    assert.ok(tick && last, 'he was shown both');
    let state = states.get(tick);
    do {
        if (tick === seam.tick) assert.equal(hash_of(state), seam.left);
        state = stepped(state, seam.steps[++tick], tick > seam.tick ? FACTOR : 1);
    } while (tick < last);
    assert.equal(seam.taken, seam.left);
    assert.deepEqual(states.get(last), state);
}

let platform, plugins, admin;
before(() => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
});
after(() => fs.rmSync(plugins, { recursive: true, force: true }));

async function begin() {
    variant(plugins, 'counter');
    platform = await start_platform({ settings: { plugins_dir: plugins } });
    admin = await platform.admin();
}
const end = () => platform.stop();

describe(`a version that is put live in the middle of ${MATCHES} matches`, () => {
    before(begin);
    after(end);

    let swapped;
    test('takes each over byte by byte, and its rules count from then on', async (t) => {
        const second = await bring(admin, 'counter', archive_of(bundle_of('counter-doubled')));
        const matches = await play_many(platform, MATCHES);
        const watches = matches.flatMap((match) => match.watches);
        assert.equal(workers(platform, 'counter').length, 1);

        let hits = 0;
        const rally = setInterval(() => {
            if (++hits <= 30) for (const watch of watches) watch.hit(1);
        }, HIT_MS);
        const quiet = await waits_of(watches, () => {});
        for (const watch of watches) watch.keeps = true;
        let released;
        swapped = await waits_of(watches, async () => {
            released = await put_live(admin, 'counter', second);
            for (const { id, watches } of matches)
                for (const { socket } of watches) {
                    const { data } = await socket.event('game:swapped');
                    assert.deepEqual([data.match, data.sha], [id, second]);
                }
        });
        for (const watch of watches) watch.keeps = false;
        clearInterval(rally);
        assert.deepEqual([released.outcome, released.matches], ['on_trial', MATCHES]);
        for (const { socket } of watches) assert.equal(socket.close_code, undefined);
        t.diagnostic(`without: ${JSON.stringify(quiet)}`);
        t.diagnostic(`with: ${JSON.stringify(swapped)}`);

        await wait(2 * HIT_MS);
        for (const { watches } of matches) {
            const [host, guest] = watches;
            const before = guest.view.counts[0];
            host.hit(7);
            await until('the new rule', () => guest.view.counts[0] === before + FACTOR * 7);
        }
        for (const { watches } of matches) watches[0].hit(100);
        for (const { id, watches } of matches) {
            for (const { socket } of watches)
                assert.equal((await socket.event('game:ended')).data.state, 'ended');
            const seam = seam_of(await replay_of(id));
            for (const { states } of watches) assert_seamless(states, seam);
        }
    });

    test(`lets nobody wait for a frame, by more than ${GAP_TICKS_MAX} ticks`, (t) => {
        assert.ok(swapped, 'it was put live');
        assert_nobody_waited(swapped, t);
    });
});

async function replay_of(match) {
    const url = `${platform.origin}/api/games/matches/${match}/replay`;
    const answer = await until('the replay', async () => {
        const one = await fetch(url);
        return one.status === 200 && one;
    });
    return Buffer.from(await answer.arrayBuffer());
}

const SWAPS = 500;
const SWAP_MS_MIN = 60; // gateways follow no more than 20 a second, see STREAM_SUCCESSORS_PER_SECOND
const SWAPS_WARM = 50; // until caches and pools have their size
const SWAPS_MATCHES = 4;
const MEMORY_MORE_KB_MAX = 700; // of the processes of a kind: less than 1.6 kB a swap
const DESCRIPTORS_MORE_MAX = 3; // of a process: connections that are kept for a while
const STORE_VERSIONS = 3;

// What the parts of the platform that a swap goes through hold on to: of memory what is their own, for
// what they share with others depends on the others.
function footprint() {
    const held = {};
    for (const { pid, command } of platform.processes()) {
        const kind = /^(transcendence-worker) |--instance=(\w+)( |$)/.exec(command);
        const name = kind?.[1] ?? kind?.[2];
        if (!/^(transcendence-worker|games|g\d)$/.test(name ?? '')) continue;
        const rollup = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
        held[name] ??= { processes: 0, descriptors: 0, threads: 0, memory_kb: 0 };
        const of = held[name];
        of.processes++;
        of.descriptors += fs.readdirSync(`/proc/${pid}/fd`).length;
        of.threads += fs.readdirSync(`/proc/${pid}/task`).length;
        of.memory_kb += Number(/^Private_Dirty: +(\d+)/m.exec(rollup)[1]);
    }
    const others = platform.processes().filter(({ command }) => !command.startsWith('postgres:'));
    const shm = arenas(platform, 'counter').map((file) => fs.statSync(file));
    const store = fs.readdirSync(path.join(platform.data_dir, 'store'));
    return {
        held,
        counts: {
            processes: others.length, // the database makes one for each connection
            arenas: shm.length,
            in_store: store.length,
        },
        shm_kb: shm.reduce((sum, { blocks }) => sum + blocks / 2, 0),
    };
}

describe('versions that are put live in the middle of matches, one right after the other', () => {
    const versions = [];
    let matches, watches;
    before(async () => {
        await begin();
        for (const name of ['counter-doubled', 'counter-doomed', 'counter'])
            versions.push(await bring(admin, 'counter', archive_of(bundle_of(name))));
        matches = await play_many(platform, SWAPS_MATCHES);
        watches = matches.flatMap((match) => match.watches);
    });
    after(end);

    async function put_next_live() {
        assert.equal((await put_live(admin, 'counter', versions[0])).outcome, 'on_trial');
        versions.push(versions.shift()); // the one before the last is another one, see take_back()
    }

    let waits;
    test(`leave nothing behind, as many as ${SWAPS}`, async (t) => {
        const since = Date.now();
        let warm;
        waits = await waits_of(watches, async () => {
            for (let swap = 0; swap < SWAPS; swap++) {
                const next = wait(SWAP_MS_MIN);
                await put_next_live();
                if (swap + 1 === SWAPS_WARM) warm = footprint();
                await next;
            }
        });
        const last = footprint();
        t.diagnostic(`swaps=${SWAPS} seconds=${(Date.now() - since) / 1000}`);
        t.diagnostic(`after ${SWAPS_WARM}: ${JSON.stringify(warm)}`);
        t.diagnostic(`after ${SWAPS}: ${JSON.stringify(last)}`);
        for (const { socket } of watches) assert.equal(socket.close_code, undefined);
        assert.deepEqual(last.counts, warm.counts);
        assert.equal(last.counts.in_store, STORE_VERSIONS);
        for (const [name, { memory_kb, ...counts }] of Object.entries(last.held)) {
            const { memory_kb: warm_kb, ...warm_counts } = warm.held[name];
            const more = counts.descriptors - warm_counts.descriptors;
            assert.ok(more <= DESCRIPTORS_MORE_MAX, `${name} has ${more} descriptors more`);
            counts.descriptors = warm_counts.descriptors;
            assert.deepEqual(counts, warm_counts, name);
            assert.ok(
                !IS_RELEASE || memory_kb - warm_kb <= MEMORY_MORE_KB_MAX,
                `${name} has ${memory_kb} kB, and had ${warm_kb}`,
            );
        }
        for (const watch of watches) {
            const { tick } = watch;
            await until('its match to go on', () => watch.tick > tick);
        }
        for (const { watches } of matches) watches[0].hit(100);
        for (const { socket } of watches)
            assert.equal((await socket.event('game:ended')).data.state, 'ended');
        t.diagnostic(`waits: ${JSON.stringify(waits)}`);
    });

    test(`let nobody wait for a frame, by more than ${GAP_TICKS_MAX} ticks`, (t) => {
        assert.ok(waits, 'they were put live');
        assert_nobody_waited(waits, t);
    });
});
