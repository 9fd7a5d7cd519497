// What dies in the middle of a match, and that its players see a hitch and not an end: each with a
// WebSocket on a gateway of his own, each frame with the moment at which it came.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { input, newest, play, sees, ticks_between, variant, workers } from './counting.mjs';
import { start_platform, until } from './harness.mjs';

const HITCH_MS_MAX = 100 * (process.env.TEST_PRESET === 'release' ? 1 : 3); // sanitizers start slowly
const KILLS = 5;
const TICKS = 130; // at 100 a second; who dies again within a second is started less eagerly

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    variant(plugins, 'counter');
    platform = await start_platform({ settings: { plugins_dir: plugins } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

describe('a worker that is killed', () => {
    test('is followed by another one before anybody is missed', async () => {
        const { match, host, guest } = await play(platform);
        host.socket.send(input(host.channel, 1, 33));
        await guest.socket.frame(sees((view) => view.counts[0] === 33));
        for (let kill = 0; kill < KILLS; kill++) {
            const [worker] = workers(platform, 'counter');
            const seen = await newest(host.socket);
            const from = performance.now();
            process.kill(worker.pid, 'SIGKILL');
            await until('another worker', () =>
                workers(platform, 'counter').some((one) => one.pid !== worker.pid),
            );
            for (const { socket } of [host, guest])
                await socket.frame(sees((view) => view.ticks > seen.ticks + TICKS));
            const took = performance.now() - from;
            assert.ok(took < TICKS * 10 + HITCH_MS_MAX, `${TICKS} ticks took ${took} ms`);
        }
        for (const { socket } of [host, guest]) {
            const { gap_ms, missing } = ticks_between(socket);
            assert.ok(gap_ms < HITCH_MS_MAX, `${gap_ms} ms without a frame`);
            assert.ok(missing < HITCH_MS_MAX / 10, `${missing} ticks were not seen`);
            assert.equal(socket.close_code, undefined);
        }
        const last = await newest(guest.socket);
        assert.equal(last.counts[0], 33);
        assert.deepEqual(last.joins, [1, 1]); // the game has noticed nothing
        assert.deepEqual(last.leaves, [0, 0]);
        host.socket.send(input(host.channel, 2, 67));
        const result = (await guest.socket.event('game:ended')).data;
        assert.equal(result.id, match);
        assert.equal(result.players[0].outcome, 'win');
    });
});
