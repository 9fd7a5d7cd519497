// Matchmaking from outside, with two instances at work on the same queues: tickets, matches, and
// what happens to those who wait when a page closes or an instance dies.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start_platform, until } from './harness.mjs';
import {
    ask_inside,
    end_match,
    make_room,
    new_id,
    ready_room,
    act,
    refused,
    service_token,
} from './lobby.mjs';

const ROOMS = 2; // the service's port
const INSTANCES = [10, 11]; // ports of the two

let platform;
before(async () => {
    platform = await start_platform({
        settings: (ports) => ({
            matchmaking_address: INSTANCES.map((port) => `127.0.0.1:${ports.first + port}`).join(
                ',',
            ),
            request_timeout_ms: 1500,
        }),
    });
});
after(() => platform?.stop());

const pong = { game: 'pong', mode: '1v1' };
const ticket = (person, method, body) => person.api(method, '/api/matchmaking/ticket', { body });

// People with a connection each, on both gateways in turn.
const connected = (count) =>
    Promise.all(
        Array.from({ length: count }, async (_, index) => {
            const person = await platform.guest();
            const socket = await person.socket({ gateway: 1 + (index % 2) });
            return Object.assign(person, { connection: socket });
        }),
    );
const found = async (person, timeout_ms) =>
    (await person.connection.event('matchmaking:found', undefined, timeout_ms)).data;

describe('a ticket', () => {
    test('waits, can be looked at and given back', async () => {
        const [ann] = await connected(1);
        refused(await ticket(ann, 'GET'), 404, 'not_queued');
        refused(await ticket(ann, 'DELETE'), 404, 'not_queued');
        const { status, body } = await ticket(ann, 'POST', { game: 'pong', mode: '2v2' });
        assert.equal(status, 201);
        const { since, ...rest } = body;
        assert.match(since, /^\d{4}-.*Z$/);
        assert.deepEqual(rest, {
            game: 'pong',
            mode: '2v2',
            state: 'waiting',
            waiting: 1,
            room: null,
        });
        assert.deepEqual((await ticket(ann, 'GET')).body, body);
        const event = await ann.connection.event('matchmaking:status');
        assert.deepEqual(event.data, body);
        refused(await ticket(ann, 'POST', pong), 409, 'already_queued');
        assert.equal((await ticket(ann, 'DELETE')).status, 204);
        refused(await ticket(ann, 'GET'), 404, 'not_queued');
    });

    test('is one of a user, also when all come at once', async () => {
        const [ann] = await connected(1);
        const answers = await Promise.all(
            Array.from({ length: 10 }, () => ticket(ann, 'POST', { game: 'pong', mode: '2v2' })),
        );
        assert.equal(answers.filter((one) => one.status === 201).length, 1);
        assert.equal(answers.filter((one) => one.body.code === 'already_queued').length, 9);
        await ticket(ann, 'DELETE');
    });

    const bad = [
        ['an unknown game', { game: 'nogame', mode: '1v1' }, 404, 'game_not_found', 'game'],
        ['an unknown mode', { game: 'pong', mode: 'none' }, 422, 'mode_not_found', 'mode'],
        ['no mode', { game: 'pong' }, 422, 'validation_failed', 'mode'],
        ['a mode of the wrong type', { game: 'pong', mode: 1 }, 422, 'validation_failed', 'mode'],
        ['an unknown field', { ...pong, rank: 1 }, 422, 'validation_failed', 'rank'],
        ['malformed JSON', '[', 400, 'malformed_json', null],
    ];
    for (const [what, body, status, code, field] of bad)
        test(`is refused for ${what}`, async () => {
            refused(await ticket(await platform.guest(), 'POST', body), status, code, field);
        });

    test('is refused without a token and to who plays', async () => {
        const url = '/api/matchmaking/ticket';
        for (const method of ['GET', 'POST', 'DELETE'])
            refused(await platform.api(method, url, { body: pong }), 401, 'unauthenticated');
        const [ann, bob] = await connected(2);
        const room = await ready_room(ann, bob);
        const { match } = (await act(ann, room, 'start')).body;
        await until('the match to be known', async () => {
            const answer = await ticket(ann, 'POST', pong);
            if (answer.status === 201) await ticket(ann, 'DELETE');
            return answer.body?.code === 'already_in_match';
        });
        await end_match([ann.connection, bob.connection], match);
    });

    test('goes when the page is closed', async () => {
        const [ann] = await connected(1);
        await ticket(ann, 'POST', { game: 'pong', mode: '2v2' });
        await ann.connection.close();
        await until(
            'the ticket to go',
            async () => (await ticket(ann, 'GET')).status === 404,
            20_000,
        );
    });
});

