// Chat and presence from outside: who hears what, on which gateway, and who may not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start_platform, until } from './harness.mjs';
import { NOBODY, act, make_room, ready_room, end_match, refused } from './lobby.mjs';

const MESSAGES_PER_WINDOW_MAX = 10;

let platform;
before(async () => {
    platform = await start_platform();
});
after(() => platform?.stop());

const people = (count) => Promise.all(Array.from({ length: count }, () => platform.guest()));
const say = (person, channel, text) =>
    person.api('POST', '/api/social/messages', { body: { channel, text } });
const history = (person, channel, more = '') =>
    person.api('GET', `/api/social/messages?channel=${channel}${more}`);

describe('chat', () => {
    test('on global is heard on every gateway and kept', async () => {
        const [ann, bob] = await people(2);
        const [a, b] = await Promise.all([ann.socket({ gateway: 1 }), bob.socket({ gateway: 2 })]);
        const text = `<b>hi</b> '; drop table messages; -- ☃ ${Math.random()}`;
        const sent = await a.command('chat:sendMessage', { channel: 'global', text });
        assert.deepEqual(Object.keys(sent).sort(), ['channel', 'createdAt', 'from', 'id', 'text']);
        assert.deepEqual(sent.from, { id: ann.id, username: ann.name });
        for (const socket of [a, b]) {
            const event = await socket.event('chat:message', (data) => data.id === sent.id);
            assert.equal(event.ch, 'global');
            assert.deepEqual(event.data, sent);
        }
        assert.deepEqual((await history(bob, 'global')).body.items[0], sent);
    });

    test('in a room is for its members, watchers too', async () => {
        const [ann, bob, eve] = await people(3);
        const b = await bob.socket({ gateway: 2 });
        const room = await make_room(ann);
        const channel = `room:${room.id}`;
        await act(bob, room, 'join', { role: 'spectator' });
        assert.equal((await say(ann, channel, 'hello')).status, 201);
        assert.equal((await b.event('chat:message')).data.channel, channel);
        assert.equal((await say(bob, channel, 'hello too')).status, 201);
        refused(await say(eve, channel, 'let me in'), 403, 'room_not_member');
        refused(await history(eve, channel), 403, 'room_not_member');
        await act(ann, room, 'kick', { user: bob.id });
        refused(await say(bob, channel, 'but'), 403, 'room_not_member');
        assert.equal((await history(ann, channel)).body.items.length, 2);
    });

    test('between two is heard by both, each under the name of the other', async () => {
        const [ann, bob, eve] = await people(3);
        const [a, b, e] = await Promise.all([
            ann.socket({ gateway: 1 }),
            bob.socket({ gateway: 2 }),
            eve.socket({ gateway: 1 }),
        ]);
        assert.equal((await say(ann, `dm:${bob.id}`, 'psst')).status, 201);
        const mine = await a.event('chat:message', (data) => data.text === 'psst');
        const theirs = await b.event('chat:message', (data) => data.text === 'psst');
        assert.equal(mine.ch, `user:${ann.id}`);
        assert.equal(mine.data.channel, `dm:${bob.id}`);
        assert.equal(theirs.ch, `user:${bob.id}`);
        assert.equal(theirs.data.channel, `dm:${ann.id}`);
        assert.equal((await history(bob, `dm:${ann.id}`)).body.items[0].channel, `dm:${ann.id}`);
        assert.equal((await history(eve, `dm:${ann.id}`)).body.items.length, 0);
        await say(eve, 'global', 'a mark');
        await e.event('chat:message', (data) => data.text === 'a mark');
        assert.ok(!e.all_events.some((one) => one.data?.text === 'psst'));
    });

    test('pages from the newest without a hole or a double', async () => {
        const [ann, bob] = await people(2);
        const channel = `dm:${bob.id}`;
        const said = [];
        for (let i = 0; i < 7; i++) said.push((await say(ann, channel, `line ${i}`)).body.text);
        const seen = [];
        for (let cursor = ''; cursor !== null; ) {
            const { body } = await history(
                ann,
                channel,
                `&limit=3${cursor && `&cursor=${cursor}`}`,
            );
            seen.push(...body.items.map((message) => message.text));
            cursor = body.next;
        }
        assert.deepEqual(seen, said.reverse());
    });

    test('is forgotten after chat_keep_days', async () => {
        const [ann] = await people(1);
        const [old, young] = [
            (await say(ann, 'global', 'old')).body,
            (await say(ann, 'global', 'young')).body,
        ];
        for (const [message, days] of [
            [old, 91],
            [young, 89],
        ])
            await platform.sql(
                `update social.messages set created_at = now() - interval '${days} days'
                 where id = '${message.id}'`,
            );
        await platform.kill('social'); // it sweeps when it starts
        const kept = await until('the old one to be gone', async () => {
            const { status, body } = await history(ann, 'global', '&limit=100');
            const ids = status === 200 && body.items.map((message) => message.id);
            return ids && !ids.includes(old.id) && ids;
        });
        assert.ok(kept.includes(young.id));
    });

    test('slows down who talks too fast, and nobody else', async () => {
        const [ann, bob] = await people(2);
        const answers = [];
        for (let i = 0; i <= MESSAGES_PER_WINDOW_MAX; i++)
            answers.push(await say(ann, 'global', `flood ${i}`));
        assert.ok(answers.slice(0, -1).every((one) => one.status === 201));
        refused(answers.at(-1), 429, 'too_many_requests');
        assert.equal((await say(bob, 'global', 'calm')).status, 201);
    });

    const bad = [
        ['no channel', { text: 'x' }, 422, 'validation_failed', 'channel'],
        ['no text', { channel: 'global' }, 422, 'validation_failed', 'text'],
        ['an empty text', { channel: 'global', text: '' }, 422, 'validation_failed', 'text'],
        ['a blank text', { channel: 'global', text: '   ' }, 422, 'validation_failed', 'text'],
        [
            'a text too long',
            { channel: 'global', text: 'x'.repeat(501) },
            422,
            'validation_failed',
            'text',
        ],
        [
            'a text of the wrong type',
            { channel: 'global', text: 5 },
            422,
            'validation_failed',
            'text',
        ],
        ['an unknown channel', { channel: 'town', text: 'x' }, 404, 'channel_not_found', null],
        [
            'a room that is not there',
            { channel: `room:${NOBODY}`, text: 'x' },
            404,
            'channel_not_found',
            null,
        ],
        [
            'a user that is not there',
            { channel: `dm:${NOBODY}`, text: 'x' },
            404,
            'user_not_found',
            null,
        ],
        ['malformed JSON', '{', 400, 'malformed_json', null],
    ];
    for (const [what, body, status, code, field] of bad)
        test(`refuses ${what}`, async () => {
            const [ann] = await people(1);
            const answer = await ann.api('POST', '/api/social/messages', { body });
            refused(answer, status, code, field);
        });

    test('refuses talking to oneself, a bad page, and who has no token', async () => {
        const [ann] = await people(1);
        refused(await say(ann, `dm:${ann.id}`, 'me'), 404, 'channel_not_found');
        refused(await history(ann, 'global', '&cursor=x'), 422, 'validation_failed', 'cursor');
        refused(await history(ann, 'global', '&limit=1000'), 422, 'validation_failed', 'limit');
        const url = '/api/social/messages';
        refused(await ann.api('GET', url), 422, 'validation_failed', 'channel');
        refused(await platform.api('GET', `${url}?channel=global`), 401, 'unauthenticated');
        const body = { channel: 'global', text: 'x' };
        refused(await platform.api('POST', url, { body }), 401, 'unauthenticated');
    });
});

