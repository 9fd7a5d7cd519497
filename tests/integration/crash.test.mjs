// What dies in the middle of a match, and that its players see a hitch and not an end: each with a
// WebSocket on a gateway of his own, each frame with the moment at which it came.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
    arenas,
    input,
    newest,
    play,
    sees,
    tick_of,
    ticks_between,
    variant,
    workers,
} from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import {
    is_machine_ours,
    lines_of,
    mischief,
    play as play_any,
    processor_time,
} from './matches.mjs';

const HITCH_MS_MAX = 100 * (process.env.TEST_PRESET === 'release' ? 1 : 3); // sanitizers start slowly
const RETURN_MS_MAX = 30_000; // of a service that is started again
const CRASH = [...Buffer.from('mischief'), 204];
const DOOM = [...Buffer.from('mischief'), 205];
const AT_ONCE = [...Buffer.from('mischief'), 206];
const run = promisify(execFile);
const bin = path.dirname(program);
const SILENCE_MS = 500; // of a worker, until it is ended
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
    test('is followed by another one before anybody is missed', async (t) => {
        const { match, host, guest } = await play(platform);
        const machine = processor_time();
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
            assert.equal(socket.close_code, undefined);
            t.diagnostic(`${KILLS} kills: ${gap_ms.toFixed(1)} ms, ${missing} ticks not shown`);
            const is_late = gap_ms >= HITCH_MS_MAX || missing >= HITCH_MS_MAX / 10;
            if (is_late && is_machine_ours(machine, processor_time(), t))
                assert.fail(`${gap_ms} ms without a frame, ${missing} ticks were not seen`);
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
    const lines = (match, what) => lines_of(platform, match).filter((line) => line.includes(what));

    // What gamekit says of the folder that was kept of it: {folder, about, replay}.
    const crash_of = (match) => {
        const crashes = path.join(platform.data_dir, 'crashes');
        const [name] = fs.readdirSync(crashes).filter((one) => one.startsWith(match));
        assert.ok(name, lines_of(platform, match).join('\n'));
        const folder = path.join(crashes, name);
        const about = JSON.parse(fs.readFileSync(path.join(folder, 'crash.json')));
        assert.equal(name, `${match}-${about.tick}`);
        const replay = (...words) =>
            run(path.join(bin, 'gamekit'), ['replay', ...words]).then(
                ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
                ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
            );
        return { folder, about, replay };
    };

    for (const game of ['counter', 'turns'])
        test(`goes on without the inputs that do it, and the log says whose: ${game}`, async () => {
            const innocent = await play(platform, game);
            const { match, host, guest } = await play(platform, game);
            guest.socket.send(input(guest.channel, 1, 20));
            await host.socket.frame(sees((view) => view.counts[1] === 20));
            guest.socket.send(input(guest.channel, 2, ...CRASH));
            await until('the second death', () => lines(match, 'without the inputs').length === 1);
            assert.match(lines(match, 'without the inputs')[0], /slots=1/);
            assert.equal(lines(match, 'worker died').length, 2);
            host.socket.send(input(host.channel, 1, 30)); // also when nobody is there to take it now
            await guest.socket.frame(
                sees((view) => view.counts[0] === 30 && view.counts[1] === 20),
            );
            for (const { socket } of [host, guest, innocent.host, innocent.guest]) {
                ticks_between(socket); // none goes back
                assert.equal(socket.close_code, undefined);
            }
            host.socket.send(input(host.channel, 2, 100));
            innocent.host.socket.send(input(innocent.host.channel, 1, 100));
            for (const { socket } of [guest, innocent.guest])
                assert.equal((await socket.event('game:ended')).data.state, 'ended');
        });

    test('in reading an input is rid of whose it was, and of the match in the end', async () => {
        const { match, host, guest } = await play(platform);
        await host.socket.frame(sees((view) => view.ticks > 150)); // there is somewhere to go back
        let seq = 0;
        const send = () => guest.socket.send(input(guest.channel, ++seq, ...AT_ONCE));
        send();
        await until('the second death', () => lines(match, 'without the inputs').length === 1);
        assert.match(lines(match, 'without the inputs')[0], /slots=1/);
        assert.match(lines(match, 'worker died')[0], /callback=input slot=1 /);
        host.socket.send(input(host.channel, 1, 30));
        await guest.socket.frame(sees((view) => view.counts[0] === 30));
        await until('the end', () => {
            send(); // he does not give in
            return host.socket.all_events.some(({ type }) => type === 'game:ended');
        });
        assert.equal((await host.socket.event('game:ended')).data.state, 'aborted');
        const { folder, about, replay } = crash_of(match);
        assert.equal(about.callback, 'input');
        assert.equal(about.slot, 1);
        assert.deepEqual([...fs.readFileSync(path.join(folder, 'said'))], AT_ONCE);
        const again = await replay(folder);
        assert.equal(again.code, 1);
        assert.match(again.stderr, /^In tick \d+, input died: Illegal instruction/);
    });

    test('by its state steps back alone, then ends with a bundle, and costs nobody else', async () => {
        const innocent = await play(platform, 'doomed');
        const { match, host, guest } = await play(platform, 'doomed');
        host.socket.send(input(host.channel, 1, ...DOOM)); // at the next 300th tick, for ever
        const { data } = await guest.socket.event('game:ended', undefined, 30_000);
        assert.equal(data.id, match);
        assert.equal(data.state, 'aborted');
        assert.equal(lines(match, 'goes on with the same inputs').length, 1);
        assert.equal(lines(match, 'without the inputs').length, 1);
        assert.equal(lines(match, 'steps back, alone').length, 1);
        assert.equal(lines(match, 'again and again').length, 1);
        const reports = lines(match, 'worker died');
        assert.equal(reports.length, 4);
        const [together, , , alone] = reports.map((line) => /worker=(\S+)/.exec(line)[1]);
        assert.notEqual(alone, together);
        for (const report of reports)
            assert.match(report, /game=doomed version=1.0.0 .* tick=\d*99 callback=tick /);
        const ticks = guest.socket.all_frames.map(({ bytes }) => tick_of(bytes));
        assert.ok(ticks.some((tick, i) => tick < ticks[i - 1] - 50)); // it has been a second back

        const { folder, about, replay } = crash_of(match);
        assert.equal(about.callback, 'tick');
        assert.equal(about.tick % 300, 299);
        const again = await replay(folder);
        assert.equal(again.code, 1);
        assert.match(again.stdout, /^game=doomed\nversion=1\.0\.0\n/);
        assert.match(again.stdout, new RegExp(`^match=${match}\ntick=${about.tick}\n`, 'm'));
        assert.match(again.stderr, /^In tick \d*99, tick died: Illegal instruction/);

        // A build that is mended, and a folder that somebody has changed.
        const mended = path.join(plugins, '.mended');
        fs.cpSync(path.join(plugins, 'counter'), mended, { recursive: true });
        const image = fs.readFileSync(path.join(mended, 'game.so'));
        image.write('doomed\0\0', image.indexOf('counter\0'.padEnd(32, '\0')));
        fs.writeFileSync(path.join(mended, 'game.so'), image);
        const mended_again = await replay(folder, mended);
        assert.equal(mended_again.code, 0);
        assert.match(mended_again.stdout, /nothing died/);
        assert.equal((await replay(folder, path.join(plugins, 'counter'))).code, 2);
        const changed = path.join(plugins, '.changed');
        fs.cpSync(folder, changed, { recursive: true });
        fs.truncateSync(path.join(changed, 'state'), 3);
        assert.equal((await replay(changed)).code, 2);
        fs.cpSync(folder, changed, { recursive: true });
        fs.writeFileSync(path.join(changed, 'crash.json'), JSON.stringify({ ...about, slot: 64 }));
        const refused = await replay(changed);
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, /"slot" is not as it is in a crash/);

        const before = await newest(innocent.host.socket);
        await innocent.host.socket.frame(sees((view) => view.ticks > before.ticks + 50));
        innocent.host.socket.send(input(innocent.host.channel, 1, 100));
        assert.equal((await innocent.guest.socket.event('game:ended')).data.state, 'ended');
    });
});