describe('a match', () => {
    test('brings two together by itself, on different gateways', async () => {
        const two = await connected(2);
        await two[0].connection.command('matchmaking:joinQueue', pong);
        await two[1].connection.command('matchmaking:joinQueue', pong);
        const [mine, theirs] = await Promise.all(two.map((one) => found(one)));
        assert.deepEqual(mine, theirs);
        const { body: room } = await platform.api('GET', `/api/rooms/${mine.room}`);
        assert.equal(room.origin, 'matchmaking');
        assert.equal(room.state, 'playing');
        assert.equal(room.match, mine.match);
        assert.deepEqual(
            room.members.map((member) => member.user).sort(),
            two.map((one) => one.id).sort(),
        );
        for (const one of two) refused(await ticket(one, 'GET'), 404, 'not_queued');
        await end_match(
            two.map((one) => one.connection),
            mine.match,
        );
    });

    test('takes four for a mode of four', async () => {
        const four = await connected(4);
        for (const one of four) await ticket(one, 'POST', { game: 'pong', mode: '2v2' });
        const all = await Promise.all(four.map((one) => found(one)));
        assert.equal(new Set(all.map((one) => one.match)).size, 1);
        await end_match(
            four.map((one) => one.connection),
            all[0].match,
        );
    });

    test('is one for each, with twenty who come at once to both instances', async () => {
        const crowd = await connected(20);
        const answers = await Promise.all(
            crowd.map((one, index) =>
                ask_inside(platform, INSTANCES[index % 2], 'POST', '/api/matchmaking/ticket', {
                    token: one.token,
                    body: pong,
                }),
            ),
        );
        assert.ok(answers.every((one) => one.status === 201));
        const all = await Promise.all(crowd.map((one) => found(one, 20_000)));
        const matches = Map.groupBy
            ? Map.groupBy(all, (one) => one.match)
            : all.reduce(
                  (map, one) => map.set(one.match, [...(map.get(one.match) ?? []), one]),
                  new Map(),
              );
        assert.equal(matches.size, 10);
        for (const group of matches.values()) assert.equal(group.length, 2);
        for (const one of crowd)
            assert.equal(
                one.connection.all_events.filter((event) => event.type === 'matchmaking:found')
                    .length,
                1,
            );
        await Promise.all(crowd.map((one, index) => end_match([one.connection], all[index].match)));
    });

    test('is still made when one instance is killed', async () => {
        const two = await connected(2);
        await ticket(two[0], 'POST', pong);
        await platform.kill('matchmaking-g1');
        await until('the other to answer', async () => {
            const answer = await ask_inside(
                platform,
                INSTANCES[1],
                'POST',
                '/api/matchmaking/ticket',
                {
                    token: two[1].token,
                    body: pong,
                },
            );
            return answer.status === 201;
        });
        const [mine] = await Promise.all(two.map((one) => found(one, 20_000)));
        await end_match(
            two.map((one) => one.connection),
            mine.match,
        );
    });

    test('waits for rooms, and those who wait keep their place', async () => {
        const two = await connected(2);
        const rooms = platform.child('rooms').pid;
        process.kill(rooms, 'SIGSTOP');
        for (const one of two) assert.equal((await ticket(one, 'POST', pong)).status, 201);
        await until('the first attempt to fail', () =>
            /queue rests after a failure/.test(platform.logs()),
        );
        process.kill(rooms, 'SIGKILL');
        const [mine, theirs] = await Promise.all(two.map((one) => found(one, 30_000)));
        assert.equal(mine.match, theirs.match);
        await end_match(
            two.map((one) => one.connection),
            mine.match,
        );
    });
});

