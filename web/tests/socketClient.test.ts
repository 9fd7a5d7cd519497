import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from '../lib/failure';
import {
    CLOSE,
    COMMAND_MS_MAX,
    QUEUE_MAX,
    READY_MS_MAX,
    RESUME_CHANNELS_MAX,
    RETRY_MS_BASE,
    RETRY_MS_MAX,
    RETRY_MS_RESTART,
    RETRY_MS_TOO_FAST,
    retryDelayMs,
    SocketClient,
    STABLE_MS,
} from '../lib/socketClient';
import { makeWorld, sessionReady, settle, type World } from './fakes';

function connected(): { world: World; client: SocketClient } {
    const world = makeWorld();
    const client = new SocketClient(world.environment);
    client.connect();
    sessionReady(world.last());
    return { world, client };
}

const codeOf = (promise: Promise<unknown>) =>
    promise.then(
        () => 'answered',
        (error) => failureOf(error).code,
    );

test('the delay before a retry grows, has a ceiling, and is half chance', () => {
    assert.equal(retryDelayMs(0, 0), RETRY_MS_BASE / 2);
    assert.equal(retryDelayMs(0, 1), RETRY_MS_BASE);
    assert.equal(retryDelayMs(3, 1), RETRY_MS_BASE * 8);
    assert.equal(retryDelayMs(50, 1), RETRY_MS_MAX);
    assert.equal(retryDelayMs(50, 0), RETRY_MS_MAX / 2);
});

test('a connection is open only after session:ready', () => {
    const world = makeWorld();
    const client = new SocketClient(world.environment);
    client.connect();
    assert.equal(client.getSnapshot().status, 'connecting');
    sessionReady(world.last());
    assert.equal(client.getSnapshot().status, 'open');
    assert.equal(client.getSnapshot().ready?.gateway, 'g1');
});

test('connecting twice makes one connection', () => {
    const { world, client } = connected();
    client.connect();
    assert.equal(world.sockets.length, 1);
});

test('a lost connection is taken up again after the back-off', async () => {
    const { world, client } = connected();
    world.last().drops(1006);
    await settle();
    assert.equal(client.getSnapshot().status, 'waiting');
    assert.equal(client.getSnapshot().notice, 'lost');
    await world.clock.pass(RETRY_MS_BASE - 1);
    assert.equal(world.sockets.length, 1);
    await world.clock.pass(1);
    assert.equal(world.sockets.length, 2);
    sessionReady(world.last());
    assert.equal(client.getSnapshot().status, 'open');
    assert.equal(client.getSnapshot().notice, null);
});

const said = (ch: string, seq: number) => ({ type: 'chat:message', ch, seq, data: { seq } });

/** A client that has seen events, has lost the connection and has it again. */
async function returned() {
    const { world, client } = connected();
    const heard: string[] = [];
    client.on('chat:message', ({ ch, seq }) => heard.push(`${ch} ${seq}`));
    world.last().says(said('room:r1', 7));
    world.last().says(said('global', 40));
    world.last().drops(CLOSE.RESTART);
    await world.clock.pass(RETRY_MS_RESTART);
    sessionReady(world.last());
    const resume = world.last().commands()[0];
    assert.equal(resume?.type, 'session:resume');
    heard.length = 0;
    return { world, client, heard, resume };
}

test('whoever comes back asks for what was missed, and hears it in order and once', async () => {
    const { world, client, heard, resume } = await returned();
    assert.deepEqual(resume?.data, { seen: { 'room:r1': 7, global: 40 } });
    for (const [ch, seq] of [
        ['room:r1', 10], // happened just now, before the missed ones are there
        ['room:r1', 8],
        ['room:r1', 9],
        ['global', 40],
    ] as const)
        world.last().says(said(ch, seq));
    assert.deepEqual(heard, []);
    world.last().says({ id: resume?.id, ok: true, data: { missed: 3 } });
    await settle();
    assert.deepEqual(heard, ['room:r1 8', 'room:r1 9', 'room:r1 10']);
    world.last().says(said('room:r1', 11));
    assert.equal(heard.at(-1), 'room:r1 11');
    assert.equal(client.getSnapshot().resyncs, 0);
});

