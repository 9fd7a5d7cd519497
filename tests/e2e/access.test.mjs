// Pages for everybody: by keyboard alone, for screen readers (axe-core), in light and dark, English
// and French, down to a small phone; without inline scripts and without a complaint of the browser.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { start_platform } from '../integration/harness.mjs';
import { start_browser, Visitor, violations } from './visitor.mjs';

const TABS_MAX = 60; // to get anywhere on a page

let platform;
let browser;
let places; // name -> address, of every kind of page

before(async () => {
    [platform, browser] = await Promise.all([start_platform(), start_browser()]);
    const host = await platform.register({ username: 'Hedy' });
    const room = await host.api('POST', '/api/rooms', {
        body: { game: 'pong', mode: '1v1', name: "Hedy's room" },
    });
    places = {
        home: '/',
        login: '/login',
        register: '/register',
        rooms: '/rooms',
        room: `/rooms/${room.body.id}`,
        game: '/games/pong',
        profile: '/users/Hedy',
        missing: '/nowhere',
    };
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

// Settled: nothing is being fetched any more, and what was rendered is alive.
const open = (visitor, address) => visitor.page.goto(address, { waitUntil: 'networkidle' });
const allowed_of = (name) => (name === 'missing' ? [/404/] : []);

describe('every page', { concurrency: 2 }, () => {
    for (const dark of [false, true])
        for (const french of [false, true]) {
            const how = `${dark ? 'dark' : 'light'}, ${french ? 'French' : 'English'}`;
            test(`has no serious violation of accessibility (${how})`, async () => {
                const visitor = await Visitor.open(browser, platform, { dark, french });
                for (const [name, place] of Object.entries(places)) {
                    await open(visitor, french ? `/fr${place}` : place);
                    const language = await visitor.page.locator('html').getAttribute('lang');
                    assert.equal(language, french ? 'fr' : 'en');
                    assert.deepEqual(await violations(visitor.page), [], name);
                    visitor.check_console(allowed_of(name));
                    await visitor.screenshot(
                        `${name}-${dark ? 'dark' : 'light'}-${french ? 'fr' : 'en'}`,
                    );
                }
                await visitor.close();
            });
        }

    test('fits a small phone without being moved sideways', async () => {
        const visitor = await Visitor.open(browser, platform, { phone: true });
        for (const [name, place] of Object.entries(places)) {
            await open(visitor, place);
            await visitor.screenshot(`${name}-phone`);
            for (const width of [390, 320]) {
                await visitor.page.setViewportSize({ width, height: 640 });
                const wide = await visitor.page.evaluate(
                    () => document.documentElement.scrollWidth,
                );
                assert.ok(wide <= width, `${name} is ${wide} px wide on ${width}`);
            }
            await visitor.page.setViewportSize({ width: 390, height: 844 });
        }
        visitor.check_console([/404/]);
        await visitor.close();
    });

    test('carries no script and no style in its markup', async () => {
        for (const [name, place] of Object.entries(places)) {
            const { body } = await platform.api('GET', place);
            assert.match(body, /<!DOCTYPE html>/i, name);
            for (const [tag] of body.matchAll(/<script\b[^>]*>/g))
                assert.match(tag, /\ssrc=|type="application\/json"/, name);
            assert.doesNotMatch(body, /<style\b|\sstyle="|\son[a-z]+="|javascript:/, name);
        }
    });

    test('comes in the language that the browser asks for', async () => {
        const visitor = await Visitor.open(browser, platform, { french: true });
        await open(visitor, '/');
        assert.match(visitor.page.url(), /\/fr$/);
        await visitor.close();
    });
});

describe('by keyboard alone', () => {
    let visitor;
    let friend;

    before(async () => {
        visitor = await Visitor.open(browser, platform);
        friend = await platform.guest();
    });
    after(() => visitor?.close());

    // Presses Tab until the one thing has the focus, and sees that the focus shows.
    async function tab_to(role, name) {
        const target = visitor.page.getByRole(role, { name });
        await target.first().waitFor();
        for (let i = 0; i < TABS_MAX; i++) {
            await visitor.page.keyboard.press('Tab');
            if (await target.first().evaluate((element) => element === document.activeElement)) {
                const outline = await target
                    .first()
                    .evaluate((element) => getComputedStyle(element).outlineStyle);
                assert.notEqual(outline, 'none', `the focus shows on ${name}`);
                return;
            }
        }
        assert.fail(`no way by Tab to ${name}`);
    }

    async function choose(role, name) {
        await tab_to(role, name);
        await visitor.page.keyboard.press('Enter');
    }

    async function fill(name, text) {
        await tab_to('textbox', name);
        await visitor.page.keyboard.type(text);
    }

    test('one registers, opens a room and starts a match', async () => {
        const { page } = visitor;
        await open(visitor, '/');
        await choose('link', 'Register');
        await page.waitForURL('/register');
        await fill('Username', 'Keys');
        await fill('E-mail', 'keys@example.org');
        await fill('Password', 'only by keyboard');
        platform.keep_secret('only by keyboard');
        await page.keyboard.press('Enter');
        await page.waitForURL('/');
        await visitor.note_account();

        await choose('link', 'Rooms');
        await page.waitForURL('/rooms');
        await choose('button', 'Create room');
        assert.deepEqual(await violations(page), [], 'the dialog');
        await visitor.screenshot('create-room');
        await fill(/^Name/, 'By keyboard');
        await choose('button', /^Create$/);
        await page.waitForURL(/\/rooms\/[0-9a-f-]{36}$/);

        const room = page.url().split('/').at(-1);
        await friend.api('POST', `/api/rooms/${room}/join`, { body: {} });
        const answer = await friend.api('POST', `/api/rooms/${room}/ready`, {
            body: { ready: true },
        });
        assert.equal(answer.status, 200);
        await page.getByText('Everybody is ready.').waitFor();
        await choose('button', 'Start match');
        await visitor.has_game_focus();
    });

    test('Escape leaves the game, and Tab leads back to it', async () => {
        const { page } = visitor;
        await page.keyboard.press('Escape');
        await page.waitForFunction(() => document.activeElement?.tagName === 'BUTTON');
        await page.keyboard.press('Enter');
        await visitor.has_game_focus();
    });

    test('what only a player sees has no serious violation either', async () => {
        const { page } = visitor;
        for (const dark of [false, true]) {
            await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
            const name = dark ? 'dark' : 'light';
            assert.deepEqual(await violations(page), [], `a running match, ${name}`);
        }
        await open(visitor, '/users/Keys');
        assert.deepEqual(await violations(page), [], 'the own profile');
        await visitor.screenshot('profile-own');
        await page.getByRole('link', { name: 'Return to the match' }).waitFor();
        visitor.check_console();
    });
});
