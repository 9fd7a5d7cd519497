// What goes wrong in the middle of a match: a page that is loaded anew, a worker that dies, a gateway
// that dies. The player has the same seat again without a click, the other sees the pause and the return.
// And what must not be noticed at all: that both gateways are restarted.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { program, start_platform, until } from '../integration/harness.mjs';
import { follow_ball, start_browser, Visitor } from './visitor.mjs';

const run = promisify(execFile);
const GAP_MS_MAX = 1000; // without a frame, from one gateway to the other

describe('a match goes on', () => {
    let platform;
    let browser;
    let one; // on the first gateway
    let other; // on the second

    before(async () => {
        [platform, browser] = await Promise.all([start_platform(), start_browser()]);
        one = await Visitor.open(browser, platform, { gateway: 'g1' });
        other = await Visitor.open(browser, platform, { gateway: 'g2' });
        for (const visitor of [one, other]) {
            await visitor.page.goto('/');
            await visitor.play_now();
        }
        for (const visitor of [one, other]) {
            await visitor.page.waitForURL(/\/rooms\//);
            await visitor.see('the countdown', (view) => view.phase === 'countdown');
            await visitor.note_account();
            visitor.play(follow_ball); // to the end, so that nobody wins meanwhile
        }
    });
    after(async () => {
        await browser?.close();
        await platform?.stop();
    });

    const playing = (view) => view.phase === 'play' && view.rally >= 1;

    test('after a reload in the same seat', async () => {
        const { slot } = one;
        await other.see('the ball in play', playing);
        one.slot = undefined;
        // The other watches already: the pause may be over when the page has loaded again.
        await Promise.all([
            other.see('the pause', (view) => view.phase === 'paused' && !view.paddles[slot].here),
            other.page.getByText(`${one.name} lost the connection`).waitFor(),
            one.page.reload(),
        ]);
        await other.see('the return', (view) => view.paddles[slot].here);
        await one.see_anew('the countdown', (view) => view.phase === 'countdown');
        assert.equal(one.slot, slot);
        for (const visitor of [one, other]) await visitor.see_anew('the ball in play', playing);
        for (const visitor of [one, other]) visitor.check_console();
    });

    test('after the gateway of one has died, by the other gateway', async () => {
        const { slot } = one;
        assert.equal(await one.gateway(), 'g1');
        await other.see('the ball in play', playing);
        const from = performance.now();
        one.slot = undefined;
        await platform.kill('g1');
        await other.see('the pause', (view) => view.phase === 'paused');
        await one.page.getByText('The connection was lost.').first().waitFor();
        await other.see('the return', (view) => view.paddles[slot].here);
        const seconds = (performance.now() - from) / 1000;
        for (const visitor of [one, other]) await visitor.see_anew('the ball in play', playing);
        assert.equal(one.slot, slot);
        assert.ok(seconds < 10, `it took ${seconds} s`);
        other.check_console();
        one.check_console([/WebSocket connection to .* failed/]);
    });

    test('after the worker has died, from where it was', async () => {
        await other.see_anew('the ball in play', playing);
        const { tick } = other;
        const worker = platform
            .processes()
            .find(({ command }) => command.startsWith('transcendence-worker'));
        process.kill(worker.pid, 'SIGKILL');
        await until('the worker to end', () =>
            platform.processes().every(({ pid }) => pid !== worker.pid),
        );
        for (const visitor of [one, other]) {
            const from = visitor.frames;
            await visitor.see(
                'a second of play',
                (view) => visitor.frames > from + 60 && playing(view),
            );
            assert.ok(visitor.tick > tick, 'the match was not begun anew');
            visitor.check_console([/WebSocket connection to .* failed/]);
        }
    });

    test('through a restart of both gateways, without a pause', async (t) => {
        const { slot } = one;
        for (const visitor of [one, other]) await visitor.see_anew('the ball in play', playing);
        const seen = [one, other].map((visitor) => {
            const account = { visitor, at: performance.now(), gap_ms: 0, paused: false };
            account.look = (view) => {
                account.gap_ms = Math.max(account.gap_ms, performance.now() - account.at);
                account.at = performance.now();
                account.paused ||= view.phase === 'paused';
            };
            visitor.watchers.add(account.look);
            account.readies = visitor.events.filter(({ type }) => type === 'session:ready').length;
            return account;
        });
        await run(program, ['restart', 'gateway', `--data_dir=${platform.data_dir}`]);
        for (const { visitor, look, readies } of seen) {
            await until('another connection', () => {
                const now = visitor.events.filter(({ type }) => type === 'session:ready').length;
                return now > readies;
            });
            const from = visitor.frames;
            await visitor.see('more of the match', () => visitor.frames > from + 30);
            visitor.watchers.delete(look);
            visitor.check_console([/WebSocket connection to .* failed/]);
        }
        for (const { gap_ms, paused } of seen) {
            t.diagnostic(`longest_gap_ms=${Math.round(gap_ms)}`);
            assert.equal(paused, false);
            assert.ok(gap_ms < GAP_MS_MAX, `${gap_ms} ms without a frame`);
        }
        assert.equal(one.slot, slot);
    });
});
