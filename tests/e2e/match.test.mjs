// The promise of the platform, by people at browsers and nothing in between: two who have never
// met, on different gateways, meet in a room by its link, talk, play Pong to the end with their
// keys, and find the same result on their pages, in the database and on their profiles. A third
// watches.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { start_platform } from '../integration/harness.mjs';
import { follow_ball, hide_from_ball, start_browser, Visitor } from './visitor.mjs';

const MATCH_MS_MAX = 120_000;

describe('two people play Pong in their browsers', () => {
    let platform;
    let browser;
    let ada; // registers, on the first gateway
    let guest; // comes by the link, on the second
    let watcher;
    let address; // of the room
    let match; // its id
    let result; // as the service tells it

    before(async () => {
        [platform, browser] = await Promise.all([start_platform(), start_browser()]);
        ada = await Visitor.open(browser, platform, { gateway: 'g1' });
        guest = await Visitor.open(browser, platform, { gateway: 'g2', dark: true });
        watcher = await Visitor.open(browser, platform);
    });
    after(async () => {
        await browser?.close();
        await platform?.stop();
    });

    test('one registers through the page and opens a room', async () => {
        await ada.register('Ada');
        address = await ada.create_room("Ada's court");
        await ada.page.getByRole('heading', { name: "Ada's court" }).waitFor();
        assert.equal(await ada.gateway(), 'g1');
    });

    test('the other comes by the link and is a guest with one click', async () => {
        await guest.join_as_guest(address);
        assert.match(guest.name, /^guest-/);
        assert.equal(await guest.gateway(), 'g2', 'another gateway');
        await ada.page.getByRole('listitem').getByText(guest.name).waitFor();
    });

    test('both hear what the other says', async () => {
        await ada.say('Good luck!');
        await guest.hears('Good luck!');
        await guest.say('<b>You</b> too & have fun');
        await ada.hears('<b>You</b> too & have fun');
    });

    test('a third watches by the same link', async () => {
        await watcher.watch(address);
        await ada.page.getByRole('listitem').getByText(watcher.name).waitFor();
        await ada.screenshot('room');
    });

    test('the match starts for all when the host says so', async () => {
        const start = ada.page.getByRole('button', { name: 'Start match' });
        assert.ok(await start.isDisabled(), 'not before the guest is ready');
        await guest.page.getByRole('button', { name: 'Ready' }).click();
        await start.click();
        for (const one of [ada, guest, watcher])
            await one.see('the countdown', (view) => view.phase === 'countdown');
        match = ada.last_event('game:started').data.match;
        assert.deepEqual([ada.slot, guest.slot, watcher.slot], [0, 1, null]);
        for (const one of [guest, watcher])
            assert.equal(one.last_event('game:started').data.match, match);
    });

    test('a key of one moves his paddle on the page of the other', async () => {
        for (const [one, other] of [
            [ada, guest],
            [guest, ada],
        ]) {
            await one.has_game_focus();
            for (const [key, is_there] of [
                ['ArrowUp', (y) => y < 200],
                ['KeyS', (y) => y > 700],
            ]) {
                await one.page.keyboard.down(key);
                await other.see(`the paddle after ${key}`, (view) =>
                    is_there(view.paddles[one.slot].y),
                );
                await one.page.keyboard.up(key);
            }
        }
    });

    test('the ball goes back and forth, and the spectator sees it', async () => {
        const stops = [ada.play(follow_ball), guest.play(follow_ball)];
        await ada.see('a rally', (view) => view.phase === 'play' && view.rally >= 3);
        await ada.screenshot('match-ada');
        await guest.screenshot('match-guest');

        const places = new Set();
        const note = (view) => places.add(`${view.ball.x} ${view.ball.y}`);
        watcher.watchers.add(note);
        const court = watcher.page.locator('iframe');
        const before = await court.screenshot();
        await watcher.see('the ball elsewhere', () => places.size >= 30);
        watcher.watchers.delete(note);
        assert.ok(!before.equals(await court.screenshot()), 'the picture moves');
        await watcher.page.getByText('You are watching').waitFor();
        await watcher.screenshot('spectator');
        for (const stop of stops) await stop();
    });

    test('after seven points both see the same result', { timeout: MATCH_MS_MAX }, async () => {
        let stops = [ada.play(hide_from_ball), guest.play(follow_ball)];
        await ada.see('points of the guest', (view) => view.scores[1] >= 2);
        for (const stop of stops) await stop();

        stops = [ada.play(follow_ball), guest.play(hide_from_ball)];
        await ada.see('points of Ada', ({ scores, phase }) => scores[0] >= 3 && phase === 'play');
        await ada.screenshot('match-points-ada');
        await guest.screenshot('match-points-guest');
        const end = { timeout: MATCH_MS_MAX };
        await ada.page.getByRole('heading', { name: 'You won' }).waitFor(end);
        await guest.page.getByRole('heading', { name: 'You lost' }).waitFor(end);
        await watcher.page.getByRole('heading', { name: 'Ada wins' }).waitFor(end);
        for (const stop of stops) await stop();

        result = (await platform.api('GET', `/api/games/matches/${match}`)).body;
        assert.equal(result.state, 'ended');
        assert.equal(result.reason, 'finished');
        assert.equal(result.players[0].score, 7);
        assert.ok(result.players[1].score >= 2);
        for (const one of [ada, guest, watcher]) {
            const rows = one.page.getByRole('region', { name: 'Result' }).getByRole('row');
            assert.deepEqual((await rows.allInnerTexts()).slice(1).map(words), [
                ['Ada', '7'],
                [guest.name, String(result.players[1].score)],
            ]);
        }
        await ada.screenshot('result-winner');
        await guest.screenshot('result-loser');
    });

    test('the result is in the database, once', async () => {
        const rows = await platform.sql(
            `select m.id, m.state, m.reason, p.user_id, p.score, p.outcome, p.forfeit
               from games.matches m join games.match_players p on p.match = m.id order by p.slot`,
        );
        const row = { id: match, state: 'ended', reason: 'finished', forfeit: false };
        const { score } = result.players[1];
        assert.deepEqual(rows, [
            { ...row, user_id: ada.id, score: 7, outcome: 'win' },
            { ...row, user_id: guest.id, score, outcome: 'loss' },
        ]);
    });

    test('the result is on both profiles', async () => {
        const { score } = result.players[1];
        for (const [one, other, line] of [
            [ada, guest, ['Won', `7 : ${score}`]],
            [guest, ada, ['Lost', `${score} : 7`]],
        ]) {
            await watcher.page.goto(`/users/${one.name}`);
            const rows = watcher.page.getByRole('listitem').filter({ hasText: 'Pong, with' });
            assert.equal(await rows.count(), 1);
            for (const text of [...line, `Pong, with ${other.name}`])
                await rows.getByText(text).waitFor();
            const record = watcher.page.getByRole('row', { name: /Pong/ });
            const won = one === ada ? 1 : 0;
            assert.deepEqual(await record.locator('th, td').allTextContents(), [
                'Pong',
                '1',
                String(won),
                String(1 - won),
                '0',
            ]);
        }
        await ada.page.goto(`/users/${ada.name}`);
        await ada.screenshot('profile');
    });

    test('a rematch is one click of each', async () => {
        await ada.page.goBack();
        const room = address.split('/').at(-1);
        await guest.page.getByRole('button', { name: 'Rematch' }).click();
        await ada.page.getByRole('button', { name: 'Start match' }).click();
        for (const one of [ada, guest]) {
            const again = await one.event('game:started', (data) => data.match !== match);
            assert.equal(again.data.room, room);
            await one.see_anew('the countdown', (view) => view.phase === 'countdown');
            await one.has_game_focus();
        }
        assert.equal(await guest.page.getByRole('region', { name: 'Result' }).count(), 0);
    });

    test('who gives up has lost, and the other need not wait', async () => {
        const { page } = guest;
        await page.getByRole('button', { name: 'Leave room' }).click();
        await page.getByRole('button', { name: 'Keep playing' }).click();
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
        await page.getByRole('button', { name: 'Leave room' }).click();
        await guest.screenshot('give-up');
        await page.getByRole('button', { name: 'Give up and leave' }).click();
        await page.waitForURL('/rooms');
        await ada.page.getByRole('heading', { name: 'You won' }).waitFor();
        await ada.page.getByText('gave up').waitFor();
        await ada.screenshot('result-forfeit');
    });

    test('the room is open again, and nobody had a complaint of the browser', async () => {
        const room = address.split('/').at(-1);
        assert.equal((await platform.api('GET', `/api/rooms/${room}`)).body.state, 'open');
        for (const one of [ada, guest, watcher]) one.check_console();
    });
});

const words = (text) => text.trim().split(/\s+/);
