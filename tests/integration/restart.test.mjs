// Restarting a platform on which people play: gateways and services one by one, each child killed in the
// middle of a match, and PostgreSQL away when one ends. The players do what a page does: when their
// connection ends they come back by whatever gateway nginx gives them, ask for what they have missed and
// take their seat again.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { input, newest, play, sees, shown, variant } from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import { refused } from './lobby.mjs';

const run = promisify(execFile);
const RETURN_MS_MAX = 30_000; // of a child that was killed
const SWITCH_MS_MAX = 1000; // without a frame, from one gateway to the other
// The same while a service starts again, which sanitizers do slowly.
const GAP_MS_MAX = 1000 * (process.env.TEST_PRESET === 'release' ? 1 : 3);
const RESTART_MS_MAX = 120_000;
const TALKERS = 7; // each may say 10 things in 10 seconds
const CHAT_MS = 160; // between two messages
const GAMES_PORT = 4; // of the platform's block
const GATEWAY_PORTS = [16, 17];

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    variant(plugins, 'counter');
    platform = await start_platform({ settings: { plugins_dir: plugins } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

const restart = (name, data_dir = platform.data_dir) =>
    run(program, ['restart', name, `--data_dir=${data_dir}`], { timeout: RESTART_MS_MAX });

async function restart_refused(name, data_dir) {
    try {
        await restart(name, data_dir);
    } catch (error) {
        return { status: error.code, said: error.stderr };
    }
    throw new Error(`restart ${name} did not fail`);
}

// One who plays a match of `play` and comes back whenever the connection ends.
class Traveller {
    connections = []; // one after the other
    at_home = false; // wants to stay away

    constructor(person, match) {
        this.person = person;
        this.match = match;
        this.#follow(person.socket);
    }

    #follow(socket) {
        this.connections.push(socket);
        this.socket = socket;
        socket.closed.then(({ code }) => {
            this.codes = [...(this.codes ?? []), code];
            if (!this.at_home) this.#return().catch((error) => (this.error = error));
        });
    }

    async #return() {
        const socket = await until('a connection', () => this.person.socket_again(), RETURN_MS_MAX);
        this.#follow(socket);
        const { missed } = await socket.command('session:resume', { seen: this.seen() });
        this.missed = (this.missed ?? 0) + missed;
        const watched = await until('the match', async () => {
            if (socket.close_code !== undefined) return { gone: true };
            const answer = await socket.ask('game:watch', { match: this.match });
            return answer.ok ? answer.data : answer.error.code === 'match_over' && { gone: true };
        });
        if (watched.gone) return;
        this.channel = watched.channel;
        this.slot = watched.slot;
    }

    events() {
        return this.connections.flatMap((socket) => socket.all_events);
    }

    // The last number of each channel.
    seen() {
        const seen = {};
        for (const { ch, seq } of this.events())
            if (ch !== null && seq > 0) seen[ch] = Math.max(seen[ch] ?? 0, seq);
        return seen;
    }

    frames() {
        return this.connections
            .flatMap((socket) => socket.all_frames)
            .filter(({ bytes }) => bytes[0] === 2);
    }

    tick() {
        const last = this.frames().at(-1);
        return last ? shown(last.bytes).tick : 0;
    }

    // The longest time without a frame since `from`; ticks that go back fail.
    gap_ms(from = 0) {
        const frames = this.frames().filter(({ at }) => at >= from);
        let gap_ms = 0;
        frames.slice(1).forEach(({ at, bytes }, i) => {
            assert.ok(shown(bytes).tick >= shown(frames[i].bytes).tick, 'a tick went back');
            gap_ms = Math.max(gap_ms, at - frames[i].at);
        });
        return gap_ms;
    }

    // The longest time from the last frame of one connection to the first of the next.
    switch_ms() {
        const frames = this.connections
            .map((socket) => socket.all_frames.filter(({ bytes }) => bytes[0] === 2))
            .filter((some) => some.length > 0);
        return Math.max(...frames.slice(1).map((some, i) => some[0].at - frames[i].at(-1).at));
    }

    // Every event of the channel once, and no number left out.
    assert_no_event_lost(channel) {
        const seqs = this.events()
            .filter(({ ch, seq }) => ch === channel && seq > 0)
            .map(({ seq }) => seq)
            .sort((one, other) => one - other);
        assert.ok(seqs.length > 1);
        for (let i = 1; i < seqs.length; i++)
            assert.equal(seqs[i], seqs[i - 1] + 1, `in ${channel}: ${seqs}`);
    }
}

