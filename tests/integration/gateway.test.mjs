// The gateway as a browser meets it: who may come in, what commands are answered, what ends a
// connection and with which code, and that two gateways are one house.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { program, start_platform, until } from './harness.mjs';

const STOPS = Number(process.env.TEST_STOPS ?? 2);

const base64url = (value) => Buffer.from(value).toString('base64url');

// Publishes on Redis as a service would.
async function publish(platform, channel, payload, times = 1) {
    const password = fs.readFileSync(path.join(platform.data_dir, 'secrets/redis'), 'utf8').trim();
    const socket = net.connect(platform.ports.first + 8, '127.0.0.1');
    const parts = (...words) =>
        `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`;
    let answers = '';
    socket.setEncoding('utf8').on('data', (text) => (answers += text));
    socket.write(parts('AUTH', password));
    for (let i = 0; i < times; i++) socket.write(parts('PUBLISH', `event:${channel}`, payload));
    await until('Redis to take the events', () => answers.split('\r\n').length > times + 1);
    socket.destroy();
    assert.ok(!answers.includes('-ERR'), answers);
}

describe('the gateway', () => {
    let platform;
    before(async () => (platform = await start_platform()));
    after(() => platform.stop());

    const refused_with = (options, status) =>
        assert.rejects(platform.raw_socket(options).opened, (error) => {
            assert.equal(error.status, status);
            return true;
        });

    // A socket that is to be closed for what it sends.
    async function closes_with(message, code) {
        const socket = await (await platform.guest()).socket();
        socket.send(message);
        const { code: seen } = await socket.closed;
        assert.equal(seen, code);
    }

    test('session:ready comes first and says who answers and how fast one may ask', async () => {
        const guest = await platform.guest();
        const names = new Set();
        for (const gateway of [1, 2]) {
            const socket = await guest.socket({ gateway });
            assert.equal(socket.all_events[0].type, 'session:ready');
            assert.equal(socket.all_events[0].seq, 0);
            names.add(socket.ready.gateway);
            assert.deepEqual(socket.ready.user, {
                id: guest.id,
                username: guest.name,
                guest: true,
                admin: false,
            });
            assert.ok(new Date(socket.ready.expiresAt) > new Date());
            for (const limit of ['messageBytes', 'commandsPerSecond', 'inputsPerSecond'])
                assert.ok(socket.ready.limits[limit] > 0, limit);
            await socket.close();
        }
        assert.equal(names.size, 2);
    });

    test('a token may come by cookie, header or subprotocol', async () => {
        const guest = await platform.guest();
        for (const options of [
            { cookies: guest.cookies },
            { token: guest.token },
            { token: guest.token, origin: platform.origin },
            { token: guest.token, subprotocol: true },
        ]) {
            const socket = await platform.socket(options);
            assert.equal(socket.ready.user.id, guest.id);
            assert.equal(socket.protocol, options.subprotocol ? 'transcendence.v1' : '');
            await socket.close();
        }
    });

    test('nobody comes in without a good token', async () => {
        const guest = await platform.guest();
        await refused_with({}, 401);
        await refused_with({ token: 'nonsense' }, 401);
        await refused_with({ token: 'x'.repeat(3000) }, 401);
        const [head, body, signature] = guest.token.split('.');
        const { kid } = JSON.parse(Buffer.from(head, 'base64url'));
        const none = base64url(JSON.stringify({ alg: 'none', typ: 'JWT', kid }));
        await refused_with({ token: `${none}.${body}.` }, 401);
        await refused_with({ token: `${none}.${body}.${signature}` }, 401);
        const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const forged = crypto.sign('sha256', Buffer.from(`${head}.${body}`), {
            key: privateKey,
            dsaEncoding: 'ieee-p1363',
        });
        await refused_with({ token: `${head}.${body}.${base64url(forged)}` }, 401);
        const elsewhere = base64url(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid: 'other' }));
        await refused_with({ token: `${elsewhere}.${body}.${base64url(forged)}` }, 401);
        const old = { ...JSON.parse(Buffer.from(body, 'base64url')), exp: 1 };
        await refused_with(
            { token: `${head}.${base64url(JSON.stringify(old))}.${signature}` },
            401,
        );
    });

    test('an upgrade to anything but a WebSocket is refused', async () => {
        const { token } = await platform.guest();
        for (const port of [platform.ports.http, platform.ports.first + 16])
            for (const protocol of ['h2c', 'h2c, websocket', 'other']) {
                const socket = net.connect(port, '127.0.0.1');
                let answer = '';
                socket.setEncoding('latin1').on('data', (text) => (answer += text));
                socket.on('error', () => {});
                const closed = new Promise((resolve) => socket.on('close', resolve));
                socket.write(
                    'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n' +
                        `Upgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n` +
                        `Authorization: Bearer ${token}\r\n\r\n`,
                );
                await Promise.race([closed, until('an answer', () => answer.includes('\r\n\r\n'))]);
                socket.destroy();
                assert.doesNotMatch(answer, /^HTTP\/1.1 (101|200)/, `${port} ${protocol}`);
            }
    });

    test('a page of another site does not come in, whatever it holds', async () => {
        const { cookies, token } = await platform.guest();
        const foreign = 'https://evil.example';
        await refused_with({ cookies, origin: foreign }, 403);
        await refused_with({ cookies, origin: 'null' }, 403);
        await refused_with({ cookies, origin: `${platform.origin}.evil.example` }, 403);
        await refused_with({ headers: { Cookie: cookies } }, 403);
        await refused_with({ token, origin: foreign }, 403);
        await refused_with({ token, origin: 'null' }, 403);
    });

    test('what is no command ends the connection with 4400', async () => {
        for (const message of [
            'hello',
            '',
            '[]',
            'null',
            '7',
            '{"id":1}',
            '{"type":"chat:history"}',
            '{"id":"1","type":"chat:history"}',
            '{"id":-1,"type":"chat:history"}',
            '{"id":2147483648,"type":"chat:history"}',
            '{"id":1.5,"type":"chat:history"}',
            '{"id":1,"id":2,"type":"chat:history"}',
            '{"id":1,"type":7}',
            '{"id":1,"type":"chat:history"} {}',
            '['.repeat(8000),
        ])
            await closes_with(message, 4400);
    });

    test('a message over the limit ends the connection with 4400', async () => {
        const text = 'x'.repeat(20000);
        await closes_with(
            { id: 1, type: 'chat:sendMessage', data: { channel: 'global', text } },
            4400,
        );
        await closes_with(Buffer.alloc(20000, 1), 4400);
    });

    test('a malformed game frame ends the connection with 4400', async () => {
        for (const frame of [[], [1], [1, 0, 0, 0, 0], [2, 0], [3, 0, 0], [4, 0, 1], [9, 9, 9]])
            await closes_with(Buffer.from(frame), 4400);
    });

    test('a frame for a channel one has not is ignored', async () => {
        const socket = await (await platform.guest()).socket();
        for (const channel of [0, 15, 16, 255]) {
            socket.send(Buffer.from([1, channel, 1, 0, 0, 0, 42]));
            socket.send(Buffer.from([3, channel]));
        }
        await socket.command('chat:history', { channel: 'global' });
        await socket.close();
    });

    test('a ping comes back with the same number', async () => {
        const socket = await (await platform.guest()).socket();
        socket.send(Buffer.from([4, 7, 1, 2, 3, 4, 5, 6, 7, 255]));
        const pong = await socket.frame();
        assert.deepEqual([...pong], [5, 7, 1, 2, 3, 4, 5, 6, 7, 255]);
        await socket.close();
    });

    test('a wrong command is answered by name and the connection lives on', async () => {
        const socket = await (await platform.guest()).socket();
        const fails = async (type, data, code, field = null) => {
            const { ok, error } = await socket.ask(type, data);
            assert.equal(ok, false);
            assert.equal(error.code, code);
            assert.equal(error.field, field);
            assert.ok(error.message.length > 0);
        };
        await fails('room:explode', {}, 'unknown_command');
        await fails('', {}, 'unknown_command');
        await fails('room:join', undefined, 'validation_failed', 'room');
        await fails('room:join', { room: 7 }, 'validation_failed', 'room');
        await fails('room:join', { room: 'x', role: [] }, 'validation_failed', 'role');
        await fails('room:join', { room: 'x', more: 1 }, 'validation_failed', 'more');
        await fails('room:join', [], 'validation_failed', 'data');
        await fails('room:join', { room: crypto.randomUUID() }, 'room_not_found');
        await fails('room:join', { room: '../../internal/rooms' }, 'room_not_found');
        await fails(
            'chat:sendMessage',
            { channel: 'global', text: '' },
            'validation_failed',
            'text',
        );
        await fails('game:watch', { match: crypto.randomUUID() }, 'match_not_found');
        await fails('game:leave', { match: crypto.randomUUID() }, 'not_in_match');
        await fails('game:playerAction', { channel: 0, input: 'AA==' }, 'not_in_match');
        await fails('game:playerAction', { channel: 0, input: '?' }, 'validation_failed', 'input');
        await socket.command('chat:history', { channel: 'global' });
        await socket.close();
    });

    test('too many commands end the connection with 4429', async () => {
        const socket = await (await platform.guest()).socket();
        const answers = [];
        for (let i = 0; i < 100; i++) answers.push(socket.ask('session:refresh', {}));
        const { code } = await socket.closed;
        assert.equal(code, 4429);
        const answered = (await Promise.allSettled(answers)).filter((one) => one.value);
        assert.ok(answered.length >= 20 && answered.length < 100, `${answered.length} answers`);
    });

    test('too many inputs end the connection with 4429', async () => {
        const socket = await (await platform.guest()).socket();
        for (let i = 0; i < 400; i++) socket.send(Buffer.from([1, 0, i & 255, 0, 0, 0, 1]));
        const { code } = await socket.closed;
        assert.equal(code, 4429);
    });

    test('the ninth connection of a user replaces the oldest', async () => {
        const guest = await platform.guest();
        const sockets = [];
        for (let i = 0; i < 9; i++) sockets.push(await guest.socket({ gateway: 1 }));
        assert.equal((await sockets[0].closed).code, 4409);
        await sockets[1].command('chat:history', { channel: 'global' });
        for (const socket of sockets.slice(1)) await socket.close();
    });

    test('what is said on one gateway is heard on the other, numbered without holes', async () => {
        const [one, two] = await Promise.all([platform.guest(), platform.guest()]);
        const first = await one.socket({ gateway: 1 });
        const second = await two.socket({ gateway: 2 });
        for (const text of ['first <b>', "second'; --"])
            await first.command('chat:sendMessage', { channel: 'global', text });
        const heard = [];
        for (const socket of [first, second])
            for (const text of ['first <b>', "second'; --"])
                heard.push(await socket.event('chat:message', (data) => data.text === text));
        assert.deepEqual(
            heard.map((event) => event.ch),
            Array(4).fill('global'),
        );
        assert.equal(heard[1].seq, heard[0].seq + 1);
        assert.deepEqual(heard.slice(0, 2), heard.slice(2));
        await Promise.all([first.close(), second.close()]);
    });

    test('a private message is heard by both on whatever gateway, and by nobody else', async () => {
        const [one, two, other] = await Promise.all([1, 2, 3].map(() => platform.guest()));
        const first = await one.socket({ gateway: 1 });
        const second = await two.socket({ gateway: 2 });
        const third = await other.socket({ gateway: 2 });
        await first.command('chat:sendMessage', { channel: `dm:${two.id}`, text: 'psst' });
        await first.event('chat:message', (data) => data.text === 'psst');
        const event = await second.event('chat:message', (data) => data.text === 'psst');
        assert.equal(event.ch, `user:${two.id}`);
        assert.equal(event.data.channel, `dm:${one.id}`);
        await third.command('chat:history', { channel: 'global' });
        assert.ok(!third.all_events.some((one) => one.data.text === 'psst'));
        await Promise.all([first.close(), second.close(), third.close()]);
    });

    test('a connection hears its rooms, by whatever way it joined, until it leaves', async () => {
        const [host, guest] = await Promise.all([platform.guest(), platform.guest()]);
        const heard = await host.socket({ gateway: 1 });
        const room = await heard.command('room:create', { game: 'pong', mode: '1v1' });
        const in_room = (data) => data.id === room.id;
        const joined = await guest.api('POST', `/api/rooms/${room.id}/join`, { body: {} });
        assert.equal(joined.status, 200);
        const two_members = (data) => in_room(data) && data.members.length === 2;
        assert.equal((await heard.event('room:state', two_members)).ch, `room:${room.id}`);
        const late = await guest.socket({ gateway: 2 }); // finds its rooms by itself
        await late.command('chat:sendMessage', { channel: `room:${room.id}`, text: 'here' });
        await heard.event('chat:message', (data) => data.text === 'here');
        await late.event('chat:message', (data) => data.text === 'here');
        await late.command('room:leave', { room: room.id });
        await heard.event('room:state', (data) => in_room(data) && data.members.length === 1);
        await heard.command('chat:sendMessage', { channel: `room:${room.id}`, text: 'alone' });
        await heard.event('chat:message', (data) => data.text === 'alone');
        await late.command('chat:history', { channel: 'global' });
        assert.ok(!late.all_events.some((event) => event.data.text === 'alone'));
        await Promise.all([heard.close(), late.close()]);
    });

    test('an order that is not for a user does nothing', async () => {
        const guest = await platform.guest();
        const sockets = [await guest.socket({ gateway: 1 }), await guest.socket({ gateway: 1 })];
        const room = await sockets[0].command('room:create', { game: 'pong', mode: '1v1' });
        const channel = `room:${room.id}`;
        await publish(platform, channel, `@{"do":"unsubscribe","ch":"${channel}"}`);
        await sockets[0].command('chat:sendMessage', { channel, text: 'still here' });
        for (const socket of sockets) {
            await socket.event('chat:message', ({ text }) => text === 'still here');
            await socket.close();
        }
    });

    test('who joins a room is told to fetch it when his gateway had yet to listen', async () => {
        const people = await Promise.all([1, 2, 3].map(() => platform.guest()));
        const host = await people[0].socket({ gateway: 1 });
        const beside = await people[1].socket({ gateway: 1 });
        const other = await people[2].socket({ gateway: 2 });
        const room = await host.command('room:create', { game: 'pong', mode: '1v1' });
        assert.equal((await host.event('session:resync')).ch, `room:${room.id}`);
        await beside.command('room:join', { room: room.id });
        await other.command('room:join', { room: room.id, role: 'spectator' });
        const { ch, seq } = await other.event('session:resync');
        assert.deepEqual([ch, seq], [`room:${room.id}`, 0]);
        await beside.command('chat:sendMessage', { channel: ch, text: 'all here' });
        for (const socket of [host, beside, other])
            await socket.event('chat:message', (data) => data.text === 'all here');
        assert.ok(!beside.all_events.some((event) => event.type === 'session:resync'));
        await Promise.all([host.close(), beside.close(), other.close()]);
    });

    test('who has a connection is online, on any gateway', async () => {
        const guest = await platform.guest();
        const online = async () => {
            const { body } = await platform.api('GET', `/api/social/presence?users=${guest.id}`);
            return body.items[0].online;
        };
        assert.equal(await online(), false);
        const first = await guest.socket({ gateway: 1 });
        const second = await guest.socket({ gateway: 2 });
        await until('being online', online);
        await first.close();
        assert.equal(await online(), true);
        await second.close();
        await until('being away', async () => !(await online()));
    });

    test('logging out ends the connections of that session alone with 4401', async () => {
        const user = await platform.register();
        const login = await platform.api('POST', '/api/auth/login', {
            body: { login: user.name, password: user.password },
        });
        const stays = await platform.socket({ token: login.body.accessToken });
        const goes = [await user.socket({ gateway: 1 }), await user.socket({ gateway: 2 })];
        const answer = await user.api('POST', '/api/auth/logout', { body: {} });
        assert.equal(answer.status, 204);
        for (const socket of goes) assert.equal((await socket.closed).code, 4401);
        await stays.command('chat:history', { channel: 'global' });
        await stays.close();
    });

    test('session:refresh takes a token of the same session only', async () => {
        const [guest, other] = await Promise.all([platform.guest(), platform.guest()]);
        const socket = await guest.socket();
        for (const token of [other.token, 'nonsense']) {
            const { error } = await socket.ask('session:refresh', { token });
            assert.equal(error.code, 'token_invalid');
        }
        const { body } = await platform.api('POST', '/api/auth/refresh', {
            body: { refreshToken: guest.refreshToken },
        });
        const { expiresAt } = await socket.command('session:refresh', { token: body.accessToken });
        assert.ok(new Date(expiresAt) >= new Date(socket.ready.expiresAt));
        await socket.close();
    });

    test('a queue is left, and a member put out, by command', async () => {
        const [host, guest] = await Promise.all([platform.guest(), platform.guest()]);
        const first = await host.socket({ gateway: 1 });
        const second = await guest.socket({ gateway: 2 });
        await first.command('matchmaking:joinQueue', { game: 'pong', mode: '2v2' });
        assert.equal(await first.command('matchmaking:leaveQueue'), null);
        const again = await first.ask('matchmaking:leaveQueue');
        assert.equal(again.error?.code, 'not_queued');

        const room = await first.command('room:create', { game: 'pong', mode: '1v1' });
        await second.command('room:join', { room: room.id });
        const left = await first.command('room:kick', { room: room.id, user: guest.id });
        assert.deepEqual(
            left.members.map((member) => member.user),
            [host.id],
        );
        const back = await second.ask('room:join', { room: room.id });
        assert.equal(back.error?.code, 'room_kicked');
        await Promise.all([first.close(), second.close()]);
    });

    test('closing the page leaves the queue that it joined, another page does not', async () => {
        const guest = await platform.guest();
        const other = await guest.socket({ gateway: 1 });
        const waits = await guest.socket({ gateway: 1 });
        const ticket = async () => (await guest.api('GET', '/api/matchmaking/ticket')).status;
        await waits.command('matchmaking:joinQueue', { game: 'pong', mode: '2v2' });
        await other.close();
        assert.equal(await ticket(), 200);
        await waits.close();
        await until('the ticket to be given up', async () => (await ticket()) === 404);
    });

    test('commands of a service that is down answer unavailable until it is back', async () => {
        const socket = await (await platform.guest()).socket();
        await platform.kill('rooms');
        const { ok, error } = await socket.ask('room:join', { room: crypto.randomUUID() });
        if (!ok && error.code !== 'room_not_found') assert.equal(error.code, 'unavailable');
        await until('rooms to be back', async () => {
            const answer = await socket.ask('room:join', { room: crypto.randomUUID() });
            assert.ok(['unavailable', 'room_not_found'].includes(answer.error.code));
            return answer.error.code === 'room_not_found';
        });
        await socket.close();
    });

    test('a client that does not read its events is dropped with 4408', async () => {
        const guest = await platform.guest();
        const slow = await guest.socket({ gateway: 1 });
        const quick = await (await platform.guest()).socket({ gateway: 1 });
        slow.pause();
        const message = {
            id: crypto.randomUUID(),
            channel: `dm:${guest.id}`,
            from: { id: guest.id, username: guest.name },
            text: 'x'.repeat(50000),
            createdAt: new Date().toISOString(),
        };
        const event = { type: 'chat:message', ch: `user:${guest.id}`, seq: 1, data: message };
        await publish(platform, `user:${guest.id}`, JSON.stringify(event), 400);
        await until('the slow one to be dropped', () =>
            platform.logs('gateway-g1').includes('code=4408'),
        );
        await quick.command('chat:history', { channel: 'global' });
        await quick.close();
        slow.terminate();
    });

    test('after Redis was away each connection is told to fetch anew', async () => {
        const socket = await (await platform.guest()).socket();
        await platform.kill('redis');
        await socket.event('session:resync', () => true, 20_000);
        await until('chat to work again', async () => {
            const sent = await socket.ask('chat:sendMessage', { channel: 'global', text: 'again' });
            return sent.ok;
        });
        await socket.event('chat:message', (data) => data.text === 'again');
        await socket.close();
    });

    test('a room that was joined while Redis was away is heard when it is back', async () => {
        const host = await platform.guest();
        const guest = await platform.guest();
        const room = (await host.api('POST', '/api/rooms', { body: { game: 'pong', mode: '1v1' } }))
            .body;
        const socket = await guest.socket();
        await platform.kill('redis');
        const joined = await guest.api('POST', `/api/rooms/${room.id}/join`, { body: {} });
        assert.equal(joined.status, 200);
        await socket.event('session:resync', (_, event) => event.ch === `room:${room.id}`, 20_000);
        await until('an event of the room', async () => {
            await guest.api('POST', `/api/rooms/${room.id}/ready`, { body: { ready: true } });
            return socket.all_events.some(
                (event) => event.type === 'room:state' && event.ch === `room:${room.id}`,
            );
        });
        await socket.close();
    });

    // One more, past nginx, of which the master knows nothing.
    async function start_gateway(port) {
        const secret = (name) =>
            fs.readFileSync(path.join(platform.data_dir, 'secrets', name), 'utf8').trim();
        const gateway = spawn(
            program,
            ['service', 'gateway', ...platform.flags({ listen: `127.0.0.1:${port}` })],
            {
                env: {
                    REDIS_URL: `redis://:${secret('redis')}@127.0.0.1:${platform.ports.first + 8}`,
                    TRANSCENDENCE_SERVICE_SECRET: secret('service-gateway'),
                },
                stdio: ['ignore', 'pipe', 'pipe'],
            },
        );
        gateway.said = '';
        for (const stream of [gateway.stdout, gateway.stderr])
            stream.setEncoding('utf8').on('data', (text) => (gateway.said += text));
        gateway.exited = once(gateway, 'exit');
        await until('the gateway to be ready', async () => {
            const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
            return answer?.status === 200;
        });
        return gateway;
    }

    test('a gateway stops cleanly whatever its connections are at', async () => {
        const port = platform.ports.first + 20;
        const half = ['', 'GET /ws HTTP/1.1\r\nHost: x\r\n', 'GET /healthz HTTP/1.1\r\n\r\n'];
        for (let round = 0; round < STOPS; round++) {
            const gateway = await start_gateway(port);
            const guest = await platform.guest();
            const headers = { Authorization: `Bearer ${guest.token}` };
            const sockets = await Promise.all(
                Array.from({ length: 6 }, async () => {
                    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers });
                    await once(socket, 'message'); // session:ready
                    return socket;
                }),
            );
            sockets[0].pause();
            const event = { type: 'chat:message', data: { text: 'x'.repeat(50000) } };
            await publish(platform, `user:${guest.id}`, JSON.stringify(event), 100);
            const strangers = half.map((text) => {
                const socket = net.connect(port, '127.0.0.1').on('error', () => {});
                socket.write(text);
                return socket;
            });
            await Promise.all(strangers.map((socket) => once(socket, 'connect')));
            gateway.kill('SIGTERM');
            assert.deepEqual(await gateway.exited, [0, null], gateway.said);
            for (const socket of strangers) socket.destroy();
            for (const socket of sockets) socket.terminate();
        }
    });

    // A browser takes a second farewell for a fault, and tells the page 1006 instead of the code.
    test('a connection is closed with one farewell', async () => {
        const guest = await platform.guest();
        const url = `ws://127.0.0.1:${platform.ports.first + 16}/ws`; // past nginx
        const headers = { Authorization: `Bearer ${guest.token}` };
        const socket = new WebSocket(url, { headers });
        await once(socket, 'message'); // session:ready
        const parts = [];
        socket._socket.on('data', (bytes) => parts.push(bytes));
        socket.send('{"no":"command"}');
        const [code] = await once(socket, 'close');
        assert.equal(code, 4400);
        const reason = Buffer.from('not a command');
        const farewell = Buffer.from([0x88, 2 + reason.length, 4400 >> 8, 4400 & 0xff]);
        assert.deepEqual(Buffer.concat(parts), Buffer.concat([farewell, reason]));
    });

    test('a gateway that stops says 1012 and the other goes on', async () => {
        const guest = await platform.guest();
        const first = await guest.socket({ gateway: 1 });
        const second = await guest.socket({ gateway: 2 });
        await platform.kill('g1', 'SIGTERM');
        assert.equal((await first.closed).code, 1012);
        await second.command('chat:history', { channel: 'global' });
        await until('the first to be back', async () => {
            try {
                await (await guest.socket({ gateway: 1 })).close();
                return true;
            } catch {
                return false;
            }
        });
        await second.close();
    });
});