test('missed events that cannot be had make everything stale, those that came are heard', async () => {
    const { world, client, heard, resume } = await returned();
    world.last().says(said('room:r1', 12));
    world.last().says({ id: resume?.id, ok: false, error: { code: 'unavailable', message: '' } });
    await settle();
    assert.deepEqual(heard, ['room:r1 12']);
    assert.equal(client.getSnapshot().resyncs, 1);
});

test('a connection lost again while it asks begins anew', async () => {
    const { world, client, heard } = await returned();
    world.last().says(said('room:r1', 8));
    world.last().drops(CLOSE.RESTART);
    await world.clock.pass(RETRY_MS_RESTART);
    sessionReady(world.last());
    const again = world.last().commands()[0];
    assert.deepEqual(again?.data, { seen: { 'room:r1': 7, global: 40 } });
    world.last().says(said('room:r1', 8));
    world.last().says({ id: again?.id, ok: true, data: { missed: 1 } });
    await settle();
    assert.deepEqual(heard, ['room:r1 8']);
    assert.equal(client.getSnapshot().resyncs, 0);
});

test('only so many channels are named, those heard last', async () => {
    const { world } = connected();
    for (let i = 0; i <= RESUME_CHANNELS_MAX; i++) world.last().says(said(`room:${i}`, 1));
    world.last().drops(CLOSE.RESTART);
    await world.clock.pass(RETRY_MS_RESTART);
    sessionReady(world.last());
    const seen = Object.keys(world.last().commands()[0]?.data?.seen ?? {});
    assert.equal(seen.length, RESUME_CHANNELS_MAX);
    assert.ok(!seen.includes('room:0'));
});

test('a gateway that restarts is left at once, as often as it happens', async () => {
    const { world, client } = connected();
    for (let i = 2; i < 8; i++) {
        world.last().drops(CLOSE.RESTART);
        await settle();
        assert.equal(client.getSnapshot().notice, 'restart');
        await world.clock.pass(RETRY_MS_RESTART);
        assert.equal(world.sockets.length, i);
        sessionReady(world.last());
    }
});

test('a connection that never stays makes the waiting longer, a stable one resets it', async () => {
    const { world } = connected();
    world.last().drops(1006);
    await world.clock.pass(RETRY_MS_BASE);
    sessionReady(world.last());
    world.last().drops(1006);
    await world.clock.pass(RETRY_MS_BASE);
    assert.equal(world.sockets.length, 2);
    await world.clock.pass(RETRY_MS_BASE);
    assert.equal(world.sockets.length, 3);
    sessionReady(world.last());
    await world.clock.pass(STABLE_MS);
    world.last().drops(1006);
    await world.clock.pass(RETRY_MS_BASE);
    assert.equal(world.sockets.length, 4);
});

test('a connection that never gets ready is given up and tried again', async () => {
    const world = makeWorld();
    const client = new SocketClient(world.environment);
    client.connect();
    await world.clock.pass(READY_MS_MAX);
    assert.equal(world.last().closedWith, 1000);
    assert.equal(client.getSnapshot().status, 'waiting');
    assert.deepEqual(world.asked, ['check']);
});

test('a refusal before the upgrade asks for the session and ends when there is none', async () => {
    const world = makeWorld();
    world.session = 'over';
    const client = new SocketClient(world.environment);
    client.connect();
    const waiting = codeOf(client.command('chat:history'));
    world.last().drops(1006);
    await settle();
    assert.equal(client.getSnapshot().status, 'over');
    assert.equal(await waiting, 'session_ended');
    await world.clock.pass(RETRY_MS_MAX * 2);
    assert.equal(world.sockets.length, 1);
});

