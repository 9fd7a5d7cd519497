// A game is a stranger's code. This one, in hostile/, tries everything to get out of its frame: to
// the player's session, the page, the API, other games, the network. It gets nothing, and the page
// goes on working.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { start_platform } from '../integration/harness.mjs';
import { start_browser, Visitor } from './visitor.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const built = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev');

// Real rules with a hostile client, beside Pong as it is.
function lay_plugins(folder) {
    fs.cpSync(path.join(built, 'plugins.d/pong'), path.join(folder, 'pong'), { recursive: true });
    const counter = path.join(folder, 'counter');
    fs.cpSync(path.join(built, 'test-plugins/counter'), counter, { recursive: true });
    fs.cpSync(path.join(import.meta.dirname, 'hostile'), path.join(counter, 'client'), {
        recursive: true,
    });
}

describe('a hostile game', () => {
    let plugins;
    let platform;
    let browser;
    let visitor;
    let frame; // the game's
    let findings;
    let requests; // that the frame made and got an answer to
    let games;

    before(async () => {
        plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
        lay_plugins(plugins);
        [platform, browser] = await Promise.all([
            start_platform({ settings: { plugins_dir: plugins } }),
            start_browser(),
        ]);
        const { items } = (await platform.api('GET', '/api/games')).body;
        games = Object.fromEntries(items.map((game) => [game.id, game]));
        visitor = await Visitor.open(browser, platform);
        await play_alone();
    });
    after(async () => {
        await browser?.close();
        await platform?.stop();
        fs.rmSync(plugins, { recursive: true, force: true });
    });

    // In a match of the hostile game, attacked.
    async function play_alone() {
        const { page } = visitor;
        requests = [];
        page.on('response', (response) => {
            const request = response.request();
            if (request.frame().parentFrame()) requests.push(new URL(request.url()).pathname);
        });
        await page.goto('/games/counter');
        await page.getByRole('button', { name: 'Create room' }).click();
        await page.getByRole('dialog').getByLabel('Mode').selectOption('solo');
        await page.getByRole('button', { name: 'Create', exact: true }).click();
        await page.getByRole('button', { name: 'Start match' }).click();
        frame = await game_frame();
        findings = await frame.evaluate(
            (victim) => globalThis.attack(victim),
            `${games.pong.client}main.js`,
        );
    }

    async function game_frame() {
        const element = await visitor.page.locator('iframe').elementHandle();
        const shown = await element.contentFrame();
        await shown.waitForFunction(() => globalThis.attack !== undefined);
        return shown;
    }

    const attempts = fs
        .readFileSync(path.join(import.meta.dirname, 'hostile/main.js'), 'utf8')
        .matchAll(/^ {4}(['"])(.*)\1: /gm);
    for (const [, , attempt] of attempts)
        test(`cannot ${attempt}`, () => {
            assert.match(findings[attempt] ?? 'not tried', /^refused/);
        });

    test('is told what the contract names and no more', async () => {
        const told = await frame.evaluate(() => globalThis.told);
        const match = visitor.last_event('game:started').data.match;
        const name = visitor.last_event('session:ready').data.user.username;
        assert.deepEqual(told, {
            match,
            game: 'counter',
            mode: 'solo',
            slot: 0,
            players: [{ name, slot: 0, team: 0 }],
            tickHz: games.counter.tickHz,
            turnSeconds: games.counter.turnSeconds,
            locale: 'en',
            theme: 'light',
            reducedMotion: false,
            sound: true,
            bindings: { up: ['ArrowUp'] },
        });
    });

    test('gets answers only to what is of its own version', () => {
        const { id, sha } = games.counter;
        const own = [`/play-frame/${id}/${sha}`, '/frame/', `/games/${id}/${sha}/`];
        assert.ok(requests.some((address) => address.startsWith(own[2])));
        const foreign = requests.filter((address) => !own.some((mine) => address.startsWith(mine)));
        assert.deepEqual(foreign, []);
    });

    test('finds no other page when it leaves its own', async () => {
        const other_origin = `http://127.0.0.1:${platform.ports.http}`;
        for (const address of ['/', '/api/auth/me', other_origin]) {
            await visitor.page.reload();
            frame = await game_frame();
            const blocked = frame.waitForURL(/^chrome-error:/).catch(({ message }) => {
                assert.match(message, /ERR_BLOCKED_BY/, address);
            });
            await frame.evaluate((to) => location.assign(to), address);
            await blocked;
        }
    });

    test('changes nothing on the page around it', async () => {
        const { page } = visitor;
        assert.match(page.url(), /\/rooms\/[0-9a-f-]{36}$/);
        await page.getByText('<b>said</b>').waitFor();
        assert.equal(await page.locator('b, img[src=x]').count(), 0);
        await visitor.say('Still here');
        await visitor.hears('Still here');
        const cookies = await visitor.context.cookies();
        assert.ok(!cookies.some(({ name }) => name === 'hostile'));
    });

    for (const file of ['page.html', 'picture.svg'])
        test(`does not run by its ${file} as a page of the site`, async () => {
            const { page } = visitor;
            const answer = await page.goto(`${games.counter.client}${file}`);
            assert.equal(answer.status(), 200);
            const said = await page.locator('#said').textContent();
            assert.equal(said, 'nothing has run');
        });
});
