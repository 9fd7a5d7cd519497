// A new version of a game comes while somebody plays it in the browser: the match goes on, and the
// page shows the files of the new version without being loaded again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { program, start_platform } from '../integration/harness.mjs';
import { start_browser, Visitor } from './visitor.mjs';

const pong = path.join(path.dirname(program), '../plugins.d/pong');

describe('a game that is replaced while it is played in the browser', () => {
    let platform;
    let browser;
    let plugins;

    before(async () => {
        plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
        fs.cpSync(pong, path.join(plugins, 'pong'), { recursive: true });
        [platform, browser] = await Promise.all([
            start_platform({ settings: { plugins_dir: plugins } }),
            start_browser(),
        ]);
    });
    after(async () => {
        await browser?.close();
        await platform?.stop();
        fs.rmSync(plugins, { recursive: true, force: true });
    });

    // Whole and aside, then renamed into its place.
    function drop_version_with(line) {
        const aside = path.join(plugins, '.pong.new');
        fs.cpSync(pong, aside, { recursive: true });
        fs.appendFileSync(path.join(aside, 'client/main.js'), line);
        fs.rmSync(path.join(plugins, 'pong'), { recursive: true });
        fs.renameSync(aside, path.join(plugins, 'pong'));
    }

    test('shows the new version, and its match goes on', async () => {
        const visitor = await Visitor.open(browser, platform);
        await visitor.page.goto('/');
        await visitor.page.getByRole('button', { name: 'Practise against the computer' }).click();
        await visitor.page.waitForURL(/\/rooms\//);
        await visitor.has_game_focus();
        await visitor.see('a rally', (view) => view.phase === 'play');
        const old = await visitor.page.locator('iframe').getAttribute('src');
        const { slot, tick } = visitor;

        drop_version_with('globalThis.isTheNewVersion = true;\n');
        const { sha } = (await visitor.event('game:swapped')).data;
        assert.ok(!old.endsWith(sha));
        await visitor.page.locator(`iframe[src$="${sha}"]`).waitFor();
        const frame = await (await visitor.page.locator('iframe').elementHandle()).contentFrame();
        await frame.waitForFunction(() => globalThis.isTheNewVersion);
        await visitor.has_game_focus();
        await visitor.see_anew('the same match', (view) => view.phase !== 'waiting');
        assert.ok(visitor.tick > tick, 'it goes on where it was');
        assert.equal(visitor.slot, slot);
        assert.equal(visitor.last_event('game:ended'), undefined);
        visitor.check_console();
        await visitor.close();
    });
});
