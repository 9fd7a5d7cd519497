// People at a browser, for the end-to-end tests: Debian's Chromium, a context of its own for each,
// real clicks and keys. What the browser complains about and what comes over its WebSocket is kept;
// nothing is put in between.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { decodeView } from '../../games/pong/client/view.js';
import { until, WAIT_MS } from '../integration/harness.mjs';

const OP_STATE = 2;
const SEE_MS = 30_000; // for what the rules of the game bring about
const STATE_HEAD_BYTES = 10; // op, channel, tick, ack
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const output = process.env.TEST_OUTPUT;

export function start_browser() {
    return chromium.launch({
        executablePath: '/usr/bin/chromium',
        chromiumSandbox: false,
        args: [
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
        ],
    });
}

// What axe-core finds on a page that keeps somebody out, as texts.
export async function violations(page) {
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
        globalThis.axe.run(document, { resultTypes: ['violations'] }),
    );
    return found.violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' | ')}`,
        );
}

export class Visitor {
    problems = []; // what the browser had to say
    events = []; // all of the WebSocket's, of every connection
    frames = 0; // of the game
    tick = 0; // of the newest
    view = null; // the newest
    slot = undefined; // in the present match; null: watches
    watchers = new Set(); // called with each new view

    constructor(platform, context, page, decode) {
        this.decode = decode;
        this.platform = platform;
        this.context = context;
        this.page = page;
        context.setDefaultTimeout(WAIT_MS);
        page.on('console', (message) => this.#hear_console(message));
        page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.stack}`));
        page.on('websocket', (socket) => {
            socket.on('framereceived', ({ payload }) => this.#receive(payload));
        });
    }

    // `gateway`: which one the page's first socket asks for; a later one takes what nginx gives.
    // `secure`: over https, with the certificate that was made on the spot. `decode`: what makes a
    // view of bytes, Pong's when it is not said.
    static async open(browser, platform, options = {}) {
        const { gateway, phone = false, dark = false, french = false, secure = false } = options;
        const context = await browser.newContext({
            baseURL: secure ? platform.secure_origin : platform.origin,
            ignoreHTTPSErrors: secure,
            viewport: phone ? PHONE : DESKTOP,
            deviceScaleFactor: phone ? 2 : 1,
            hasTouch: phone,
            colorScheme: dark ? 'dark' : 'light',
            extraHTTPHeaders: french ? { 'Accept-Language': 'fr-FR,fr;q=0.9' } : {},
        });
        if (gateway) await context.addInitScript(choose_gateway, gateway);
        return new Visitor(
            platform,
            context,
            await context.newPage(),
            options.decode ?? decodeView,
        );
    }

    #hear_console(message) {
        if (message.type() !== 'error' && message.type() !== 'warning') return;
        this.problems.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }

    #receive(payload) {
        if (typeof payload === 'string') {
            const message = JSON.parse(payload);
            if (message.type !== undefined) this.events.push(message);
            // The seat, as the start of the match or the answer to game:watch says it.
            const said = message.type === 'game:started' || message.ok ? message.data : null;
            if (said?.channel !== undefined && said.match) this.slot = said.slot;
            return;
        }
        if (payload[0] !== OP_STATE) return;
        this.frames++;
        this.tick = payload.readUInt32LE(2);
        const bytes = payload.subarray(STATE_HEAD_BYTES);
        this.view = this.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        for (const watcher of this.watchers) watcher(this.view);
    }

    // Nothing was refused by a policy, thrown or warned about; `allowed` are patterns.
    check_console(allowed = []) {
        const bad = this.problems.filter((text) => !allowed.some((pattern) => pattern.test(text)));
        assert.deepEqual(bad, [], 'the browser complains');
    }

    last_event(type) {
        return this.events.findLast((event) => event.type === type);
    }

    event(type, look = () => true) {
        return until(`the event ${type}`, () =>
            this.events.findLast((event) => event.type === type && look(event.data)),
        );
    }

    // The gateway of the present connection.
    async gateway() {
        return (await this.event('session:ready')).data.gateway;
    }

    async screenshot(name) {
        if (!output) return;
        fs.mkdirSync(output, { recursive: true });
        await this.page.screenshot({ path: path.join(output, `${name}.png`) });
    }

    // The page as a whole, also below the fold.
    async long_screenshot(name) {
        if (!output) return;
        fs.mkdirSync(output, { recursive: true });
        await this.page.screenshot({ path: path.join(output, `${name}.png`), fullPage: true });
    }

    close() {
        return this.context.close();
    }

    // Accounts

    async register(name) {
        const { page, platform } = this;
        const password = `correct horse ${Math.random()}`;
        platform.keep_secret(password);
        await page.goto('/register');
        await page.getByLabel('Username').fill(name);
        await page.getByLabel('E-mail').fill(`${name}@example.org`);
        await page.getByLabel('Password').fill(password);
        await page.getByRole('button', { name: 'Register' }).click();
        await page.waitForURL('/');
        this.name = name;
        await this.note_account();
    }

    async login(name, password) {
        const { page } = this;
        await page.goto('/login');
        await page.getByLabel('Username or e-mail').fill(name);
        await page.getByLabel('Password').fill(password);
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.waitForURL('/');
        await this.note_account();
    }

    async note_account() {
        const ready = (await this.event('session:ready')).data;
        this.id = ready.user.id;
        this.name = ready.user.username;
        for (const cookie of await this.context.cookies())
            if (cookie.httpOnly) this.platform.keep_secret(cookie.value);
    }

    // Rooms

    // Returns the room's address, to be sent to a friend.
    async create_room(name, game = 'Pong') {
        const { page } = this;
        await page.goto('/rooms');
        await page.getByRole('button', { name: 'Create room' }).click();
        await page.getByRole('dialog').getByLabel('Game').selectOption({ label: game });
        await page.getByLabel('Name (optional)').fill(name);
        await page.getByRole('button', { name: 'Create', exact: true }).click();
        await page.waitForURL(/\/rooms\/[0-9a-f-]{36}$/);
        return page.url();
    }

    async join_as_guest(address) {
        await this.page.goto(address);
        await this.page.getByRole('button', { name: 'Play as guest' }).click();
        await this.page.getByRole('button', { name: 'Ready' }).waitFor();
        await this.note_account();
    }

    async watch(address) {
        await this.page.goto(address);
        await this.page.getByRole('button', { name: 'Watch' }).click();
        await this.page
            .getByRole('button', { name: 'Take a seat' })
            .or(this.page.getByText('Spectators'))
            .first()
            .waitFor();
        await this.note_account();
    }

    async say(text) {
        await this.page.getByLabel('Message', { exact: true }).fill(text);
        await this.page.keyboard.press('Enter');
    }

    hears(text) {
        return this.page.getByRole('log').getByText(text).waitFor();
    }

    // From the home page; `mode` by its name, the game's first one when it is not said.
    async play_now(game = 'Pong', mode = null) {
        const row = this.page.getByRole('listitem').filter({
            has: this.page.getByRole('button', { name: `Play now: ${game}` }),
        });
        if (mode) await row.getByRole('combobox').selectOption({ label: mode });
        await row.getByRole('button', { name: `Play now: ${game}` }).click();
    }

    // The match

    // Waits for a view that is as wanted.
    see(what, look) {
        return until(what, () => this.view && look(this.view) && this.view, SEE_MS);
    }

    see_within(what, timeout_ms, look) {
        return until(what, () => this.view && look(this.view) && this.view, timeout_ms);
    }

    // The same, of a view that comes from now on.
    see_anew(what, look) {
        this.view = null;
        return this.see(what, look);
    }

    // The game has the keyboard, as it has after it started: nobody clicked into it.
    async has_game_focus() {
        try {
            await this.page.frameLocator('iframe').locator('canvas:focus').waitFor();
            await this.page.waitForFunction(() => document.activeElement?.tagName === 'IFRAME');
        } catch (error) {
            throw new Error(`the game has no focus, but: ${await this.#focus()}`, { cause: error });
        }
    }

    // What has it in each document.
    async #focus() {
        const look = () =>
            `${document.activeElement?.outerHTML.slice(0, 200)} (${document.hasFocus()})`;
        const all = await Promise.all(this.page.frames().map((frame) => frame.evaluate(look)));
        return all.join(', in it: ');
    }

    // Plays by the arrow keys until `stop()` is called: holds the one that leads to where `aim`
    // says, which is given the newest view.
    play(aim) {
        const player = new Keys(this.page);
        const watcher = (view) => {
            const paddle = view.paddles[this.slot];
            if (paddle) player.go(aim(view) - paddle.y);
        };
        this.watchers.add(watcher);
        return async () => {
            this.watchers.delete(watcher);
            await player.release();
        };
    }
}

