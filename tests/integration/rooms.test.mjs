// Rooms from outside: every route with good and bad input, the races, and what heals by itself
// after a kill. Matches are real ones of Pong.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start_platform, until } from './harness.mjs';
import {
    NOBODY,
    act,
    ask_inside,
    end_match,
    make_room,
    new_id,
    ready_room,
    refused,
    service_token,
} from './lobby.mjs';

const ROOMS = 2; // the service's port
const ROOMS_PER_USER_MAX = 5;
const SPECTATORS_MAX = 32;

let platform;
before(async () => {
    platform = await start_platform({
        settings: { room_check_ms: 300, room_idle_seconds: 2, request_timeout_ms: 1500 },
    });
});
after(() => platform?.stop());

const people = (count) => Promise.all(Array.from({ length: count }, () => platform.guest()));
const look = async (room) => (await platform.api('GET', `/api/rooms/${room.id}`)).body;

describe('making a room', () => {
    test('makes its maker the host and first player', async () => {
        const [ann] = await people(1);
        const room = await make_room(ann);
        assert.deepEqual(Object.keys(room).sort(), [
            'bots',
            'createdAt',
            'game',
            'host',
            'id',
            'lateJoin',
            'match',
            'members',
            'mode',
            'name',
            'options',
            'origin',
            'playersMax',
            'playersMin',
            'seats',
            'state',
            'version',
            'visibility',
        ]);
        assert.equal(room.host, ann.id);
        assert.equal(room.name, `${ann.name}'s room`);
        assert.equal(room.state, 'open');
        assert.equal(room.match, null);
        assert.equal(room.playersMax, 2);
        const { joinedAt, ...member } = room.members[0];
        assert.match(joinedAt, /^\d{4}-\d\d-\d\dT.*Z$/);
        assert.deepEqual(member, {
            user: ann.id,
            name: ann.name,
            guest: true,
            role: 'player',
            ready: false,
            seat: 0,
            team: null,
        });
        assert.deepEqual(await look(room), room);
    });

    test('keeps any name as it is, also SQL and HTML', async () => {
        const [ann] = await people(1);
        for (const name of [
            `'; drop table rooms; --`,
            '<script>alert(1)</script>',
            '☃ 日本語 $1 %s',
            'x'.repeat(60),
        ])
            assert.equal((await make_room(ann, { name })).name, name);
    });

    const bad = [
        ['no body', '', 422, 'validation_failed', 'game'],
        ['no JSON', '{"game":', 400, 'malformed_json', null],
        ['a field of the wrong type', { game: 1, mode: '1v1' }, 422, 'validation_failed', 'game'],
        [
            'an unknown field',
            { game: 'pong', mode: '1v1', state: 'playing' },
            422,
            'validation_failed',
            'state',
        ],
        ['an unknown game', { game: 'nogame', mode: '1v1' }, 404, 'game_not_found', 'game'],
        ['a game that is a path', { game: '../auth', mode: '1v1' }, 404, 'game_not_found', 'game'],
        ['an unknown mode', { game: 'pong', mode: 'nomode' }, 422, 'mode_not_found', 'mode'],
        [
            'a name too long',
            { game: 'pong', mode: '1v1', name: 'x'.repeat(61) },
            422,
            'validation_failed',
            'name',
        ],
        [
            'a name with a control character',
            { game: 'pong', mode: '1v1', name: 'a\u0007b' },
            422,
            'validation_failed',
            'name',
        ],
        [
            'a blank name',
            { game: 'pong', mode: '1v1', name: '  ' },
            422,
            'validation_failed',
            'name',
        ],
        [
            'an unknown visibility',
            { game: 'pong', mode: '1v1', visibility: 'secret' },
            422,
            'validation_failed',
            'visibility',
        ],
    ];
    for (const [what, body, status, code, field] of bad)
        test(`refuses ${what}`, async () => {
            const [ann] = await people(1);
            refused(await ann.api('POST', '/api/rooms', { body }), status, code, field);
        });

    test('refuses who has no token', async () => {
        const body = { game: 'pong', mode: '1v1' };
        refused(await platform.api('POST', '/api/rooms', { body }), 401, 'unauthenticated');
    });

    test('stops at the limit of one user, also when all come at once', async () => {
        const [ann] = await people(1);
        const answers = await Promise.all(
            Array.from({ length: ROOMS_PER_USER_MAX + 3 }, () =>
                ann.api('POST', '/api/rooms', { body: { game: 'pong', mode: '1v1' } }),
            ),
        );
        assert.equal(answers.filter((one) => one.status === 201).length, ROOMS_PER_USER_MAX);
        assert.equal(answers.filter((one) => one.body.code === 'room_limit').length, 3);
        const [bob] = await people(1);
        refused(await act(ann, await make_room(bob), 'join'), 409, 'room_limit');
    });
});

