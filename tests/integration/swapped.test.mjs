// The replays of matches that did not go straight: whose version was replaced, taken back, or died,
// with the workers and the games service killed in between. Each is run again by the tool, over every
// swap, and is the same; or there is none.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { input, newest, play, sees, variant, workers } from './counting.mjs';
import { start_platform, until } from './harness.mjs';
import { act, make_room } from './lobby.mjs';
import { verify } from './recorded.mjs';

const RETURN_MS_MAX = 30_000; // of a service that is started again
const SWAP_MS_MAX = 20_000;
const CRASH = [...Buffer.from('mischief'), 204];
const DOOM = [...Buffer.from('mischief'), 205];

let platform, plugins;
before(() => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
});
after(() => fs.rmSync(plugins, { recursive: true, force: true }));

async function begin(others = [], settings = {}) {
    for (const id of ['counter', ...others]) variant(plugins, id);
    platform = await start_platform({
        settings: { plugins_dir: plugins, trial_seconds: 30, ...settings },
    });
}
const end = () => platform.stop();
const logged = (text) => until(text, () => platform.logs('games').includes(text), SWAP_MS_MAX);
const swapped = ({ socket }, test) => socket.event('game:swapped', test, SWAP_MS_MAX);
const sha = async () => (await platform.api('GET', '/api/games/counter')).body.sha;

// Until so many ticks are played: the files are written meanwhile, and hashes are in them.
async function wait({ socket }, ticks, patience_ms) {
    const before = await newest(socket);
    await socket.frame(
        sees((view) => view.ticks > before.ticks + ticks),
        patience_ms,
    );
}

async function kill_worker(player) {
    const [worker] = workers(platform, 'counter');
    process.kill(worker.pid, 'SIGKILL');
    await until('another worker', () =>
        workers(platform, 'counter').some(({ pid }) => pid !== worker.pid),
    );
    await wait(player, 130);
}

// A swap stands between two steps, and what the new version began with has a hash.
function assert_swaps({ stdout, images, records }, ...versions) {
    assert.deepEqual(
        images.map(({ version }) => version),
        versions,
    );
    assert.match(stdout, new RegExp(`^swaps=${versions.length - 1}$`, 'm'));
    records.forEach(({ type }, i) => {
        if (type === 'image') assert.equal(records[i + 1].type, 'hash');
    });
}

describe('the replay of a match whose game is replaced', () => {
    beforeEach(() => begin());
    afterEach(end);

    for (const name of ['counter-doubled', 'counter-migrated'])
        test(`goes over to it: ${name}, with its worker killed before and after`, async () => {
            const { match, host, guest } = await play(platform);
            host.socket.send(input(host.channel, 1, 10));
            await guest.socket.frame(sees((view) => view.counts[0] === 10));
            await kill_worker(host);
            variant(plugins, name, 'counter');
            await swapped(host);
            host.socket.send(input(host.channel, 2, 7));
            await guest.socket.frame(sees((view) => view.counts[0] === 24));
            await kill_worker(host);
            await wait(host, 300);
            guest.socket.send(input(guest.channel, 1, 100));
            await host.socket.event('game:ended');
            assert_swaps(await verify(platform, match), '1.0.0', '2.0.0');
        });

    test('goes over to it, with everything killed at once behind the swap', async () => {
        const { match, host, guest } = await play(platform);
        const young = await play(platform);
        host.socket.send(input(host.channel, 1, 10));
        await guest.socket.frame(sees((view) => view.counts[0] === 10));
        variant(plugins, 'counter-migrated', 'counter');
        await swapped(host);
        await platform.kill('games');
        await wait(host, 100, RETURN_MS_MAX);
        host.socket.send(input(host.channel, 2, 7));
        await guest.socket.frame(sees((view) => view.counts[0] === 24));
        for (const one of [host, young.host]) one.socket.send(input(one.channel, 3, 100));
        for (const one of [guest, young.guest]) await one.socket.event('game:ended');
        assert_swaps(await verify(platform, match), '1.0.0', '2.0.0');
        assert_swaps(await verify(platform, young.match), '1.0.0', '2.0.0');
    });
});

describe('the replay of a match whose new version has not taken it over yet', () => {
    before(() => begin([], { worker_silence_ms: 30_000 })); // of processes that stand still here
    after(end);

    test('has lost nothing when everything dies just then, and goes over once more', async () => {
        const admin = await platform.admin();
        const phase = async () => (await admin.api('GET', '/api/games/counter/state')).body.phase;
        const { match, host, guest } = await play(platform);
        host.socket.send(input(host.channel, 1, 10));
        await guest.socket.frame(sees((view) => view.counts[0] === 10));
        const [old] = workers(platform, 'counter');
        process.kill(old.pid, 'SIGSTOP'); // does not hear that it has to park, and is ended
        variant(plugins, 'counter-migrated', 'counter');
        await until(
            'the rehearsal to be over',
            async () => (await phase()) === 'parking',
            SWAP_MS_MAX,
        );
        const next = workers(platform, 'counter').find(({ pid }) => pid !== old.pid);
        process.kill(next.pid, 'SIGSTOP'); // does not hear that it has to play
        const changes = (count) =>
            until(
                `change ${count}`,
                () => platform.logs('games').split('version, on trial').length > count,
                RETURN_MS_MAX,
            );
        await changes(1);
        await platform.kill('games');
        await changes(2);
        await wait(host, 100, RETURN_MS_MAX);
        assert.equal((await newest(host.socket)).counts[0], 10);
        host.socket.send(input(host.channel, 2, 7));
        await guest.socket.frame(sees((view) => view.counts[0] === 24));
        guest.socket.send(input(guest.channel, 1, 100));
        await host.socket.event('game:ended');
        assert_swaps(await verify(platform, match), '1.0.0', '2.0.0');
    });
});