// A match of two travellers, one on each gateway.
async function travel() {
    const begun = await play(platform);
    for (const player of [begun.host, begun.guest]) {
        const { token } = player;
        player.socket_again = () => platform.socket({ token }).catch(() => null);
        player.traveller = new Traveller(player, begun.match);
        player.traveller.channel = player.channel;
    }
    return { ...begun, travellers: [begun.host.traveller, begun.guest.traveller] };
}

// Some who watch a room and never stop talking there; gives back what was said, that is: answered 201.
async function talk(room) {
    const said = [];
    let is_over = false;
    const people = await Promise.all(Array.from({ length: TALKERS }, () => platform.guest()));
    for (const one of people)
        await one.api('POST', `/api/rooms/${room}/join`, { body: { role: 'spectator' } });
    const ended = (async () => {
        for (let i = 0; !is_over; i++) {
            const body = { channel: `room:${room}`, text: `${room} ${i}` };
            const answer = await people[i % TALKERS]
                .api('POST', '/api/social/messages', { body })
                .catch(() => null);
            if (answer?.status === 201) said.push(body.text);
            await new Promise((resolve) => setTimeout(resolve, CHAT_MS));
        }
        return said;
    })();
    return () => {
        is_over = true;
        return ended;
    };
}

// The host wins, everybody hears it once, and the database has it once.
async function end(match) {
    const { host, travellers } = match;
    await until('a seat', () => host.traveller.socket.close_code === undefined);
    for (const one of travellers) assert.equal(one.error, undefined);
    host.traveller.socket.send(input(host.traveller.channel, 1000, 100));
    for (const one of travellers)
        await until(
            'the end of the match',
            () => one.events().some(({ type }) => type === 'game:ended'),
            RETURN_MS_MAX,
        );
    for (const one of travellers) {
        const ends = one.events().filter(({ type }) => type === 'game:ended');
        assert.equal(ends.length, 1);
        assert.equal(ends[0].data.players[0].outcome, 'win');
    }
    await assert_recorded_once(match.match);
}

async function assert_recorded_once(match) {
    const rows = await platform.sql(
        `select m.state, count(p.slot) as players, count(*) filter (where p.outcome = 'win') as wins
         from games.matches m join games.match_players p on p.match = m.id
         where m.id = '${match}' group by m.id, m.state`,
    );
    assert.deepEqual(rows, [{ state: 'ended', players: 2, wins: 1 }]);
}

function stay(...matches) {
    for (const { travellers } of matches)
        for (const one of travellers) {
            one.at_home = true;
            one.socket.terminate();
        }
}

