// The playground of a game's author: the real `gamekit play` on a copy of Pong, which is built and
// played in Chromium, changed while it is played, and broken in every way.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import WebSocket from 'ws';

import { until } from '../integration/harness.mjs';
import { start_browser } from './visitor.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const program = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'bin/gamekit');
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const output = process.env.TEST_OUTPUT;
const BUILD_MS = 60_000; // the first one, on a busy machine
const PLAY_MS = 30_000;
const PADDLE_SPEED = 14; // of Pong, a tick

function lay_pong(folder) {
    const pong = path.join(root, 'games/pong');
    for (const name of fs.readdirSync(pong))
        if (/\.[ch]$|^game\.json$|^client$/.test(name))
            fs.cpSync(path.join(pong, name), path.join(folder, name), { recursive: true });
    fs.writeFileSync(
        path.join(folder, 'CMakeLists.txt'),
        'cmake_minimum_required(VERSION 3.25)\nproject(pong LANGUAGES C)\n' +
            'find_package(gamekit 1.0 REQUIRED)\ngamekit_add_game(pong pong.c bot.c)\n',
    );
}

// The tool, and one page that shows it.
class Playground {
    problems = []; // what the browser had to say

    static async open(browser) {
        const playground = new Playground();
        playground.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gamekit-play-'));
        lay_pong(playground.folder);
        playground.tool = spawn(program, ['play', playground.folder, '--no-browser'], {
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        try {
            await playground.#begin(browser);
        } catch (error) {
            playground.tool.kill('SIGKILL'); // else it is waited for without end
            throw error;
        }
        return playground;
    }

    async #begin(browser) {
        let said = '';
        this.tool.stdout.on('data', (piece) => {
            said += piece;
        });
        [this.address] = await until('the address', () => said.match(/http:\S+/), BUILD_MS);
        this.context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
        this.page = await this.show();
    }

    // The first mode at its own speed, both by keyboard.
    async begin_anew() {
        const { page } = this;
        await page.getByLabel('Speed', { exact: true }).selectOption('1');
        for (const player of [1, 2])
            await page.getByLabel(`Who plays player ${player}`).selectOption('me');
        await page.getByLabel(/^Mode/).selectOption({ index: 0 });
        await this.pause();
        await this.click('New match');
        await this.see('the first ticks', ({ tick, mark }) => mark === 'live' && tick > 3);
        await this.frames_run();
    }

    // The client of each player has begun: it has named its canvas.
    async frames_run() {
        for (const slot of [0, 1])
            await this.page
                .frameLocator(`article[data-slot="${slot}"] iframe`)
                .locator('canvas:not([aria-label="Game"])')
                .waitFor();
    }

    async show() {
        const page = await this.context.newPage();
        page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())) this.problems.push(message.text());
        });
        page.on('pageerror', (error) => this.problems.push(String(error.stack)));
        await page.goto(this.address);
        await page.getByText(/^Built in/).waitFor({ timeout: BUILD_MS });
        return page;
    }

    async close() {
        await this.context.close();
        this.tool.kill('SIGINT');
        const [status] = await once(this.tool, 'exit');
        fs.rmSync(this.folder, { recursive: true, force: true });
        return status;
    }

    edit(name, change) {
        const file = path.join(this.folder, name);
        const before = fs.readFileSync(file, 'utf8');
        const after = change(before);
        assert.notEqual(after, before, `nothing has changed in ${name}`);
        fs.writeFileSync(file, after);
        return () => fs.writeFileSync(file, before);
    }

    // What the page shows of the match: {tick, phase, score, y: [...], here: [...], step, newest, ...}
    async now() {
        const shown = await this.page.evaluate(() => ({
            explained: document.getElementById('explain').textContent,
            hash: document.getElementById('hash').textContent,
            where: document.querySelector('.where').textContent,
            mark: document.querySelector('.mark').textContent,
        }));
        const fields = Object.fromEntries(
            shown.explained.split(' ').map((word) => word.split('=')),
        );
        const [step, newest] = shown.where.split(' of ').map(Number);
        const players = [fields.p0, fields.p1].map((text) => (text ?? '').split('@'));
        return {
            ...shown,
            ...fields,
            tick: Number(fields.tick),
            step,
            newest,
            y: players.map(([, y]) => Number(y)),
            here: players.map(([presence]) => presence === 'here'),
        };
    }

    async see(what, look, timeout_ms = PLAY_MS) {
        return until(
            what,
            async () => {
                const now = await this.now();
                return look(now) && now;
            },
            timeout_ms,
        );
    }

    click(name) {
        return this.page.getByRole('button', { name, exact: true }).first().click();
    }

    // The keyboard to the frame of a player, or back to the page.
    async focus(player) {
        await this.page.getByRole('button', { name: 'Sound' }).focus();
        if (!player) return;
        await this.page.keyboard.press(String(player));
        await this.page.waitForFunction(
            (slot) => document.activeElement?.closest('article')?.dataset.slot === String(slot),
            player - 1,
        );
    }

    async pause() {
        if ((await this.now()).mark === 'live') await this.click('Pause');
        return this.see('a match that stands still', ({ mark }) => mark !== 'live');
    }

    async go_back(steps) {
        const { step } = await this.now();
        const wanted = step - steps;
        await this.page.getByLabel('Timeline').evaluate((node, value) => {
            node.value = String(value);
            node.dispatchEvent(new Event('input', { bubbles: true }));
            node.dispatchEvent(new Event('change', { bubbles: true }));
        }, wanted);
        return this.see(`step ${wanted}`, (now) => now.tick === wanted && now.mark === 'film');
    }

    // How far the first paddle moves in a tick, while `work` is done.
    async paddle_speed(work) {
        await this.page.evaluate(() => {
            const seen = [];
            const node = document.getElementById('explain');
            const observer = new MutationObserver(() => seen.push(node.textContent));
            observer.observe(node, { childList: true, characterData: true, subtree: true });
            globalThis.stop_looking = () => {
                observer.disconnect();
                return seen;
            };
        });
        await work();
        const seen = await this.page.evaluate(() => globalThis.stop_looking());
        const samples = seen.map((text) => [
            Number(text.match(/tick=(\d+)/)[1]),
            Number(text.match(/p0=\w+@(\d+)/)[1]),
        ]);
        let speed = 0;
        for (let i = 1; i < samples.length; i++) {
            const ticks = samples[i][0] - samples[i - 1][0];
            if (ticks > 0)
                speed = Math.max(speed, Math.abs(samples[i][1] - samples[i - 1][1]) / ticks);
        }
        return speed;
    }

    async hold(key, what, look) {
        await this.page.keyboard.down(key);
        const now = await this.see(what, look);
        await this.page.keyboard.up(key);
        return now;
    }

    notice(id) {
        return this.page.locator(`[data-notice="${id}"]`);
    }

    async screenshot(name) {
        if (!output) return;
        fs.mkdirSync(output, { recursive: true });
        await this.page.screenshot({ path: path.join(output, `playground-${name}.png`) });
    }
}