describe('presence', () => {
    const look = async (...ids) =>
        (await platform.api('GET', `/api/social/presence?users=${ids.join(',')}`)).body.items;

    test('follows who is connected and who plays, on any gateway', async () => {
        const [ann, bob] = await people(2);
        const [a, b] = await Promise.all([ann.socket({ gateway: 1 }), bob.socket({ gateway: 2 })]);
        await until('both to be online', async () =>
            (await look(ann.id, bob.id)).every((one) => one.online),
        );
        const room = await ready_room(ann, bob);
        const { match } = (await act(ann, room, 'start')).body;
        await until('both to play', async () =>
            (await look(ann.id, bob.id)).every((one) => one.match === match),
        );
        await end_match([a, b], match);
        await until('nobody to play', async () =>
            (await look(ann.id, bob.id)).every((one) => one.match === null),
        );
        await b.close();
        await until('one to be gone', async () => !(await look(bob.id))[0].online);
        assert.deepEqual(await look(NOBODY), [{ user: NOBODY, online: false, match: null }]);
    });

    test('answers for as many as may be asked about at once', async () => {
        const found = await look(...Array(100).fill(NOBODY));
        assert.equal(found.length, 100);
        assert.ok(found.every((one) => one.user === NOBODY && !one.online));
    });

    for (const users of ['', 'x', `${NOBODY},`, Array(101).fill(NOBODY).join(',')])
        test(`refuses a list like ${users.slice(0, 40) || 'nothing'}`, async () => {
            const answer = await platform.api('GET', `/api/social/presence?users=${users}`);
            refused(answer, 422, 'validation_failed', 'users');
        });
});