test('a session that cannot be asked for is no reason to give up', async () => {
    const world = makeWorld();
    world.session = 'unknown';
    const client = new SocketClient(world.environment);
    client.connect();
    world.last().drops(1006);
    await world.clock.pass(RETRY_MS_BASE);
    assert.equal(world.sockets.length, 2);
    assert.equal(client.getSnapshot().status, 'connecting');
});

test('4401 refreshes the token and connects again', async () => {
    const { world } = connected();
    world.last().drops(CLOSE.TOKEN_ENDED);
    await world.clock.pass(RETRY_MS_BASE);
    assert.deepEqual(world.asked, ['refresh']);
    assert.equal(world.sockets.length, 2);
});

test('4409 stays disconnected until it is asked for', async () => {
    const { world, client } = connected();
    world.last().drops(CLOSE.REPLACED);
    await world.clock.pass(RETRY_MS_MAX * 2);
    assert.equal(client.getSnapshot().status, 'replaced');
    assert.equal(world.sockets.length, 1);
    client.reconnect();
    assert.equal(world.sockets.length, 2);
});

test('4403 is final', async () => {
    const { world, client } = connected();
    world.last().drops(CLOSE.ORIGIN);
    await world.clock.pass(RETRY_MS_MAX * 2);
    assert.equal(client.getSnapshot().status, 'refused');
    assert.equal(world.sockets.length, 1);
});

test('4408 and 4429 come back, each with its own notice; 4429 waits longer', async () => {
    for (const [code, notice, extra] of [
        [CLOSE.SLOW, 'slow', 0],
        [CLOSE.TOO_FAST, 'tooFast', RETRY_MS_TOO_FAST],
    ] as const) {
        const { world, client } = connected();
        world.last().drops(code);
        await settle();
        assert.equal(client.getSnapshot().notice, notice);
        await world.clock.pass(RETRY_MS_BASE + extra - 1);
        assert.equal(world.sockets.length, 1);
        await world.clock.pass(1);
        assert.equal(world.sockets.length, 2);
    }
});

test('waking up ends the waiting at once', async () => {
    const { world, client } = connected();
    world.last().drops(1006);
    await settle();
    client.wake();
    assert.equal(world.sockets.length, 2);
    await world.clock.pass(RETRY_MS_BASE);
    assert.equal(world.sockets.length, 2);
});

test('disconnecting is final and forgets what was under way', async () => {
    const { world, client } = connected();
    const pending = codeOf(client.command('room:join'));
    client.disconnect();
    assert.equal(await pending, 'connection_lost');
    assert.equal(client.getSnapshot().status, 'off');
    await world.clock.pass(RETRY_MS_MAX);
    assert.equal(world.sockets.length, 1);
    assert.equal(await codeOf(client.command('room:join')), 'connection_lost');
});

test('an expiring session gets a new token through the connection', async () => {
    const { world } = connected();
    world.last().says({ type: 'session:expiring', ch: null, seq: 0, data: { expiresAt: '' } });
    await settle();
    const [command] = world.last().commands();
    assert.equal(command?.type, 'session:refresh');
    assert.deepEqual(command?.data, { token: 'TOKEN2' });
});

test('answers find their commands in any order', async () => {
    const { world, client } = connected();
    const first = client.command('room:join', { room: 'r' });
    const second = codeOf(client.command('room:start', { room: 'r' }));
    const [join, start] = world.last().commands();
    const error = { code: 'room_not_ready', message: 'Not every player is ready.', field: null };
    world.last().says({ id: start?.id, ok: false, error });
    world.last().says({ id: join?.id, ok: true, data: { id: 'r' } });
    assert.deepEqual(await first, { id: 'r' });
    assert.equal(await second, 'room_not_ready');
});

