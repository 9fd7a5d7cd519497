// Every game in the browser, each of its modes that match.test.mjs (Pong, one against one) does not
// play: found on the home page with its picture, or in a room with other rules; played to the end
// with the keyboard or by clicks in real browsers, and the result is the players'.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { cellsOf } from '../../games/battleships/client/fleet.js';
import { cellAt, layTable } from '../../games/battleships/client/table.js';
import * as battleships from '../../games/battleships/client/view.js';
import { layCourts } from '../../games/breakout/client/draw.js';
import * as breakout from '../../games/breakout/client/view.js';
import * as cycles from '../../games/cycles/client/view.js';
import * as pong from '../../games/pong/client/view.js';
import { start_platform, until } from '../integration/harness.mjs';
import { start_browser, Visitor } from './visitor.mjs';

const MATCH_MS_MAX = 240_000;
const SHOOT_AGAIN_MS = 1_000;

describe('the games in the browser', () => {
    let platform;
    let browser;

    before(async () => {
        [platform, browser] = await Promise.all([start_platform(), start_browser()]);
    });
    after(async () => {
        await browser?.close();
        await platform?.stop();
    });

    async function two_at(game, mode, decode) {
        const one = await Visitor.open(browser, platform, { decode });
        const other = await Visitor.open(browser, platform, { decode, phone: true, dark: true });
        for (const visitor of [one, other]) {
            await visitor.page.goto('/');
            await visitor.play_now(game, mode);
        }
        for (const visitor of [one, other]) {
            await visitor.page.waitForURL(/\/rooms\//);
            await visitor.has_game_focus();
        }
        return [one, other];
    }

    // A room with rules of its own; `friends` come by its link, and the host starts the match. `rules`
    // says what stands behind a label: a text, or true for a box that is ticked.
    async function room_of(decode, game, mode, rules, friends) {
        const open = (options) => Visitor.open(browser, platform, { decode, ...options });
        const host = await open({});
        const { page } = host;
        await page.goto('/rooms');
        await page.getByRole('button', { name: 'Create room' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Game').selectOption({ label: game });
        await dialog.getByLabel('Mode').selectOption({ label: mode });
        await dialog.getByText('Rules').click();
        for (const [label, value] of Object.entries(rules)) {
            const field = dialog.getByLabel(label, { exact: true });
            if (value === true) await field.check();
            else if ((await field.evaluate(({ tagName }) => tagName)) === 'SELECT')
                await field.selectOption({ label: value });
            else await field.fill(value);
        }
        await dialog.getByRole('button', { name: 'Create', exact: true }).click();
        await page.waitForURL(/\/rooms\/[0-9a-f-]{36}$/);
        const visitors = [host];
        for (let i = 0; i < friends; i++) {
            const friend = await open({ phone: i % 2 === 0, dark: true });
            await friend.join_as_guest(page.url());
            await friend.page.getByRole('button', { name: 'Ready' }).click();
            visitors.push(friend);
        }
        await page.getByRole('button', { name: 'Start match' }).click();
        for (const visitor of visitors) await visitor.has_game_focus();
        return visitors;
    }

    async function result_of(visitors) {
        for (const visitor of visitors) {
            await visitor.event('game:ended');
            visitor.check_console();
        }
        return visitors[0].last_event('game:ended').data;
    }

    test('each game has its own picture, and the picture is there', async () => {
        const visitor = await Visitor.open(browser, platform);
        await visitor.page.goto('/');
        const { body } = await platform.api('GET', '/api/games');
        const pictures = await visitor.page
            .locator('img')
            .evaluateAll((images) =>
                images.map(({ src, naturalWidth }) => ({ src, naturalWidth })),
            );
        for (const { client, icon } of body.items) {
            const file = client.replace(/client\/$/, '') + icon;
            const shown = pictures.filter(({ src }) => src.endsWith(file));
            assert.ok(shown.length > 0, `${file} is shown`);
            for (const { naturalWidth } of shown) assert.ok(naturalWidth > 0, `${file} is there`);
        }
        await visitor.screenshot('home-games');
        visitor.check_console();
        await visitor.close();
    });

    test('light cycles: the one who avoids the walls wins', { timeout: MATCH_MS_MAX }, async () => {
        const [rider, other] = await two_at('Light Cycles', 'Duel', cycles.decodeView);
        const stop = avoid_walls(rider);
        await other.see('a ride', (view) => view.phase === 'ride' && view.players[0].steps > 15);
        await Promise.all([rider.screenshot('cycles'), other.screenshot('cycles-phone')]);
        await rider.see('the end of a round', (view) => view.phase === 'roundEnd');
        await rider.screenshot('cycles-round-end');
        const { players } = await rider
            .see_within('the end', MATCH_MS_MAX, (view) => view.phase === 'over')
            .then(() => result_of([rider, other]));
        await stop();
        await other.screenshot('cycles-end-phone');
        const of = (visitor) => players.find(({ slot }) => slot === visitor.slot);
        assert.equal(of(rider).outcome, 'win');
        assert.equal(of(rider).score, rider.view.roundsToWin);
        assert.equal(of(other).outcome, 'loss');
        await Promise.all([rider.close(), other.close()]);
    });

    test('light cycles, everyone for himself: who comes late rides from the next round on', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const rules = {
            'Rounds to win': '2',
            Seats: '4',
            'Others may come and play while a match is on': true,
        };
        const riders = await room_of(
            cycles.decodeView,
            'Light Cycles',
            'Everyone for themselves',
            rules,
            2,
        );
        const [rider] = riders;
        const late = await Visitor.open(browser, platform, { decode: cycles.decodeView });
        await late.page.goto(rider.page.url());
        const stop = avoid_walls(rider);
        await rider.see('a ride of three', (view) => view.phase === 'ride');
        assert.equal(rider.view.players.filter(({ riding }) => riding).length, 3);
        assert.equal(rider.view.roundsToWin, 2);

        await late.page.getByRole('button', { name: 'Play as guest' }).click();
        const seen = await late.see('a seat', (view) => view.players[late.slot]?.here);
        assert.equal(seen.players[late.slot].riding, false);
        await late.see('the next round', ({ round, players }) => {
            return round > seen.round && players[late.slot].riding;
        });
        await Promise.all([
            rider.screenshot('cycles-ffa'),
            riders[1].screenshot('cycles-ffa-phone'),
        ]);

        riders.push(late);
        await rider.see_within('the end', MATCH_MS_MAX, (view) => view.phase === 'over');
        const { players } = await result_of(riders);
        await stop();
        assert.equal(players.length, 4);
        const best = players.filter(({ place }) => place === 1);
        assert.equal(best.length, 1);
        assert.equal(best[0].score, 2);
        assert.deepEqual(
            players.map(({ outcome }) => outcome === 'win'),
            players.map(({ place }) => place === 1),
        );
        for (const visitor of riders) await visitor.close();
    });

    test('light cycles in pairs, with mates of the computer: mates share the result', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const rules = {
            'Rounds to win': '1',
            'The arena shrinks': true,
            'The computer takes free seats': 'easy',
        };
        const riders = await room_of(cycles.decodeView, 'Light Cycles', '2 against 2', rules, 1);
        const [one, other] = riders;
        await one.see('a ride', (view) => view.phase === 'ride' && view.players[0].steps > 10);
        assert.deepEqual(
            one.view.players.map(({ team }) => team),
            [0, 1, 0, 1],
        );
        await Promise.all([one.screenshot('cycles-pairs'), other.screenshot('cycles-pairs-phone')]);
        await one.see_within('the end', MATCH_MS_MAX, (view) => view.phase === 'over');
        const { players } = await result_of(riders);
        await other.screenshot('cycles-pairs-end-phone');
        const of = (slot) => players.find((player) => player.slot === slot);
        for (const slot of [0, 1]) {
            const [first, second] = [of(slot), of(slot + 2)];
            assert.deepEqual(
                [first.place, first.outcome, first.score],
                [second.place, second.outcome, second.score],
            );
        }
        for (const visitor of riders) await visitor.close();
    });

    test('Pong in pairs, with mates of the computer, to one point', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const rules = {
            'Points to win': '1',
            'Speed of the ball': 'Fast',
            'The computer takes free seats': 'easy',
        };
        const players = await room_of(pong.decodeView, 'Pong', '2 against 2', rules, 1);
        const [one, other] = players;
        const view = await one.see('the ball', (seen) => seen.phase === 'play');
        assert.equal(view.pointsToWin, 1);
        assert.deepEqual(
            view.paddles.map(({ face }) => face),
            [60, 1540, 380, 1220],
        );
        await other.screenshot('pong-pairs-phone');
        await one.page.keyboard.down('ArrowUp'); // out of the way, as the other one
        await other.page.keyboard.down('ArrowUp');
        await one.see_within('the end', MATCH_MS_MAX, (seen) => seen.phase === 'over');
        const result = await result_of(players);
        const of = (slot) => result.players.find((player) => player.slot === slot);
        assert.equal(of(0).outcome, of(2).outcome);
        assert.equal(of(1).outcome, of(3).outcome);
        assert.notEqual(of(0).outcome, of(1).outcome);
        for (const visitor of players) await visitor.close();
    });

    test('battleships: the one who aims better wins', { timeout: MATCH_MS_MAX }, async () => {
        const [one, other] = await two_at('Battleships', null, battleships.decodeView);
        for (const visitor of [one, other])
            await visitor.see('the sea', (view) => view.phase === 'placing');
        await one.screenshot('battleships-placing');
        await other.screenshot('battleships-placing-phone');
        await one.page.keyboard.press('Enter');
        await other.see('the first fleet', (view) => view.players[one.slot].placed);
        assert.deepEqual(other.view.players[one.slot].ships, [null, null, null, null, null]);
        await other.page.keyboard.press('Enter');
        for (const visitor of [one, other])
            await visitor.see('the first turn', (view) => view.phase === 'shooting');

        let shots = 0;
        while (one.view.phase !== 'over') {
            const shooter = one.view.turn === one.slot ? one : other;
            const target = shooter === one ? other : one;
            const { ships, cells } = target.view.players[target.slot];
            const under_ships = new Set(ships.flatMap((place, ship) => cellsOf(ship, place)));
            const aims = shooter === one && shots >= 4;
            const cell = cells.findIndex(
                (known, i) => known === battleships.UNKNOWN && under_ships.has(i) === aims,
            );
            const is_seen = ({ view }) =>
                view.players[target.slot].cells[cell] !== battleships.UNKNOWN;
            // The page may learn a moment after this test whose turn it is: then it takes no shot.
            const shoot = shooter === one ? click_at : key_to;
            await shoot(shooter, cell);
            const again = setInterval(() => shoot(shooter, cell), SHOOT_AGAIN_MS);
            await until('the shot', () => is_seen(shooter) && is_seen(target)).finally(() =>
                clearInterval(again),
            );
            shots++;
            if (shots === 8) {
                await one.screenshot('battleships');
                await other.screenshot('battleships-phone');
                const hidden = one.view.players[other.slot].ships.filter((place) => place === null);
                assert.ok(hidden.length > 0, 'what swims stays hidden');
            }
        }
        const { players } = await result_of([one, other]);
        await other.screenshot('battleships-end-phone');
        const of = (visitor) => players.find(({ slot }) => slot === visitor.slot);
        assert.equal(of(one).outcome, 'win');
        assert.equal(of(one).score, battleships.LENGTHS.length);
        assert.equal(of(other).outcome, 'loss');
        await Promise.all([one.close(), other.close()]);
    });

    test('breakout: alone at once, by the mouse', { timeout: MATCH_MS_MAX }, async () => {
        const player = await Visitor.open(browser, platform, { decode: breakout.decodeView });
        const { page } = player;
        await page.goto('/');
        await player.play_now('Breakout', 'Alone');
        await page.waitForURL(/\/rooms\//);
        await player.has_game_focus();
        await player.see('the ball', (view) => view.courts[0].status === 'flies');
        const stop = await follow_with_mouse(player, 1);
        await player.see_within(
            'a score',
            MATCH_MS_MAX,
            ({ courts: [court] }) => court.score >= 50,
        );
        await player.screenshot('breakout');
        await stop();
        await page.keyboard.down('ArrowLeft');
        await player.see_within('the end', MATCH_MS_MAX, (view) => view.phase === 'over');
        const { players } = await result_of([player]);
        assert.equal(players.length, 1);
        assert.equal(players[0].outcome, 'loss');
        assert.ok(players[0].score >= 50);
        await player.close();
    });

    test('breakout together: both hold the ball, and both lose it', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const rules = { Lives: '1', 'First level': '2' };
        const players = await room_of(breakout.decodeView, 'Breakout', 'Together', rules, 1);
        const [one, other] = players;
        const view = await one.see('the ball', (seen) => seen.courts[0].status === 'flies');
        assert.equal(view.courts.length, 1);
        assert.equal(view.courts[0].level, 1);
        assert.equal(view.courts[0].lives, 1);
        await one.page.keyboard.down('ArrowLeft');
        await other.page.keyboard.down('ArrowRight');
        await other.see('both paddles elsewhere', ({ players: [left, right] }) => {
            return left.x < 200 && right.x > 600;
        });
        await other.screenshot('breakout-together-phone');
        await one.see_within('the end', MATCH_MS_MAX, (seen) => seen.phase === 'over');
        const result = await result_of(players);
        assert.deepEqual(
            result.players.map(({ outcome }) => outcome),
            ['loss', 'loss'],
        );
        for (const visitor of players) await visitor.close();
    });

    test('breakout against each other: the same bricks, and the higher score wins', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const rules = { Lives: '1' };
        const players = await room_of(
            breakout.decodeView,
            'Breakout',
            'Against each other',
            rules,
            1,
        );
        const [one, other] = players;
        const view = await one.see('the ball', (seen) => seen.courts[1]?.status === 'flies');
        assert.deepEqual(view.courts[0].bricks, view.courts[1].bricks);
        await other.page.keyboard.down('ArrowLeft'); // loses his ball, at least after its first way
        const stop = await follow_with_mouse(one, 2);
        await one.see_within('a lead', MATCH_MS_MAX, ({ courts }) => {
            return courts[1].status === 'lost' && courts[0].score > courts[1].score;
        });
        await Promise.all([
            one.screenshot('breakout-versus'),
            other.screenshot('breakout-versus-phone'),
        ]);
        await stop();
        await one.page.keyboard.down('ArrowRight');
        await one.see_within('the end', MATCH_MS_MAX, (seen) => seen.phase === 'over');
        const result = await result_of(players);
        const of = (slot) => result.players.find((player) => player.slot === slot);
        assert.equal(of(one.slot).outcome, 'win');
        assert.equal(of(other.slot).outcome, 'loss');
        for (const visitor of players) await visitor.close();
    });
});