let browser;
before(async () => {
    browser = await start_browser();
});
after(() => browser?.close());

describe('a match on the playground', () => {
    let playground;
    let page;
    before(async () => {
        playground = await Playground.open(browser);
        ({ page } = playground);
    });
    beforeEach(() => playground.begin_anew());
    after(async () => {
        assert.equal(await playground.close(), 0, 'the tool ends well');
        assert.deepEqual(playground.problems, [], 'the browser complains');
    });

    test('lets two players play by keyboard, each in his frame', async () => {
        const begin = await playground.now();
        assert.deepEqual(begin.here, [true, true]);
        await playground.focus(1);
        await playground.hold('ArrowUp', 'the first paddle above', ({ y }) => y[0] < begin.y[0]);
        await playground.focus(2);
        const both = await playground.hold(
            'ArrowDown',
            'the second paddle below',
            ({ y }) => y[1] > begin.y[1],
        );
        assert.ok(both.y[0] < begin.y[0], 'the first one stays where it was');
        await playground.screenshot('keyboard');
        const spectator = page.frameLocator('article.spectator iframe');
        await spectator.locator('canvas').waitFor();
    });

    test('plays against a bot', async () => {
        await page.getByLabel('Who plays player 2').selectOption('bot3');
        const before = await playground.now();
        await playground.see('the paddle of the bot in motion', ({ y }) => y[1] !== before.y[1]);
        await page.getByLabel('Who plays player 1').selectOption('bot1');
        await playground.see('a hit', ({ rally }) => Number(rally) > 0);
        await playground.screenshot('bots');
    });

    test('stops, steps and goes back, and finds the same states again', async () => {
        await page.getByLabel('Who plays player 1').selectOption('bot2');
        await page.getByLabel('Who plays player 2').selectOption('bot3');
        await playground.see('a hit', ({ rally }) => Number(rally) > 0);
        const paused = await playground.pause();
        await playground.click('A step forward');
        const stepped = await playground.see('a step', ({ step }) => step === paused.step + 1);
        assert.equal(stepped.tick, paused.tick + 1);
        assert.notEqual(stepped.hash, paused.hash);
        await playground.click('A step back');
        const back = await playground.see('a step back', ({ step }) => step === paused.step);
        assert.equal(back.hash, paused.hash);

        const early = await playground.go_back(100);
        assert.equal(early.tick, paused.tick - 100);
        await playground.click('Watch');
        const again = await playground.see('the newest step', ({ step }) => step === stepped.step);
        assert.equal(again.hash, stepped.hash);
        const early_again = await playground.go_back(101);
        assert.equal(early_again.hash, early.hash);
        await playground.screenshot('film');
    });

    test('goes on from an earlier step, and says what that forgets', async () => {
        await playground.see('a while', ({ step }) => step > 150);
        await playground.pause();
        const back = await playground.go_back(60);
        await page.getByText('the 60 steps after it will be forgotten').waitFor();
        await playground.click('Go on from here');
        const on = await playground.see('a live match', ({ mark }) => mark === 'live');
        assert.ok(on.newest < back.newest, `${on.newest} is before ${back.newest}`);
        await playground.see('further steps', ({ step }) => step > back.newest);
    });

    test('plays slower and faster', async () => {
        const rate = async () => {
            const [from, at] = [(await playground.now()).tick, performance.now()];
            await playground.see('a second or so', () => performance.now() > at + 1200);
            return ((await playground.now()).tick - from) / ((performance.now() - at) / 1000);
        };
        await page.getByLabel('Speed', { exact: true }).selectOption('0.25');
        const slow = await rate();
        assert.ok(slow > 8 && slow < 24, `${slow} ticks a second at a quarter of 60`);
        await page.getByLabel('Speed', { exact: true }).selectOption('2');
        const fast = await rate();
        assert.ok(fast > 70, `${fast} ticks a second at twice 60`);
    });

    test('lets a player be away, come back, and leave', async () => {
        const card = page.getByRole('article', { name: 'Player 2' });
        await card.getByRole('button', { name: 'Disconnect' }).click();
        await playground.see(
            'one who is away',
            ({ here, phase }) => !here[1] && phase === 'paused',
        );
        await card.getByRole('button', { name: 'Connect' }).click();
        await playground.see('him back', ({ here }) => here[1]);
        await card.getByRole('button', { name: 'Leave' }).click();
        await playground.see('the end', ({ mark }) => mark === 'over');
        await page.getByText(/forfeit · 1: win/).waitFor();
        await page.getByText('left', { exact: true }).waitFor();
    });

    test('makes the line of one player bad, and of no other', async () => {
        const [one, other] = ['Player 1', 'Player 2'].map((name) =>
            page.getByRole('article', { name }),
        );
        await one.locator('summary').click();
        await one.getByLabel('Latency').fill('300');
        const ms = async (card) =>
            Number.parseInt(await card.locator('.figure').first().textContent(), 10);
        await until('the latency', async () => (await ms(one)) >= 300);
        assert.ok((await ms(other)) < 150);
    });

    test('saves the match as a replay and loads it again', async () => {
        await page.getByLabel('Who plays player 2').selectOption('bot2');
        await playground.see('a while', ({ step }) => step > 200);
        const saved = await playground.pause();
        await page.getByText('Replays', { exact: true }).click();
        await playground.click('Save this match');
        await page
            .getByText(/\.gkreplay/)
            .first()
            .waitFor();
        const [name] = fs.readdirSync(path.join(playground.folder, 'replays'));
        assert.match(name, /\.gkreplay$/);
        const again = spawnSync(program, [
            'replay',
            path.join(playground.folder, 'replays', name),
            path.join(playground.folder, 'build/plugins.d/pong'),
        ]);
        assert.equal(again.status, 0, String(again.stderr));
        await playground.click('New match');
        await playground.see('a new match', ({ step }) => step < saved.step - 100);
        await playground.click('Load');
        await page.getByText('Replay: every state is the one that was recorded.').waitFor();
        await playground.see('its beginning', ({ step, mark }) => step === 0 && mark === 'film');
        await page.getByRole('button', { name: 'To the newest' }).click();
        const end = await playground.see('its end', ({ step }) => step === saved.step);
        assert.equal(end.hash, saved.hash);
    });

    test('begins a match in another mode, for more players', async () => {
        await page.getByLabel(/^Mode/).selectOption({ index: 1 });
        await playground.click('New match');
        await page.getByRole('article', { name: 'Player 4' }).waitFor();
        await playground.see('four players', ({ explained }) => /p3=here/.test(explained));
        await playground.screenshot('four');
    });

    test('begins a match with the options of the game', async () => {
        const points = page.getByLabel('Points to win');
        await points.fill('1');
        await page.getByLabel('Who plays player 2').selectOption('bot3');
        await playground.click('New match');
        await playground.see('one point to win', (now) => now['to-win'] === '1');
        await page.getByText(/^finished · 1: loss 0 · 2: win 1$/).waitFor({ timeout: PLAY_MS });
        await playground.see('the end', ({ mark }) => mark === 'over');
        await points.fill('22');
        await playground.click('New match');
        assert.equal(await points.evaluate((node) => node.validity.rangeOverflow), true);
        await points.fill('7');
    });

    test('shows the same match after a reload, standing still meanwhile', async () => {
        await playground.see('a while', ({ step }) => step > 60);
        const before = await playground.pause();
        await page.reload();
        const again = await playground.see('the match', ({ step }) => step === before.step);
        assert.equal(again.hash, before.hash);
        assert.equal(again.mark, 'paused');
    });

    test('can be read by everybody, in light and dark', async () => {
        await page.evaluate(axe);
        for (const looks of ['light', 'dark']) {
            const found = await page.evaluate(() =>
                globalThis.axe.run(document, { resultTypes: ['violations'], iframes: false }),
            );
            const bad = found.violations.filter(({ impact }) =>
                ['serious', 'critical'].includes(impact),
            );
            assert.deepEqual(
                bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
                [],
                looks,
            );
            await playground.screenshot(looks);
            await playground.click('Dark');
        }
    });

    test('gives way to a newer page, and can be taken back', async () => {
        const newer = await playground.show();
        await page.getByText('Another page has taken over').waitFor();
        await page.getByRole('button', { name: 'Take it back' }).click();
        await newer.getByText('Another page has taken over').waitFor();
        await playground.see('the match', ({ step }) => step > 0);
        await newer.close();
    });
});

