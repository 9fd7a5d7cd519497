// How games are kept apart: what the machine allows is logged and used, a match may ask for a worker with
// few others, and what an endless loop or a hunger for memory next door does to the punctuality of an
// innocent worker, beside what it is without them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { variant, workers } from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import { ask_inside, new_id, refused, service_token } from './lobby.mjs';
import {
    assert_no_tick_missed,
    figures_of,
    leave,
    lines_of,
    mischief,
    next_figures_of,
    play,
} from './matches.mjs';

const GAMES = 4; // offset of its port
const LOOK_MS = 4000;
const ENDLESS = 10; // bytes of tests/unit/games/hostile/deeds.h
const MEMORY = 8;
const GOES_ON = /without the inputs of that step/;
const MIB = 1024 * 1024;

let plugins;
before(() => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    for (const id of ['counter', 'hostile']) variant(plugins, id);
});
after(() => fs.rmSync(plugins, { recursive: true, force: true }));

// The worker without sanitizers: it has its walls, and is as fast as players get it.
async function with_platform(more, look) {
    const worker_path = path.join(path.dirname(program), 'transcendence-worker-plain');
    const settings = { plugins_dir: plugins, worker_path, worker_silence_ms: 1000, ...more };
    const platform = await start_platform({ settings });
    try {
        await look(platform);
    } finally {
        await platform.stop();
    }
}

const kept_apart = (platform) =>
    platform
        .logs('games')
        .split('\n')
        .find((line) => line.includes('games are kept apart'));

// A folder of plain files that looks like a cgroup v2 to who writes into it.
function faked_cgroup(groups) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-cgroup-'));
    const put = (at, files) => {
        fs.mkdirSync(at, { recursive: true });
        for (const [name, text] of Object.entries(files))
            fs.writeFileSync(path.join(at, name), text);
    };
    put(folder, {
        'cgroup.controllers': 'cpuset cpu io memory pids\n',
        'cgroup.subtree_control': 'cpu memory pids\n',
        'cgroup.procs': '',
        'cgroup.type': 'domain\n',
    });
    for (const group of groups)
        put(path.join(folder, group), {
            'cpu.weight': '',
            'memory.max': '',
            'pids.max': '',
            'cgroup.procs': '',
        });
    return folder;
}

describe('the machine', () => {
    test('has what the log says: cgroups, or limits and priority and why', () =>
        with_platform({}, async (platform) => {
            const line = kept_apart(platform);
            assert.match(line, /by="(cgroup )?limits priority"/);
            assert.match(line, /root=\/|no_cgroup="[^"]+"/);
            await leave(await play(platform, 'counter'));
        }));

    test('is divided below cgroup_root, with a group for each game and one for probes', async () => {
        const folder = faked_cgroup(['game-counter', 'game-hostile', 'game--probes']);
        const has = (group, file) => fs.readFileSync(path.join(folder, group, file), 'utf8');
        await with_platform({ cgroup_root: folder, game_memory_mib: 300 }, async (platform) => {
            assert.match(
                kept_apart(platform),
                new RegExp(`by="cgroup limits priority" root=${folder}`),
            );
            await leave(await play(platform, 'counter'));
            for (const group of ['game-counter', 'game-hostile', 'game--probes']) {
                assert.equal(has(group, 'cpu.weight'), '100');
                assert.equal(has(group, 'memory.max'), `${300 * MIB}`);
                assert.equal(has(group, 'pids.max'), '256');
                assert.match(has(group, 'cgroup.procs'), /^0+$/); // each worker its own
            }
        });
        fs.rmSync(folder, { recursive: true });
    });

    test('that does not take a game into a group plays it not, and says why', async () => {
        const folder = faked_cgroup(['game--probes']); // a new group has no files of limits here
        await with_platform({ cgroup_root: folder }, async (platform) => {
            const host = await platform.guest();
            const socket = await host.socket();
            const room = await socket.command('room:create', { game: 'counter', mode: 'solo' });
            await assert.rejects(socket.command('room:start', { room: room.id }), {
                code: 'unavailable',
            });
            assert.match(
                platform.logs('games'),
                /level=error .*its game has no cgroup; set cgroup_root=none.* cgroup=game-counter/,
            );
        });
        fs.rmSync(folder, { recursive: true });
    });

    for (const [cgroup_root, level, why] of [
        ['none', 'info', /no_cgroup="cgroup_root is none"/],
        ['/nowhere', 'warn', /no_cgroup="\/nowhere is no cgroup v2 folder"/],
    ])
        test(`plays without cgroups for cgroup_root=${cgroup_root}`, () =>
            with_platform({ cgroup_root }, async (platform) => {
                const line = kept_apart(platform);
                assert.match(line, new RegExp(`level=${level} .*by="limits priority"`));
                assert.match(line, why);
                await leave(await play(platform, 'counter'));
            }));
});

