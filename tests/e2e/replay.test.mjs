// A match is over, and is watched again in the browser: what was seen then is seen now, wherever one
// goes in it, with every game and across versions; the rules run in a frame that reaches nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { decodeView } from '../../games/pong/client/view.js';
import { program, start_platform, until } from '../integration/harness.mjs';
import { act, make_room } from '../integration/lobby.mjs';
import { follow_ball, hide_from_ball, start_browser, Visitor } from './visitor.mjs';

const MATCH_MS_MAX = 120_000;
const ADMITTED_MS_MAX = 20_000; // a version that is dropped
const built = path.join(path.dirname(program), '../plugins.d');
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let platform;
let browser;
let plugins;

before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    fs.cpSync(built, plugins, { recursive: true });
    [platform, browser] = await Promise.all([
        start_platform({ settings: { plugins_dir: plugins } }),
        start_browser(),
    ]);
});
after(async () => {
    await Promise.allSettled([browser?.close(), platform?.stop()]);
    fs.rmSync(plugins, { recursive: true, force: true });
});

const match_of = async (id) => (await platform.api('GET', `/api/games/matches/${id}`)).body;

// A page on which what goes to the game's frame is noted, as bytes: [tick, base64 of the view].
async function open_page(options) {
    const visitor = await Visitor.open(browser, platform, options);
    await visitor.context.addInitScript(() => {
        if (window !== window.top) return;
        window.shown = [];
        const post = MessagePort.prototype.postMessage;
        MessagePort.prototype.postMessage = function (message, ...more) {
            if (message instanceof ArrayBuffer && new Uint8Array(message)[0] === 2) {
                const view = String.fromCharCode(...new Uint8Array(message, 10));
                window.shown.push([new DataView(message).getUint32(2, true), btoa(view)]);
            }
            return post.call(this, message, ...more);
        };
    });
    return visitor;
}

