import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INPUT_BYTES_MAX, MatchLink, PING_MS, WATCH_RETRY_MS } from '../lib/matchLink';
import { CLOSE, RETRY_MS_BASE, SocketClient } from '../lib/socketClient';
import { type FakeSocket, makeWorld, sessionReady, settle } from './fakes';

function watching(slot: number | null = 0) {
    const world = makeWorld();
    const client = new SocketClient(world.environment);
    const heard: unknown[] = [];
    client.connect();
    sessionReady(world.last());
    const link = new MatchLink(
        client,
        'm1',
        {
            attached: (seat) => heard.push(['attached', seat]),
            frame: (frame) => heard.push(['frame', frame.byteLength]),
            latency: (ms) => heard.push(['latency', ms]),
            link: (up) => heard.push(['link', up]),
            failed: (failure) => heard.push(['failed', failure.code]),
        },
        world.clock,
    );
    const answer = async (socket: FakeSocket, channel: number) => {
        const command = socket.commands().find((one) => one.type === 'game:watch');
        const data = { match: 'm1', game: 'pong', sha: 's', channel, slot };
        socket.says({ id: command?.id, ok: true, data });
        await settle();
    };
    return { world, client, link, heard, answer };
}

test('a link asks to watch, and then for a whole view', async () => {
    const { world, heard, answer } = watching();
    await answer(world.last(), 7);
    assert.deepEqual(heard, [['attached', 0]]);
    assert.deepEqual(world.last().frames()[0], [3, 7]);
});

test('inputs get op, channel and a number that counts up', async () => {
    const { world, link, answer } = watching();
    await answer(world.last(), 7);
    link.input(new Uint8Array([9]).buffer);
    link.input(new Uint8Array([8, 8]).buffer);
    const inputs = world
        .last()
        .frames()
        .filter((frame) => frame[0] === 1);
    assert.deepEqual(inputs, [
        [1, 7, 1, 0, 0, 0, 9],
        [1, 7, 2, 0, 0, 0, 8, 8],
    ]);
});

test('a spectator sends no inputs, and nobody sends too large ones', async () => {
    const spectator = watching(null);
    await spectator.answer(spectator.world.last(), 7);
    spectator.link.input(new Uint8Array([9]).buffer);
    assert.equal(
        spectator.world
            .last()
            .frames()
            .some((frame) => frame[0] === 1),
        false,
    );

    const player = watching(0);
    await player.answer(player.world.last(), 7);
    player.link.input(new ArrayBuffer(INPUT_BYTES_MAX + 1));
    assert.equal(
        player.world
            .last()
            .frames()
            .some((frame) => frame[0] === 1),
        false,
    );
});

test('after a reconnection the link watches again, takes the new channel and counts on', async () => {
    const { world, link, heard, answer } = watching();
    await answer(world.last(), 7);
    link.input(new Uint8Array([1]).buffer);
    world.last().drops(CLOSE.RESTART);
    link.input(new Uint8Array([2]).buffer);
    await world.clock.pass(RETRY_MS_BASE);
    sessionReady(world.last());
    await answer(world.last(), 3);
    link.input(new Uint8Array([3]).buffer);
    assert.deepEqual(heard.slice(1, 4), [
        ['link', false],
        ['link', true],
        ['attached', 0],
    ]);
    const inputs = world
        .last()
        .frames()
        .filter((frame) => frame[0] === 1);
    assert.deepEqual(inputs, [[1, 3, 3, 0, 0, 0, 3]]);
});

test('a match that game:started has announced needs no watching', () => {
    const world = makeWorld();
    const client = new SocketClient(world.environment);
    client.connect();
    sessionReady(world.last());
    const data = {
        match: 'm1',
        game: 'pong',
        sha: 's',
        room: 'r',
        players: [],
        channel: 5,
        slot: 1,
    };
    world.last().says({ type: 'game:started', ch: 'room:r', seq: 1, data });
    const seats: unknown[] = [];
    const ignore = () => {};
    new MatchLink(
        client,
        'm1',
        {
            attached: (seat) => seats.push(seat),
            frame: ignore,
            latency: ignore,
            link: ignore,
            failed: ignore,
        },
        world.clock,
    );
    assert.deepEqual(seats, [1]);
    assert.deepEqual(world.last().commands(), []);
});

test('states go to the frame as they came, answers to pings become the latency', async () => {
    const { world, heard, answer } = watching();
    await answer(world.last(), 7);
    const ping = world
        .last()
        .frames()
        .find((frame) => frame[0] === 4) as number[];
    world.last().sends(2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    await world.clock.pass(30);
    world.last().sends(5, ...ping.slice(1));
    assert.deepEqual(heard.slice(1), [
        ['frame', 11],
        ['latency', 30],
    ]);
});

test('pings repeat while attached and stop after closing', async () => {
    const { world, link, answer } = watching();
    await answer(world.last(), 7);
    const pings = () =>
        world
            .last()
            .frames()
            .filter((frame) => frame[0] === 4).length;
    await world.clock.pass(PING_MS * 2);
    assert.equal(pings(), 3);
    link.close();
    await world.clock.pass(PING_MS * 2);
    assert.equal(pings(), 3);
});

test('closing lets a spectator leave and keeps the seat of a player', async () => {
    const spectator = watching(null);
    await spectator.answer(spectator.world.last(), 7);
    spectator.link.close();
    assert.equal(spectator.world.last().commands().at(-1)?.type, 'game:leave');

    const player = watching(1);
    await player.answer(player.world.last(), 7);
    player.link.close();
    assert.equal(player.world.last().commands().at(-1)?.type, 'game:watch');
});

test('a refused watch is told with its code', async () => {
    const { world, heard } = watching();
    const [command] = world.last().commands();
    const error = { code: 'match_over', message: 'This match is over.', field: null };
    world.last().says({ id: command?.id, ok: false, error });
    await settle();
    assert.deepEqual(heard, [['failed', 'match_over']]);
});

test('a watch that a busy service refused is tried again', async () => {
    const { world, heard, answer } = watching();
    const [command] = world.last().commands();
    const error = { code: 'unavailable', message: 'Try again soon.', field: null };
    world.last().says({ id: command?.id, ok: false, error });
    await world.clock.pass(WATCH_RETRY_MS);
    assert.equal(world.last().commands().length, 2);
    world.last().sent.shift();
    await answer(world.last(), 7);
    assert.deepEqual(heard, [['attached', 0]]);
});

test('a game:started that comes later moves the link to its channel', async () => {
    const { world, link, heard, answer } = watching();
    await answer(world.last(), 7);
    const data = {
        match: 'm1',
        game: 'pong',
        sha: 's',
        room: 'r',
        players: [],
        channel: 8,
        slot: 0,
    };
    world.last().says({ type: 'game:started', ch: 'room:r', seq: 1, data });
    world.last().sends(2, 7, 0);
    world.last().sends(2, 8, 0);
    assert.deepEqual(heard.slice(2), [['frame', 3]]);
    link.close();
});