describe('restart all', () => {
    test('loses no match, no event and no seat', async (t) => {
        const matches = [await travel(), await travel()];
        for (const { host } of matches) host.socket.send(input(host.channel, 1, 33));
        const talks = await Promise.all(matches.map(({ room }) => talk(room)));
        const names = ['auth', 'social', 'games', 'rooms', 'matchmaking', 'web', 'g1', 'g2'];
        const pids = (which) => which.map((name) => platform.child(name)?.pid);
        const stores = pids(['postgres', 'redis', 'nginx']);
        const before = pids(names);
        const from = performance.now();

        const { stdout } = await restart('all');

        pids(names).forEach((pid, i) => {
            assert.ok(pid, `${names[i]} runs`);
            assert.notEqual(pid, before[i], `${names[i]} is another process`);
        });
        assert.deepEqual(pids(['postgres', 'redis', 'nginx']), stores);
        const order = [...stdout.matchAll(/^ {2}([\w-]+) +ready again after/gm)].map(([, n]) => n);
        assert.deepEqual(order, [
            'auth',
            'social',
            'games',
            'rooms',
            'matchmaking',
            'web',
            'nginx',
            'gateway-g1',
            'gateway-g2',
        ]);
        for (const { travellers } of matches)
            for (const one of travellers) {
                await until('the way back', () => one.socket.close_code === undefined);
                const tick = one.tick();
                await until('the match to go on', () => one.tick() > tick + 50);
            }
        const said = await Promise.all(talks.map((stop) => stop()));
        matches.forEach(({ travellers, room }, i) => {
            assert.ok(said[i].length > 10, 'somebody was heard');
            for (const one of travellers) {
                assert.equal(one.error, undefined);
                assert.deepEqual([...new Set(one.codes)], [1012]);
                t.diagnostic(
                    `connections=${one.connections.length} missed_events=${one.missed} ` +
                        `messages=${said[i].length} longest_gap_ms=${Math.round(one.gap_ms(from))} ` +
                        `longest_switch_ms=${Math.round(one.switch_ms())}`,
                );
                assert.ok(one.switch_ms() < SWITCH_MS_MAX, `${one.switch_ms()} ms to switch`);
                assert.ok(one.gap_ms(from) < GAP_MS_MAX, `${one.gap_ms(from)} ms without a frame`);
                one.assert_no_event_lost(`room:${room}`);
                const heard = one
                    .events()
                    .filter(({ type }) => type === 'chat:message')
                    .map(({ data }) => data.text);
                assert.equal(new Set(heard).size, heard.length, 'each message once');
                for (const text of said[i]) assert.ok(heard.includes(text), `${text} was heard`);
            }
        });
        for (const match of matches) {
            const view = await newest(match.guest.traveller.socket);
            assert.deepEqual(view.counts, [33, 0]);
            assert.deepEqual(view.joins, [1, 1]); // the game has noticed nothing
            assert.deepEqual(view.leaves, [0, 0]);
            await end(match);
            await until('its replay', async () => {
                const url = `/api/games/matches/${match.match}/replay`;
                return (await platform.api('GET', url)).status === 200;
            });
        }
        stay(...matches);
    });
});

describe('restart of one thing', () => {
    const cases = [
        ['what there is not', 'ballroom', /there is no ballroom that can be restarted/],
        ['a store', 'postgresql', /there is no postgresql that can be restarted/],
        ['what is no name', 'a b', /that is no name/],
    ];
    for (const [what, name, sentence] of cases)
        test(`refuses ${what} in one sentence, with exit 2`, async () => {
            const { status, said } = await restart_refused(name);
            assert.equal(status, 2);
            assert.match(said, sentence);
            assert.equal(said.trim().split('\n').length, 1, said);
        });

    test('says so when nothing runs', async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-test-'));
        const { status, said } = await restart_refused('all', folder);
        fs.rmSync(folder, { recursive: true });
        assert.equal(status, 1);
        assert.match(said, /no `transcendence serve` answers/);
    });

    test('is for the owner alone', () => {
        const { mode } = fs.statSync(path.join(platform.data_dir, 'control'));
        assert.equal(mode & 0o777, 0o600);
    });

    test('leaves a gateway alone until the other one is ready', async () => {
        const { pid } = platform.child('g1');
        const other = platform.child('g2');
        process.kill(other.pid, 'SIGSTOP');
        let restarting;
        try {
            restarting = restart('gateway-g1');
            await until('it to be asked for', () =>
                platform.logs().includes('"restart asked for" what=gateway-g1'),
            );
            const second = await restart_refused('rooms');
            assert.equal(second.status, 1);
            assert.match(second.said, /a restart is under way/);
            assert.equal(platform.child('g1').pid, pid);
        } finally {
            process.kill(other.pid, 'SIGCONT');
        }
        assert.match((await restarting).stdout, /gateway-g1 +ready again/);
        assert.notEqual(platform.child('g1').pid, pid);
        assert.equal(platform.child('g2').pid, other.pid);
    });

    test('starts at once what waits after it has ended by itself', async () => {
        for (let i = 0; i < 5; i++) {
            await platform.kill('social');
            await until('social to run again', () => platform.child('social'), RETURN_MS_MAX);
        }
        await platform.kill('social'); // the next start would be some seconds away
        const from = Date.now();
        await restart('social');
        assert.ok(Date.now() - from < 3000);
    });
});

