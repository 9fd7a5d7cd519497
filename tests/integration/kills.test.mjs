// Workers that are killed with SIGKILL a hundred times at random moments while people play: what
// was shown once stays so, every input counts, no match is lost, and the players see a hitch.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { variant } from './counting.mjs';
import { program, start_platform } from './harness.mjs';
import { kill_at_random, quantile, Workers } from './kills.mjs';
import { FOREIGN_SHARE_MAX, foreign_share, processor_time } from './matches.mjs';
import { Rally } from './rally.mjs';

const KILLS = 100;
const WORKERS = 8;
const MATCHES_PER_WORKER = 2;
const EVERY_MS = 1800; // a worker is killed, on average
const HITCH_MS_MAX = 100;
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
        },
    });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

let machine, told;

test(`${KILLS} kills undo nothing, lose no input and end no match`, async (t) => {
    t.diagnostic(`seed=${SEED}`);
    const workers = new Workers(platform, 'counter');
    const rallies = [];
    while (rallies.length < WORKERS * MATCHES_PER_WORKER)
        rallies.push(await Rally.begin(platform, 'counter'));
    assert.equal(workers.names().length, WORKERS);
    machine = { before: processor_time() };
    told = await kill_at_random({
        workers,
        rallies,
        kills: KILLS,
        every_ms: EVERY_MS,
        seed: SEED,
    });
    machine.after = processor_time();
    workers.close();
    assert.equal(told.resume_ms.length, KILLS);
    assert.deepEqual(told.undone, []);
    for (const rally of rallies) assert.equal(await rally.end(), undefined);
    for (const { match } of rallies) {
        const { body } = await platform.api('GET', `/api/games/matches/${match}`);
        assert.deepEqual([body.state, body.players[0].outcome], ['ended', 'win']);
    }
});

test(`after them, play went on within ${HITCH_MS_MAX} ms`, (t) => {
    const [p50, p99] = [0.5, 0.99].map((share) => quantile(told.resume_ms, share));
    t.diagnostic(`resume_ms_p50=${p50.toFixed(1)} resume_ms_p99=${p99.toFixed(1)}`);
    const foreign = foreign_share(machine.before, machine.after);
    if (p99 >= HITCH_MS_MAX && foreign > FOREIGN_SHARE_MAX)
        t.skip(`not judged: other programs took ${Math.round(foreign * 100)} % of the processors`);
    else assert.ok(p99 < HITCH_MS_MAX, `${p99} ms without a new tick`);
});