// Two arrow keys, of which at most one is down.
class Keys {
    #held = null;
    #wanted = null;
    #work = null;

    constructor(page) {
        this.page = page;
    }

    go(distance) {
        const enough = 30; // of the field's 900
        if (Math.abs(distance) < enough) this.#wanted = null;
        else this.#wanted = distance < 0 ? 'ArrowUp' : 'ArrowDown';
        this.#work ??= this.#change()
            .catch((error) => {
                if (!this.page.isClosed()) throw error;
            })
            .finally(() => {
                this.#work = null;
            });
    }

    async #change() {
        while (this.#held !== this.#wanted) {
            const next = this.#wanted;
            if (this.#held) await this.page.keyboard.up(this.#held);
            if (next) await this.page.keyboard.down(next);
            this.#held = next;
        }
    }

    async release() {
        this.#wanted = null;
        await this.#work;
        await this.#change();
    }
}

// Runs in the page. Only the first socket: after a loss the page goes wherever nginx sends it.
function choose_gateway(gateway) {
    const Original = window.WebSocket;
    let chosen = false;
    window.WebSocket = class extends Original {
        constructor(address, protocols) {
            const url = new URL(address);
            if (!chosen) url.searchParams.set('gateway', gateway);
            chosen = true;
            super(url, protocols);
        }
    };
}

// How a player may think, see Visitor.play.
export const follow_ball = (view) => view.ball.y;
export const hide_from_ball = (view) => (view.ball.y < 450 ? 900 : 0);