// Keeps the own paddle below the ball until `stop()` is called.
async function follow_with_mouse(visitor, courts) {
    const { page, slot } = visitor;
    const box = await page.frameLocator('iframe').locator('canvas').boundingBox();
    const { left, scale } = layCourts(box, courts)[courts === 1 ? 0 : slot];
    let work = null;
    const watcher = (view) => {
        const ball = view.courts[courts === 1 ? 0 : slot].balls[0];
        if (!ball || work) return;
        work = page.mouse
            .move(box.x + left + ball.x * scale, box.y + box.height / 2)
            .finally(() => {
                work = null;
            });
    };
    visitor.watchers.add(watcher);
    return async () => {
        visitor.watchers.delete(watcher);
        await work;
    };
}

// Clicks where the client draws that cell of the other's sea.
async function click_at(visitor, cell) {
    const { page, slot } = visitor;
    const box = await page.frameLocator('iframe').locator('canvas').boundingBox();
    const { boards } = layTable(box, [slot, 1 - slot], []);
    const board = boards.find((one) => one.slot !== slot);
    const x = board.left + ((cell % battleships.SIDE) + 0.5) * board.cell;
    const y = board.top + (Math.floor(cell / battleships.SIDE) + 0.5) * board.cell;
    assert.equal(cellAt(board, x, y), cell);
    await page.mouse.click(box.x + x, box.y + y);
}

