// What an administrator does in the browser while somebody plays: brings a new version, puts it live,
// watches it, goes back in one step, and reads who did what. And that nobody else has such a page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { program, start_platform } from '../integration/harness.mjs';
import { start_browser, Visitor, violations } from './visitor.mjs';

const pong = path.join(path.dirname(program), '../plugins.d/pong');
const TEST_MS_MAX = 120_000;
const TABS_MAX = 40;

describe('the pages of an administrator', { timeout: 4 * TEST_MS_MAX }, () => {
    let home, platform, browser, admin, player;
    let old; // the version of Pong that is played at first
    let next; // another one: {version, archive}

    before(async () => {
        home = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-admin-'));
        const plugins = path.join(home, 'plugins.d');
        fs.cpSync(pong, path.join(plugins, 'pong'), { recursive: true });
        platform = await start_platform({
            settings: { plugins_dir: plugins, trial_seconds: 60 },
        });
        browser = await start_browser();
        old = (await platform.api('GET', '/api/games/pong')).body;
        next = bundle_of(old.version.replace(/.$/, '9'));
        player = await Visitor.open(browser, platform);
        admin = await Visitor.open(browser, platform);
        await admin.login('admin', password());
    });
    after(async () => {
        try {
            await browser?.close();
        } finally {
            await platform?.stop();
            fs.rmSync(home, { recursive: true, force: true });
        }
    });

    const password = () =>
        fs.readFileSync(path.join(platform.data_dir, 'secrets/admin-password'), 'utf8').trim();

    // Pong that says it is `version`, in an archive: {version, archive}.
    function bundle_of(version, spoil = () => {}) {
        const folder = fs.mkdtempSync(path.join(home, 'bundle-'));
        fs.cpSync(pong, folder, { recursive: true });
        const image = fs.readFileSync(path.join(folder, 'game.so'));
        image.write(version, image.indexOf(`${old.version}\0`));
        fs.writeFileSync(path.join(folder, 'game.so'), image);
        spoil(folder);
        const archive = `${folder}.tar`;
        execFileSync('tar', ['--format=ustar', '-C', folder, '-cf', archive, '.']);
        return { version, archive };
    }

    const button = (name) => admin.page.getByRole('button', { name });
    const dialog = () => admin.page.getByRole('dialog');
    const confirm = (name) => dialog().getByRole('button', { name, exact: true }).click();
    const status = (text) => admin.page.getByRole('status').filter({ hasText: text }).waitFor();

    async function upload(archive) {
        await admin.page.getByLabel('Archive').setInputFiles(archive);
        await button('Upload').click();
    }

    async function has_files_of(visitor, sha) {
        await visitor.page.locator(`iframe[src$="${sha}"]`).waitFor();
        await visitor.see_anew('the same match', (view) => view.phase !== 'waiting');
        assert.equal(visitor.last_event('game:ended'), undefined);
    }

    test('are not there for anybody else', { timeout: TEST_MS_MAX }, async () => {
        const stranger = await Visitor.open(browser, platform);
        const someone = await Visitor.open(browser, platform);
        await someone.register('Nobody');
        for (const { page } of [stranger, someone])
            for (const place of ['/admin/games', '/admin/games/pong']) {
                const answer = await page.goto(place);
                assert.equal(answer.status(), 404);
                assert.ok(!(await answer.text()).includes(old.sha));
                await page.getByRole('heading', { name: 'Out of bounds' }).waitFor();
                assert.equal(await page.getByRole('link', { name: 'Manage' }).count(), 0);
            }
        for (const visitor of [stranger, someone]) {
            visitor.check_console([/404/]);
            await visitor.close();
        }
    });

    test('list the games with who plays them', { timeout: TEST_MS_MAX }, async () => {
        await player.page.goto('/');
        await player.page.getByRole('button', { name: 'Practise against the computer' }).click();
        await player.page.waitForURL(/\/rooms\//);
        await player.note_account();
        await player.see('a rally', (view) => view.phase === 'play');
        await admin.page.goto('/');
        await admin.page.getByRole('link', { name: 'Manage' }).click();
        await admin.page.waitForURL('/admin/games');
        const row = admin.page.getByRole('listitem').filter({
            has: admin.page.getByRole('link', { name: 'Pong' }),
        });
        await row.getByText('Live matches: 1. Players: 1.').waitFor();
        assert.match(await row.textContent(), new RegExp(`Live.*${old.version}`));
        assert.deepEqual(await violations(admin.page), []);
        await admin.long_screenshot('admin-games');
        await row.getByRole('link', { name: 'Pong' }).click();
        await admin.page.waitForURL('/admin/games/pong');
    });

    test('refuse a bad bundle with what is wrong', { timeout: TEST_MS_MAX }, async () => {
        const bad = bundle_of(old.version.replace(/.$/, '8'), (folder) =>
            fs.rmSync(path.join(folder, 'client/main.js')),
        );
        await upload(bad.archive);
        const alert = admin.page.getByRole('alert').filter({ hasText: 'Refused' });
        await alert.getByText('Refused: bundle_missing_file').waitFor();
        await alert.getByText('client/main.js').waitFor();
        assert.deepEqual(await violations(admin.page), []);
        await admin.long_screenshot('admin-refused');
        await admin.page.getByRole('listitem').filter({ hasText: 'bundle_missing_file' }).waitFor();
        admin.check_console([/422/]);
        admin.problems.length = 0;
    });

    test('take a new version and swap it in, and the match goes on with it', {
        timeout: TEST_MS_MAX,
    }, async () => {
        await upload(next.archive);
        await status(`Version ${next.version} `);
        const swap = button(`Swap in version ${next.version}`);
        next.sha = (
            await admin.page
                .locator('code')
                .filter({ hasText: /^[0-9a-f]{12}$/ })
                .allTextContents()
        ).find((sha) => !old.sha.startsWith(sha));
        await swap.click();
        await dialog().getByText('Live matches: 1. People in them: 1.').waitFor();
        assert.deepEqual(await violations(admin.page), []);
        await admin.screenshot('admin-swap-dialog');
        await confirm('Swap in');
        await status(`Version ${next.version} is live, on trial. Matches that went over: 1.`);
        await admin.page.getByText(/On trial · \d+ s left/).waitFor();
        const { sha } = (await player.event('game:swapped')).data;
        assert.ok(sha.startsWith(next.sha));
        await has_files_of(player, sha);
        await admin.page.getByText(`${next.version} (${next.sha}): matches 1, players 1`).waitFor();
        assert.deepEqual(await violations(admin.page), []);
        await admin.long_screenshot('admin-on-trial');
    });

    test('go back in one step, by keyboard alone', { timeout: TEST_MS_MAX }, async () => {
        const { page } = admin;
        const back = button(`Go back to ${old.version}`);
        await back.waitFor();
        await page.locator('body').press('Tab');
        for (let i = 0; i < TABS_MAX; i++) {
            if (await back.evaluate((element) => element === document.activeElement)) break;
            await page.keyboard.press('Tab');
        }
        await page.keyboard.press('Enter');
        await dialog().getByText(`over to version ${old.version}`).waitFor();
        await page.keyboard.press('Escape');
        await dialog().waitFor({ state: 'detached' });
        assert.ok(await back.evaluate((element) => element === document.activeElement));
        await page.keyboard.press('Enter');
        await dialog().getByRole('button', { name: 'Roll back', exact: true }).focus();
        await page.keyboard.press('Enter');
        await status(`Version ${old.version} is live.`);
        await player.event('game:swapped', ({ sha }) => sha === old.sha);
        await has_files_of(player, old.sha);
        await page.getByText(`${old.version} (${old.sha.slice(0, 12)}): matches 1`).waitFor();
        await button(`Roll back to version ${next.version}`).waitFor();
    });

    test('say who did what', { timeout: TEST_MS_MAX }, async () => {
        const log = admin.page.getByRole('region', { name: 'Who did what' });
        const line = (text) => log.getByRole('listitem').filter({ hasText: text });
        await line('rolled back to').first().waitFor();
        const lines = (await log.getByRole('listitem').allTextContents()).map((text) =>
            text.replace(/\s+/g, ' '),
        );
        const order = [/rolled back to/, /swapped in/, /uploaded/, /uploaded · refused/];
        for (const [i, pattern] of order.entries()) {
            assert.match(lines[i], pattern);
            assert.match(lines[i], /UTC ?admin/);
        }
        assert.match(lines[1], new RegExp(`${next.version} ${next.sha}`));
    });

    test('drain, switch off and switch on', { timeout: TEST_MS_MAX }, async () => {
        await button(`Drain in version ${next.version}`).click();
        await dialog().getByText(`end on version ${old.version}`).waitFor();
        await confirm('Drain in');
        await status(`Version ${next.version} is live for new matches.`);
        await admin.page.getByText(/Draining · \d+ s left/).waitFor();
        await admin.page.getByText(`${old.version} (${old.sha.slice(0, 12)}): matches 1`).waitFor();
        await admin.long_screenshot('admin-draining');
        await button(`Go back to ${old.version}`).click();
        await dialog().getByText(`New matches are of version ${old.version} again.`).waitFor();
        await confirm('Roll back');
        await status(`Version ${old.version} is live for new matches.`);
        await button('Switch off').click();
        await dialog().getByText('No new match begins').waitFor();
        await admin.screenshot('admin-switch-off');
        await confirm('Switch off');
        await status('The game is switched off.');
        await admin.page.getByText('Switched off', { exact: false }).first().waitFor();
        assert.equal((await platform.api('GET', '/api/games')).body.items.length, 0);
        await button('Switch on').click();
        await confirm('Switch on');
        await status('The game can be played.');
        assert.equal((await platform.api('GET', '/api/games')).body.items.length, 1);
        assert.equal(player.last_event('game:ended'), undefined);
        admin.check_console([/422/]);
        player.check_console();
    });

    test('let a version out of quarantine', { timeout: TEST_MS_MAX }, async () => {
        await platform.sql(
            `update games.versions set state = 'quarantined', reason = 'it did wrong in tick'
             where sha like '${next.sha}%'`,
        );
        const out = button(`Let version ${next.version}`);
        await out.waitFor();
        await admin.long_screenshot('admin-quarantine');
        await out.click();
        await dialog().getByText('“it did wrong in tick”').waitFor();
        await confirm('Let out');
        await status(`Version ${next.version} is out of quarantine.`);
        await button(`Roll back to version ${next.version}`).waitFor();
    });

    for (const [name, options] of Object.entries({
        phone: { phone: true },
        dark: { dark: true },
        'french-dark-phone': { phone: true, dark: true, french: true },
    }))
        test(`look right and are for everybody (${name})`, { timeout: TEST_MS_MAX }, async () => {
            const visitor = await Visitor.open(browser, platform, options);
            await visitor.context.addCookies(
                (await admin.context.cookies()).filter(({ name }) => name !== 'NEXT_LOCALE'),
            );
            const { page } = visitor;
            for (const place of ['/admin/games', '/admin/games/pong']) {
                await page.goto(`${options.french ? '/fr' : ''}${place}`, {
                    waitUntil: 'networkidle',
                });
                await page.getByRole('heading', { level: 1 }).waitFor();
                assert.deepEqual(await violations(page), [], place);
                const width = page.viewportSize().width;
                const wide = await page.evaluate(() => document.documentElement.scrollWidth);
                assert.ok(wide <= width, `${place} is ${wide} px wide on ${width}`);
                await visitor.long_screenshot(
                    `admin${place.replaceAll('/', '-').slice(6)}-${name}`,
                );
            }
            visitor.check_console();
            await visitor.close();
        });

    test('say so when nothing answers, and follow again', { timeout: TEST_MS_MAX }, async () => {
        const word = admin.page.getByText('What stands here may be old');
        await admin.context.setOffline(true);
        await word.waitFor();
        await admin.context.setOffline(false);
        await word.waitFor({ state: 'detached' });
    });
});