describe('a match that asks for few others in its worker', () => {
    let platform, token;
    before(async () => {
        platform = await start_platform({ settings: { plugins_dir: plugins } });
        token = await service_token(platform, 'rooms', 'games:start');
    });
    after(() => platform?.stop());

    async function begin(matchesPerWorker) {
        const user = await platform.guest();
        const players = [{ user: user.id, name: user.name, slot: 0 }];
        const body = { room: new_id(), game: 'counter', mode: 'solo', players, seats: 1, bots: 0 };
        const answer = await ask_inside(platform, GAMES, 'POST', '/internal/games/matches', {
            token,
            body: { ...body, ...(matchesPerWorker === undefined ? {} : { matchesPerWorker }) },
        });
        return { ...answer, user };
    }

    async function worker_of(answer) {
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        const frames = await service_token(platform, 'gateway', 'games:frames');
        const url = `/internal/games/matches/${answer.body.id}/placement`;
        const placed = await until('the placement', async () => {
            const { status, body } = await ask_inside(platform, GAMES, 'GET', url, {
                token: frames,
            });
            return status === 200 && body;
        });
        return placed.worker;
    }

    test('has it to itself, or with as many as it says', async () => {
        const plain = [await worker_of(await begin()), await worker_of(await begin(null))];
        assert.equal(plain[0], plain[1]);
        const alone = await begin(1);
        const other = await begin(1);
        const first = await worker_of(alone);
        assert.ok(!plain.includes(first), 'not with those who were there');
        assert.notEqual(await worker_of(other), first);
        assert.equal(await worker_of(await begin()), plain[0], 'nobody comes to it');
        const pairs = [];
        for (let i = 0; i < 4; i++) pairs.push(await worker_of(await begin(2)));
        assert.equal(pairs[0], pairs[1]);
        assert.equal(pairs[2], pairs[3]);
        assert.equal(new Set([...pairs, ...plain, first]).size, 4);

        // Also when the service has taken them up again.
        const { pid } = platform.child('games');
        await platform.kill('games');
        await until('games again', async () => {
            const url = `http://127.0.0.1:${platform.ports.first + GAMES}/readyz`;
            const answer = await fetch(url).catch(() => null);
            return answer?.status === 200 && platform.child('games').pid !== pid;
        });
        const taken_up = [await worker_of(alone), await worker_of(other)];
        assert.notEqual(taken_up[0], taken_up[1]);

        // Its place is free for the next one as soon as it has ended.
        assert.doesNotMatch(platform.logs('games'), /it broke the protocol/);
        const count = workers(platform, 'counter').length;
        for (const { user, body } of [alone, other]) {
            const socket = await user.socket();
            await socket.command('game:watch', { match: body.id });
            await socket.command('game:leave', { match: body.id });
        }
        const next = await until('a free worker', async () => {
            const worker = await worker_of(await begin(1));
            return taken_up.includes(worker) && worker;
        });
        assert.ok(next);
        assert.ok(workers(platform, 'counter').length <= count + 2);
    });

    for (const wish of [0, -1, 1025, 1.5, '1'])
        test(`is refused for ${JSON.stringify(wish)}`, async () =>
            refused(await begin(wish), 422, 'validation_failed', 'matchesPerWorker'));
});

describe('an innocent game', () => {
    const gang = Array.from({ length: 2 * os.cpus().length }, (_, i) => `gang-${i}`);
    before(() => {
        const image = fs.readFileSync(path.join(plugins, 'hostile/game.so'));
        const at = image.indexOf('hostile\0'.padEnd(32, '\0'));
        for (const id of gang) {
            image.write(id.padEnd(32, '\0'), at);
            fs.cpSync(path.join(plugins, 'hostile'), path.join(plugins, id), { recursive: true });
            fs.writeFileSync(path.join(plugins, id, 'game.so'), image);
        }
    });

    test('misses no tick: alone, beside endless loops, beside who wants all memory', (t) =>
        with_platform({}, async (platform) => {
            const innocent = await play(platform, 'counter');
            const worst = () => figures_of(platform, 'counter');
            for (const [what, deed, says] of [
                ['alone', null, null],
                ['beside endless loops, two a processor', ENDLESS, /it fell silent/],
                ['beside hunger for memory, two a processor', MEMORY, /forbidden_call=mmap /],
            ]) {
                const others = [];
                for (const id of deed === null ? [] : gang) others.push(await play(platform, id));
                const from = await next_figures_of(platform, 'counter');
                for (const one of others) mischief(one, deed);
                if (deed === null) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
                for (const one of others)
                    await until(
                        'the report',
                        () => lines_of(platform, one.match).some((line) => says.test(line)),
                        20_000,
                    );
                t.diagnostic(what);
                assert_no_tick_missed(from, await next_figures_of(platform, 'counter'), t);
                assert.ok((await worst()).ticks_total > from.ticks_total);
                for (const one of others)
                    await until(
                        'its match to go on without that deed',
                        () => lines_of(platform, one.match).some((line) => GOES_ON.test(line)),
                        20_000,
                    );
            }
            await leave(innocent);
        }));
});
