// A game is replaced in the middle of its matches, by versions of the counting game that differ in
// one thing each. Two players on two gateways, each frame with the moment at which it came: nobody
// is disconnected, no state is lost, and a version that does wrong is gone again.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { readReplay } from '../../sdk/client/replay/reader.js';
import { arenas, input, newest, play, sees, ticks_between, variant, workers } from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import { assert_no_tick_missed, next_figures_of } from './matches.mjs';

const RELEASE = process.env.TEST_PRESET === 'release';
const GAP_TICKS_MAX = RELEASE ? 2 : 30; // sanitizers, and other tests beside
const MATCHES = RELEASE ? 100 : 10;
const DOOM = [...Buffer.from('mischief'), 205];
const RETURN_MS_MAX = 30_000; // of a service that is started again
const MATCH_NOW_AT = 32; // in struct arena_head
const CALLBACK_TICK = 5; // of enum game_callback
const run = promisify(execFile);
const gamekit = path.join(path.dirname(program), 'gamekit');

let platform, plugins;
before(() => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
});
after(() => fs.rmSync(plugins, { recursive: true, force: true }));

// Every test begins with the first version on a platform of its own.
async function begin(settings = {}) {
    variant(plugins, 'counter');
    platform = await start_platform({
        settings: { plugins_dir: plugins, worker_silence_ms: 1000, ...settings },
    });
}
const end = () => platform.stop();
const drop = (name) => variant(plugins, name, 'counter');
const logged = (text) => until(text, () => platform.logs('games').includes(text), 20_000);
const sha = async () => (await platform.api('GET', '/api/games/counter')).body.sha;

// Nobody has missed anything that he would notice.
function assert_unnoticed(...players) {
    for (const { socket } of players) {
        const { missing } = ticks_between(socket);
        assert.ok(missing <= GAP_TICKS_MAX, `${missing} ticks in a row were not shown`);
        assert.equal(socket.close_code, undefined);
    }
}

// It ended as if only this version had ever played it: run again from its inputs, every hash holds.
async function assert_undisturbed(match, sha) {
    const bytes = await until('the replay', async () => {
        const one = await fetch(`${platform.origin}/api/games/matches/${match}/replay`);
        return one.status === 200 && Buffer.from(await one.arrayBuffer());
    });
    const file = path.join(plugins, `.${match}`);
    fs.writeFileSync(file, bytes);
    await run(gamekit, ['replay', file, path.join(platform.data_dir, 'store', sha, 'game.so')]);
    const end = [...readReplay(bytes).records].at(-1);
    const [row] = await platform.sql(`select state_hash from games.matches where id = '${match}'`);
    assert.equal(end.hash.toString(16).padStart(16, '0'), row.state_hash);
}

// As the worker notes it in its arena: the tick of the first match is under way.
function note_tick(file) {
    const arena = fs.openSync(file, 'r+');
    fs.writeSync(arena, Buffer.from(Uint32Array.of(0, CALLBACK_TICK).buffer), 0, 8, MATCH_NOW_AT);
    fs.closeSync(arena);
}

describe('a version of the same schema', () => {
    before(() => begin({ trial_seconds: 2 }));
    after(end);

    test('takes over live matches, and its rule counts from then on', async () => {
        const first = await sha();
        const matches = [];
        for (let i = 0; i < MATCHES; i++) matches.push(await play(platform));
        for (const { host } of matches) host.socket.send(input(host.channel, 1, 10));
        for (const { guest } of matches)
            await guest.socket.frame(sees((view) => view.counts[0] === 10));
        const [old] = workers(platform, 'counter');
        drop('counter-doubled');
        for (const { match, host, guest } of matches)
            for (const { socket } of [host, guest]) {
                const { data } = await socket.event('game:swapped', undefined, 20_000);
                assert.equal(data.match, match);
                assert.notEqual(data.sha, first);
                assert.equal(data.version, '2.0.0');
            }
        const second = await sha();
        assert.notEqual(second, first);
        for (const { host } of matches) host.socket.send(input(host.channel, 2, 7));
        for (const { match, host, guest } of matches) {
            await guest.socket.frame(sees((view) => view.counts[0] === 10 + 2 * 7));
            const view = await newest(guest.socket);
            assert.equal(view.ticks, view.tick); // of the state, and of the host
            assert.deepEqual(
                [view.joins, view.leaves],
                [
                    [1, 1],
                    [0, 0],
                ],
            );
            assert_unnoticed(host, guest);
            const { body } = await platform.api('GET', `/api/games/matches/${match}`);
            assert.deepEqual([body.sha, body.version], [second, '2.0.0']);
            assert.deepEqual(
                body.versions.map((one) => [one.sha, one.version]),
                [
                    [first, '1.0.0'],
                    [second, '2.0.0'],
                ],
            );
            const seat = await host.socket.command('game:watch', { match });
            assert.equal(seat.sha, second);
        }
        await logged('the change of version is done');
        assert.ok(workers(platform, 'counter').every(({ pid }) => pid !== old.pid));
        assert.equal(workers(platform, 'counter').length, 1);
        for (const { host } of matches) host.socket.send(input(host.channel, 3, 100));
        for (const { guest } of matches)
            assert.equal((await guest.socket.event('game:ended')).data.state, 'ended');
        const { host } = await play(platform);
        assert.equal(host.started.sha, second);
    });
});

