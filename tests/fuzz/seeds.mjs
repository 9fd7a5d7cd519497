// seeds.mjs BUILD FOLDER: what the fuzzers begin with, a folder for each: real games, real replays,
// and messages as both sides write them (platform/wire/frames.h, control.h).
import { execFileSync } from 'node:child_process';
import {
    copyFileSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    symlinkSync,
    writeFileSync,
} from 'node:fs';
import path from 'node:path';

const [build, folder] = process.argv.slice(2);
const games = path.join(build, 'plugins.d');

function put(target, name, bytes) {
    mkdirSync(path.join(folder, target), { recursive: true });
    writeFileSync(path.join(folder, target, name), bytes);
}

for (const game of readdirSync(games)) {
    mkdirSync(path.join(folder, 'image'), { recursive: true });
    mkdirSync(path.join(folder, 'game_json'), { recursive: true });
    copyFileSync(path.join(games, game, 'game.so'), path.join(folder, 'image', game));
    mkdirSync(path.join(folder, 'wasm'), { recursive: true });
    copyFileSync(path.join(games, game, 'game.wasm'), path.join(folder, 'wasm', game));
    copyFileSync(path.join(games, game, 'game.json'), path.join(folder, 'game_json', game));
    const replays = path.join(folder, 'replay', game);
    mkdirSync(replays, { recursive: true });
    execFileSync(path.join(build, 'bin/gamekit'), [
        'bench',
        path.join(games, game),
        '--record',
        replays,
    ]);
    // Another image, and somebody else at the first seat.
    const file = readFileSync(path.join(replays, 'match-0.replay'));
    const head = file.subarray(0, 204 + 48 * file.readUInt32LE(124 + 12));
    const records = [[8], file.subarray(12, 84), [10, 0], file.subarray(204, 252)];
    put(
        'replay',
        `${game}-records`,
        Buffer.concat([head, ...records.map((one) => Buffer.from(one))]),
    );
}

// A crash.json, as crash_step.c writes it.
put(
    'crash',
    'tick',
    JSON.stringify({
        what: 'it ended in tick',
        game: 'counter',
        version: '1.0.0',
        sha: '00ff',
        match: '018f6a1c-0000-7000-8000-000000000000',
        slot: 0,
        tick: 299,
        mode: 0,
        players: 2,
        joined: '3',
        left: '0',
        came: '0',
        went: '0',
        gave_up: '0',
        present: '2',
        seed: '18446744073709551615',
        callback: 'tick',
        ticked: true,
        options: new Array(16).fill(0),
    }),
);

const u16 = (value) => [value & 255, (value >> 8) & 255];
const u32 = (value) => [...u16(value), ...u16(value >>> 16)];
const zeros = (count) => new Array(count).fill(0);
const letter = (text, count) => new Array(count).fill(text.charCodeAt(0));
const lengthed = (bytes) => [...u16(bytes.length), ...bytes];

// Archives of a bundle, behind the byte that asks for right sums (archive_fuzz.c): as tar writes them
// and with entries that are refused.
const small = path.join(folder, 'small');
mkdirSync(path.join(small, 'client/deep/deeper'), { recursive: true });
for (const file of ['game.so', 'game.json', 'client/main.js', 'client/deep/deeper/a.png', 'README'])
    writeFileSync(path.join(small, file), file);
const pack = (...words) => execFileSync('tar', [...words, '-C', small, '-cf', '-', '.']);
put('archive', 'plain', Buffer.concat([Buffer.from([1]), pack('--format=ustar')]));
put('archive', 'gnu', Buffer.concat([Buffer.from([1]), pack('--format=gnu')]));
symlinkSync('main.js', path.join(small, 'client/link.js'));
put('archive', 'link', Buffer.concat([Buffer.from([1]), pack('--format=pax')]));

// Records of a stream: enum record_type.
const record = (type, { channel = 0, slot = 0, link = 1, value = 0 }, body = []) => [
    ...u32(body.length),
    ...u16(type),
    channel,
    slot,
    ...u32(link),
    ...u32(value),
    ...body,
];
const attach = [...letter('m', 16), ...letter('u', 16), 0, ...zeros(7)];
put(
    'records',
    'whole',
    Buffer.from([
        ...record(6, { slot: 1 }),
        ...record(8, { channel: 3 }, [2, 3, ...zeros(8), 1, 2, 3, 4]),
        ...record(7, { value: 4 }),
    ]),
);

// Frames of a browser: enum frame_op.
put(
    'frames',
    'all',
    Buffer.from([
        ...lengthed([1, 0, ...u32(7), 1]),
        ...lengthed([3, 0]),
        ...lengthed([4, 0, ...zeros(8)]),
    ]),
);

// Orders of worker_fuzz.c: a match of two, one of them at its seat. Then packets of control.
const packet = (type, body) => [...u32(type), ...u32(body.length), ...body];
const order = (kind, bytes) => [kind, ...lengthed(bytes)];
const tick = order(2, []);
const play = [
    ...order(3, [0, 0, 2, 0]),
    ...order(1, record(2, {}, attach)),
    ...tick,
    ...order(1, record(4, { value: 5 }, [1])),
    ...tick,
    ...order(1, record(5, {})),
];
const leave = order(1, record(3, { value: 2 }));
const stop = order(0, packet(2, letter('m', 16)));
put('worker', 'left', Buffer.from([...play, ...leave, ...tick, ...tick]));
put('worker', 'stopped', Buffer.from([...play, ...stop, ...tick]));
put('worker', 'resumed', Buffer.from([...play, ...order(0, packet(5, [])), ...tick]));
put(
    'worker',
    'bots',
    Buffer.from([...order(3, [1, 0, 2, 2, 9]), ...tick, ...order(4, [1, 1, 118]), ...tick]),
);
put(
    'worker',
    'others',
    Buffer.from([...order(0, packet(4, [])), ...order(0, packet(9, zeros(8)))]),
);

put(
    'worker',
    'again',
    Buffer.from([
        ...play,
        ...order(5, [0, 0, ...[0, 2, 0, 0, 1, 1, 5], ...[0, 0, 2, 0, 0, 1]]),
        ...tick,
        ...order(5, [0, 3, ...[0, 0, 0, 1, 0, 1]]),
        ...tick,
    ]),
);

const over = [...letter('m', 16), ...zeros(16), ...u32(2), ...u32(0), ...zeros(512)];
const said = [64, 65, 66, 67, 68, 69, 70, 71].flatMap((type) =>
    [
        [],
        zeros(8),
        letter('m', 16),
        over,
        zeros(72),
        [...letter('m', 16), ...u32(1), ...letter('t', 500)],
    ].flatMap((body) => lengthed(packet(type, body))),
);
put('supervisor', 'playing', Buffer.from([0, ...said]));
put('supervisor', 'next', Buffer.from([1, ...said]));
