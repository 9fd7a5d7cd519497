// The files of a game are overwritten where they stand, cut off and taken away while it is played:
// those that were dropped into plugins.d, and those that the platform keeps. Nothing happens to live
// matches, nor when their worker has to be started again just then.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { input, newest, variant, workers } from './counting.mjs';
import { start_platform, until } from './harness.mjs';
import { assert_frames_follow, assert_no_tick_missed, next_figures_of, play } from './matches.mjs';
import { bundle_of, put_live } from './versions.mjs';

const JUDGED_MS_MAX = 20_000;

let platform, plugins, aside, sha;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    aside = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-store-'));
    variant(plugins, 'counter');
    platform = await start_platform({ settings: { plugins_dir: plugins, drop_action: 'wait' } });
    const admin = await platform.admin();
    [{ sha }] = (await admin.api('GET', '/api/games/versions?game=counter')).body.items;
    await put_live(admin, 'counter', sha);
    fs.cpSync(kept(), aside, { recursive: true });
});
after(async () => {
    await platform?.stop();
    for (const folder of [plugins, aside]) fs.rmSync(folder, { recursive: true, force: true });
});

const live = async () => (await platform.api('GET', '/api/games/counter')).body.sha;
const dropped = () => path.join(plugins, 'counter');
const kept = () => path.join(platform.data_dir, 'store', sha);
const verdicts = () =>
    platform.logs('games').match(/ msg="game (refused|admitted).* game=counter /g)?.length ?? 0;

// As `cp` does it: into the file that is there.
function copy_over(file) {
    const { ino } = fs.statSync(file);
    fs.chmodSync(file, 0o600);
    execFileSync('cp', [path.join(bundle_of('counter-doubled'), 'game.so'), file]);
    assert.equal(fs.statSync(file).ino, ino);
}

for (const [where, folder, is_judged] of [
    ['in plugins.d', dropped, true],
    ['in the store', kept, false],
])
    for (const [what, change] of [
        ['overwritten by cp', (at) => copy_over(path.join(at, 'game.so'))],
        ['truncated', (at) => fs.truncateSync(path.join(at, 'game.so'), 4096)],
        ['deleted', (at) => fs.rmSync(path.join(at, 'game.so'))],
        ['deleted with their folder', (at) => fs.rmSync(at, { recursive: true })],
    ])
        test(`files ${where} that are ${what} do nothing to live matches`, async (t) => {
            const match = await play(platform, 'counter');
            const { host, guest } = match;
            const [worker] = workers(platform, 'counter');
            const before_it = await next_figures_of(platform, 'counter');
            const known = verdicts();
            change(folder());
            if (is_judged && fs.existsSync(folder()))
                await until('a verdict', () => verdicts() > known, JUDGED_MS_MAX);
            const after_it = await next_figures_of(platform, 'counter');
            assert.equal(await live(), sha);
            assert_frames_follow(host.socket.frames);

            process.kill(worker.pid, 'SIGKILL');
            const { tick } = await newest(host.socket);
            await host.socket.frame((frame) => frame[0] === 2 && frame.readUInt32LE(2) > tick + 50);
            host.socket.send(input(match.channel, 1, 100));
            const ended = (await guest.socket.event('game:ended')).data;
            assert.deepEqual([ended.state, ended.sha], ['ended', sha]);

            if (is_judged) variant(plugins, 'counter');
            else fs.cpSync(aside, kept(), { recursive: true, force: true });
            assert_no_tick_missed(before_it, after_it, t);
        });
