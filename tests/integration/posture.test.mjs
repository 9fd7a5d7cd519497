// A machine that lacks a layer of the sandbox: with sandbox=require no game is played, the log says which
// layer it is and what to do, and the rest of the platform lives; with sandbox=relaxed games are played
// and the log says loudly that the walls are down. The workers here run behind a filter that answers the
// layer's system call as a kernel without it does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { program, start_platform } from './harness.mjs';
import { leave, play } from './matches.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const games = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');

let plugins;
before(() => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    fs.cpSync(path.join(games, 'counter'), path.join(plugins, 'counter'), { recursive: true });
});
after(() => fs.rmSync(plugins, { recursive: true, force: true }));

async function with_worker(worker, sandbox, look) {
    const worker_path = path.join(path.dirname(program), worker);
    const settings = { plugins_dir: plugins, worker_path, sandbox };
    const platform = await start_platform({ settings });
    try {
        await look(platform);
    } finally {
        await platform.stop();
    }
}

const layers = ['landlock', 'descriptors', 'limits'];

for (const layer of layers)
    test(`sandbox=require without ${layer}: no game is played, all else lives`, () =>
        with_worker(`worker-without-${layer}`, 'require', async (platform) => {
            const log = platform.logs('games');
            const missing = `the layer "${layer}" of the sandbox is missing (Function not implemented)`;
            assert.ok(log.includes(missing), log);
            assert.match(log, /use a kernel with it, or set sandbox=relaxed and trust every game/);
            assert.match(log, /level=error .*NONE IS PLAYED/);

            const person = await platform.guest();
            assert.deepEqual((await platform.api('GET', '/api/games')).body.items, []);
            assert.equal((await platform.api('GET', '/api/games/counter')).status, 404);
            const socket = await person.socket();
            await assert.rejects(socket.command('room:create', { game: 'counter', mode: '1v1' }), {
                code: 'game_not_found',
            });
            const friend = await platform.register();
            const told = await friend.api('GET', `/api/games/users/${friend.id}/matches`);
            assert.equal(told.status, 200);
            const workers = platform
                .processes()
                .filter(({ command }) => command.startsWith('transcendence-worker'));
            assert.deepEqual(workers, []);
        }));

test('sandbox=relaxed without a layer: games are played, and the log says loudly at what risk', () =>
    with_worker('worker-without-landlock', 'relaxed', async (platform) => {
        const loud = platform
            .logs('games')
            .split('\n')
            .find((line) => /level=warn .*THE SANDBOX IS RELAXED: A GAME CAN HARM/.test(line));
        assert.ok(loud);
        assert.match(loud, /landlock:off/);
        await leave(await play(platform, 'counter'));
    }));