// What was shown since the last time.
const shown = async ({ page }) => page.evaluate(() => window.shown.splice(0));
const position = (page) => page.getByRole('slider', { name: /Position/ });
const views = (list) =>
    list.map(([, text]) => {
        const bytes = Buffer.from(text, 'base64');
        return decodeView(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
const scores_of = (list) => [...new Set(list.map(({ scores }) => scores.join(':')))];

async function open_match(visitor, match, { french = false } = {}) {
    await visitor.page.goto(`${french ? '/fr' : ''}/matches/${match}`);
    await position(visitor.page).waitFor();
}

// Every state of the file was compared with what the rules come to here.
const agrees = ({ page }) =>
    page.getByText(/This is what was played|C’est ce qui a été joué/).waitFor();

async function go_to(visitor, step) {
    await shown(visitor);
    await position(visitor.page).fill(String(step));
    await until(
        `step ${step}`,
        async () => (await position(visitor.page).inputValue()) === String(step),
    );
    return until('its view', async () => (await shown(visitor)).at(-1));
}

async function violations(page) {
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
        globalThis.axe.run(document, { resultTypes: ['violations'] }),
    );
    return found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' | ')}`,
    );
}

describe('two people play Pong, and one watches the replay', () => {
    const lived = new Map(); // tick -> the view that Ada had
    const scores = []; // in the order in which she saw them
    let ada;
    let guest;
    let match;

    test('to its end', { timeout: MATCH_MS_MAX }, async () => {
        ada = await open_page({ gateway: 'g1' });
        guest = await Visitor.open(browser, platform, { gateway: 'g2' });
        await ada.register('Ada');
        await ada.page.goto('/rooms');
        await ada.page.getByRole('button', { name: 'Create room' }).click();
        const dialog = ada.page.getByRole('dialog');
        await dialog.getByLabel('Game').selectOption({ label: 'Pong' });
        await dialog.getByText('Rules').click();
        await dialog.getByLabel('Points to win', { exact: true }).fill('2');
        await dialog.getByRole('button', { name: 'Create', exact: true }).click();
        await ada.page.waitForURL(/\/rooms\/[0-9a-f-]{36}$/);
        await guest.join_as_guest(ada.page.url());
        await guest.page.getByRole('button', { name: 'Ready' }).click();
        await ada.page.getByRole('button', { name: 'Start match' }).click();
        ada.watchers.add((view) => {
            lived.set(ada.tick, view);
            const score = view.scores.join(':');
            if (scores.at(-1) !== score) scores.push(score);
        });
        await ada.see('the countdown', (view) => view.phase === 'countdown');
        match = ada.last_event('game:started').data.match;
        await ada.has_game_focus();
        await guest.has_game_focus();
        let stops = [ada.play(hide_from_ball), guest.play(follow_ball)];
        await ada.see('a point of the guest', (view) => view.scores[1] >= 1);
        for (const stop of stops) await stop();
        stops = [ada.play(follow_ball), guest.play(hide_from_ball)];
        await ada.event('game:ended');
        for (const stop of stops) await stop();
        await guest.close();
        assert.equal(ada.last_event('game:ended').data.players[0].score, 2);
        assert.deepEqual(scores.slice(0, 2), ['0:0', '0:1']);
    });

    test('finds it behind the result, and every state in it agrees', async () => {
        await ada.page.getByRole('link', { name: 'Watch the replay' }).click();
        await ada.page.waitForURL(`/matches/${match}`);
        await position(ada.page).waitFor();
        await agrees(ada);
        await ada.page.getByRole('heading', { name: 'You won' }).waitFor();
        await ada.screenshot('replay-begin');
    });

    test('sees the score go as it went', { timeout: MATCH_MS_MAX }, async () => {
        await ada.page.getByRole('radio', { name: '4×' }).check();
        await shown(ada);
        await ada.page.getByRole('button', { name: 'Play' }).click();
        await until('the middle', async () => Number(await position(ada.page).inputValue()) > 300);
        await ada.screenshot('replay-playing');
        await ada.page.getByRole('button', { name: 'Again' }).waitFor({ timeout: MATCH_MS_MAX });
        const film = await shown(ada);
        const ticks = film.map(([tick]) => tick);
        assert.ok(
            ticks.every((tick, i) => i === 0 || tick > ticks[i - 1]),
            'to the game the time only goes on',
        );
        assert.deepEqual(scores_of(views(film)), scores);
        const last = views(film).at(-1);
        const { players, ticks: steps } = await match_of(match);
        assert.equal(last.phase, 'over');
        assert.deepEqual(
            last.scores,
            players.map(({ score }) => score),
        );
        assert.equal(await position(ada.page).inputValue(), String(steps));
        await ada.screenshot('replay-end');
    });

    test('goes anywhere, and sees there what was seen there', async () => {
        const seen = [...lived.keys()];
        const at = (part) => seen[Math.floor(part * (seen.length - 1))];
        for (const tick of [at(0.5), at(0.1), at(0.9), at(0.3)]) {
            const [state] = views([await go_to(ada, tick)]);
            assert.deepEqual(state, lived.get(tick), `tick ${tick}`);
        }
    });

    test('drives it by the keyboard alone', async () => {
        const { page } = ada;
        const { tickHz } = (await platform.api('GET', '/api/games/pong')).body;
        const at = async () => Number(await position(page).inputValue());
        await position(page).focus();
        await page.keyboard.press('Home');
        await until('the beginning', async () => (await at()) === 0);
        await page.keyboard.press('ArrowRight');
        await until('five seconds', async () => (await at()) === 5 * tickHz);
        await page.keyboard.press('ArrowLeft');
        await until('back', async () => (await at()) === 0);
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await until('a second', async () => (await at()) > tickHz / 2);
        await page.keyboard.press('Space');
        await page.getByRole('button', { name: 'Play' }).waitFor();
        const stands = await at();
        await page.keyboard.press('Tab');
        await page.keyboard.press('ArrowLeft');
        assert.ok(await page.getByRole('radio', { name: '2×' }).isChecked());
        assert.equal(await at(), stands);
        ada.check_console();
    });

    test('gets the file, and finds the match on the profile', async () => {
        const { page } = ada;
        const loading = page.waitForEvent('download');
        await page.getByRole('link', { name: 'Download the replay file' }).click();
        assert.equal((await loading).suggestedFilename(), `${match}.gkreplay`);
        await page.goto('/users/Ada');
        await page.getByRole('link', { name: 'Pong' }).last().click();
        await page.waitForURL(`/matches/${match}`);
        await ada.close();
    });

    for (const [how, options] of Object.entries({
        desktop: {},
        dark: { dark: true },
        phone: { phone: true },
        'phone-dark-french': { phone: true, dark: true, french: true },
    }))
        test(`is for everybody: ${how}`, async () => {
            const visitor = await open_page(options);
            await open_match(visitor, match, options);
            await agrees(visitor);
            const steps = Number(await position(visitor.page).getAttribute('max'));
            await go_to(visitor, Math.floor(steps / 2));
            assert.deepEqual(await violations(visitor.page), []);
            const { wide, width } = await visitor.page.evaluate(() => ({
                wide: document.documentElement.scrollWidth,
                width: document.documentElement.clientWidth,
            }));
            assert.ok(wide <= width, `${wide} of ${width}`);
            await visitor.screenshot(`replay-${how}`);
            visitor.check_console();
            await visitor.close();
        });

    test('the rules run in a frame that reaches nothing, and nowhere else', async () => {
        const visitor = await open_page();
        const asked = [];
        visitor.page.on('request', (request) => {
            if (request.frame() !== visitor.page.mainFrame()) asked.push(request.url());
        });
        await open_match(visitor, match);
        await agrees(visitor);
        const rules = visitor.page.frames().find((frame) => frame.url().endsWith('/replay-frame'));
        const reached = await rules.evaluate(async (origin) => {
            const tried = [
                fetch(`${origin}/api/auth/me`),
                fetch(`${origin}/frame/kit.js`),
                fetch('https://example.org/'),
                new Promise((resolve, reject) => {
                    const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`);
                    socket.onopen = resolve;
                    socket.onerror = reject;
                }),
                Promise.resolve().then(() => window.parent.document.title),
                Promise.resolve().then(() => localStorage.length),
            ];
            return (await Promise.allSettled(tried)).map(({ status }) => status);
        }, platform.origin);
        assert.deepEqual(new Set(reached), new Set(['rejected']));
        assert.ok(
            asked.every((url) => !url.endsWith('.wasm')),
            'only the page fetches',
        );
        const main = await visitor.page.evaluate(() =>
            WebAssembly.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])).then(
                () => 'compiled',
                () => 'refused',
            ),
        );
        assert.equal(main, 'refused', 'the page itself may not run WebAssembly');
        await visitor.close();
    });
});

