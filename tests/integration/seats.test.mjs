// How the matches of a room are played, from the settings to the result: options, bots for empty
// seats, people who come late, teams and turns that run out. Played by the crowd, a test game that
// shows what it was told, with the players on two gateways.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { start_platform, until } from './harness.mjs';
import { act, ask_inside, end_match, make_room, refused, service_token } from './lobby.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const games = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');
const GAMES = 4; // the service's port
const DEFAULTS = { goal: 100, colour: 'blue', walls: true };

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    for (const id of ['crowd', 'lounge', 'patience', 'counter'])
        fs.cpSync(path.join(games, id), path.join(plugins, id), { recursive: true });
    platform = await start_platform({ settings: { plugins_dir: plugins, connections_max: 500 } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

// Someone with a socket on this gateway.
async function person(gateway = 1) {
    const one = await platform.guest();
    one.socket = await one.socket({ gateway });
    return one;
}

const make = (host, more = {}) => make_room(host, { game: 'crowd', mode: 'all', ...more });
const update = (who, room, body) => who.api('PATCH', `/api/rooms/${room.id}`, { body });
const look = async (room) => (await platform.api('GET', `/api/rooms/${room.id}`)).body;
const match_of = async (id) => (await platform.api('GET', `/api/games/matches/${id}`)).body;

async function start(host, room) {
    const answer = await act(host, room, 'start');
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.match;
}

async function started(who) {
    who.started = (await who.socket.event('game:started')).data;
    who.channel = who.started.channel;
    return who.started;
}

async function ended(who) {
    return (await who.socket.event('game:ended')).data;
}

// What the crowd shows.
function shown(frame) {
    const four = (at) => [...frame.subarray(at, at + 4)];
    return {
        ticks: frame.readUInt32LE(10),
        moves: frame.readUInt32LE(14),
        options: [18, 22, 26].map((at) => frame.readInt32LE(at)),
        lapses: frame.readUInt32LE(30),
        counts: [34, 36, 38, 40].map((at) => frame.readUInt16LE(at)),
        joins: four(42),
        leaves: four(46),
        players: frame.readUInt32LE(54),
        viewer: frame.readUInt32LE(62),
    };
}
const sees = (what) => (frame) => frame[0] === 2 && what(shown(frame));
const view = async (who, what = () => true) => shown(await who.socket.frame(sees(what)));

async function view_of(who) {
    await started(who);
    return view(who);
}

function move(who, byte) {
    const frame = Buffer.alloc(7);
    frame.writeUInt8(1, 0);
    frame.writeUInt8(who.channel, 1);
    who.seq = (who.seq ?? 0) + 1;
    frame.writeUInt32LE(who.seq, 2);
    frame.writeUInt8(byte, 6);
    who.socket.send(frame);
}

describe('the catalogue', () => {
    test('tells of options, bots, open seats and turns', async () => {
        const game = async (id) => (await platform.api('GET', `/api/games/${id}`)).body;
        const crowd = await game('crowd');
        assert.deepEqual(
            crowd.options.map((one) => [one.id, one.type, one.default]),
            [
                ['goal', 'integer', 100],
                ['colour', 'enum', 'blue'],
                ['walls', 'switch', true],
            ],
        );
        assert.deepEqual(crowd.options[1].values[0], {
            id: 'red',
            label: { en: 'Red', fr: 'Rouge' },
        });
        const facts = ({ bots, openSeats, turnSeconds }) => [bots, openSeats, turnSeconds];
        assert.deepEqual(facts(crowd), [true, false, 0]);
        assert.deepEqual(facts(await game('lounge')), [false, true, 0]);
        assert.deepEqual(facts(await game('patience')), [true, false, 1]);
        const counter = await game('counter');
        assert.deepEqual(counter.options, []);
        assert.deepEqual(facts(counter), [false, false, 0]);
    });

    test('refuses a game whose manifest and game.json differ about its options', async () => {
        const aside = path.join(plugins, '.crowd');
        const there = path.join(plugins, 'crowd/game.json');
        const good = fs.readFileSync(there);
        const about = JSON.parse(good);
        about.options.pop();
        fs.writeFileSync(aside, JSON.stringify(about));
        fs.renameSync(aside, there);
        await until('it to be refused', () =>
            platform
                .logs('games')
                .split('\n')
                .some((line) => line.includes('game=crowd') && /code=game_json_options/.test(line)),
        );
        fs.writeFileSync(there, good);
        assert.equal((await platform.api('GET', '/api/games/crowd')).body.options.length, 3);
    });
});

describe('the settings of a room', () => {
    test('are the usual ones when nothing is said, and the room shows them all', async () => {
        const room = await make(await person());
        const { options, bots, seats, lateJoin } = room;
        assert.deepEqual(
            { options, bots, seats, lateJoin },
            { options: DEFAULTS, bots: 0, seats: 4, lateJoin: false },
        );
        assert.deepEqual(Object.keys(options), Object.keys(DEFAULTS)); // in their order
        assert.equal(room.members[0].team, null);
        const plain = await make(await person(), { game: 'counter', mode: '1v1' });
        assert.deepEqual([plain.options, plain.seats], [{}, 2]);
    });

    test('are taken with the room, by HTTP and by command', async () => {
        const host = await person();
        const settings = { options: { goal: 50, walls: false }, bots: 2, seats: 3, lateJoin: true };
        const wanted = { ...settings, options: { ...DEFAULTS, ...settings.options } };
        const made = await make(host, settings);
        const spoken = await host.socket.command('room:create', {
            game: 'crowd',
            mode: 'all',
            ...settings,
        });
        for (const room of [made, spoken])
            for (const [name, value] of Object.entries(wanted))
                assert.deepEqual(room[name], value, name);
        assert.deepEqual(await look(made), made);
    });

    test('are changed by the host, heard by all, and make nobody ready', async () => {
        const host = await person(1);
        const guest = await person(2);
        const room = await make(host);
        await guest.socket.command('room:join', { room: room.id });
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        const answer = await update(host, room, { options: { colour: 'green' }, seats: 2 });
        assert.equal(answer.status, 200);
        const told = await guest.socket.event('room:state', (data) => data.seats === 2);
        assert.deepEqual(told.data, answer.body);
        assert.deepEqual(answer.body.options, { ...DEFAULTS, colour: 'green' });
        assert.deepEqual(
            answer.body.members.map((member) => member.ready),
            [false, false],
        );
        const spoken = await host.socket.command('room:update', { room: room.id, bots: 1 });
        assert.deepEqual(spoken.options, { ...DEFAULTS, colour: 'green' }); // what is left out stays
        assert.deepEqual([spoken.bots, spoken.seats], [1, 2]);
        const again = await update(host, room, { options: {} }); // and an object replaces all
        assert.deepEqual(again.body.options, DEFAULTS);
    });

    test('are nobody else’s to change, and stay during a match', async () => {
        const host = await person(1);
        const guest = await person(2);
        const room = await make(host);
        await guest.socket.command('room:join', { room: room.id });
        refused(await update(guest, room, { bots: 1 }), 403, 'room_not_host');
        refused(await update(await person(), room, { bots: 1 }), 403, 'room_not_member');
        refused(
            await platform.api('PATCH', `/api/rooms/${room.id}`, { body: {} }),
            401,
            'unauthenticated',
        );
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        const match = await start(host, room);
        refused(await update(host, room, { bots: 1 }), 409, 'room_in_match');
        const spoken = await guest.socket.ask('room:update', { room: room.id, seats: 4 });
        assert.equal(spoken.error.code, 'room_not_host');
        for (const one of [host, guest]) {
            await started(one);
            await one.socket.frame();
        }
        await host.socket.command('game:leave', { match });
        await guest.socket.command('game:leave', { match });
        await ended(host);
    });

    for (const [what, settings, field, game = 'crowd'] of [
        ['an option too large', { options: { goal: 60010 } }, 'options.goal'],
        ['an option too small', { options: { goal: 0 } }, 'options.goal'],
        ['an option between two steps', { options: { goal: 55 } }, 'options.goal'],
        ['an option of more than 32 bits', { options: { goal: 4294967396 } }, 'options.goal'],
        ['a text for a number', { options: { goal: '50' } }, 'options.goal'],
        ['a value that is none', { options: { colour: 'pink' } }, 'options.colour'],
        ['the index of a value', { options: { colour: 1 } }, 'options.colour'],
        ['a number for a switch', { options: { walls: 1 } }, 'options.walls'],
        ['nothing for a switch', { options: { walls: null } }, 'options.walls'],
        ['an option that is not there', { options: { seed: 1 } }, 'options.seed'],
        ['an option of a game that has none', { options: { goal: 50 } }, 'options.goal', 'counter'],
        ['options that are no object', { options: [] }, 'options'],
        ['a difficulty too high', { bots: 4 }, 'bots'],
        ['a difficulty below none', { bots: -1 }, 'bots'],
        ['bots that are no number', { bots: true }, 'bots'],
        ['bots of a game without', { bots: 1 }, 'bots', 'lounge'],
        ['too many seats', { seats: 5 }, 'seats'],
        ['too few seats', { seats: 1 }, 'seats'],
        ['late players without a seat for them', { lateJoin: true }, 'lateJoin'],
        ['lateJoin that is no switch', { lateJoin: 1 }, 'lateJoin'],
        ['a setting that is none', { speed: 1 }, 'speed'],
    ])
        test(`refuse ${what} by name, in a new room and in one that is there`, async () => {
            const mode = game === 'counter' ? '1v1' : 'all';
            const host = await person();
            const body = { game, mode, ...settings };
            refused(
                await host.api('POST', '/api/rooms', { body }),
                422,
                'validation_failed',
                field,
            );
            const room = await make(host, { game, mode });
            refused(await update(host, room, settings), 422, 'validation_failed', field);
            assert.deepEqual(await look(room), room);
            const { error } = await host.socket.ask('room:update', { room: room.id, ...settings });
            assert.deepEqual([error.code, error.field], ['validation_failed', field]);
        });

    test('have no fewer seats than there are players', async () => {
        const [host, ...others] = [await person(1), await person(2), await person(1)];
        const room = await make(host);
        for (const one of others) await one.socket.command('room:join', { room: room.id });
        refused(await update(host, room, { seats: 2 }), 422, 'validation_failed', 'seats');
        assert.equal((await update(host, room, { seats: 3 })).status, 200);
        refused(await act(await person(), room, 'join'), 409, 'room_full');
        const watcher = await person();
        assert.equal((await act(watcher, room, 'join', { role: 'spectator' })).status, 200);
    });
});

describe('a match with options', () => {
    test('is played with them: the game gets them as integers in their order', async () => {
        const host = await person(1);
        const guest = await person(2);
        const room = await make(host, {
            mode: 'two',
            options: { goal: 20, colour: 'green', walls: false },
        });
        await guest.socket.command('room:join', { room: room.id });
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        await start(host, room);
        for (const one of [host, guest]) {
            await started(one);
            assert.deepEqual((await view(one)).options, [20, 2, 0]);
        }
        move(guest, 20);
        const result = await ended(host);
        assert.deepEqual(
            result.players.map(({ user, bot, outcome }) => [user, bot, outcome]),
            [
                [host.id, 0, 'loss'],
                [guest.id, 0, 'win'],
            ],
        );
        const stats = await platform.api('GET', `/api/games/users/${guest.id}/stats`);
        assert.deepEqual(stats.body.items[0], {
            game: 'crowd',
            played: 1,
            won: 1,
            lost: 0,
            drawn: 0,
        });
    });
});

describe('bots', () => {
    test('fill the seats that nobody has, play, and are marked in the result', async () => {
        const host = await person();
        const room = await make(host, { bots: 3, seats: 3 });
        await start(host, room);
        const { players } = await started(host);
        assert.deepEqual(
            players.map(({ user, slot, team, bot }) => [user, slot, team, bot]),
            [
                [host.id, 0, 0, 0],
                [null, 1, 1, 3],
                [null, 2, 2, 3],
            ],
        );
        assert.notEqual(players[1].name, players[2].name);
        const seen = await view(host, ({ counts }) => counts[1] >= 6);
        assert.deepEqual(seen.joins.slice(0, 3), [1, 1, 1]);
        assert.equal(seen.players, 3);
        move(host, 100);
        const result = await ended(host);
        assert.equal(result.state, 'ended');
        assert.deepEqual(
            result.players.map(({ user, bot, outcome }) => [user, bot, outcome]),
            [
                [host.id, 0, 'win'],
                [null, 3, 'loss'],
                [null, 3, 'loss'],
            ],
        );
        assert.ok(result.players[1].score >= 6);
        assert.deepEqual({ ...(await match_of(result.id)), replay: null, versions: null }, result);
        const { body } = await host.api('GET', `/api/games/users/${host.id}/matches`);
        assert.deepEqual(body.items, [result]);
        const stats = await platform.api('GET', `/api/games/users/${host.id}/stats`);
        assert.deepEqual(stats.body.items, []); // it counts for nobody
        await until('the room to be open', async () => (await look(room)).state === 'open');
        await start(host, room); // and once more
        await end_match([host.socket], (await started(host)).match);
    });

    test('need somebody to play with', async () => {
        const host = await person();
        const room = await make(host, { bots: 1 });
        await host.socket.command('room:join', { room: room.id, role: 'spectator' });
        refused(await act(host, room, 'start'), 409, 'room_too_few_players');
        await update(host, room, { bots: 0 });
        await host.socket.command('room:join', { room: room.id, role: 'player' });
        refused(await act(host, room, 'start'), 409, 'room_too_few_players');
    });

    test('move by themselves where there are turns, at a human’s pace', async () => {
        const host = await person();
        const room = await make(host, { game: 'patience', mode: 'two', bots: 2 });
        await start(host, room);
        await started(host);
        await view(host, ({ counts }) => counts[1] === 2);
        const since = Date.now();
        move(host, 1);
        await view(host, ({ counts }) => counts[1] === 4);
        assert.ok(Date.now() - since >= 400);
        move(host, 100);
        assert.equal((await ended(host)).players[0].outcome, 'win');
    });

    test('play on after their worker has died', async () => {
        const host = await person();
        const room = await make(host, { bots: 1, seats: 2, options: { goal: 60000 } });
        const match = await start(host, room);
        await started(host);
        const before = await view(host, ({ counts }) => counts[1] >= 2);
        const name = () =>
            platform.processes().filter((one) => /^transcendence-worker crowd-/.test(one.command));
        for (const { pid } of name()) process.kill(pid, 'SIGKILL');
        const later = await view(host, ({ counts }) => counts[1] > before.counts[1] + 1);
        assert.deepEqual(later.joins.slice(0, 2), [1, 1]);
        assert.deepEqual(later.leaves.slice(0, 2), [0, 0]);
        assert.deepEqual(later.options, [60000, 1, 1]);
        await host.socket.command('game:leave', { match });
    });
});

describe('who comes late', () => {
    test('takes over a bot, and the game sees nothing of it', async () => {
        const host = await person(1);
        const late = await person(2);
        const room = await make(host, { bots: 1, seats: 2, lateJoin: true });
        const match = await start(host, room);
        await started(host);
        await view(host, ({ counts }) => counts[1] >= 1);
        const joined = await late.socket.command('room:join', { room: room.id });
        assert.equal(joined.members[1].role, 'player');
        assert.equal(joined.match, match);
        const told = await started(late);
        assert.equal(told.match, match);
        assert.equal(told.slot, 1);
        assert.deepEqual(
            told.players.map(({ user, bot }) => [user, bot]),
            [
                [host.id, 0],
                [late.id, 0],
            ],
        );
        const taken = await view(late, ({ viewer }) => viewer === 1);
        move(late, 50);
        const seen = await view(host, ({ counts }) => counts[1] >= taken.counts[1] + 50);
        assert.deepEqual([seen.joins[1], seen.leaves[1]], [1, 0]);
        move(late, 50);
        const result = await ended(host);
        assert.deepEqual(await ended(late), result);
        assert.deepEqual(
            result.players.map(({ user, name, bot, outcome }) => [user, name, bot, outcome]),
            [
                [host.id, host.name, 0, 'loss'],
                [late.id, late.name, 0, 'win'],
            ],
        );
        const history = await late.api('GET', '/api/rooms/history');
        assert.equal(history.body.items[0].match, match);
        const stats = await platform.api('GET', `/api/games/users/${late.id}/stats`);
        assert.deepEqual(stats.body.items, []); // it began with a bot
        assert.equal(host.socket.all_events.filter((one) => one.type === 'game:started').length, 1);
    });

    test('goes from watching to playing on the connection that he has', async () => {
        const host = await person(1);
        const late = await person(2);
        const room = await make(host, { bots: 1, seats: 2, lateJoin: true });
        await start(host, room);
        await late.socket.command('room:join', { room: room.id, role: 'spectator' });
        const { match } = await look(room);
        const watched = await late.socket.command('game:watch', { match });
        assert.equal(watched.slot, null);
        await view(late, ({ viewer }) => viewer === 0xffffffff);
        await late.socket.command('room:join', { room: room.id, role: 'player' });
        const told = await started(late);
        assert.deepEqual([told.slot, told.channel], [1, watched.channel]);
        await view(late, ({ viewer }) => viewer === 1);
        move(late, 100);
        assert.equal((await ended(late)).players[1].outcome, 'win');
    });

    test('joins a seat that nobody had, and what is taken is taken', async () => {
        const host = await person(1);
        const guest = await person(2);
        const late = await person(2);
        const room = await make(host, { game: 'lounge', seats: 3, lateJoin: true });
        await guest.socket.command('room:join', { room: room.id });
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        const match = await start(host, room);
        const { players } = await started(host);
        assert.equal(players.length, 2);
        assert.equal((await view(host)).players, 3);
        assert.equal((await match_of(match)).players.length, 2);
        await late.socket.command('room:join', { room: room.id });
        assert.equal((await started(late)).slot, 2);
        await view(host, ({ joins }) => joins[2] === 1);
        const refusal = await (await person()).socket.ask('room:join', { room: room.id });
        assert.equal(refusal.error.code, 'room_full');
        assert.equal((await look(room)).members.length, 3);
        move(late, 100);
        const result = await ended(guest);
        assert.deepEqual(
            result.players.map(({ user, slot, outcome }) => [user, slot, outcome]),
            [
                [host.id, 0, 'loss'],
                [guest.id, 1, 'loss'],
                [late.id, 2, 'win'],
            ],
        );
        const stats = await platform.api('GET', `/api/games/users/${late.id}/stats`);
        assert.equal(stats.body.items[0].won, 1);
    });

    test('gets no seat that somebody gave up, and is then not in the room', async () => {
        const host = await person(1);
        const guest = await person(2);
        const late = await person(1);
        const room = await make(host, { game: 'lounge', seats: 2, lateJoin: true });
        await guest.socket.command('room:join', { room: room.id });
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        const match = await start(host, room);
        await started(guest);
        await guest.socket.frame();
        await guest.socket.command('game:leave', { match });
        await guest.socket.command('room:leave', { room: room.id });
        await started(host);
        await view(host, ({ leaves }) => leaves[1] === 1);
        const { error } = await late.socket.ask('room:join', { room: room.id });
        assert.equal(error.code, 'room_full');
        const own = await guest.socket.ask('room:join', { room: room.id });
        assert.equal(own.error.code, 'room_in_match');
        assert.deepEqual(
            (await look(room)).members.map((member) => member.user),
            [host.id],
        );
        const busy = await late.socket.ask('room:join', { room: room.id, role: 'spectator' });
        assert.equal(busy.ok, true);
        const still = await late.socket.ask('room:join', { room: room.id, role: 'player' });
        assert.equal(still.error.code, 'room_full');
        assert.equal((await look(room)).members[1].role, 'spectator');
        move(host, 100);
        await ended(host);
    });

    test('keeps the seat he has when he left the room only', async () => {
        const host = await person(1);
        const guest = await person(2);
        const room = await make(host, { game: 'lounge', seats: 3, lateJoin: true });
        await guest.socket.command('room:join', { room: room.id });
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        await start(host, room);
        await started(guest);
        await guest.socket.command('room:leave', { room: room.id });
        await guest.socket.command('room:join', { room: room.id });
        assert.equal((await started(guest)).slot, 1);
        await guest.socket.frame(sees(({ viewer }) => viewer === 1));
        move(guest, 100);
        assert.equal((await ended(guest)).players[1].outcome, 'win');
    });

    test('waits for the end where the host does not want him, or while he plays elsewhere', async () => {
        const host = await person(1);
        const late = await person(2);
        const room = await make(host, { bots: 1, seats: 2 });
        const match = await start(host, room);
        refused(await act(late, room, 'join'), 409, 'room_in_match');
        await started(host);
        await host.socket.frame();
        await host.socket.command('game:leave', { match });
        const other = await make(late, { bots: 1, seats: 2 });
        await start(late, other);
        const third = await person();
        const again = await make(third, { bots: 1, seats: 2, lateJoin: true });
        await start(third, again);
        refused(await act(late, again, 'join'), 409, 'already_in_match');
        assert.equal((await look(again)).members.length, 1);
        for (const one of [late, third]) {
            await started(one);
            await one.socket.frame();
            move(one, 100);
            await ended(one);
        }
    });

    test('is asked for a seat by rooms alone', async () => {
        const host = await person();
        const room = await make(host, { bots: 1, seats: 2, lateJoin: true });
        const match = await start(host, room);
        const url = `/internal/games/matches/${match}/seats`;
        const body = { user: host.id, name: host.name };
        const ask = (token) => ask_inside(platform, GAMES, 'POST', url, { token, body });
        assert.equal((await ask(host.token)).status, 403);
        const token = await service_token(platform, 'rooms', 'games:start');
        for (let i = 0; i < 2; i++) assert.deepEqual((await ask(token)).body, { slot: 0, team: 0 }); // he has one
        await started(host);
        await host.socket.frame();
        move(host, 100);
        await ended(host);
        await until('the end', async () => (await match_of(match)).state === 'ended');
        assert.equal((await ask(token)).body.code, 'match_over');
    });
});

describe('teams', () => {
    test('are as the players wish, as long as they have room', async () => {
        const people = [await person(1), await person(2), await person(1), await person(2)];
        const [host, ...others] = people;
        const room = await make(host, { mode: 'teams' });
        for (const one of others) {
            await one.socket.command('room:join', { room: room.id });
            await one.socket.command('room:ready', { room: room.id, ready: true });
        }
        for (const [i, team] of [1, 0, 1, 1].entries())
            await people[i].socket.command('room:team', { room: room.id, team });
        assert.deepEqual(
            (await look(room)).members.map((member) => member.team),
            [1, 0, 1, 1],
        );
        const match = await start(host, room);
        const { players } = await started(host);
        const team = (one) => players.find(({ user }) => user === one.id).team;
        assert.deepEqual(people.map(team), [1, 0, 1, 0]); // one too many for team 1
        assert.deepEqual(
            (await match_of(match)).players.map((player) => [player.slot, player.team]),
            [
                [0, 0],
                [1, 1],
                [2, 0],
                [3, 1],
            ],
        );
        await started(others[0]);
        move(host, 100);
        await ended(host);
    });

    test('are those of the mode, a player’s to choose, while nothing is played', async () => {
        const host = await person();
        const room = await make(host, { mode: 'teams' });
        const team = (who, value) => act(who, room, 'team', { team: value });
        for (const bad of [2, -1, '1', 64])
            refused(await team(host, bad), 422, 'validation_failed', 'team');
        assert.equal((await team(host, 1)).body.members[0].team, 1);
        assert.equal((await team(host, null)).body.members[0].team, null);
        assert.equal((await team(host, 0)).body.members[0].team, 0);
        const watcher = await person();
        await watcher.socket.command('room:join', { room: room.id, role: 'spectator' });
        refused(await team(watcher, 0), 409, 'room_not_player');
        refused(await team(await person(), 0), 403, 'room_not_member');
        await host.socket.command('room:join', { room: room.id, role: 'spectator' });
        assert.equal((await look(room)).members[0].team, null);
    });

    test('have bots beside people', async () => {
        const host = await person();
        const room = await make(host, { mode: 'teams', bots: 1 });
        await host.socket.command('room:team', { room: room.id, team: 1 });
        await start(host, room);
        const told = await started(host);
        assert.equal(told.slot, 1);
        assert.deepEqual(
            told.players.map(({ team, bot }) => [team, bot]),
            [
                [0, 1],
                [1, 0],
                [0, 1],
                [1, 1],
            ],
        );
        await host.socket.frame();
        move(host, 100);
        await ended(host);
    });
});

describe('a turn', () => {
    test('that takes too long is over, and so in the end is the match', async () => {
        const host = await person(1);
        const guest = await person(2);
        const room = await make(host, { game: 'patience', mode: 'two' });
        await guest.socket.command('room:join', { room: room.id });
        await guest.socket.command('room:ready', { room: room.id, ready: true });
        const since = Date.now();
        await start(host, room);
        await started(host);
        await view(host, ({ lapses }) => lapses === 1);
        assert.ok(Date.now() - since >= 900);
        const result = await ended(guest);
        assert.equal(result.state, 'ended');
        assert.equal(result.reason, 'finished');
        assert.ok(Date.now() - since >= 2900);
        const [{ ticks }] = await platform.sql(
            `select ticks from games.matches where id = '${result.id}'`,
        );
        assert.equal(ticks, 3); // each a step like any other
    });
});

describe('a new version of the game', () => {
    test('that takes other options than were chosen says so, and the host chooses again', async () => {
        const host = await person();
        const room = await make(host, { bots: 1, seats: 2, options: { goal: 5000 } });
        const there = path.join(plugins, 'crowd/game.json');
        const good = fs.readFileSync(there);
        const about = JSON.parse(good);
        about.options[0].max = 1000;
        fs.writeFileSync(there, JSON.stringify(about));
        await until('the new version', async () => {
            const { body } = await platform.api('GET', '/api/games/crowd');
            return body.options[0].max === 1000;
        });
        const answer = await act(host, room, 'start');
        refused(answer, 422, 'validation_failed');
        assert.match(answer.body.detail, /new version/);
        assert.equal((await look(room)).state, 'open');
        assert.equal((await update(host, room, { options: { goal: 1000 } })).status, 200);
        const match = await start(host, room);
        assert.deepEqual((await view_of(host)).options, [1000, 1, 1]);
        await end_match([host.socket], match);
        fs.writeFileSync(there, good);
    });
});