describe('play goes on after a worker died of', () => {
    let plain; // its workers have no sanitizers: all walls, and the time that they take
    before(async () => {
        variant(plugins, 'hostile');
        const worker_path = path.join(bin, 'transcendence-worker-plain');
        const settings = { plugins_dir: plugins, worker_path, worker_silence_ms: SILENCE_MS };
        plain = await start_platform({ settings });
    });
    after(() => plain?.stop());

    // Each kills at the same tick until its input is left out: two deaths.
    for (const [what, deed, says, known_ms] of [
        ['writing to nowhere', 12, /signal="Segmentation fault" .* callback=tick /, 0],
        ['a trap', 27, /signal="Illegal instruction" .* callback=tick /, 0],
        ['an exhausted stack', 9, /signal="Segmentation fault" .* callback=tick /, 0],
        ['a forbidden call', 2, /forbidden_call=openat .* callback=tick /, 0],
        ['an endless loop', 10, /why="it fell silent" .* callback=tick /, 2 * SILENCE_MS],
        ['a signal from outside', null, /signal=Killed match=none /, 0],
    ])
        test(`${what}, and nobody goes back`, async (t) => {
            const { host, guest, match, channel } = await play_any(plain, 'hostile');
            const before = await guest.socket.frame((frame) => frame[0] === 2);
            await guest.socket.frame((frame) => tick_of(frame) > tick_of(before) + 60);
            const deaths = () =>
                plain
                    .logs('games')
                    .split('\n')
                    .filter((line) => line.includes('worker died') && says.test(line));
            const known = deaths().length;
            const machine = processor_time();
            if (deed === null) process.kill(workers(plain, 'hostile')[0].pid, 'SIGKILL');
            else mischief({ host, channel }, deed);
            await until(
                'the last death',
                () => deaths().length === known + (deed === null ? 1 : 2),
            );
            const seen = guest.socket.all_frames.at(-1).bytes;
            await guest.socket.frame((frame) => tick_of(frame) > tick_of(seen) + 50);
            assert.ok(deed === null || deaths().at(-1).includes(`match=${match} `));
            for (const { socket } of [host, guest]) {
                const { gap_ms, missing } = ticks_between(socket);
                t.diagnostic(`${what}: ${gap_ms.toFixed(1)} ms, ${missing} ticks not shown`);
                assert.equal(socket.close_code, undefined);
                if (
                    gap_ms >= known_ms + HITCH_MS_MAX &&
                    is_machine_ours(machine, processor_time(), t)
                )
                    assert.fail(`${gap_ms} ms without a frame`);
            }
        });
});

