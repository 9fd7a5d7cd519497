// Every game but Pong (match.test.mjs has that one): found on the home page with its picture, played
// to the end with the keyboard or by clicks in real browsers, and the result is the players'.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { cellsOf } from '../../games/battleships/client/fleet.js';
import { cellAt, layTable } from '../../games/battleships/client/table.js';
import * as battleships from '../../games/battleships/client/view.js';
import { layCourts } from '../../games/breakout/client/draw.js';
import * as breakout from '../../games/breakout/client/view.js';
import * as cycles from '../../games/cycles/client/view.js';
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
        const box = await page.frameLocator('iframe').locator('canvas').boundingBox();
        const [{ left, scale }] = layCourts(box, 1);
        await until(
            'a score',
            async () => {
                const [court] = player.view.courts;
                const x = court.balls[0]?.x ?? breakout.WIDTH / 2;
                await page.mouse.move(box.x + left + x * scale, box.y + box.height / 2);
                return court.score >= 50;
            },
            MATCH_MS_MAX,
        );
        await player.screenshot('breakout');
        await page.mouse.move(box.x + left, box.y + box.height / 2);
        await player.see_within('the end', MATCH_MS_MAX, (view) => view.phase === 'over');
        const { players } = await result_of([player]);
        assert.equal(players.length, 1);
        assert.equal(players[0].outcome, 'loss');
        assert.ok(players[0].score >= 50);
        await player.close();
    });
});

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
