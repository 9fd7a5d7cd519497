// Hostile games inside the whole platform, in workers with all their walls (the worker without
// sanitizers): each is stopped, the log says why, and the match of an innocent game in another worker
// misses no tick meanwhile, by that worker's own account. How late its ticks were is told as a figure.
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
        settings: {
            plugins_dir: plugins,
            worker_path,
            worker_silence_ms: 1000,
            game_deaths_max: 100_000, // it is to go on with its deeds
        },
    });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

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

for (const [what, deed, says] of deeds)
    test(`a game that ${what} is stopped, and another one misses no tick`, async (t) => {
        const innocent = await play(platform, 'counter');
        const hostile = await play(platform, 'hostile');
        const before = await next_figures_of(platform, 'counter');
        mischief(hostile, deed);
        await until(
            'the report',
            () => lines_of(platform, hostile.match).some((line) => says.test(line)),
            DEED_MS_MAX,
        );
        assert_no_tick_missed(before, await next_figures_of(platform, 'counter'), t);
        assert_frames_follow(innocent.host.socket.frames);
        await leave(innocent);
    });

test('no game speaks in the log of a match that is not its own', () => {
    const foreign = Buffer.from('SLANDERED MATCH\0').toString('hex'); // in DEED_SEND_FLOOD
    const log = platform.logs('games');
    assert.match(log, /msg="game says" .*match=none text=flood/);
    assert.ok(!log.replaceAll('-', '').includes(foreign));
});

// Four of them for each processor.
for (const [what, deed, says] of [
    ['never return', 10, /it fell silent/],
    ['take nearly all the time of their ticks', 23, null],
])
    test(`games that ${what}, on every processor, cost another one no tick`, async (t) => {
        const innocent = await play(platform, 'counter');
        const gang = [];
        for (const id of accomplices) gang.push(await play(platform, id));
        const before = await next_figures_of(platform, 'counter');
        for (const one of gang) mischief(one, deed);
        if (says)
            for (const one of gang)
                await until(
                    'the report',
                    () => lines_of(platform, one.match).some((line) => says.test(line)),
                    DEED_MS_MAX,
                );
        else await new Promise((resolve) => setTimeout(resolve, GREED_MS));
        assert_no_tick_missed(before, await next_figures_of(platform, 'counter'), t);
        assert_frames_follow(innocent.host.socket.frames);
        await leave(innocent);
    });