describe('a match that has just gone over to another version', () => {
    test('steps back no further than to where it went over', async () => {
        await platform.stop();
        variant(plugins, 'counter');
        platform = await start_platform({ settings: { plugins_dir: plugins, trial_seconds: 1 } });
        const { match, host, guest } = await play(platform);
        const logged = (what) => () =>
            lines_of(platform, match).some((line) => line.includes(what));
        guest.socket.send(input(guest.channel, 1, 20));
        await host.socket.frame(sees((view) => view.counts[1] === 20));
        await host.socket.frame(sees((view) => view.ticks > 150)); // there are states to go back to
        variant(plugins, 'counter-migrated', 'counter'); // of another size
        await until('the end of the trial', () =>
            platform.logs('games').includes('the change of version is done'),
        );
        guest.socket.send(input(guest.channel, 2, ...CRASH));
        await until('the second death', logged('without the inputs'));
        guest.socket.send(input(guest.channel, 3, ...CRASH));
        await until('the third death', logged('steps back, alone'));
        const before = await newest(host.socket);
        await host.socket.frame(sees((view) => view.ticks > before.ticks + 50));
        assert.deepEqual((await newest(host.socket)).counts, [0, 20]);
        assert.deepEqual((await newest(host.socket)).joins, [1, 1]);
        host.socket.send(input(host.channel, 1, 50)); // counts twice now
        assert.equal((await guest.socket.event('game:ended')).data.state, 'ended');
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
