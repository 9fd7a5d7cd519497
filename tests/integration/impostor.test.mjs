// A hostile game that takes its worker's place: it does not return, and says to the supervisor and to the
// gateways what it likes. It may spoil its own match; the others keep their ticks, their gateway and
// their log, and the platform gets rid of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { program, start_platform, until } from './harness.mjs';
import {
    assert_frames_follow,
    assert_no_tick_missed,
    leave,
    lines_of,
    mischief,
    next_figures_of,
    play,
} from './matches.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const games = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');
const MATCH_SECONDS_MAX = 8;
const [IMPOSTOR, STORM, FRAMES] = [24, 25, 26];
const WATCHED_MS = 3000;
const STREAMS_MAX = 12; // that a gateway may open to a worker that breaks them, in this time
const PING_MS_MAX = 200;

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    for (const id of ['counter', 'hostile'])
        fs.cpSync(path.join(games, id), path.join(plugins, id), { recursive: true });
    const worker_path = path.join(path.dirname(program), 'transcendence-worker-plain');
    platform = await start_platform({
        settings: { plugins_dir: plugins, worker_path, match_seconds_max: MATCH_SECONDS_MAX },
    });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

const on_g1 = { gateway: 1 };
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('one that does not stop its match when told is ended with it', async (t) => {
    const innocent = await play(platform, 'counter', on_g1);
    const hostile = await play(platform, 'hostile', on_g1);
    const before_it = await next_figures_of(platform, 'counter');
    mischief(hostile, IMPOSTOR);
    await later(WATCHED_MS);
    assert_no_tick_missed(before_it, await next_figures_of(platform, 'counter'), t);
    assert_frames_follow(innocent.host.socket.frames);
    await leave(innocent);
    const ended = await hostile.guest.socket.event('game:ended', () => true, 20_000);
    assert.equal(ended.data.reason, 'aborted');
    assert.ok(platform.logs('games').includes('it does not stop a match'));
    const again = await play(platform, 'hostile', on_g1);
    await leave_hostile(again);
});

// It has no end of its own.
async function leave_hostile(match) {
    for (const player of [match.host, match.guest])
        await player.socket.command('game:leave', { match: match.match });
}

test('one that breaks its streams again and again gets few of them', async (t) => {
    const innocent = await play(platform, 'counter', on_g1);
    const hostile = await play(platform, 'hostile', on_g1);
    const before_it = await next_figures_of(platform, 'counter');
    const opened = () => platform.logs('gateway-g1').split('msg="stream opened"').length;
    const lines = () => platform.logs('gateway-g1').split('\n').length;
    const [opened_before, lines_before] = [opened(), lines()];
    mischief(hostile, STORM);
    await later(WATCHED_MS);
    t.diagnostic(`streams=${opened() - opened_before} lines=${lines() - lines_before}`);
    assert.ok(opened() - opened_before > 0, 'it broke one');
    assert.ok(opened() - opened_before <= STREAMS_MAX);
    assert_no_tick_missed(before_it, await next_figures_of(platform, 'counter'), t);
    assert_frames_follow(innocent.host.socket.frames);
    await leave(innocent);
    await hostile.guest.socket.event('game:ended', () => true, 20_000);
});

test('one that sends frames without end does not hold up its gateway', async (t) => {
    const innocent = await play(platform, 'counter', on_g1);
    const hostile = await play(platform, 'hostile', on_g1);
    hostile.guest.socket.pause();
    const before_it = await next_figures_of(platform, 'counter');
    mischief(hostile, FRAMES);
    const waits = [];
    for (const until_ms = Date.now() + WATCHED_MS; Date.now() < until_ms; ) {
        const ping = Buffer.alloc(10);
        ping.writeUInt8(4, 0);
        ping.writeUInt8(innocent.channel, 1);
        const since = performance.now();
        innocent.host.socket.send(ping);
        await innocent.host.socket.frame((frame) => frame[0] === 5);
        waits.push(performance.now() - since);
        hostile.host.socket.frames.length = 0;
        await later(10);
    }
    waits.sort((a, b) => a - b);
    const at = (share) => waits[Math.floor((waits.length - 1) * share)].toFixed(1);
    t.diagnostic(`pings=${waits.length} ms_p50=${at(0.5)} p99=${at(0.99)} max=${at(1)}`);
    assert.ok(waits.at(-1) < PING_MS_MAX);
    assert_no_tick_missed(before_it, await next_figures_of(platform, 'counter'), t);
    assert_frames_follow(innocent.host.socket.frames);
    await leave(innocent);
    await until(
        'its end',
        () => lines_of(platform, hostile.match).some((line) => /match over/.test(line)),
        20_000,
    );
});