describe('a session that ends', () => {
    let platform;
    const life_s = 5;
    before(async () => {
        platform = await start_platform({
            settings: { access_token_seconds: life_s, heartbeat_ms: 1000 },
        });
    });
    after(() => platform.stop());

    test('is announced, prolonged by session:refresh, and ended with 4401', async () => {
        const guest = await platform.guest();
        const [kept, left] = [await guest.socket(), await guest.socket()];
        const { expiresAt } = (await kept.event('session:expiring')).data;
        assert.equal(expiresAt, kept.ready.expiresAt);
        await left.event('session:expiring');
        await until('a later second', () => Date.now() > new Date(expiresAt) - 2000);
        const { body } = await platform.api('POST', '/api/auth/refresh', {
            body: { refreshToken: guest.refreshToken },
        });
        await kept.command('session:refresh', { token: body.accessToken });
        assert.equal((await left.closed).code, 4401);
        await kept.command('chat:history', { channel: 'global' });
        assert.equal((await kept.closed).code, 4401);
        assert.equal(kept.all_events.filter((one) => one.type === 'session:expiring').length, 2);
    });

    test('a connection that does not answer pings is dropped', async () => {
        const guest = await platform.guest();
        const socket = await guest.socket({ gateway: 1 });
        socket.pause();
        await until('it to be dropped', () =>
            platform.logs('gateway-g1').includes('reason=silent'),
        );
        socket.terminate();
    });
});