describe('finding rooms', () => {
    test('pages through the list without a hole or a double', async () => {
        const [ann] = await people(1);
        const made = [];
        for (let i = 0; i < 5; i++) made.push((await make_room(ann)).id);
        const seen = [];
        for (let cursor = ''; cursor !== null; ) {
            const more = cursor && `&cursor=${cursor}`;
            const { body } = await ann.api('GET', `/api/rooms?mine=1&limit=2${more}`);
            assert.ok(body.items.length <= 2);
            seen.push(...body.items.map((room) => room.id));
            cursor = body.next;
        }
        assert.deepEqual(seen, made.reverse());
    });

    test('shows a private room to its members and to who has the link', async () => {
        const [ann, bob] = await people(2);
        const room = await make_room(ann, { visibility: 'private' });
        const ids = async (person, query) =>
            (await person.api('GET', `/api/rooms?${query}`)).body.items.map((one) => one.id);
        assert.ok(!(await ids(bob, 'limit=100')).includes(room.id));
        assert.ok(!(await ids(bob, 'mine=1')).includes(room.id));
        assert.ok((await ids(ann, 'mine=1')).includes(room.id));
        assert.equal((await look(room)).id, room.id);
    });

    test('filters by game and state', async () => {
        const [ann] = await people(1);
        const room = await make_room(ann);
        const has = async (query) =>
            (await platform.api('GET', `/api/rooms?limit=100&${query}`)).body.items.some(
                (one) => one.id === room.id,
            );
        assert.ok(await has('game=pong&state=open'));
        assert.ok(!(await has('state=playing')));
        assert.ok(!(await has('game=breakout')));
    });

    const bad = [
        ['limit=0', 'limit'],
        ['limit=101', 'limit'],
        ['limit=x', 'limit'],
        ['state=closed', 'state'],
        ['game=%27%20or%201=1', 'game'],
        ['mine=2', 'mine'],
        ['cursor=here', 'cursor'],
        ['cursor=1.%27;drop', 'cursor'],
    ];
    for (const [query, field] of bad)
        test(`refuses the list with ${query}`, async () => {
            const answer = await platform.api('GET', `/api/rooms?${query}`);
            refused(answer, 422, 'validation_failed', field);
        });

    test('refuses mine=1 of nobody, and what is no room', async () => {
        refused(await platform.api('GET', '/api/rooms?mine=1'), 401, 'unauthenticated');
        for (const id of [NOBODY, 'x', `'%20or%201=1`])
            refused(await platform.api('GET', `/api/rooms/${id}`), 404, 'room_not_found');
    });
});

