// docs/games/tutorial.md in browsers: what it quotes is on the playground's page when it says so,
// and at its end two people play its game on a platform.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { start_platform, until } from '../integration/harness.mjs';
import { Author, commands_of, tutorial_steps, words_of } from '../integration/tutorial.mjs';
import { start_browser, Visitor } from './visitor.mjs';

const BUILD_MS = 60_000; // on a busy machine
const CHIP = '#build';
const OPTIONS_DIFFER =
    'gamekit: game.json: options: there are 2, and manifest.option_count is 1: make them equal.\n';

describe('the tutorial in the browser', () => {
    let author;
    let browser;
    let platform;
    let tool; // while it runs
    const steps = tutorial_steps();
    const on_platform = steps.findIndex(({ kind }) => kind === 'console platform');

    before(async () => {
        author = new Author();
        [platform, browser] = await Promise.all([
            start_platform({ settings: { plugins_dir: author.plugins } }),
            start_browser(),
        ]);
    });
    after(async () => {
        tool?.kill('SIGKILL');
        await browser?.close();
        await platform?.stop();
        author.leave();
    });

    // All words are there, in their turn; what is to be pressed is pressed.
    async function see(page, step) {
        for (const { word, is_pressed } of words_of(step)) {
            await until(`"${word}" on the page`, () => shows(page, word), BUILD_MS);
            if (!is_pressed) continue;
            const left = await ticks_left(page);
            await page.getByRole('button', { name: word, exact: true }).click();
            await until('a new match', async () => (await ticks_left(page)) > left);
        }
    }

    test('the playground shows what it says', { timeout: 6 * BUILD_MS }, async () => {
        let page = null;
        let complaints = '';
        for (const step of steps.slice(0, on_platform)) {
            if (step.kind === 'console running') {
                tool = spawn('bash', ['-c', `exec ${commands_of(step)[0]}`], {
                    cwd: author.folder,
                    env: author.environment,
                    stdio: ['ignore', 'pipe', 'pipe'],
                });
                tool.stderr.on('data', (piece) => {
                    complaints += piece;
                });
                page = await open_playground(browser, tool);
            } else if (step.kind === 'quote') {
                await see(page, step);
            } else if (step.kind === 'diff' && page) {
                await change(page, () => author.follow(step));
            } else if (step.text.startsWith('^C')) {
                tool.kill('SIGINT');
                assert.deepEqual(await once(tool, 'exit'), [0, null]);
                page = null;
            } else {
                author.follow(step);
            }
            if (step.kind === 'console running') await walk(page);
        }
        assert.equal(page, null, 'it was ended');
        assert.equal(complaints, OPTIONS_DIFFER);
    });

    test('two people play on a platform', { timeout: 2 * BUILD_MS }, async () => {
        const [drop, ...quotes] = steps.slice(on_platform);
        author.follow(drop);
        await until('the game to be admitted', async () => {
            const { status } = await platform.api('GET', '/api/games/gold-rush');
            return status === 200;
        });
        const view = pathToFileURL(path.join(author.folder, 'client/view.js'));
        const { decodeView: decode } = await import(view);
        const one = await Visitor.open(browser, platform, { decode });
        const other = await Visitor.open(browser, platform, { decode, phone: true });
        await one.page.goto('/');
        await see(one.page, quotes[0]);
        const address = await one.create_room('', 'Gold rush');
        await see(one.page, quotes[1]);
        await other.page.goto(address);
        await see(other.page, quotes[2]);
        await other.join_as_guest(address);
        await other.page.getByRole('button', { name: 'Ready' }).click();
        await one.page.getByRole('button', { name: 'Start match' }).click();
        for (const visitor of [one, other]) await visitor.has_game_focus();
        for (const [mover, watcher] of [
            [one, other],
            [other, one],
        ]) {
            const { x } = (await watcher.see('the match', (now) => now)).players[mover.slot];
            const key = x < 320 ? 'ArrowRight' : 'ArrowLeft';
            await mover.page.keyboard.down(key);
            await watcher.see('a step of the other', ({ players }) => players[mover.slot].x !== x);
            await mover.page.keyboard.up(key);
        }
        await one.screenshot('tutorial');
        await other.screenshot('tutorial-phone');
        for (const visitor of [one, other]) visitor.check_console();
    });

    async function open_playground(browser, tool) {
        let said = '';
        tool.stdout.on('data', (piece) => {
            said += piece;
        });
        const [address] = await until('the address', () => said.match(/http:\S+/), BUILD_MS);
        const page = await browser.newPage();
        await page.goto(address);
        await page.getByText(/^Built in/).waitFor({ timeout: BUILD_MS });
        return page;
    }
});

const shows = async (page, word) => (await page.evaluate('document.body.innerText')).includes(word);

const ticks_left = async (page) =>
    Number((await page.locator('#explain').textContent()).match(/ticks left (\d+)/)[1]);

// A key of the first player moves him.
async function walk(page) {
    const place = async () =>
        (await page.locator('#explain').textContent()).match(/player 0 is here at (\S+)/)?.[1];
    const first = await until('the first player', place);
    const key = Number(first.split(',')[0]) < 320 ? 'ArrowRight' : 'ArrowLeft';
    await page.locator('article[data-slot="0"] iframe').click();
    await page.keyboard.down(key);
    await until('a step', async () => (await place()) !== first);
    await page.keyboard.up(key);
}

// The page builds after it, whatever comes of it; and the match goes on where it was.
async function change(page, save) {
    const before = await ticks_left(page);
    await page.evaluate((chip) => {
        window.hasBuilt = false;
        let isBuilding = false;
        new MutationObserver(() => {
            const word = document.querySelector(chip).textContent;
            if (word.startsWith('Building')) isBuilding = true;
            else if (isBuilding) window.hasBuilt = true;
        }).observe(document.querySelector(chip), {
            childList: true,
            characterData: true,
            subtree: true,
        });
    }, CHIP);
    save();
    await page.waitForFunction(() => window.hasBuilt, null, { timeout: BUILD_MS });
    assert.ok((await ticks_left(page)) <= before, 'the match goes on');
}
