// Everything that plays a match is killed at random moments, also two at once, while its game is replaced
// again and again: workers, the games service, gateways. For as long as that goes on and after it, what
// was shown once is never undone, and every match goes on to its end.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bring_versions, variant } from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import { Rally, random_of } from './rally.mjs';

const SECONDS = 25;
const MATCHES = 6;
const MATCHES_PER_WORKER = 2;
const PAUSE_MS_MAX = 500; // between two deeds
const HIT_MS = 300; // each player
const RETURN_MS_MAX = 30_000;
const SEED = Number(process.env.TEST_SEED ?? 20261122);

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    variant(plugins, 'counter');
    platform = await start_platform({
        settings: {
            plugins_dir: plugins,
            worker_path: path.join(path.dirname(program), 'transcendence-worker-plain'),
            log_level: 'debug',
            matches_per_worker_max: MATCHES_PER_WORKER,
            trial_seconds: 1,
        },
    });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// SIGKILL to whatever there is of these now.
function kill(...patterns) {
    const victims = platform
        .processes()
        .filter(({ command }) => patterns.some((pattern) => pattern.test(command)));
    for (const { pid } of victims) {
        try {
            process.kill(pid, 'SIGKILL');
        } catch {
            // it has just ended
        }
    }
}

test('no match is lost and nothing is undone, whatever is killed', async (t) => {
    t.diagnostic(`seed=${SEED}`);
    const random = random_of(SEED);
    const choose = (list) => list[Math.floor(list.length * random())];
    const rallies = [];
    while (rallies.length < MATCHES) rallies.push(await Rally.begin(platform, 'counter'));
    for (const rally of rallies) rally.may_part = true; // a killed gateway's players
    const players = rallies.flatMap((rally) => rally.players);
    const hits = setInterval(() => choose(players).hit(), HIT_MS / players.length);
    const versions = await bring_versions(platform, plugins, 'counter', 'counter-twin');
    const admin = await platform.admin();
    const swap = () => {
        const body = { sha: versions.reverse()[0] };
        admin.api('POST', '/api/games/counter/swap', { body }).catch(() => {}); // nobody may be there
    };
    const worker = () => new RegExp(`^transcendence-worker counter-\\w+-${choose('123456789')}`);
    const games = /--instance=games( |$)/;
    const deeds = {
        worker: [8, () => kill(worker())],
        workers: [2, () => kill(/^transcendence-worker counter-/)],
        version: [4, swap],
        gateway: [1, () => kill(new RegExp(`--instance=${choose(['g1', 'g2'])}( |$)`))],
        games: [1, () => kill(games)],
        all: [1, () => kill(games, /^transcendence-worker counter-/)],
    };
    const bag = Object.entries(deeds).flatMap(([name, [weight]]) => Array(weight).fill(name));
    const done = Object.fromEntries(Object.keys(deeds).map((name) => [name, 0]));
    for (const until_ms = Date.now() + SECONDS * 1000; Date.now() < until_ms; ) {
        const name = choose(bag);
        done[name]++;
        deeds[name][1]();
        await later(PAUSE_MS_MAX * random());
    }
    clearInterval(hits);
    t.diagnostic(
        `deeds: ${Object.entries(done)
            .map(([name, count]) => `${name}=${count}`)
            .join(' ')}`,
    );
    await Promise.all(
        players.map((player) => player.after(player.rally.tick + 100, RETURN_MS_MAX)),
    );
    for (const rally of rallies) assert.deepEqual(rally.undone, []);
    for (const rally of rallies) assert.equal(await rally.end(), undefined);
    const rows = await until('the results', async () => {
        const found = await platform.sql(
            `select state, count(*) as matches from games.matches group by state`,
        );
        return found.every(({ state }) => state !== 'live') && found;
    });
    assert.deepEqual(rows, [{ state: 'ended', matches: MATCHES }]);
});