describe('a gateway that is told to stop', () => {
    test('takes nobody in, and nginx brings them to the other one', async () => {
        const guest = await platform.guest();
        const first = await guest.socket({ gateway: 1 });
        const { pid } = platform.child('g1');
        process.kill(pid, 'SIGTERM');
        assert.equal((await first.closed).code, 1012);
        for (let i = 0; i < 6 && platform.child('g1')?.pid === pid; i++) {
            const socket = await guest.socket();
            assert.equal(socket.ready.gateway, 'g2');
            await socket.close();
        }
        await until('g1 again', () => ![pid, undefined].includes(platform.child('g1')?.pid));
    });

    test('is given its share of the connections as soon as it is back', async () => {
        const guests = await Promise.all(Array.from({ length: 12 }, () => platform.guest()));
        const first = await guests[0].socket({ gateway: 1 });
        process.kill(platform.child('g1').pid, 'SIGTERM');
        assert.equal((await first.closed).code, 1012);
        await Promise.all(guests.map(async (guest) => (await guest.socket()).close()));
        await until('g1 again', () => guests[0].socket({ gateway: 1 }).catch(() => null));
        const sockets = await Promise.all(guests.map((guest) => guest.socket()));
        const seen = sockets.filter(({ ready }) => ready.gateway === 'g1').length;
        assert.equal(seen, guests.length / 2);
        for (const socket of sockets) await socket.close();
    });

    // Social waits for its table while both are told to stop.
    test('answers first what was asked, and so does a service', async () => {
        const guest = await platform.guest();
        const socket = await guest.socket({ gateway: 1 });
        const locked = platform.sql(
            'begin; lock table social.messages in access exclusive mode; ' +
                'select pg_sleep(1.2); commit',
        );
        await until('the lock', async () => {
            const [{ locks }] = await platform.sql(
                `select count(*) as locks from pg_locks
                 where relation = 'social.messages'::regclass and granted
                 and mode = 'AccessExclusiveLock'`,
            );
            return locks > 0;
        });
        const said = (text) => ({ channel: 'global', text });
        const answer = socket.command('chat:sendMessage', said('by the gateway'));
        const reply = guest.api('POST', '/api/social/messages', { body: said('by nginx') });
        await until('both to wait', async () => {
            const [{ waiting }] = await platform.sql(
                `select count(*) as waiting from pg_locks
                 where relation = 'social.messages'::regclass and not granted`,
            );
            return waiting === 2;
        });
        process.kill(platform.child('social').pid, 'SIGTERM');
        process.kill(platform.child('g1').pid, 'SIGTERM');
        assert.equal((await answer).text, 'by the gateway');
        assert.equal((await reply).status, 201);
        assert.equal((await socket.closed).code, 1012);
        await locked;
        await until('social again', async () => {
            const { status } = await guest.api('GET', '/api/social/messages?channel=global');
            return status === 200;
        });
    });
});

