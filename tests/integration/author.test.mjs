// The promise to an author: what `gamekit new` makes and `gamekit build` builds is dropped into a
// running platform, and is played there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { program, start_platform, until } from './harness.mjs';

const gamekit = path.join(path.dirname(program), 'gamekit');
const INPUT = 1;
const STATE = 2;
const HEAD_BYTES = 10; // op, channel, tick, ack
const RIGHT = [1, 0];
const LEFT = [255, 0];
const MIDDLE = 320;

let platform, home, plugins;
before(async () => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-author-'));
    plugins = path.join(home, 'plugins.d');
    fs.mkdirSync(plugins);
    platform = await start_platform({ settings: { plugins_dir: plugins } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(home, { recursive: true, force: true });
});

// What games/template/template.h says of a view: the first player's place.
function player_of(frame) {
    return { here: frame[HEAD_BYTES + 3] === 1, x: frame.readUInt16LE(HEAD_BYTES + 4) };
}

test('a new game is built, dropped into a running platform, and played', async () => {
    const tell = (...words) => execFileSync(gamekit, words, { cwd: home, encoding: 'utf8' });
    tell('new', 'star-catch');
    const [bundle] = tell('build', 'star-catch').split('\n');
    assert.match(tell('check', bundle), /^star-catch 0\.1\.0, "Star catch": a platform takes it/);
    fs.cpSync(path.join(home, bundle), path.join(home, 'ready'), { recursive: true });
    fs.renameSync(path.join(home, 'ready'), path.join(plugins, 'star-catch'));

    const game = await until('the game to be admitted', async () => {
        const { status, body } = await platform.api('GET', '/api/games/star-catch');
        return status === 200 && body;
    });
    assert.equal(game.title, 'Star catch');
    assert.equal(game.version, '0.1.0');
    assert.equal((await platform.api('GET', `${game.client}main.js`)).status, 200);

    const guest = await platform.guest();
    const socket = await guest.socket();
    const room = await socket.command('room:create', { game: 'star-catch', mode: 'all' });
    await socket.command('room:start', { room: room.id });
    const { channel } = (await socket.event('game:started')).data;
    const is_state = (frame) => frame[0] === STATE;
    const first = player_of(
        await socket.frame((frame) => is_state(frame) && player_of(frame).here),
    );
    const way = first.x < MIDDLE ? RIGHT : LEFT;
    socket.send(Buffer.from([INPUT, channel, 1, 0, 0, 0, ...way]));
    await socket.frame((frame) => is_state(frame) && player_of(frame).x !== first.x);
});
