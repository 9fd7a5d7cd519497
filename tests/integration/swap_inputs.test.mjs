// Inputs around the moment at which a game is replaced: each one counts, and once. Two players on two
// gateways press a key once at each change of version, some before it, some after it, some in the
// middle of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { input, newest, play, sees, variant } from './counting.mjs';
import { start_platform } from './harness.mjs';
import { archive_of, bring, bundle_of, put_live } from './versions.mjs';

const SWAPS = 50;
const VERSIONS = ['1.0.1', '1.0.2', '1.0.3']; // of the same rules
const AROUND_MS = 40; // of the moment at which the versions change

let platform, plugins, admin;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    variant(plugins, 'counter');
    platform = await start_platform({ settings: { plugins_dir: plugins } });
    admin = await platform.admin();
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

test(`of ${2 * SWAPS} keys that are pressed while versions change, each counts once`, async (t) => {
    const shas = [];
    for (const version of VERSIONS)
        shas.push(await bring(admin, 'counter', archive_of(bundle_of('counter'), { version })));
    const { host, guest } = await play(platform);
    const players = [host, guest];
    const swap_ms = [];
    const middle = () => (swap_ms.length ? swap_ms.reduce((a, b) => a + b) / swap_ms.length : 0);
    for (let swap = 0; swap < SWAPS; swap++) {
        const since = performance.now();
        const press = ({ socket, channel }, slot) => {
            const at = middle() + AROUND_MS * (((swap * 7 + slot * 3) % 16) / 8 - 1);
            return new Promise((resolve) => {
                setTimeout(
                    () => resolve(socket.send(input(channel, swap + 1, 1))),
                    Math.max(0, at),
                );
            });
        };
        const pressed = players.map(press);
        const { outcome } = await put_live(admin, 'counter', shas[swap % shas.length]);
        assert.equal(outcome, 'on_trial');
        swap_ms.push(performance.now() - since);
        await Promise.all(pressed);
        for (const { socket } of players)
            await socket.frame(
                sees(({ counts, ack }) => counts.every((n) => n > swap) && ack > swap),
            );
        const { counts } = await newest(host.socket);
        assert.deepEqual(counts, [swap + 1, swap + 1]);
    }
    t.diagnostic(`swap_ms_mean=${Math.round(middle())}`);
    host.socket.send(input(host.channel, SWAPS + 1, 100));
    const { players: ended } = (await guest.socket.event('game:ended')).data;
    assert.deepEqual(
        ended.map(({ score }) => score),
        [SWAPS + 100, SWAPS],
    );
});
