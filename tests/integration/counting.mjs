// Playing the counting test game through the whole chain: starting it, its inputs and its views.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { until } from './harness.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const built = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');

// Drops a built variant of the test game into the plugins folder, whole, in the place of `id`.
export function variant(plugins, name, id = name) {
    const aside = path.join(plugins, `.${id}.new`);
    fs.cpSync(path.join(built, name), aside, { recursive: true });
    fs.rmSync(path.join(plugins, id), { recursive: true, force: true });
    fs.renameSync(aside, path.join(plugins, id));
}

// Drops one version after the other and gives their shas; the last one is live.
export async function bring_versions(platform, plugins, ...names) {
    const shas = [];
    for (const name of names) {
        variant(plugins, name, 'counter');
        const sha = await until(`${name} to be live`, async () => {
            const { body } = await platform.api('GET', '/api/games/counter');
            return !shas.includes(body.sha) && body.sha;
        });
        shas.push(sha);
    }
    return shas;
}

// A game in a room: {room, match, host, guest}, each player with a socket on a gateway of his own.
export async function play(platform, game = 'counter') {
    const host = await platform.guest();
    const guest = await platform.guest();
    host.socket = await host.socket({ gateway: 1 });
    guest.socket = await guest.socket({ gateway: 2 });
    assert.notEqual(host.socket.ready.gateway, guest.socket.ready.gateway);
    const room = await host.socket.command('room:create', { game, mode: '1v1' });
    await guest.socket.command('room:join', { room: room.id });
    await guest.socket.command('room:ready', { room: room.id, ready: true });
    await host.socket.command('room:start', { room: room.id });
    for (const player of [host, guest]) {
        player.started = (await player.socket.event('game:started')).data;
        player.channel = player.started.channel;
        const { socket } = player;
        socket.frames.unshift(await socket.frame(sees(() => true))); // inputs count from now on
    }
    return { room: room.id, match: host.started.match, host, guest };
}

export function input(channel, seq, ...bytes) {
    const frame = Buffer.alloc(6 + bytes.length);
    frame.writeUInt8(1, 0);
    frame.writeUInt8(channel, 1);
    frame.writeUInt32LE(seq, 2);
    Buffer.from(bytes).copy(frame, 6);
    return frame;
}

// What the counting game shows.
export function shown(frame) {
    return {
        channel: frame[1],
        tick: frame.readUInt32LE(2),
        ack: frame.readUInt32LE(6),
        ticks: Number(frame.readBigUInt64LE(10)),
        counts: [frame.readUInt32LE(18), frame.readUInt32LE(22)],
        joins: [frame[26], frame[27]],
        leaves: [frame[28], frame[29]],
        viewer: frame.readUInt32LE(34),
    };
}
// The same of any game.
export const tick_of = (frame) => frame.readUInt32LE(2);
export const sees = (what) => (frame) => frame[0] === 2 && what(shown(frame));

// What a socket is shown next; all that waits is passed over.
export async function newest(socket) {
    socket.frames.length = 0;
    return shown(await socket.frame(sees(() => true)));
}

// Over all frames of a socket: the longest time without one, and the most ticks in a row that were
// never shown. Ticks that go back fail.
export function ticks_between(socket) {
    const frames = socket.all_frames.filter(({ bytes }) => bytes[0] === 2);
    let gap_ms = 0;
    let missing = 0;
    frames.slice(1).forEach(({ at, bytes }, i) => {
        const before = frames[i];
        const ticks = tick_of(bytes) - tick_of(before.bytes);
        assert.ok(ticks >= 0, `tick ${tick_of(bytes)} came after a later one`);
        gap_ms = Math.max(gap_ms, at - before.at);
        missing = Math.max(missing, ticks - 1);
    });
    return { gap_ms, missing };
}

// The worker processes of a game.
export function workers(platform, game) {
    return platform
        .processes()
        .filter((one) => one.command.startsWith(`transcendence-worker ${game}-`));
}

// The files in which a game's matches are kept: beside the platform, so that they outlive it.
export function arenas(platform, game) {
    let hash = 0xcbf29ce484222325n;
    for (const byte of Buffer.from(fs.realpathSync(platform.data_dir)))
        hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
    const folder = `/dev/shm/transcendence-${hash.toString(16).padStart(16, '0')}`;
    return fs
        .readdirSync(folder)
        .filter((name) => name.startsWith(`${game}-`))
        .map((name) => path.join(folder, name));
}