describe('session:resume', () => {
    const chat = (person, room, text) =>
        person.api('POST', '/api/social/messages', { body: { channel: `room:${room}`, text } });
    async function in_a_room() {
        const one = await platform.guest();
        const other = await platform.guest();
        const socket = await one.socket({ gateway: 1 });
        const { id } = await socket.command('room:create', { game: 'counter', mode: '1v1' });
        await other.api('POST', `/api/rooms/${id}/join`, { body: {} });
        assert.equal((await chat(other, id, 'before')).status, 201);
        const { seq } = await socket.event('chat:message');
        return { one, other, socket, room: id, ch: `room:${id}`, seq };
    }

    test('sends what was missed, once and in order, and nothing more', async () => {
        const { one, other, socket, room, ch, seq } = await in_a_room();
        await socket.close();
        for (const text of ['first', 'second', 'third'])
            assert.equal((await chat(other, room, text)).status, 201);
        const again = await one.socket({ gateway: 2 });
        assert.deepEqual(await again.command('session:resume', { seen: { [ch]: seq } }), {
            missed: 3,
        });
        const heard = again.all_events.filter((event) => event.ch === ch);
        assert.deepEqual(
            heard.map((event) => [event.type, event.seq, event.data.text]),
            [
                ['chat:message', seq + 1, 'first'],
                ['chat:message', seq + 2, 'second'],
                ['chat:message', seq + 3, 'third'],
            ],
        );
        assert.deepEqual(await again.command('session:resume', { seen: { [ch]: seq + 3 } }), {
            missed: 0,
        });
    });

    test('does not send again what this connection has heard', async () => {
        const { one, other, socket, room, ch, seq } = await in_a_room();
        await socket.close();
        assert.equal((await chat(other, room, 'missed')).status, 201);
        const again = await one.socket({ gateway: 2 });
        assert.equal((await chat(other, room, 'heard')).status, 201);
        await again.event('chat:message', ({ text }) => text === 'heard');
        const { missed } = await again.command('session:resume', { seen: { [ch]: seq } });
        assert.equal(missed, 1);
        const texts = again.all_events.filter((event) => event.ch === ch).map((e) => e.data.text);
        assert.deepEqual(texts.sort(), ['heard', 'missed']);
    });

    test('says which channels are to be fetched anew', async () => {
        const { one, other, socket, room, ch, seq } = await in_a_room();
        await socket.close();
        for (let i = 0; i < 5; i++) await chat(other, room, `${i}`);
        for (let i = 0; i < 40; i++)
            await other.api('POST', `/api/rooms/${room}/ready`, { body: { ready: i % 2 === 0 } });
        const again = await one.socket({ gateway: 2 });
        const { missed } = await again.command('session:resume', { seen: { [ch]: seq } });
        assert.equal(missed, 0);
        const stale = again.all_events.filter(({ type }) => type === 'session:resync');
        assert.deepEqual(stale.map((event) => event.ch).sort(), ['global', ch, `user:${one.id}`]);
    });

    test('tells nothing of a channel that one does not hear', async () => {
        const { other, room, ch, seq } = await in_a_room();
        await chat(other, room, 'secret');
        const stranger = await platform.guest();
        const socket = await stranger.socket();
        const { missed } = await socket.command('session:resume', { seen: { [ch]: seq } });
        assert.equal(missed, 0);
        assert.ok(socket.all_events.every((event) => event.data?.text !== 'secret'));
    });

    const many = Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`room:${i}`, 1]));
    for (const [what, seen] of [
        ['a number that is none', { global: 'x' }],
        ['a negative number', { global: -1 }],
        ['a broken number', { global: 1.5 }],
        ['a number too large', { global: 2 ** 53 + 2 }],
        ['a name too long', { ['x'.repeat(80)]: 1 }],
        ['too many channels', many],
        ['a list', []],
        ['nothing', undefined],
    ])
        test(`refuses ${what}`, async () => {
            const guest = await platform.guest();
            const socket = await guest.socket();
            const { ok, error } = await socket.ask('session:resume', { seen });
            assert.equal(ok, false);
            assert.deepEqual([error.code, error.field], ['validation_failed', 'seen']);
            await socket.close();
        });
});

