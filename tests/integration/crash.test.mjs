// What dies in the middle of a match, and that its players see a hitch and not an end: each with a
// WebSocket on a gateway of his own, each frame with the moment at which it came.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { arenas, input, newest, play, sees, ticks_between, variant, workers } from './counting.mjs';
import { start_platform, until } from './harness.mjs';

const HITCH_MS_MAX = 100 * (process.env.TEST_PRESET === 'release' ? 1 : 3); // sanitizers start slowly
const RETURN_MS_MAX = 30_000; // of a service that is started again
const CRASH = [...Buffer.from('mischief'), 204];
const DOOM = [...Buffer.from('mischief'), 205];
const KILLS = 5;
const TICKS = 130; // at 100 a second; who dies again within a second is started less eagerly

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    for (const id of ['counter', 'turns', 'doomed']) variant(plugins, id);
    platform = await start_platform({ settings: { plugins_dir: plugins } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

describe('a worker that is killed', () => {
    test('is followed by another one before anybody is missed', async () => {
        const { match, host, guest } = await play(platform);
        host.socket.send(input(host.channel, 1, 33));
        await guest.socket.frame(sees((view) => view.counts[0] === 33));
        for (let kill = 0; kill < KILLS; kill++) {
            const [worker] = workers(platform, 'counter');
            const seen = await newest(host.socket);
            process.kill(worker.pid, 'SIGKILL');
            await until('another worker', () =>
                workers(platform, 'counter').some((one) => one.pid !== worker.pid),
            );
            for (const { socket } of [host, guest])
                await socket.frame(sees((view) => view.ticks > seen.ticks + TICKS));
        }
        for (const { socket } of [host, guest]) {
            const { gap_ms, missing } = ticks_between(socket);
            assert.ok(gap_ms < HITCH_MS_MAX, `${gap_ms} ms without a frame`);
            assert.ok(missing < HITCH_MS_MAX / 10, `${missing} ticks were not seen`);
            assert.equal(socket.close_code, undefined);
        }
        const last = await newest(guest.socket);
        assert.equal(last.counts[0], 33);
        assert.deepEqual(last.joins, [1, 1]); // the game has noticed nothing
        assert.deepEqual(last.leaves, [0, 0]);
        host.socket.send(input(host.channel, 2, 67));
        const result = (await guest.socket.event('game:ended')).data;
        assert.equal(result.id, match);
        assert.equal(result.players[0].outcome, 'win');
    });
});

describe('a games service that is killed', () => {
    test('takes its matches up again, and a result is recorded once', async () => {
        const { match, host, guest } = await play(platform);
        const other = await play(platform, 'turns');
        host.socket.send(input(host.channel, 1, 33));
        await guest.socket.frame(sees((view) => view.counts[0] === 33));
        other.host.socket.send(input(other.host.channel, 1, 40));
        await other.guest.socket.frame(sees((view) => view.counts[0] === 40));
        const before = await newest(guest.socket);
        await platform.kill('games');
        for (const { socket } of [host, guest])
            await socket.frame(
                sees((view) => view.ticks > before.ticks + TICKS),
                RETURN_MS_MAX,
            );
        const after = await newest(guest.socket);
        assert.deepEqual(after.counts, [33, 0]);
        assert.deepEqual(after.joins, [1, 1]);
        assert.deepEqual(after.leaves, [0, 0]);
        for (const { socket } of [host, guest]) ticks_between(socket); // none goes back
        guest.socket.send(input(guest.channel, 1, 100));
        const result = (await host.socket.event('game:ended')).data;
        assert.equal(result.id, match);
        assert.equal(result.players[1].outcome, 'win');
        const sent = { seq: 1 };
        await until('the other match to go on', async () => {
            other.host.socket.send(input(other.host.channel, ++sent.seq, 60));
            return other.host.socket.all_events.some(({ type }) => type === 'game:ended');
        });
        const turns = (await other.guest.socket.event('game:ended')).data;
        assert.equal(turns.players[0].score, 100);
        for (const id of [match, other.match]) {
            const { body } = await platform.api('GET', `/api/games/matches/${id}`);
            assert.equal(body.state, 'ended');
        }
        for (const { socket } of [host, guest])
            assert.equal(socket.all_events.filter(({ type }) => type === 'game:ended').length, 1);
    });

    test('finds a result that was decided and not yet told', async () => {
        const { match, host, guest } = await play(platform);
        const games = platform.child('games');
        process.kill(games.pid, 'SIGSTOP'); // hears nothing of the end
        host.socket.send(input(host.channel, 1, 100));
        await guest.socket.frame(sees((view) => view.counts[0] === 100));
        process.kill(games.pid, 'SIGKILL');
        const result = (await guest.socket.event('game:ended', undefined, RETURN_MS_MAX)).data;
        assert.equal(result.id, match);
        assert.equal(result.state, 'ended');
        assert.equal(result.players[0].outcome, 'win');
    });

    test('ends a match whose arena is damaged, and starts all the same', async () => {
        const { match, guest } = await play(platform);
        const games = platform.child('games');
        for (const { pid } of [games, ...workers(platform, 'counter')])
            process.kill(pid, 'SIGSTOP'); // nobody reads it before it is damaged
        for (const file of arenas(platform, 'counter')) {
            const bytes = fs.openSync(file, 'r+');
            fs.writeSync(bytes, crypto.randomBytes(100), 0, 100, 0);
            fs.closeSync(bytes);
        }
        process.kill(games.pid, 'SIGKILL');
        const result = (await guest.socket.event('game:ended', undefined, RETURN_MS_MAX)).data;
        assert.equal(result.id, match);
        assert.equal(result.state, 'aborted');
        const { host } = await until('another match', () => play(platform).catch(() => undefined));
        host.socket.send(input(host.channel, 1, 100));
        assert.equal((await host.socket.event('game:ended')).data.state, 'ended');
    });
});

describe('a match that kills its worker', () => {
    const lines = (match, what) =>
        platform
            .logs('games')
            .split('\n')
            .filter((line) => line.includes(`match=${match}`) && line.includes(what));

    test('goes on without the inputs that do it, and the log says whose', async () => {
        const innocent = await play(platform);
        const { match, host, guest } = await play(platform);
        guest.socket.send(input(guest.channel, 1, 20));
        await host.socket.frame(sees((view) => view.counts[1] === 20));
        guest.socket.send(input(guest.channel, 2, ...CRASH));
        await until('the second death', () => lines(match, 'without the inputs').length === 1);
        assert.match(lines(match, 'without the inputs')[0], /slots=1/);
        assert.equal(lines(match, 'worker died').length, 2);
        host.socket.send(input(host.channel, 1, 30)); // also when nobody is there to take it now
        await guest.socket.frame(sees((view) => view.counts[0] === 30 && view.counts[1] === 20));
        for (const { socket } of [host, guest, innocent.host, innocent.guest]) {
            ticks_between(socket); // none goes back
            assert.equal(socket.close_code, undefined);
        }
        host.socket.send(input(host.channel, 2, 100));
        innocent.host.socket.send(input(innocent.host.channel, 1, 100));
        for (const { socket } of [guest, innocent.guest])
            assert.equal((await socket.event('game:ended')).data.state, 'ended');
    });

    test('by its state steps back alone, then ends with a bundle, and costs nobody else', async () => {
        const innocent = await play(platform, 'doomed');
        const { match, host, guest } = await play(platform, 'doomed');
        host.socket.send(input(host.channel, 1, ...DOOM)); // at the next 300th tick, for ever
        const { data } = await guest.socket.event('game:ended', undefined, 30_000);
        assert.equal(data.id, match);
        assert.equal(data.state, 'aborted');
        assert.ok(lines(match, 'steps back, alone').length <= 1);
        assert.equal(lines(match, 'again and again').length, 1);
        const folder = path.join(platform.data_dir, 'crashes');
        const [bundle] = fs.readdirSync(folder).filter((name) => name.startsWith(match));
        const about = JSON.parse(fs.readFileSync(path.join(folder, bundle, 'crash.json')));
        assert.equal(about.callback, 'tick');
        assert.equal(about.tick % 300, 299);
        assert.equal(bundle, `${match}-${about.tick}`);
        const before = await newest(innocent.host.socket);
        await innocent.host.socket.frame(sees((view) => view.ticks > before.ticks + 50));
        innocent.host.socket.send(input(innocent.host.channel, 1, 100));
        assert.equal((await innocent.guest.socket.event('game:ended')).data.state, 'ended');
    });
});

describe('a game that keeps dying', () => {
    test('goes back to the version before, and is played no more', async () => {
        await platform.stop();
        variant(plugins, 'counter');
        platform = await start_platform({
            settings: { plugins_dir: plugins, game_deaths_max: 2, trial_seconds: 1 },
        });
        const first = (await platform.api('GET', '/api/games/counter')).body.sha;
        variant(plugins, 'counter-doomed', 'counter');
        await until('the second version', () =>
            platform.logs('games').includes('the change of version is done'),
        );
        const { host, guest } = await play(platform);
        assert.notEqual(host.started.sha, first);
        host.socket.send(input(host.channel, 1, ...DOOM));
        await guest.socket.event('game:swapped', ({ sha }) => sha === first, 30_000);
        const rows = await platform.sql(
            `select state, sha = '${first}' as is_first from games.versions
             where game = 'counter' order by id`,
        );
        assert.deepEqual(rows, [
            { state: 'admitted', is_first: true },
            { state: 'quarantined', is_first: false },
        ]);
        guest.socket.send(input(guest.channel, 1, 100)); // the match lives
        assert.equal((await host.socket.event('game:ended')).data.state, 'ended');
        assert.equal((await play(platform)).host.started.sha, first);
    });
});