// Brings the cursor to that cell, and shoots. The first arrow only shows the cursor, at cell 0.
async function key_to(visitor, cell) {
    const { keyboard } = visitor.page;
    if (visitor.cursor === undefined) await keyboard.press('ArrowRight');
    let at = visitor.cursor ?? 0;
    visitor.cursor = cell;
    const column = (one) => one % battleships.SIDE;
    for (; column(at) < column(cell); at++) await keyboard.press('ArrowRight');
    for (; column(at) > column(cell); at--) await keyboard.press('ArrowLeft');
    for (; at < cell; at += battleships.SIDE) await keyboard.press('ArrowDown');
    for (; at > cell; at -= battleships.SIDE) await keyboard.press('ArrowUp');
    await keyboard.press('Space');
}

const CYCLE_KEYS = ['ArrowUp', 'ArrowRight', 'ArrowDown', 'ArrowLeft'];
const CELLS_AHEAD = 6; // a key takes a while on a busy machine

// Turns to the side with more room as soon as a wall is near.
function avoid_walls(visitor) {
    let work = null;
    let turned = -1;
    const watcher = (view) => {
        const own = view.players[visitor.slot];
        if (view.phase !== 'ride' || !own.riding || work || own.steps < turned) {
            if (view.phase !== 'ride') turned = -1;
            return;
        }
        const way = best_way(view, own);
        if (way === own.heading) return;
        turned = own.steps + 3;
        work = visitor.page.keyboard.press(CYCLE_KEYS[way]).finally(() => {
            work = null;
        });
    };
    visitor.watchers.add(watcher);
    return async () => {
        visitor.watchers.delete(watcher);
        await work;
    };
}

function best_way(view, own) {
    const walls = new Set();
    for (const { corners } of view.players) {
        for (let i = 0; i < corners.length; i++) {
            const [x, y] = corners[i];
            const [nextX, nextY] = corners[i + 1] ?? corners[i];
            const long = Math.abs(nextX - x) + Math.abs(nextY - y);
            for (let step = 0; step <= long; step++)
                walls.add(
                    (y + Math.sign(nextY - y) * step) * cycles.WIDTH +
                        x +
                        Math.sign(nextX - x) * step,
                );
        }
    }
    const room = (way) => {
        let [x, y] = own.corners.at(-1);
        for (let free = 0; ; free++) {
            x += cycles.STEPS[way][0];
            y += cycles.STEPS[way][1];
            const outside = x < 0 || y < 0 || x >= cycles.WIDTH || y >= cycles.HEIGHT;
            if (outside || walls.has(y * cycles.WIDTH + x)) return free;
        }
    };
    if (room(own.heading) > CELLS_AHEAD) return own.heading;
    const sides = [(own.heading + 1) & 3, (own.heading + 3) & 3];
    return sides.sort((a, b) => room(b) - room(a))[0];
}
