// Hostile games inside the whole platform, in workers with all their walls (the worker without
// sanitizers): each is stopped, the log says why, and the match of an innocent game in another worker
// misses no tick meanwhile.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { program, start_platform, until } from './harness.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const games = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');
const DEED_MS_MAX = 20_000;

// Bytes of tests/unit/games/hostile/deeds.h, and what the log says of each.
const deeds = [
    ['forks', 1, /forbidden_call=clone/],
    ['opens a file', 2, /forbidden_call=openat/],
    ['exhausts the memory', 8, /forbidden_call=mmap/],
    ['exhausts the stack', 9, /Segmentation fault/],
    ['never returns', 10, /it fell silent/],
    ['writes to nowhere', 12, /Segmentation fault/],
    ['writes to every descriptor', 15, /forbidden_call=write/],
    ['floods the supervisor', 17, /it flooded the supervisor/],
];

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    for (const id of ['counter', 'hostile'])
        fs.cpSync(path.join(games, id), path.join(plugins, id), { recursive: true });
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

for (const [what, deed, says] of deeds)
    test(`a game that ${what} is stopped, and another one goes on`, async () => {
        const innocent = await play('counter');
        const hostile = await play('hostile');
        const frame = Buffer.alloc(6 + 9);
        frame.writeUInt8(1, 0);
        frame.writeUInt8(hostile.channel, 1);
        frame.writeUInt32LE(1, 2);
        frame.write('mischief', 6);
        frame.writeUInt8(deed, 14);
        const first = await innocent.host.socket.frame((one) => one[0] === 2);
        hostile.host.socket.send(frame);
        await until(
            'the report',
            () => lines_of(hostile.match).some((line) => says.test(line)),
            DEED_MS_MAX,
        );
        // A late worker may play up to this many ticks at once and shows the last; that none is late
        // is not shown here.
        let tick = first.readUInt32LE(2);
        const seen = innocent.host.socket.frames.length; // all that came meanwhile, and some more
        for (let count = 0; count < seen + 20; count++) {
            const next = await innocent.host.socket.frame((one) => one[0] === 2);
            const gap = next.readUInt32LE(2) - tick;
            assert.ok(gap >= 1 && gap <= TICKS_CATCH_UP_MAX, `${gap} ticks after ${tick}`);
            tick += gap;
        }
        await innocent.host.socket.command('game:leave', { match: innocent.match });
        assert.equal((await innocent.host.socket.event('game:ended')).data.reason, 'forfeit');
    });