// A person who does little and a bot, for a while; then the person gives up.
async function play_against_bot(game, mode, ms) {
    const host = await platform.guest();
    host.socket = await host.socket({ gateway: 1 });
    const room = await make_room(host, { game, mode, bots: 2 });
    const { match } = (await act(host, room, 'start')).body;
    await host.socket.event('game:started');
    await host.socket.frame();
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { host, room, match };
}

async function give_up({ host, match }) {
    await host.socket.command('game:leave', { match });
    await until('its end', async () => (await match_of(match)).state !== 'live', MATCH_MS_MAX);
    await until('its replay', async () => (await match_of(match)).replay === 'ready');
}

describe('every game of the repository', () => {
    for (const [game, mode] of [
        ['pong', '1v1'],
        ['cycles', 'duel'],
        ['breakout', 'duel'],
        ['battleships', 'duel'],
    ])
        test(`is played back to the same states: ${game}`, { timeout: MATCH_MS_MAX }, async () => {
            const { body } = await platform.api('GET', `/api/games/${game}`);
            const id = body.modes.find((one) => one.id === mode)?.id ?? body.modes[0].id;
            const played = await play_against_bot(game, id, 8000);
            await give_up(played);
            const visitor = await open_page();
            await open_match(visitor, played.match);
            await agrees(visitor);
            const steps = Number(await position(visitor.page).getAttribute('max'));
            await go_to(visitor, Math.floor(steps * 0.8));
            await visitor.page
                .frameLocator('iframe[src^="/play-frame"]')
                .locator('canvas')
                .waitFor();
            await visitor.screenshot(`replay-${game}`);
            visitor.check_console();
            await visitor.close();
        });
});