describe('kill -9 in the middle of a match', () => {
    test('of each service, each gateway and nginx: the match and its result survive', async (t) => {
        const match = await travel();
        const stop = await talk(match.room);
        match.host.socket.send(input(match.host.channel, 1, 33));
        await match.guest.socket.frame(sees((view) => view.counts[0] === 33));
        for (const name of ['auth', 'social', 'rooms', 'matchmaking', 'g1', 'g2', 'nginx']) {
            const ticks = match.travellers.map((one) => one.tick());
            const from = performance.now();
            await platform.kill(name);
            await until(`${name} to run again`, () => platform.child(name), RETURN_MS_MAX);
            for (const [i, one] of match.travellers.entries()) {
                await until(
                    'the match to go on',
                    () => one.socket.close_code === undefined && one.tick() > ticks[i] + 100,
                    RETURN_MS_MAX,
                );
                assert.equal(one.error, undefined);
            }
            t.diagnostic(
                `${name}: longest_gap_ms=${match.travellers.map((one) => Math.round(one.gap_ms(from)))}`,
            );
            await until(`${name} to be ready`, async () => {
                const { status } = await platform
                    .api('GET', '/api/social/messages?channel=global', { token: match.host.token })
                    .catch(() => ({}));
                return status === 200;
            });
        }
        await stop();
        for (const one of match.travellers) one.assert_no_event_lost(`room:${match.room}`);
        assert.deepEqual((await newest(match.guest.traveller.socket)).counts, [33, 0]);
        await end(match);
        stay(match);
    });
});

describe('kill -9 of a store in the middle of a match', () => {
    const ready = async (port) =>
        (await fetch(`http://127.0.0.1:${platform.ports.first + port}/readyz`)).status === 200;
    const all_ready = async () =>
        (await Promise.all([GAMES_PORT, ...GATEWAY_PORTS].map(ready))).every((one) => one);

    for (const name of ['postgres', 'redis'])
        test(`of ${name}: the match and its result survive`, async () => {
            const match = await travel();
            match.host.socket.send(input(match.host.channel, 1, 33));
            await match.guest.socket.frame(sees((view) => view.counts[0] === 33));
            const before = match.travellers.map((one) => one.tick());
            await platform.kill(name);
            await until(`${name} to run again`, () => platform.child(name), RETURN_MS_MAX);
            await until('all to be ready', () => all_ready().catch(() => false), RETURN_MS_MAX);
            for (const [i, one] of match.travellers.entries()) {
                await until('the match to go on', () => one.tick() > before[i] + 100);
                assert.equal(one.codes, undefined, 'no connection has ended');
            }
            assert.deepEqual((await newest(match.guest.traveller.socket)).counts, [33, 0]);
            await end(match);
            stay(match);
        });
});

describe('PostgreSQL that is away', () => {
    // Not stopped only: gone, and the master cannot start it again as long as its folder is away.
    test('while a match ends has its result when it is back, once', async () => {
        const match = await travel();
        const folder = path.join(platform.data_dir, 'postgres');
        const aside = path.join(platform.data_dir, 'postgres-aside');
        const spool = () => fs.readdirSync(path.join(platform.data_dir, 'spool')).join(' ');
        const ready = async () =>
            (await fetch(`http://127.0.0.1:${platform.ports.first + 4}/readyz`)).status;
        fs.renameSync(folder, aside);
        try {
            await platform.kill('postgres');
            await until('games to notice', async () => (await ready()) === 503);
            const { host } = match;
            host.traveller.socket.send(input(host.traveller.channel, 1000, 100));
            await until('the result to be spooled', () => spool().includes(match.match));
            refused(
                await platform.api('GET', `/api/games/matches/${match.match}`),
                503,
                'unavailable',
            );
            const other = await platform.api('GET', '/api/games'); // what needs no database goes on
            assert.equal(other.status, 200);
        } finally {
            fs.renameSync(aside, folder);
        }
        await until('games to be ready', async () => (await ready()) === 200, RETURN_MS_MAX);
        for (const one of match.travellers)
            await until(
                'the end to be told',
                () => one.events().some(({ type }) => type === 'game:ended'),
                RETURN_MS_MAX,
            );
        await until('the spool to be empty', () => !spool().includes(match.match));
        await assert_recorded_once(match.match);
        for (const one of match.travellers) {
            const ends = one.events().filter(({ type }) => type === 'game:ended');
            assert.equal(ends.length, 1);
        }
        stay(match);
    });
});