test('a command without an answer times out, and its late answer is ignored', async () => {
    const { world, client } = connected();
    const pending = codeOf(client.command('room:join'));
    await world.clock.pass(COMMAND_MS_MAX);
    assert.equal(await pending, 'timed_out');
    world.last().says({ id: world.last().commands()[0]?.id, ok: true, data: null });
});

test('a command given while connecting goes out after session:ready', async () => {
    const world = makeWorld();
    const client = new SocketClient(world.environment);
    client.connect();
    void codeOf(client.command('matchmaking:joinQueue'));
    assert.equal(world.last().commands().length, 0);
    sessionReady(world.last());
    assert.equal(world.last().commands()[0]?.type, 'matchmaking:joinQueue');
});

test('what was sent on a lost connection fails, what waited goes out on the next', async () => {
    const { world, client } = connected();
    const sent = codeOf(client.command('room:join'));
    world.last().drops(1006);
    assert.equal(await sent, 'connection_lost');
    void codeOf(client.command('room:ready'));
    await world.clock.pass(RETRY_MS_BASE);
    sessionReady(world.last());
    assert.deepEqual(
        world
            .last()
            .commands()
            .map((command) => command.type),
        ['session:resume', 'room:ready'],
    );
});

test('too many waiting commands are refused', async () => {
    const world = makeWorld();
    const client = new SocketClient(world.environment);
    client.connect();
    for (let count = 0; count < QUEUE_MAX; count++) void codeOf(client.command('x'));
    assert.equal(await codeOf(client.command('x')), 'overloaded');
});

test('events reach the listeners of their type until they stop listening', () => {
    const { world, client } = connected();
    const heard: unknown[] = [];
    const stop = client.on('chat:message', (event) => heard.push(event.data));
    world.last().says({ type: 'chat:message', ch: 'global', seq: 1, data: 'a' });
    world.last().says({ type: 'room:state', ch: 'room:r', seq: 1, data: 'b' });
    stop();
    world.last().says({ type: 'chat:message', ch: 'global', seq: 2, data: 'c' });
    assert.deepEqual(heard, ['a']);
});

test('session:resync of one room is heard by who shows it and makes nothing else stale', () => {
    const { world, client } = connected();
    const heard: (string | null)[] = [];
    client.on('session:resync', (event) => heard.push(event.ch));
    world.last().says({ type: 'session:resync', ch: 'room:r1', seq: 0, data: {} });
    assert.deepEqual(heard, ['room:r1']);
    assert.equal(client.getSnapshot().resyncs, 0);
});

test('session:resync tells that shown data is stale', () => {
    const { world, client } = connected();
    world.last().says({ type: 'session:resync', ch: null, seq: 0, data: {} });
    assert.equal(client.getSnapshot().resyncs, 1);
});

test('binary frames go to their channel only, and no frame changes the snapshot', () => {
    const { world, client } = connected();
    const heard: number[] = [];
    client.onFrame(7, (frame) => heard.push(new Uint8Array(frame)[2] as number));
    const before = client.getSnapshot();
    world.last().sends(2, 7, 42);
    world.last().sends(2, 8, 43);
    world.last().sends(2);
    assert.deepEqual(heard, [42]);
    assert.equal(client.getSnapshot(), before);
});

test("the server's ping is answered with the same bytes", () => {
    const { world } = connected();
    world.last().sends(4, 7, 1, 2, 3, 4, 5, 6, 7, 8);
    assert.deepEqual(world.last().frames(), [[5, 7, 1, 2, 3, 4, 5, 6, 7, 8]]);
});

test('messages of a connection that was given up change nothing', async () => {
    const { world, client } = connected();
    const old = world.last();
    const hear = old.onmessage;
    old.drops(1006);
    await settle();
    hear?.({ data: JSON.stringify({ type: 'session:ready', ch: null, seq: 0, data: {} }) });
    assert.equal(client.getSnapshot().status, 'waiting');
});
