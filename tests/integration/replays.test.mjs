// The replay of a match that was played on the platform: whatever dies meanwhile, the file that
// anybody gets of it runs again to the same states and to the same result.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { arenas, input, newest, play, sees, variant, workers } from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import { act, make_room, NOBODY, refused } from './lobby.mjs';
import * as recorded from './recorded.mjs';

const run = promisify(execFile);
const pong = path.join(path.dirname(program), '../plugins.d/pong');
const RETURN_MS_MAX = 30_000; // of a service that is started again
const MATCH_MS_MAX = 120_000; // until somebody misses the ball

let platform, plugins, folder;
before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-replays-'));
    plugins = path.join(folder, 'plugins');
    fs.mkdirSync(plugins);
    for (const id of ['counter', 'turns', 'crowd']) variant(plugins, id);
    fs.cpSync(pong, path.join(plugins, 'pong'), { recursive: true });
    platform = await start_platform({ settings: { plugins_dir: plugins } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
});

const verify = (match) => recorded.verify(platform, match);
const match_of = (match) => recorded.match_of(platform, match);

describe('a match whose worker is killed', () => {
    test('has a replay that runs again to its end', async () => {
        const { match, host, guest } = await play(platform);
        host.socket.send(input(host.channel, 1, 33));
        await guest.socket.frame(sees((view) => view.counts[0] === 33));
        assert.equal((await match_of(match)).replay, 'pending');
        refused(
            await platform.api('GET', `/api/games/matches/${match}/replay`),
            404,
            'replay_not_found',
        );
        const [worker] = workers(platform, 'counter');
        process.kill(worker.pid, 'SIGKILL');
        const seen = await newest(host.socket);
        await guest.socket.frame(sees((view) => view.ticks > seen.ticks + 300)); // over a hash
        host.socket.send(input(host.channel, 2, 67));
        await guest.socket.event('game:ended');
        const { records } = await verify(match);
        assert.ok(records.some(({ type }) => type === 'hash'));
    });
});

describe('a match of people and bots', () => {
    test('has every input of both in its replay', async () => {
        const host = await platform.guest();
        const guest = await platform.guest();
        for (const [i, one] of [host, guest].entries())
            one.socket = await one.socket({ gateway: i + 1 });
        const room = await make_room(host, {
            game: 'pong',
            mode: '2v2',
            bots: 2,
            options: { points: 1, speed: 'fast' },
        });
        await guest.socket.command('room:join', { room: room.id });
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        const { match } = (await act(host, room, 'start')).body;
        for (const one of [host, guest]) {
            one.channel = (await one.socket.event('game:started')).data.channel;
            await one.socket.frame();
        }
        guest.socket.send(input(guest.channel, 1, 1));
        await host.socket.frame();
        const [worker] = workers(platform, 'pong');
        process.kill(worker.pid, 'SIGKILL');
        await guest.socket.event('game:ended', undefined, MATCH_MS_MAX);
        const { records } = await verify(match);
        const joins = records.filter(({ type }) => type === 'join');
        assert.deepEqual(joins.map(({ slot }) => slot).sort(), [0, 1, 2, 3]);
        const moved = records.reduce((all, { present = 0n }) => all | present, 0n);
        assert.ok(moved & 0b1100n, 'a bot has moved');
    });
});

const restart = () => run(program, ['restart', 'games', `--data_dir=${platform.data_dir}`]);
const kill = () => platform.kill('games');

describe('a match whose games service is killed', () => {
    for (const [how, end_games] of Object.entries({ kill, restart }))
        test(`has one replay, of before and after: ${how}`, async () => {
            const { match, host, guest } = await play(platform);
            const turns = await play(platform, 'turns');
            host.socket.send(input(host.channel, 1, 33));
            turns.host.socket.send(input(turns.host.channel, 1, 40));
            await turns.guest.socket.frame(sees((view) => view.counts[0] === 40));
            const before = await newest(guest.socket);
            await guest.socket.frame(sees((view) => view.ticks > before.ticks + 100)); // on disk
            await end_games();
            await guest.socket.frame(
                sees((view) => view.ticks > before.ticks + 500),
                RETURN_MS_MAX,
            );
            guest.socket.send(input(guest.channel, 1, 100));
            await host.socket.event('game:ended');
            let seq = 1;
            await until('the other match to go on', async () => {
                turns.host.socket.send(input(turns.host.channel, ++seq, 60));
                return turns.host.socket.all_events.some(({ type }) => type === 'game:ended');
            });
            const { end } = await verify(match);
            assert.ok(end.ticks > before.ticks + 500);
            await verify(turns.match);
        });

    test('has its replay when the end was decided and not yet told', async () => {
        const { match, host, guest } = await play(platform);
        const games = platform.child('games');
        process.kill(games.pid, 'SIGSTOP'); // hears nothing of the end
        host.socket.send(input(host.channel, 1, 100));
        await guest.socket.frame(sees((view) => view.counts[0] === 100));
        process.kill(games.pid, 'SIGKILL');
        await guest.socket.event('game:ended', undefined, RETURN_MS_MAX);
        await verify(match);
    });
});

describe('a match without a replay', () => {
    test('is one whose journal makes no sense', async () => {
        const { match, host, guest } = await play(platform);
        const games = platform.child('games');
        process.kill(games.pid, 'SIGSTOP');
        const before = await newest(host.socket);
        await host.socket.frame(sees((view) => view.ticks > before.ticks + 250)); // unread
        scribble(arenas(platform, 'counter'), match);
        process.kill(games.pid, 'SIGCONT');
        await until('the log', () => /a match has no replay/.test(platform.logs('games')));
        host.socket.send(input(host.channel, 1, 100));
        assert.equal((await guest.socket.event('game:ended')).data.state, 'ended');
        await until('no replay', async () => (await match_of(match)).replay === 'none');
        refused(
            await platform.api('GET', `/api/games/matches/${match}/replay`),
            404,
            'replay_not_found',
        );
        const left = fs
            .readdirSync(path.join(platform.data_dir, 'replays'), { recursive: true })
            .filter((name) => name.includes(match));
        assert.deepEqual(left, []);
    });

    test('is one that never was, and no path leads to a file', async () => {
        const none = await platform.api('GET', `/api/games/matches/${NOBODY}/replay`);
        refused(none, 404, 'match_not_found');
        const url = `${platform.origin}/_replays/`;
        assert.equal((await fetch(url)).status, 404);
    });
});

// Writes over the middle of the journal of a match, as its game could, see platform/wire/arena.h.
function scribble(files, match) {
    const id = Buffer.from(match.replaceAll('-', ''), 'hex');
    for (const file of files) {
        const bytes = fs.readFileSync(file);
        const at = bytes.indexOf(id);
        if (at < 0) continue;
        const handle = fs.openSync(file, 'r+');
        const noise = crypto.randomBytes(16 << 10);
        fs.writeSync(handle, noise, 0, noise.length, at + (8 << 10));
        fs.closeSync(handle);
    }
}