describe('coming and going', () => {
    test('seats, changes roles and tells everybody of each change', async () => {
        const [ann, bob, cid] = await people(3);
        const [a, b] = await Promise.all([ann.socket({ gateway: 1 }), bob.socket({ gateway: 2 })]);
        const room = await a.command('room:create', { game: 'pong', mode: '1v1' });
        const joined = await b.command('room:join', { room: room.id });
        assert.deepEqual(
            joined.members.map((member) => member.seat),
            [0, 1],
        );
        await a.event('room:state', (data) => data.members.length === 2);
        refused(await act(bob, room, 'join'), 409, 'room_already_member');
        refused(await act(cid, room, 'join'), 409, 'room_full');
        refused(await act(cid, room, 'join', { role: 'king' }), 422, 'validation_failed', 'role');
        assert.equal((await act(cid, room, 'join', { role: 'spectator' })).status, 200);
        assert.equal((await act(bob, room, 'join', { role: 'spectator' })).status, 200);
        const { body } = await act(cid, room, 'join', { role: 'player' });
        assert.equal(body.members.find((member) => member.user === cid.id).seat, 1);
        for (const socket of [a, b])
            await socket.event('room:state', (data) => data.version === body.version);
    });

    test('gives the last seat to one of twenty', async () => {
        const [ann, ...others] = await people(21);
        const room = await make_room(ann);
        const answers = await Promise.all(others.map((one) => act(one, room, 'join')));
        assert.equal(answers.filter((one) => one.status === 200).length, 1);
        assert.equal(answers.filter((one) => one.body.code === 'room_full').length, 19);
        assert.equal((await look(room)).members.length, 2);
    });

    test('lets as many watch as the limit says', async () => {
        const [ann, ...others] = await people(SPECTATORS_MAX + 4);
        const room = await make_room(ann);
        const answers = await Promise.all(
            others.map((one) => act(one, room, 'join', { role: 'spectator' })),
        );
        assert.equal(answers.filter((one) => one.status === 200).length, SPECTATORS_MAX);
        assert.equal(answers.filter((one) => one.body.code === 'room_full').length, 3);
    });

    test('hands the house to who has been there longest, and closes behind the last', async () => {
        const [ann, bob, cid] = await people(3);
        const b = await bob.socket();
        const room = await make_room(ann);
        await act(cid, room, 'join', { role: 'spectator' });
        await act(bob, room, 'join');
        assert.equal((await act(ann, room, 'leave')).status, 204);
        assert.equal((await look(room)).host, cid.id);
        refused(await act(ann, room, 'leave'), 403, 'room_not_member');
        assert.equal((await act(cid, room, 'leave')).status, 204);
        assert.equal((await look(room)).host, bob.id);
        assert.equal((await act(bob, room, 'leave')).status, 204);
        assert.deepEqual((await b.event('room:closed')).data, { room: room.id });
        refused(await act(bob, room, 'join'), 404, 'room_not_found');
    });

    test('no longer tells who has left', async () => {
        const [ann, bob] = await people(2);
        const [a, b] = await Promise.all([ann.socket(), bob.socket()]);
        const room = await make_room(ann);
        await b.command('room:join', { room: room.id });
        await act(ann, room, 'ready', { ready: false });
        await b.event('room:state');
        await act(bob, room, 'leave');
        const { version } = await look(room);
        await a.event('room:state', (data) => data.version === version);
        await act(ann, room, 'ready', { ready: true });
        const { seq } = await a.event('room:state', (data) => data.version > version);
        await b.command('chat:sendMessage', { channel: 'global', text: 'a mark' });
        await b.event('chat:message', (data) => data.from.id === bob.id);
        assert.ok(!b.all_events.some((one) => one.ch === `room:${room.id}` && one.seq >= seq));
    });

    test('keeps out who was kicked', async () => {
        const [ann, bob, cid] = await people(3);
        const room = await make_room(ann);
        await act(bob, room, 'join');
        refused(await act(bob, room, 'kick', { user: ann.id }), 403, 'room_not_host');
        refused(await act(cid, room, 'kick', { user: ann.id }), 403, 'room_not_member');
        refused(await act(ann, room, 'kick', { user: cid.id }), 404, 'user_not_found');
        refused(await act(ann, room, 'kick', { user: ann.id }), 422, 'validation_failed', 'user');
        refused(await act(ann, room, 'kick', {}), 422, 'validation_failed', 'user');
        const { body } = await act(ann, room, 'kick', { user: bob.id });
        assert.equal(body.members.length, 1);
        for (const role of ['player', 'spectator'])
            refused(await act(bob, room, 'join', { role }), 403, 'room_kicked');
    });

    test('lets only the host delete', async () => {
        const [ann, bob] = await people(2);
        const room = await make_room(ann);
        await act(bob, room, 'join');
        const remove = (person) => person.api('DELETE', `/api/rooms/${room.id}`);
        refused(await remove(bob), 403, 'room_not_host');
        assert.equal((await remove(ann)).status, 204);
        refused(await remove(ann), 404, 'room_not_found');
    });

    test('closes a room where nobody is online, and no other', async () => {
        const [ann, bob] = await people(2);
        const a = await ann.socket();
        const [kept, idle] = [await make_room(ann), await make_room(bob)];
        await until('the idle room to close', async () => {
            const answer = await platform.api('GET', `/api/rooms/${idle.id}`);
            return answer.status === 404;
        });
        assert.equal((await look(kept)).id, kept.id);
        await a.close();
    });
});

