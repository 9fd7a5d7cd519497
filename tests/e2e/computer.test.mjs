// Playing without waiting for anybody: one click against the computer, a room whose free seats the
// computer takes by the rules that its host has chosen, and a friend who comes in the middle of the
// match and takes a bot's seat over.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import * as cycles from '../../games/cycles/client/view.js';
import { start_platform } from '../integration/harness.mjs';
import { start_browser, Visitor } from './visitor.mjs';

describe('the computer plays too', () => {
    let platform;
    let browser;

    before(async () => {
        [platform, browser] = await Promise.all([start_platform(), start_browser()]);
    });
    after(async () => {
        await browser?.close();
        await platform?.stop();
    });

    test('one click on the home page is a match against the computer', async () => {
        const visitor = await Visitor.open(browser, platform);
        await visitor.page.goto('/');
        await visitor.page
            .getByRole('button', { name: 'Practise against the computer: Pong, 1 against 1' })
            .click();
        await visitor.page.waitForURL(/\/rooms\//);
        await visitor.has_game_focus();
        await visitor.see('a rally', (view) => view.phase === 'play');
        const bot = visitor.page.getByRole('listitem').filter({ hasText: 'computer' });
        await bot.waitFor();
        await visitor.screenshot('computer-pong');
        visitor.check_console();
        await visitor.close();
    });

    test('a host chooses the rules, and a friend takes the seat of a bot in mid-match', async () => {
        const options = { decode: cycles.decodeView };
        const host = await Visitor.open(browser, platform, options);
        const friend = await Visitor.open(browser, platform, { ...options, phone: true });
        const { page } = host;
        await page.goto('/rooms');
        await page.getByRole('button', { name: 'Create room' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Game').selectOption({ label: 'Light Cycles' });
        await dialog.getByLabel('Mode').selectOption({ label: 'Everyone for themselves' });
        await dialog.getByText('Rules').click();
        await dialog.getByLabel('Seats', { exact: true }).fill('4');
        await dialog.getByLabel('The computer takes free seats').selectOption('hard');
        await dialog.getByLabel('Others may come and play').check();
        await host.screenshot('room-rules');
        await dialog.getByRole('button', { name: 'Create', exact: true }).click();
        await page.waitForURL(/\/rooms\/[0-9a-f-]{36}$/);
        await page.getByText('Free seat, or the computer').first().waitFor();
        assert.equal(await page.getByText('Free seat, or the computer').count(), 3);

        // Another thought, before anybody plays.
        await page.getByRole('button', { name: 'Change' }).click();
        await dialog.getByLabel('Seats', { exact: true }).fill('3');
        await dialog.getByLabel('The computer takes free seats').selectOption('easy');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Free seat, or the computer').nth(2).waitFor({ state: 'detached' });
        assert.equal(await page.getByText('Free seat, or the computer').count(), 2);
        await host.screenshot('room-with-rules');

        await page.getByRole('button', { name: 'Start match' }).click();
        await host.has_game_focus();
        const view = await host.see('the ride', (seen) => seen.phase === 'ride');
        assert.equal(view.players.length, 3);

        await friend.page.goto(page.url());
        await friend.page.getByRole('button', { name: 'Play as guest' }).click();
        await friend.has_game_focus();
        await friend.see('the ride too', (seen) => seen.players.length === 3);
        assert.ok(friend.slot > 0, 'a seat, not only a view');
        await page.getByRole('listitem').filter({ hasText: 'guest-' }).nth(1).waitFor();
        const bots = page.getByRole('listitem').filter({ hasText: 'computer' });
        await bots.nth(1).waitFor({ state: 'detached' }); // one of the two has made room
        await bots.first().waitFor();
        await friend.screenshot('computer-friend-phone');
        for (const visitor of [host, friend]) {
            visitor.check_console();
            await visitor.close();
        }
    });
});
