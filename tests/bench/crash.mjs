// ./dev bench crash [KILLS] [MATCHES] [SEED]: what players see when workers are killed.
//
// The counting game (100 ticks a second, from the tests) in matches of two over two gateways, on the
// release build; each of WORKERS workers is killed with SIGKILL at random moments, again and again.
// The time of a kill is from the kill until all players of the worker were shown a tick that its
// successor played.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

process.env.TEST_PRESET = 'release';
const { start_platform } = await import('../integration/harness.mjs');
const { variant } = await import('../integration/counting.mjs');
const { Rally } = await import('../integration/rally.mjs');
const { Workers, kill_at_random, quantile } = await import('../integration/kills.mjs');

const WORKERS = 8;
const EVERY_MS = 2000; // a worker is killed, on average
const [kills, matches, seed] = [1000, 16, Date.now() % 1e9].map((usual, i) =>
    Number(process.argv[2 + i] ?? usual),
);

const plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
variant(plugins, 'counter');
const platform = await start_platform({
    settings: {
        plugins_dir: plugins,
        log_level: 'debug',
        matches_per_worker_max: Math.ceil(matches / WORKERS),
    },
});
const figures = {};
try {
    const workers = new Workers(platform, 'counter');
    const rallies = [];
    while (rallies.length < matches) rallies.push(await Rally.begin(platform, 'counter'));
    console.log(
        `${kills} kills of ${workers.names().length} workers, ${matches} live matches, seed ${seed}`,
    );
    const told = await kill_at_random({ workers, rallies, kills, every_ms: EVERY_MS, seed });
    Object.assign(figures, told);
    const faults = await Promise.all(rallies.map((rally) => rally.end()));
    figures.lost = faults.filter((fault) => fault).length;
    for (const [i, fault] of faults.entries())
        if (fault) console.log(`match ${rallies[i].match}: ${fault}`);
    figures.inputs = rallies.flatMap(({ players }) => players.map(({ sent }) => sent));
    workers.close();
} finally {
    await platform.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
}

const at = (share) => quantile(figures.resume_ms, share).toFixed(1);
for (const sentence of figures.undone.slice(0, 20)) console.log(sentence);
console.log(
    `resume ms: p10 ${at(0.1)} p50 ${at(0.5)} p90 ${at(0.9)} p99 ${at(0.99)} max ${at(1)};` +
        ` ${figures.inputs.reduce((a, b) => a + b)} inputs around the kills\n`,
);
console.log(`crash_resume_ms_p50=${at(0.5)}`);
console.log(`crash_resume_ms_p99=${at(0.99)}`);
console.log(`crash_undone_ticks=${figures.undone.length}`);
console.log(`crash_lost_matches=${figures.lost}`);