describe('rooms killed while it makes a room', () => {
    // The room is reserved and games has been asked, but its worker hangs until rooms is dead.
    async function kill_rooms_while_making() {
        const two = await connected(2);
        for (const one of platform.processes())
            if (one.command.startsWith('transcendence-worker pong-'))
                process.kill(one.pid, 'SIGSTOP'); // and is replaced soon
        for (const one of two) assert.equal((await ticket(one, 'POST', pong)).status, 201);
        await until('the room to be reserved', async () => {
            const rows = await platform.sql(
                `select state from rooms.members join rooms.rooms on rooms.id = members.room
                 where user_id = '${two[0].id}'`,
            );
            return rows.some((row) => row.state === 'starting');
        });
        process.kill(platform.child('rooms').pid, 'SIGKILL');
        return two;
    }

    test('leaves nobody waiting: both are told of their match', async () => {
        const two = await kill_rooms_while_making();
        const [mine, theirs] = await Promise.all(two.map((one) => found(one, 30_000)));
        assert.deepEqual(mine, theirs);
        const { body: room } = await platform.api('GET', `/api/rooms/${mine.room}`);
        assert.equal(room.match, mine.match);
        for (const one of two) refused(await ticket(one, 'GET'), 404, 'not_queued');
        await end_match(
            two.map((one) => one.connection),
            mine.match,
        );
    });
});

describe('the inside route of rooms', () => {
    const ask = (token, body) =>
        ask_inside(platform, ROOMS, 'POST', '/internal/rooms', { token, body });
    const player = (one) => ({ user: one.id, name: one.name, guest: true });

    test('makes one room for one group, however often it is asked', async () => {
        const two = await connected(2);
        const token = await service_token(platform, 'matchmaking', 'rooms:match');
        const body = { group: new_id(), ...pong, players: two.map(player) };
        const answers = [await ask(token, body), await ask(token, body)];
        for (const answer of answers) assert.equal(answer.status, 201, JSON.stringify(answer.body));
        assert.equal(answers[0].body.id, body.group);
        assert.equal(answers[0].body.match, answers[1].body.match);
        const again = await ask(token, { ...body, group: new_id() });
        refused(again, 409, 'already_in_match');
        await end_match(
            two.map((one) => one.connection),
            answers[0].body.match,
        );
    });

    test('refuses who may not ask, and players that cannot be', async () => {
        const two = await connected(2);
        const token = await service_token(platform, 'matchmaking', 'rooms:match');
        const good = { ...pong, players: two.map(player) };
        refused(await ask(undefined, good), 401, 'unauthenticated');
        refused(await ask(two[0].token, good), 403, 'forbidden');
        const bad = [
            [],
            [player(two[0])],
            [player(two[0]), player(two[0])],
            [player(two[0]), 'x'],
            [player(two[0]), { user: 'x', name: 'bob', guest: true }],
            [player(two[0]), { ...player(two[1]), role: 'host' }],
            [...two.map(player), player({ id: new_id(), name: 'third' })],
        ];
        for (const players of bad)
            refused(await ask(token, { ...pong, players }), 422, 'validation_failed', 'players');
    });

    test('takes people out of the rooms of matches long over', async () => {
        const two = await connected(2);
        const own = await make_room(two[0]);
        for (let round = 0; round < 2; round++) {
            for (const one of two) await ticket(one, 'POST', pong);
            const [mine] = await Promise.all(two.map((one) => found(one)));
            const mines = (await two[0].api('GET', '/api/rooms?mine=1')).body.items;
            assert.deepEqual(mines.map((room) => room.id).sort(), [own.id, mine.room].sort());
            await end_match(
                two.map((one) => one.connection),
                mine.match,
            );
            await until('the room to be open', async () => {
                const { body } = await platform.api('GET', `/api/rooms/${mine.room}`);
                return body.state === 'open';
            });
            await until('the players to be free', async () => {
                const { body } = await platform.api(
                    'GET',
                    `/api/social/presence?users=${two.map((one) => one.id)}`,
                );
                return body.items.every((one) => one.match === null);
            });
        }
    });
});