describe('the replay of a match whose new version is taken back', () => {
    beforeEach(() => begin());
    afterEach(end);

    for (const name of ['counter-doomed', 'counter-migrated-doomed'])
        test(`never went over to it: ${name}`, async () => {
            const first = await sha();
            const { match, host, guest } = await play(platform);
            host.socket.send(input(host.channel, 1, ...DOOM)); // the first version ignores it
            variant(plugins, name, 'counter');
            await swapped(host, (data) => data.sha !== first);
            guest.socket.send(input(guest.channel, 1, 5));
            await host.socket.frame(sees((view) => view.counts[1] === 10));
            await swapped(host, (data) => data.sha === first);
            await host.socket.frame(sees((view) => view.counts[1] === 5)); // by the old rules
            await kill_worker(host);
            await wait(host, 300);
            guest.socket.send(input(guest.channel, 2, 100));
            await host.socket.event('game:ended');
            const { images, records } = await verify(platform, match);
            assert.deepEqual(
                images.map(({ version }) => version),
                ['1.0.0'],
            );
            assert.ok(records.some(({ inputs = [] }) => inputs[1] === 5)); // what was played there
        });

    test('by somebody who wants the old one again went over to it and back', async () => {
        const first = await sha();
        const { match, host, guest } = await play(platform);
        variant(plugins, 'counter-doubled', 'counter');
        await swapped(host, (data) => data.sha !== first);
        guest.socket.send(input(guest.channel, 1, 5));
        await host.socket.frame(sees((view) => view.counts[1] === 10));
        variant(plugins, 'counter');
        await swapped(host, (data) => data.sha === first);
        await wait(host, 300);
        guest.socket.send(input(guest.channel, 2, 100));
        await host.socket.event('game:ended');
        assert_swaps(await verify(platform, match), '1.0.0', '2.0.0', '1.0.0');
    });
});

describe('the replay of a match that kills its worker', () => {
    beforeEach(() => begin(['doomed']));
    afterEach(end);

    test('has no inputs in the step that was played without them', async () => {
        const { match, host, guest } = await play(platform);
        guest.socket.send(input(guest.channel, 1, 20));
        await host.socket.frame(sees((view) => view.counts[1] === 20));
        guest.socket.send(input(guest.channel, 2, ...CRASH));
        await logged('without the inputs');
        host.socket.send(input(host.channel, 1, 30));
        await guest.socket.frame(sees((view) => view.counts[0] === 30));
        await wait(host, 300);
        host.socket.send(input(host.channel, 2, 100));
        await guest.socket.event('game:ended');
        const { images, records } = await verify(platform, match);
        assert.equal(images[0].inputBytes, 1);
        for (const { inputs = [] } of records) assert.ok(!inputs.includes(CRASH.at(-1)));
    });

    // At the next 300th tick, for ever.
    async function doom({ host, guest }, when) {
        await guest.socket.frame(sees(({ ticks }) => ticks > 300 && when(ticks % 300)));
        host.socket.send(input(host.channel, 1, ...DOOM));
        await logged('steps back, alone');
    }
    const has_doom = ({ records }) =>
        records.some(({ inputs = [] }) => inputs.includes(DOOM.at(-1)));

    test('goes back with it to before it was given what kills it', async () => {
        const players = await play(platform, 'doomed');
        const { match, host, guest } = players;
        await doom(players, (ticks) => ticks > 250);
        await wait(guest, 400);
        host.socket.send(input(host.channel, 2, 100));
        await guest.socket.event('game:ended');
        assert.ok(!has_doom(await verify(platform, match)));
    });

    test('ends where it ends, without a result', async () => {
        const players = await play(platform, 'doomed');
        const { match, guest } = players;
        await doom(players, (ticks) => ticks < 50);
        const { data } = await guest.socket.event('game:ended', undefined, RETURN_MS_MAX);
        assert.equal(data.state, 'aborted');
        const replay = await verify(platform, match, 'aborted');
        assert.equal(replay.end.ticks % 300, 299);
        assert.ok(has_doom(replay));
    });
});

describe('the replay of a match that somebody comes to late', () => {
    beforeEach(() => begin(['crowd']));
    afterEach(end);

    test('says who, also behind a restart', async () => {
        const [host, late] = [await platform.guest(), await platform.guest()];
        host.socket = await host.socket({ gateway: 1 });
        late.socket = await late.socket({ gateway: 2 });
        const settings = { bots: 1, seats: 2, lateJoin: true };
        const room = await make_room(host, { game: 'crowd', mode: 'all', ...settings });
        const { match } = (await act(host, room, 'start')).body;
        await host.socket.event('game:started');
        await host.socket.frame();
        const replays = path.join(platform.data_dir, 'replays');
        await until('the file', () =>
            fs.readdirSync(replays, { recursive: true }).some((name) => name.includes(match)),
        );
        await late.socket.command('room:join', { room: room.id });
        const { channel } = (await late.socket.event('game:started')).data;
        await late.socket.frame();
        await platform.kill('games');
        await until('a second one', async () => {
            late.socket.send(input(channel, 1, 50));
            late.socket.send(input(channel, 2, 50));
            return late.socket.all_events.some(({ type }) => type === 'game:ended');
        });
        const { head, records } = await verify(platform, match);
        assert.deepEqual(
            head.seats.map(({ name, bot }) => [name, bot]),
            [
                [host.name, 0],
                ['Bot 1', 1],
            ],
        );
        const taken = records.filter(({ type }) => type === 'seat');
        const user = late.id.replaceAll('-', '');
        assert.deepEqual(taken, [
            { type: 'seat', slot: 1, seat: { user, name: late.name, bot: 0 } },
        ]);
    });
});