describe('a version that crashes soon after', () => {
    before(begin);
    after(end);

    test('is taken back, and never played again', async () => {
        const first = await sha();
        const { match, host, guest } = await play(platform);
        host.socket.send(input(host.channel, 1, ...DOOM)); // the first version ignores it
        drop('counter-doomed');
        await host.socket.event('game:swapped', ({ sha }) => sha !== first, 20_000);
        guest.socket.send(input(guest.channel, 1, 5));
        await host.socket.frame(sees((view) => view.counts[1] === 10));
        await host.socket.event('game:swapped', ({ sha }) => sha === first, 20_000);
        guest.socket.send(input(guest.channel, 2, 6));
        await host.socket.frame(sees((view) => view.counts[1] === 5 + 6)); // by the old rules
        const view = await newest(host.socket);
        assert.equal(view.ticks, view.tick);
        assert_unnoticed(host, guest);
        assert.equal(await sha(), first);
        const bad = await until('the quarantine', async () => {
            const rows = await platform.sql(
                `select sha, reason from games.versions where state = 'quarantined'`,
            );
            return rows[0];
        });
        assert.match(bad.reason, /in tick of match/);
        const [{ current }] = await platform.sql('select current from games.catalog');
        assert.equal(current, first);
        drop('counter');
        await new Promise((resolve) => setTimeout(resolve, 3000)); // two looks at the folder
        drop('counter-doomed');
        await until('its refusal', async () => {
            const rows = await platform.sql(
                `select from games.audit where code = 'version_quarantined' and sha = '${bad.sha}'`,
            );
            return rows.length > 0;
        });
        assert.equal(await sha(), first);
        guest.socket.send(input(guest.channel, 3, 100));
        assert.equal((await host.socket.event('game:ended')).data.version, '1.0.0');
        await assert_undisturbed(match, first);
    });
});

describe('a version of another schema that crashes soon after', () => {
    before(begin);
    after(end);

    test('is taken back, and what was played with it is played again by the old rules', async () => {
        const first = await sha();
        const { match, host, guest } = await play(platform);
        host.socket.send(input(host.channel, 1, 10));
        await guest.socket.frame(sees((view) => view.counts[0] === 10));
        host.socket.send(input(host.channel, 2, ...DOOM));
        await newest(host.socket);
        drop('counter-migrated-doomed');
        await host.socket.event('game:swapped', ({ sha }) => sha !== first, 20_000);
        const young = await play(platform); // began with the bad one
        young.guest.socket.send(input(young.guest.channel, 1, 7));
        await young.host.socket.frame(sees((view) => view.counts[1] === 14));
        guest.socket.send(input(guest.channel, 1, 5));
        await host.socket.frame(sees((view) => view.counts[1] === 10));
        for (const { socket } of [host, young.host])
            await socket.event('game:swapped', ({ sha }) => sha === first, 20_000);
        await guest.socket.frame(sees((view) => view.counts[0] === 10 && view.counts[1] === 5));
        await young.guest.socket.frame(sees((view) => view.counts[1] === 7));
        for (const { socket } of [host, guest, young.host, young.guest]) {
            const view = await newest(socket);
            assert.equal(view.ticks, view.tick);
            assert.deepEqual(
                [view.joins, view.leaves],
                [
                    [1, 1],
                    [0, 0],
                ],
            );
        }
        assert_unnoticed(host, guest, young.host, young.guest);
        guest.socket.send(input(guest.channel, 2, 95));
        assert.equal((await host.socket.event('game:ended')).data.version, '1.0.0');
        await assert_undisturbed(match, first);
        young.guest.socket.send(input(young.guest.channel, 2, 93));
        assert.equal((await young.host.socket.event('game:ended')).data.state, 'ended');
    });
});