describe('a game that is changed while it is played', () => {
    let playground;
    let page;
    let allowed; // complaints of the browser
    beforeEach(async () => {
        allowed = [];
        playground = await Playground.open(browser);
        ({ page } = playground);
        await playground.see('the first ticks', ({ tick }) => tick > 3);
        await playground.frames_run();
    });
    afterEach(async () => {
        const status = await playground.close();
        const bad = playground.problems.filter(
            (text) => !allowed.some((pattern) => pattern.test(text)),
        );
        assert.deepEqual(bad, [], 'the browser complains');
        assert.equal(status, 0, 'the tool ends well');
    });

    test('builds changed rules while the match goes on with them', async () => {
        await page.getByLabel('Who plays player 2').selectOption('bot3');
        await playground.see('the first point', ({ score }) => score === '0-1');
        await playground.focus(1);
        const old_speed = await playground.paddle_speed(() =>
            playground.hold('ArrowDown', 'the lower end', ({ y }) => y[0] > 800),
        );
        assert.equal(old_speed, PADDLE_SPEED);
        const before = await playground.now();
        playground.edit('pong.h', (text) =>
            text.replace(/(#define PONG_PADDLE_SPEED +GK_FIXED)\(14\)/, '$1(5)'),
        );
        await page.getByText('Building').waitFor();
        await page.getByText(/^Built in/).waitFor({ timeout: BUILD_MS });
        await playground.focus(1);
        const new_speed = await playground.paddle_speed(() =>
            playground.hold('ArrowUp', 'the upper end', ({ y }) => y[0] < 200),
        );
        assert.equal(new_speed, 5);
        const now = await playground.now();
        assert.ok(now.tick > before.tick, 'the ticks go on');
        assert.match(now.score, /^0-[1-9]$/, 'and so does the score');

        /* What was before is played by the old rules, what was after by the new ones. */
        await playground.pause();
        const { step, hash } = await playground.now();
        await playground.go_back(step - before.step);
        await playground.click('Watch');
        const again = await playground.see('the newest step', (at) => at.step === step);
        assert.equal(again.hash, hash);
    });

    test('says what does not compile, and plays on', async () => {
        const before = await playground.now();
        const mend = playground.edit('pong.c', (text) => `${text}\nthis is no C\n`);
        await playground.notice('build').waitFor({ timeout: BUILD_MS });
        assert.match(await playground.notice('build').textContent(), /pong\.c:\d+:\d+: error:/);
        await playground.screenshot('broken');
        await playground.see('more ticks', ({ tick }) => tick > before.tick + 30);
        mend();
        await playground.notice('build').waitFor({ state: 'detached', timeout: BUILD_MS });
    });

    const deeds = {
        'a crash': [
            '*(volatile char *)8 = 1;',
            /`tick` crashed in pong\.c:\d+: signal 11 \(SIGSEGV.*0x8\./,
        ],
        'an endless loop': [
            'for (;;) __asm__ volatile("");',
            /`tick` has not returned within 1000 ms in pong\.c:\d+:/,
        ],
        'a broken invariant': ['state->phase = 77;', /`check` found an invariant broken/],
        'an impurity': [
            'volatile int unset[16]; state->random.stream ^= (uint64_t)(unset[3] & 0xff) << 32;',
            /gave two answers to the same question/,
        ],
    };
    for (const [name, [deed, sentence]] of Object.entries(deeds))
        test(`survives ${name}, and goes on with the next save`, async () => {
            await playground.see('a while', ({ tick }) => tick > 60);
            const mend = playground.edit('pong.c', (text) =>
                text.replace('    state->tick++;\n', `    state->tick++;\n    ${deed}\n`),
            );
            await playground.notice('fault').waitFor({ timeout: BUILD_MS });
            assert.match(await playground.notice('fault').textContent(), sentence);
            const stands = await playground.see('the end of it', ({ mark }) => mark === 'broken');
            await playground.screenshot(name.replaceAll(' ', '-'));
            await page.getByText('Replays', { exact: true }).click();
            await playground.click('Save this match');
            await page
                .getByText(/\.gkreplay/)
                .first()
                .waitFor();
            assert.equal((await playground.now()).mark, 'broken');
            mend();
            await playground.notice('fault').waitFor({ state: 'detached', timeout: BUILD_MS });
            const on = await playground.see('more ticks', ({ tick }) => tick > stands.tick + 10);
            assert.equal(on.mark, 'live');
        });

    test('keeps the old build when the state has another size', async () => {
        const before = await playground.now();
        playground.edit('pong.h', (text) =>
            text
                .replace('uint32_t reserved_tail;', 'uint32_t reserved_tail, more;')
                .replace(/GK_STATIC_ASSERT\(sizeof\(struct pong_state\)[^;]*;/, ''),
        );
        await playground.notice('swap').waitFor({ timeout: BUILD_MS });
        assert.match(await playground.notice('swap').textContent(), /still calls itself schema/);
        await playground.see('more ticks', ({ tick }) => tick > before.tick + 30);
        await playground.click('New match with the new build');
        await playground.notice('swap').waitFor({ state: 'detached' });
        await playground.see('a new match', ({ tick }) => tick > 3 && tick < before.tick + 30);
    });

    test('carries a match over by migrate', async () => {
        await page.getByLabel('Who plays player 2').selectOption('bot3');
        const before = await playground.see('a point', ({ score }) => score === '0-1');
        playground.edit('pong.h', (text) =>
            text
                .replace('uint32_t reserved_tail;', 'uint32_t reserved_tail, more;')
                .replace(/GK_STATIC_ASSERT\(sizeof\(struct pong_state\)[^;]*;/, ''),
        );
        playground.edit('pong.c', (text) =>
            text
                .replace(
                    'GK_MANIFEST(',
                    `static uint32_t migrate(const struct gk_host *host, void *state, const void *old,
                                             uint32_t old_bytes, uint32_t old_schema)
                     {
                         (void)host;
                         (void)old_schema;
                         memcpy(state, old, old_bytes);
                         return 1;
                     }
                     GK_MANIFEST(`,
                )
                .replace(/\.state_schema = (\d+),\s*\.state_schema_oldest = \d+,/, (_, schema) => {
                    return `.state_schema = ${Number(schema) + 1}, .state_schema_oldest = ${schema},`;
                })
                .replace('.explain = explain', '.migrate = migrate, .explain = explain'),
        );
        await page.getByText('Building').waitFor();
        await page.getByText(/^Built in/).waitFor({ timeout: BUILD_MS });
        const on = await playground.see('more ticks', ({ tick }) => tick > before.tick + 60);
        assert.equal(await playground.notice('swap').count(), 0);
        assert.match(on.score, /^0-[1-9]$/);
    });

    test('loads changed files of the client without losing the match', async () => {
        const before = await playground.now();
        const shown = () =>
            page.frameLocator('article[data-slot="0"] iframe').locator('canvas').first();
        playground.edit('client/main.js', (text) =>
            text.replace('kit.label(texts.label);', 'kit.label("Changed");'),
        );
        await until(
            'the changed client',
            async () => (await shown().getAttribute('aria-label')) === 'Changed',
        );
        const on = await playground.see('more ticks', ({ tick }) => tick > before.tick + 10);
        assert.deepEqual(on.here, [true, true]);
        const mend = playground.edit('client/main.js', (text) => `${text}\nthrow new Error("oh");`);
        await page.getByText('client: oh').first().waitFor();
        mend();
        await page.getByText('client: oh').first().waitFor({ state: 'detached' });
        allowed = [/oh/];
    });
});

describe('the door of the playground', () => {
    let playground;
    let origin;
    let token;
    before(async () => {
        playground = await Playground.open(browser);
        [origin, token] = playground.address.split('/#');
        await playground.page.close();
    });
    after(() => playground?.close());

    // How the WebSocket answers: "open", or the status of its refusal.
    function knock({ query = `?token=${token}`, from = origin, headers = {} }) {
        const socket = new WebSocket(`${origin.replace('http', 'ws')}/socket${query}`, {
            headers: from === null ? headers : { Origin: from, ...headers },
        });
        return new Promise((resolve) => {
            socket.on('open', () => {
                socket.close();
                resolve('open');
            });
            socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode));
            socket.on('error', (error) => resolve(error.message));
        });
    }

    // As written, where fetch would bring it into order.
    function get(address, headers = {}) {
        const { hostname, port } = new URL(origin);
        return new Promise((resolve, reject) => {
            const request = http.request({ hostname, port, path: address, headers }, (answer) => {
                answer.resume();
                answer.on('end', () => resolve(answer));
            });
            request.on('error', reject);
            request.end();
        });
    }

    test('opens with the token, from its own page', async () => {
        assert.equal(await knock({}), 'open');
    });

    test('stays shut without the token, or with a wrong one', async () => {
        assert.equal(await knock({ query: '' }), 403);
        assert.equal(await knock({ query: '?token=' }), 403);
        assert.equal(await knock({ query: `?token=${'0'.repeat(32)}` }), 403);
        assert.equal(await knock({ query: `?token=${token.slice(0, -1)}` }), 403);
    });

    test('stays shut for another origin, another host, or none', async () => {
        assert.equal(await knock({ from: 'http://evil.example' }), 403);
        assert.equal(await knock({ from: 'null' }), 403);
        assert.equal(await knock({ from: null }), 403);
        assert.equal(await knock({ headers: { Host: 'evil.example' } }), 403);
        assert.equal((await get('/', { Host: 'evil.example' })).statusCode, 403);
        assert.equal((await get('/', { Origin: 'http://evil.example' })).statusCode, 403);
        assert.equal((await get('/')).statusCode, 200);
    });

    test('gives out nothing but its folders', async () => {
        for (const address of [
            '/playground/../CMakeLists.txt',
            '/playground/%2e%2e/CMakeLists.txt',
            '/playground/',
            '/frame/../../README.md',
            '/games/pong/00000000/client/main.js',
            '/play-frame/pong/00000000',
            '/pong.c',
        ])
            assert.equal((await get(address)).statusCode, 404, address);
    });

    test('shows the game in the same frame as the site', async () => {
        const page = await playground.show();
        const address = await page.locator('iframe').first().getAttribute('src');
        const { headers } = await get(address);
        const files = `${origin}${address.replace('/play-frame/', '/games/')}/`;
        assert.equal(
            headers['content-security-policy'],
            "sandbox allow-scripts allow-pointer-lock; default-src 'none'; " +
                `script-src ${origin}/frame/ ${files} 'wasm-unsafe-eval'; connect-src ${files}; ` +
                `img-src ${files}; media-src ${files}; font-src ${files}; ` +
                `style-src ${origin}/frame/ 'unsafe-inline'; base-uri 'none'; ` +
                "form-action 'none'; frame-ancestors 'self'",
        );
        const link = path.join(playground.folder, 'client/secret.js');
        fs.symlinkSync('/etc/hostname', link);
        const inside = `${address.replace('/play-frame/', '/games/')}/client`;
        assert.equal((await get(`${inside}/main.js`)).statusCode, 200);
        assert.equal((await get(`${inside}/secret.js`)).statusCode, 404);
        fs.rmSync(link);
        await page.close();
    });
});

describe('gamekit play', () => {
    const run = async (...words) => {
        const tool = spawn(program, ['play', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
        let complaint = '';
        tool.stderr.on('data', (piece) => {
            complaint += piece;
        });
        const [status] = await once(tool, 'close');
        return { status, complaint };
    };

    test('says what is no folder of a game', async () => {
        const { status, complaint } = await run(os.tmpdir());
        assert.equal(status, 1);
        assert.match(complaint, /no folder of a game/);
    });

    test('says that a port is taken', async () => {
        const other = http.createServer();
        await once(other.listen(0, '127.0.0.1'), 'listening');
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gamekit-play-'));
        lay_pong(folder);
        const { status, complaint } = await run(folder, `--port=${other.address().port}`);
        assert.equal(status, 3);
        assert.match(complaint, /^gamekit: cannot listen .*in use\. Give another --port\.\n$/);
        other.close();
        fs.rmSync(folder, { recursive: true });
    });

    test('says how it is called', async () => {
        assert.deepEqual((await run('--port=70000')).status, 2);
        assert.deepEqual((await run('--port=')).status, 2);
        assert.deepEqual((await run('--loud')).status, 2);
        assert.deepEqual((await run('a', 'b')).status, 2);
    });
});