describe('playing', () => {
    test('starts when all are ready, once, and opens again when the match ends', async () => {
        const [ann, bob, eve] = await people(3);
        const sockets = await Promise.all([ann.socket({ gateway: 1 }), bob.socket({ gateway: 2 })]);
        const room = await make_room(ann);
        refused(await act(ann, room, 'start'), 409, 'room_too_few_players');
        await act(bob, room, 'join');
        await act(eve, room, 'join', { role: 'spectator' });
        refused(await act(ann, room, 'start'), 409, 'room_not_ready');
        refused(await act(eve, room, 'ready', { ready: true }), 409, 'room_not_player');
        refused(await act(bob, room, 'ready', { ready: 1 }), 422, 'validation_failed', 'ready');
        await act(bob, room, 'ready', { ready: true });
        refused(await act(bob, room, 'start'), 403, 'room_not_host');

        const answers = await Promise.all([1, 2, 3].map(() => act(ann, room, 'start')));
        assert.deepEqual(answers.map((one) => one.status).sort(), [200, 409, 409]);
        for (const answer of answers.filter((one) => one.status !== 200))
            refused(answer, 409, 'room_in_match');
        const { body: playing } = answers.find((one) => one.status === 200);
        assert.equal(playing.state, 'playing');
        for (const socket of sockets)
            await socket.event('game:started', (data) => data.match === playing.match);

        const remove = await ann.api('DELETE', `/api/rooms/${room.id}`);
        refused(remove, 409, 'room_in_match');
        refused(await act(bob, room, 'ready', { ready: false }), 409, 'room_in_match');

        await end_match(sockets, playing.match);
        const { data } = await sockets[0].event(
            'room:state',
            (one) => one.state === 'open' && one.version > playing.version,
        );
        assert.equal(data.match, null);
        assert.ok(data.members.every((member) => !member.ready));

        const history = (await bob.api('GET', '/api/rooms/history')).body;
        assert.equal(history.items.length, 1);
        const { startedAt, endedAt, ...item } = history.items[0];
        assert.deepEqual(item, { room: room.id, game: 'pong', mode: '1v1', match: playing.match });
        assert.ok(endedAt >= startedAt);
        assert.equal((await eve.api('GET', '/api/rooms/history')).body.items.length, 0);
        refused(await platform.api('GET', '/api/rooms/history'), 401, 'unauthenticated');
    });

    test('leaves the history after room_history_keep_days', async () => {
        const [ann, bob] = await people(2);
        const sockets = await Promise.all([ann.socket(), bob.socket()]);
        const matches = [];
        for (let round = 0; round < 2; round++) {
            const room = await ready_room(ann, bob);
            const { match } = (await act(ann, room, 'start')).body;
            await end_match(sockets, match);
            await until('the room to be open', async () => (await look(room)).state === 'open');
            matches.push(match);
        }
        for (const [round, days] of [
            [0, 366],
            [1, 364],
        ])
            await platform.sql(
                `update rooms.matches set ended_at = now() - interval '${days} days'
                 where match = '${matches[round]}'`,
            );
        await platform.kill('rooms'); // it sweeps when it starts
        await until('the old one to be gone', async () => {
            const { status, body } = await bob.api('GET', '/api/rooms/history');
            const left = status === 200 && body.items.map((item) => item.match);
            return left && left.length === 1 && left[0] === matches[1];
        });
    });

    test('takes a result once or many times, and only from inside', async () => {
        const [ann, bob] = await people(2);
        const sockets = await Promise.all([ann.socket(), bob.socket()]);
        const room = await ready_room(ann, bob);
        const { match } = (await act(ann, room, 'start')).body;
        const url = `/internal/rooms/${room.id}/match-ended`;
        const outside = await platform.api('POST', url, { body: { match } });
        assert.notEqual(outside.status, 204);
        const ask = (token) => ask_inside(platform, ROOMS, 'POST', url, { token, body: { match } });
        refused(await ask(), 401, 'unauthenticated');
        refused(await ask(ann.token), 403, 'forbidden');
        refused(await ask(await service_token(platform, 'social', 'rooms:read')), 403, 'forbidden');
        const token = await service_token(platform, 'games', 'rooms:result');
        for (let i = 0; i < 3; i++) assert.equal((await ask(token)).status, 204);
        assert.equal((await look(room)).state, 'open');
        const other = await ask_inside(platform, ROOMS, 'POST', url, {
            token,
            body: { match: new_id() },
        });
        assert.equal(other.status, 204);
        await end_match(sockets, match);
    });

    test('tells a service who is in it and as what', async () => {
        const [ann, bob] = await people(2);
        const room = await make_room(ann);
        const token = await service_token(platform, 'social', 'rooms:read');
        const role = (who) => {
            const url = `/internal/rooms/${room.id}/members/${who.id}`;
            return ask_inside(platform, ROOMS, 'GET', url, { token });
        };
        assert.deepEqual((await role(ann)).body, { role: 'player' });
        refused(await role(bob), 404, 'not_found');
        await act(bob, room, 'join', { role: 'spectator' });
        assert.deepEqual((await role(bob)).body, { role: 'spectator' });
    });

    test('says unavailable while games is away, and the room stays open', async () => {
        const [ann, bob] = await people(2);
        const sockets = await Promise.all([ann.socket(), bob.socket()]);
        const room = await ready_room(ann, bob);
        const away = platform.child('games').pid;
        process.kill(away, 'SIGSTOP');
        const answer = await act(ann, room, 'start');
        assert.ok([503, 504].includes(answer.status), JSON.stringify(answer.body));
        process.kill(away, 'SIGKILL');
        await until('the room to be open', async () => (await look(room)).state === 'open');
        const started = await until(
            'games to be back',
            async () => {
                const again = await act(ann, room, 'start');
                return again.status === 200 && again.body;
            },
            20_000,
        );
        await end_match(sockets, started.match);
    });

    test('comes back from a kill -9 with its rooms, and a match that ended meanwhile', async () => {
        const [ann, bob] = await people(2);
        const sockets = await Promise.all([ann.socket(), bob.socket()]);
        const room = await ready_room(ann, bob);
        const { match } = (await act(ann, room, 'start')).body;
        await platform.kill('rooms');
        await end_match(sockets, match);
        await until(
            'the room to be open',
            async () => {
                const answer = await platform.api('GET', `/api/rooms/${room.id}`);
                return answer.status === 200 && answer.body.state === 'open';
            },
            20_000,
        );
    });
});