describe('a trial', () => {
    beforeEach(() => begin({ trial_seconds: 8 }));
    afterEach(end);

    test('does not end because somebody kills its worker in the middle of a tick', async () => {
        const { host, guest } = await play(platform);
        drop('counter-doubled');
        await host.socket.event('game:swapped', undefined, 20_000);
        const [worker] = workers(platform, 'counter');
        process.kill(worker.pid, 'SIGSTOP');
        for (const file of arenas(platform, 'counter')) note_tick(file);
        process.kill(worker.pid, 'SIGKILL');
        await logged('callback=tick');
        guest.socket.send(input(guest.channel, 1, 5));
        await host.socket.frame(sees((view) => view.counts[1] === 10));
        await logged('the change of version is done');
        const rows = await platform.sql(`select from games.versions where state = 'quarantined'`);
        assert.equal(rows.length, 0);
        guest.socket.send(input(guest.channel, 2, 50));
        assert.equal((await host.socket.event('game:ended')).data.version, '2.0.0');
    });

    test('goes on after a restart of the service, with its way back', async () => {
        const first = await sha();
        const { match, host, guest } = await play(platform);
        guest.socket.send(input(guest.channel, 1, 5));
        await host.socket.frame(sees((view) => view.counts[1] === 5));
        drop('counter-doomed');
        await host.socket.event('game:swapped', undefined, 20_000);
        guest.socket.send(input(guest.channel, 2, 6));
        await host.socket.frame(sees((view) => view.counts[1] === 5 + 2 * 6));
        const counted = await newest(host.socket); // and it is on disk when the service is killed
        await host.socket.frame(sees((view) => view.ticks > counted.ticks + 100));
        const before = await newest(host.socket);
        await platform.kill('games');
        await host.socket.frame(
            sees((view) => view.ticks > before.ticks),
            RETURN_MS_MAX,
        );
        await logged('a trial of an earlier run begins anew');
        host.socket.send(input(host.channel, 1, ...DOOM));
        await host.socket.event('game:swapped', ({ sha }) => sha === first, 20_000);
        await host.socket.frame(sees((view) => view.counts[1] === 5 + 6));
        ticks_between(host.socket); // none goes back
        await until('the quarantine', async () => {
            const rows = await platform.sql(
                `select from games.versions where state = 'quarantined'`,
            );
            return rows.length === 1;
        });
        guest.socket.send(input(guest.channel, 3, 100));
        assert.equal((await host.socket.event('game:ended')).data.version, '1.0.0');
        await assert_undisturbed(match, first);
    });
});

describe('a version of another schema', () => {
    before(() => begin({ trial_seconds: 2 }));
    after(end);

    for (const [name, reason] of [
        ['counter-refusing', 'migrate refuses the state'],
        ['counter-crashing', 'in migrate of match'],
        ['counter-hanging', 'it fell silent in migrate'],
        ['counter-breaking', 'an invariant of the game is broken'],
    ])
        test(`that is ${name.slice(8)} is not taken, nobody notices, and admins read why`, async (t) => {
            const first = await sha();
            const { host, guest } = await play(platform);
            const before_it = await next_figures_of(platform, 'counter');
            const { tick } = await newest(host.socket);
            drop(name);
            await logged(reason);
            const later = await newest(host.socket);
            assert.ok(later.tick > tick);
            const after_it = await next_figures_of(platform, 'counter');
            assert_unnoticed(host, guest);
            assert.equal(await sha(), first);
            const admin = await platform.admin();
            const news = await until('the audit', async () => {
                const { items } = (await admin.api('GET', '/api/games/audit?game=counter')).body;
                return items.find((one) => one.action === 'off' && one.reason.includes(reason));
            });
            assert.notEqual(news.sha, first);
            assert.equal(workers(platform, 'counter').length, 1);
            host.socket.send(input(host.channel, 1, 100));
            const { data } = await guest.socket.event('game:ended');
            assert.deepEqual([data.state, data.version, data.sha], ['ended', '1.0.0', first]);
            assert_no_tick_missed(before_it, after_it, t);
        });

    test('that migrates takes over live matches', async () => {
        const { host, guest } = await play(platform);
        host.socket.send(input(host.channel, 1, 10));
        await guest.socket.frame(sees((view) => view.counts[0] === 10));
        drop('counter-migrated');
        await host.socket.event('game:swapped', undefined, 20_000);
        host.socket.send(input(host.channel, 2, 7));
        await guest.socket.frame(sees((view) => view.counts[0] === 24));
        const view = await newest(guest.socket);
        assert.equal(view.ticks, view.tick);
        assert.deepEqual(
            [view.joins, view.leaves],
            [
                [1, 1],
                [0, 0],
            ],
        );
        assert_unnoticed(host, guest);
        await logged('the change of version is done');
        host.socket.send(input(host.channel, 3, 100));
        assert.equal((await guest.socket.event('game:ended')).data.version, '2.0.0');
    });

    test('that does not migrate takes the new matches, the old ones end on theirs', async () => {
        const second = await sha();
        const old = await play(platform);
        drop('counter'); // back to the first schema: nothing migrates down
        await until('the first version', async () => (await sha()) !== second);
        const young = await play(platform);
        assert.equal(workers(platform, 'counter').length, 2);
        old.host.socket.send(input(old.host.channel, 1, 50));
        young.host.socket.send(input(young.host.channel, 1, 50));
        assert.equal((await old.guest.socket.event('game:ended')).data.version, '2.0.0');
        await young.guest.socket.frame(sees((view) => view.counts[0] === 50));
        await until('the old worker to end', () => workers(platform, 'counter').length === 1);
        young.host.socket.send(input(young.host.channel, 2, 50));
        assert.equal((await young.guest.socket.event('game:ended')).data.version, '1.0.0');
    });
});
