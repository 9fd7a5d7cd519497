// Hostile games inside the whole platform, in workers with all their walls (the worker without
// sanitizers): each is stopped, the log says why, and the match of an innocent game in another worker
// misses no tick meanwhile, by that worker's own account. How late its ticks were is told as a figure.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { program, start_platform, until } from './harness.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const games = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');
const DEED_MS_MAX = 20_000;
const GREED_MS = 4000; // for which the greedy are watched

// Bytes of tests/unit/games/hostile/deeds.h, and what the log says of each.
const deeds = [
    ['forks', 1, /forbidden_call=clone /],
    ['opens a file', 2, /forbidden_call=openat /],
    ['connects', 3, /forbidden_call=socket /],
    ['kills its parent', 4, /forbidden_call=kill /],
    ['traces', 5, /forbidden_call=ptrace /],
    ['makes its stack executable', 6, /forbidden_call=mprotect /],
    ['asks for the time', 7, /forbidden_call=clock_gettime /],
    ['exhausts the memory', 8, /forbidden_call=mmap /],
    ['exhausts the stack', 9, /Segmentation fault/],
    ['never returns', 10, /it fell silent/],
    ['takes longer than its ticks', 11, /its ticks take longer than their period/],
    ['writes to nowhere', 12, /Segmentation fault/],
    ['writes to its own code', 13, /Segmentation fault/],
    ['writes to its own table', 14, /Segmentation fault/],
    ['writes to every descriptor', 15, /forbidden_call=write /],
    ['floods its log', 16, /game says" .*text=flood/],
    ['floods the supervisor', 17, /it flooded the supervisor/],
    ['shows more than its view', 18, /a view is over its size/],
    ['truncates every descriptor', 19, /forbidden_call=ftruncate /],
    ['executes a program', 20, /forbidden_call=execve /],
    ['takes over the signal handler', 21, /forbidden_call=rt_sigaction /],
    ['asks for another filter', 22, /forbidden_call=seccomp /],
];

const accomplices = Array.from({ length: 4 * os.cpus().length }, (_, i) => `accomplice-${i}`);

let platform, plugins;
// A copy of the hostile game under another id, which stands in its manifest.
function add_hostile(id) {
    const image = fs.readFileSync(path.join(games, 'hostile/game.so'));
    const at = image.indexOf('hostile\0'.padEnd(32, '\0'));
    assert.ok(at > 0);
    image.write(id.padEnd(32, '\0'), at);
    fs.cpSync(path.join(games, 'hostile'), path.join(plugins, id), { recursive: true });
    fs.writeFileSync(path.join(plugins, id, 'game.so'), image);
}

before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    for (const id of ['counter', 'hostile'])
        fs.cpSync(path.join(games, id), path.join(plugins, id), { recursive: true });
    for (const id of accomplices) add_hostile(id);
    const worker_path = path.join(path.dirname(program), 'transcendence-worker-plain');
    platform = await start_platform({
        settings: { plugins_dir: plugins, worker_path, worker_silence_ms: 1000 },
    });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

const TICKS_CATCH_UP_MAX = 4; // see platform/worker/schedule.h
const COUNTER_HZ = 100;

async function play(game) {
    const host = await platform.guest();
    const guest = await platform.guest();
    host.socket = await host.socket();
    guest.socket = await guest.socket();
    const room = await host.socket.command('room:create', { game, mode: '1v1' });
    await guest.socket.command('room:join', { room: room.id });
    await guest.socket.command('room:ready', { room: room.id, ready: true });
    await host.socket.command('room:start', { room: room.id });
    const started = (await host.socket.event('game:started')).data;
    await host.socket.frame((frame) => frame[0] === 2);
    return { host, guest, match: started.match, channel: started.channel };
}

const lines_of = (match) =>
    platform
        .logs('games')
        .split('\n')
        .filter((line) => line.includes(`match=${match}`));

test('the log says at start that every wall stands', () => {
    const line = platform
        .logs('games')
        .split('\n')
        .find((one) => one.includes('games are sandboxed'));
    assert.ok(line);
    for (const layer of ['user', 'limits', 'landlock', 'loading_filter', 'playing_filter'])
        assert.ok(line.includes(`${layer}:on`), layer);
    assert.ok(!line.includes(':off'));
});

// What the worker of a game tells of itself, see platform/games/worker_figures.c.
async function figures_of(game) {
    const page = await (await fetch(`http://127.0.0.1:${platform.ports.first + 4}/metrics`)).text();
    const figures = { late: [] };
    const line = /^games_worker_(\w+)\{game="([\w-]+)",worker="([\w-]+)"(?:,le="(.+)")?\} (\d+)$/gm;
    for (const [, name, of, worker, limit, value] of page.matchAll(line)) {
        if (of !== game) continue;
        assert.ok([undefined, worker].includes(figures.worker), `one worker plays ${game}`);
        figures.worker = worker;
        if (limit) figures.late.push([limit, Number(value)]);
        else figures[name] = Number(value);
    }
    assert.ok(figures.worker, `a worker plays ${game}`);
    return figures;
}

// The first account that is more than a heartbeat younger than this moment.
async function next_figures_of(game) {
    const seen = await figures_of(game);
    return until('two heartbeats', async () => {
        const figures = await figures_of(game);
        return figures.age_microseconds - seen.age_microseconds > 400_000 && figures;
    });
}

// Between two accounts of one process every tick was done, and done when it was due or caught up.
function assert_no_tick_missed(before, after, t) {
    const elapsed_s = (after.age_microseconds - before.age_microseconds) / 1e6;
    const ticks = after.ticks_total - before.ticks_total;
    assert.equal(after.worker, before.worker);
    assert.ok(elapsed_s > 0, 'the worker was not started again');
    assert.equal(after.ticks_skipped_total, 0);
    assert.ok(
        Math.abs(ticks - elapsed_s * COUNTER_HZ) <= TICKS_CATCH_UP_MAX + 1,
        `${ticks} ticks in ${elapsed_s} s`,
    );
    const late = after.late.map(([limit, count], i) => [limit, count - before.late[i][1]]);
    const caught_up = after.ticks_caught_up_total - before.ticks_caught_up_total;
    const within = (share) => late.find(([, count]) => count >= ticks * share)[0];
    t.diagnostic(
        `ticks=${ticks} skipped=0 caught_up=${caught_up} late_us_p50<=${within(0.5)} ` +
            `late_us_p99<=${within(0.99)} late_us_max<=${within(1)} ` +
            `late_us_max_since_start=${after.tick_late_max_microseconds}`,
    );
}

function mischief(match, deed) {
    const frame = Buffer.alloc(6 + 9);
    frame.writeUInt8(1, 0);
    frame.writeUInt8(match.channel, 1);
    frame.writeUInt32LE(1, 2);
    frame.write('mischief', 6);
    frame.writeUInt8(deed, 14);
    match.host.socket.send(frame);
}

// A late worker plays up to TICKS_CATCH_UP_MAX ticks in one wake-up and shows the last of them.
function assert_frames_follow(frames) {
    const ticks = frames.filter((one) => one[0] === 2).map((one) => one.readUInt32LE(2));
    assert.ok(ticks.length > 0);
    for (let i = 1; i < ticks.length; i++) {
        const gap = ticks[i] - ticks[i - 1];
        assert.ok(gap >= 1 && gap <= TICKS_CATCH_UP_MAX, `${gap} ticks after ${ticks[i - 1]}`);
    }
}

async function leave(innocent) {
    await innocent.host.socket.command('game:leave', { match: innocent.match });
    assert.equal((await innocent.host.socket.event('game:ended')).data.reason, 'forfeit');
}

for (const [what, deed, says] of deeds)
    test(`a game that ${what} is stopped, and another one misses no tick`, async (t) => {
        const innocent = await play('counter');
        const hostile = await play('hostile');
        const before = await next_figures_of('counter');
        mischief(hostile, deed);
        await until(
            'the report',
            () => lines_of(hostile.match).some((line) => says.test(line)),
            DEED_MS_MAX,
        );
        assert_no_tick_missed(before, await next_figures_of('counter'), t);
        assert_frames_follow(innocent.host.socket.frames);
        await leave(innocent);
    });

// Four of them for each processor.
for (const [what, deed, says] of [
    ['never return', 10, /it fell silent/],
    ['take nearly all the time of their ticks', 23, null],
])
    test(`games that ${what}, on every processor, cost another one no tick`, async (t) => {
        const innocent = await play('counter');
        const gang = [];
        for (const id of accomplices) gang.push(await play(id));
        const before = await next_figures_of('counter');
        for (const one of gang) mischief(one, deed);
        if (says)
            for (const one of gang)
                await until(
                    'the report',
                    () => lines_of(one.match).some((line) => says.test(line)),
                    DEED_MS_MAX,
                );
        else await new Promise((resolve) => setTimeout(resolve, GREED_MS));
        assert_no_tick_missed(before, await next_figures_of('counter'), t);
        assert_frames_follow(innocent.host.socket.frames);
        await leave(innocent);
    });