test('a file that was changed is told plainly, and a match that is not there is not found', async () => {
    const played = await play_against_bot('pong', '1v1', 2000);
    await give_up(played);
    const days = path.join(platform.data_dir, 'replays');
    const file = fs
        .readdirSync(days, { recursive: true })
        .find((name) => name.endsWith(`${played.match}.gkreplay`));
    const bytes = fs.readFileSync(path.join(days, file));
    bytes[bytes.length - 20] ^= 1;
    fs.writeFileSync(path.join(days, file), bytes);
    const visitor = await open_page();
    await visitor.page.goto(`/matches/${played.match}`);
    await visitor.page.getByText('is damaged').waitFor();
    await visitor.page.goto('/matches/019b76da-a800-7000-8000-00000000dead');
    await visitor.page.getByText('There is no such match.').waitFor();
    visitor.check_console([/404/]);
    await visitor.close();
});

// Rules that do `deed` in their hundredth tick, as WebAssembly.
const hostile = (deed) => `
    #include <gamekit/game.h>
    static void init(const struct gk_host *host, void *state, const struct gk_match *match) {}
    static void join(const struct gk_host *host, void *state, uint32_t slot) {}
    static void leave(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason) {}
    static void tick(const struct gk_host *host, void *state, const struct gk_inputs *inputs)
    {
        if (++*(uint32_t *)state == 100)
            ${deed};
    }
    static uint32_t view(const struct gk_host *host, const void *state, uint32_t viewer,
                         uint8_t *ret_bytes, uint32_t capacity)
    {
        return 0;
    }
    static uint32_t result(const struct gk_host *host, const void *state,
                           struct gk_result *ret_result)
    {
        return 0;
    }
    GK_EXPORT(.init = init, .join = join, .leave = leave, .tick = tick, .view = view,
              .result = result);
`;

function compile(source, out) {
    const include = path.resolve(import.meta.dirname, '../../sdk/include');
    const link = ['--no-entry', '--export=gk_game_v1', '--export-table', '--growable-table'];
    const words = ['--target=wasm32', '-O1', '-w', '-ffreestanding', '-fvisibility=hidden'];
    execFileSync(
        'clang',
        [
            ...words,
            '-nostdlib',
            ...link.map((one) => `-Wl,${one}`),
            `-I${include}`,
            ...['-x', 'c', '-', '-o', out],
        ],
        { input: source },
    );
}

