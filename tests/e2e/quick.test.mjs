// Play now: two strangers press it and play each other; who closes the page waits no longer.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { start_platform, until } from '../integration/harness.mjs';
import { start_browser, Visitor } from './visitor.mjs';

const MATCH_MS_MAX = 5_000; // from the second click to the same match on both pages

describe('a quick match', () => {
    let platform;
    let browser;

    before(async () => {
        [platform, browser] = await Promise.all([start_platform(), start_browser()]);
    });
    after(async () => {
        await browser?.close();
        await platform?.stop();
    });

    test('two guests press play and are in the same match within seconds', async (t) => {
        const one = await Visitor.open(browser, platform, { gateway: 'g1' });
        const other = await Visitor.open(browser, platform, {
            gateway: 'g2',
            phone: true,
            secure: true,
        });
        for (const visitor of [one, other]) await visitor.page.goto('/');

        await one.play_now();
        await one.page.getByText('In this queue: 1').waitFor();
        await one.screenshot('quick-match-waiting');
        const from = performance.now();
        await other.play_now();
        const started = await Promise.all(
            [one, other].map(async (visitor) => {
                await visitor.page.waitForURL(/\/rooms\//);
                await visitor.see('the countdown', (view) => view.phase === 'countdown');
                return (await visitor.event('game:started')).data;
            }),
        );
        const ms = Math.round(performance.now() - from);
        t.diagnostic(`from the second click to the countdown on both pages: ${ms} ms`);

        assert.equal(started[0].match, started[1].match);
        assert.notEqual(started[0].slot, started[1].slot);
        assert.notEqual(await one.gateway(), await other.gateway());
        assert.equal(new URL(one.page.url()).pathname, new URL(other.page.url()).pathname);
        assert.ok(ms < MATCH_MS_MAX, `${ms} ms`);
        await other.see('the ball', (view) => view.phase === 'play');
        await other.screenshot('match-phone');
        for (const visitor of [one, other]) {
            visitor.check_console();
            await visitor.close();
        }
    });

    test('closing the page takes one out of the queue', async () => {
        const visitor = await Visitor.open(browser, platform);
        await visitor.page.goto('/');
        await visitor.play_now();
        await visitor.page.getByText('In this queue: 1').waitFor();
        const [cookie] = (await visitor.context.cookies()).filter(({ name }) =>
            name.endsWith('_access'),
        );
        const ticket = () =>
            platform.api('GET', '/api/matchmaking/ticket', { token: cookie.value });
        assert.equal((await ticket()).status, 200);

        await visitor.page.close();
        const { body } = await until('the ticket to be gone', async () => {
            const answer = await ticket();
            return answer.status === 404 && answer;
        });
        assert.equal(body.code, 'not_queued');
        await visitor.close();
    });

    test('cancelling takes one out of the queue', async () => {
        const visitor = await Visitor.open(browser, platform);
        await visitor.page.goto('/');
        await visitor.play_now();
        await visitor.page.getByText('In this queue: 1').waitFor();
        await visitor.page.getByRole('button', { name: 'Cancel' }).click();
        await visitor.page.getByRole('dialog').waitFor({ state: 'hidden' });
        await visitor.play_now();
        await visitor.page.getByText('In this queue: 1').waitFor();
        visitor.check_console();
        await visitor.close();
    });
});
