// The promise to an author, by the words of docs/games/tutorial.md: the game that it makes is copied
// into a running platform as it says, and two people play it there with the rule that it adds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start_platform, until } from './harness.mjs';
import { Author, tutorial_steps } from './tutorial.mjs';

const INPUT = 1;
const STATE = 2;
const HEAD_BYTES = 10; // op, channel, tick, ack
const RIGHT = [1, 0];
const LEFT = [255, 0];
const MIDDLE = 320;
const SPEED_AFTER = 6; // a tick, as the last change of the tutorial says
const GAME_MS = 60_000; // to build it, on a busy machine

let platform, author;
before(async () => {
    author = new Author();
    platform = await start_platform({ settings: { plugins_dir: author.plugins } });
});
after(async () => {
    await platform?.stop();
    author.leave();
});

// What games/template/template.h says of a view: each player's place.
function place_of(frame, slot) {
    const at = HEAD_BYTES + 3 + 7 * slot;
    return { here: frame[at] === 1, x: frame.readUInt16LE(at + 1) };
}

test('the game of the tutorial is admitted, and two guests play it', {
    timeout: 2 * GAME_MS,
}, async () => {
    const steps = tutorial_steps();
    const first_copy = steps.findIndex(({ kind }) => kind === 'console platform') + 1;
    for (const step of steps.slice(0, first_copy)) author.follow(step);
    const game = await until('the game to be admitted', async () => {
        const { status, body } = await platform.api('GET', '/api/games/gold-rush');
        return status === 200 && body;
    });
    assert.equal(game.title, 'Gold rush');
    assert.equal(game.version, '0.1.0');
    assert.deepEqual(
        game.options.map(({ id }) => id),
        ['seconds', 'nugget'],
    );
    assert.equal((await platform.api('GET', `${game.client}main.js`)).status, 200);

    const people = [await platform.guest(), await platform.guest()];
    const [host, friend] = await Promise.all(people.map((person) => person.socket()));
    const room = await host.command('room:create', { game: 'gold-rush', mode: 'all' });
    await friend.command('room:join', { room: room.id });
    await friend.command('room:ready', { room: room.id, ready: true });
    await host.command('room:start', { room: room.id });
    const seats = await Promise.all(
        [host, friend].map(async (socket) => (await socket.event('game:started')).data),
    );
    assert.equal(seats[0].match, seats[1].match);

    const is_state = (frame) => frame[0] === STATE;
    for (const [mover, watcher, seat] of [
        [host, friend, seats[0]],
        [friend, host, seats[1]],
    ]) {
        const first = await watcher.frame((f) => is_state(f) && place_of(f, seat.slot).here);
        const { x } = place_of(first, seat.slot);
        const way = x < MIDDLE ? RIGHT : LEFT;
        mover.send(Buffer.from([INPUT, seat.channel, 1, 0, 0, 0, ...way]));
        await watcher.frame((f) => is_state(f) && place_of(f, seat.slot).x !== x);
    }

    // The rule that is changed while they play.
    for (const step of steps.slice(first_copy)) author.follow(step);
    await until('the new version', async () => {
        const { body } = await platform.api('GET', '/api/games/gold-rush');
        return body.client !== game.client;
    });
    const { slot, channel } = seats[0];
    let [before, speed] = [null, 0];
    for (let ways = 1; speed !== SPEED_AFTER; ) {
        const frame = await friend.frame(is_state);
        const now = { tick: frame.readUInt32LE(2), ...place_of(frame, slot) };
        speed = before?.tick === now.tick - 1 ? Math.abs(now.x - before.x) : 0;
        before = now;
        if (speed !== 0 || now.tick % 10 !== 0) continue;
        ways++; // he stands, at one side or the other
        host.send(Buffer.from([INPUT, channel, ways, 0, 0, 0, ...(ways % 2 ? LEFT : RIGHT)]));
    }
});