describe('a match that went over to another version', () => {
    // Whole and aside, then renamed into its place. The manifest's version is data in game.so.
    function drop(version, change) {
        const aside = path.join(plugins, '.pong.new');
        fs.cpSync(path.join(built, 'pong'), aside, { recursive: true });
        const so = path.join(aside, 'game.so');
        const bytes = fs.readFileSync(so);
        const id = Buffer.alloc(32 + 64);
        id.write('pong');
        id.write('Pong', 32);
        const at = bytes.indexOf(id) + id.length;
        assert.ok(at > id.length);
        bytes.write(version.padEnd(24, '\0'), at);
        fs.rmSync(so);
        fs.writeFileSync(so, bytes);
        change(aside);
        fs.rmSync(path.join(plugins, 'pong'), { recursive: true });
        fs.renameSync(aside, path.join(plugins, 'pong'));
    }
    const marked = (folder) =>
        fs.appendFileSync(path.join(folder, 'client/main.js'), 'globalThis.isNewer = true;\n');
    const without_rules = (folder) => fs.rmSync(path.join(folder, 'game.wasm'));

    const swapped = ({ host }, version) =>
        host.socket.event('game:swapped', (data) => data.version === version, ADMITTED_MS_MAX);

    const shows = (page, sha) => page.locator(`iframe[src$="${sha}"]`).waitFor();

    test('is played back by each version in its place', { timeout: MATCH_MS_MAX }, async () => {
        const played = await play_against_bot('pong', '1v1', 3000);
        drop('7.0.1', marked);
        await swapped(played, '7.0.1');
        await new Promise((resolve) => setTimeout(resolve, 2000));
        await give_up(played);
        const { versions } = await match_of(played.match);
        assert.equal(versions.length, 2);
        assert.ok(versions.every(({ rules }) => rules));

        const visitor = await open_page();
        await open_match(visitor, played.match);
        await agrees(visitor);
        await shows(visitor.page, versions[0].sha);
        await visitor.page.getByText('version 7.0.1').waitFor();
        await position(visitor.page).focus();
        await visitor.page.keyboard.press('End');
        await shows(visitor.page, versions[1].sha);
        const frame = visitor.page.frameLocator(`iframe[src$="${versions[1].sha}"]`);
        await frame.locator('canvas').waitFor();
        await until('the newer client', () =>
            visitor.page
                .frames()
                .find((one) => one.url().endsWith(versions[1].sha))
                ?.evaluate(() => globalThis.isNewer),
        );
        await visitor.screenshot('replay-versions');
        await visitor.page.keyboard.press('Home');
        await shows(visitor.page, versions[0].sha);
        visitor.check_console();
        await visitor.close();
    });

    test('is played back up to the version that brings no rules', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const played = await play_against_bot('pong', '1v1', 3000);
        drop('7.0.2', without_rules);
        await swapped(played, '7.0.2');
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await give_up(played);
        const visitor = await open_page();
        await open_match(visitor, played.match);
        await visitor.page
            .getByText(/version 7\.0\.2 played, which cannot be played back/)
            .waitFor();
        await position(visitor.page).focus();
        await visitor.page.keyboard.press('End');
        await until('its last step', async () => {
            const at = Number(await position(visitor.page).inputValue());
            return at > 60 && at < Number(await position(visitor.page).getAttribute('max'));
        });
        await visitor.screenshot('replay-missing-version');
        visitor.check_console();
        await visitor.close();

        const other = await play_against_bot('pong', '1v1', 1000);
        await give_up(other);
        const reader = await open_page();
        await reader.page.goto(`/matches/${other.match}`);
        await reader.page.getByText('brings no rules for the browser').waitFor();
        await reader.page.getByRole('link', { name: 'Download the replay file' }).waitFor();
        await reader.screenshot('replay-no-rules');
        reader.check_console();
        await reader.close();
    });

    // A version whose rules for the browser are not those that played it.
    async function open_hostile(version, deed) {
        drop(version, (folder) => compile(hostile(deed), path.join(folder, 'game.wasm')));
        await until(
            `version ${version}`,
            async () => (await platform.api('GET', '/api/games/pong')).body.version === version,
            ADMITTED_MS_MAX,
        );
        const played = await play_against_bot('pong', '1v1', 3000);
        await give_up(played);
        const visitor = await open_page();
        await open_match(visitor, played.match);
        return visitor;
    }

    test('of rules that are others it says so, and shows what is before they fail', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const visitor = await open_hostile('7.0.3', '__builtin_trap()');
        await visitor.page.getByText(/the rules of this game failed/).waitFor();
        await position(visitor.page).focus();
        await visitor.page.keyboard.press('End');
        await until('the last step before it', async () =>
            ['97', '98', '99'].includes(await position(visitor.page).inputValue()),
        );
        await visitor.screenshot('replay-rules-failed');
        visitor.check_console();
        await visitor.close();
    });

    test('rules that never return hang nobody but their frame', {
        timeout: MATCH_MS_MAX,
    }, async () => {
        const visitor = await open_hostile('7.0.4', 'for (;;) {}');
        const { page } = visitor;
        await position(page).focus();
        await page.keyboard.press('End');
        await page.getByText(/do not answer any more/).waitFor({ timeout: 30_000 });
        await page.getByRole('link', { name: 'Pong' }).click();
        await page.waitForURL('/games/pong');
        await visitor.close();
    });
});
