// ./dev bench swap [MATCHES] [SECONDS]: what players notice when a game is replaced under them.
//
// MATCHES of Pong at 60 Hz with two players each, over two gateways, on the release build, while three
// versions of it take turns, a swap every third of a second; then the same of the counting test game
// at 100 Hz, each version of which has another state schema and migrates from the one before. The
// load program notes wherever two frames of a player were not one tick apart. What lies in the time
// of a swap counts as its gap; the rest is printed beside it, as what the machine does by itself.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

process.env.TEST_PRESET = 'release';
const { start_platform, until } = await import('../integration/harness.mjs');
const { archive_of, bring, bundle_of, put_live } = await import('../integration/versions.mjs');
const { gateways_of, guests, load } = await import('./shared/load.mjs');

const matches = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 40);
const SWAP_MS_MIN = 330;
const SETTLE_NS = 100e6; // behind the answer to a swap, in which its gap may still be
const VERSIONS_IN_TURN = 3; // with two, the second swap would only go back

const now_ns = () => Number(process.hrtime.bigint());

function share_of(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

// How long nobody played the matches of the game's worker at the last change, once it has told.
async function hand_over_us(platform, game) {
    const wanted = new RegExp(
        `^games_worker_hand_over_microseconds\\{game="${game}".* (\\d+)$`,
        'm',
    );
    return until('the word of the process that took over', async () => {
        const url = `http://127.0.0.1:${platform.ports.first + 4}/metrics`;
        return Number(wanted.exec(await (await fetch(url)).text())?.[1]);
    });
}

// Lets the players of a game play, and puts one version after the other live meanwhile.
async function measure(platform, admin, { game, tick_hz, next_version }) {
    const swaps = [];
    let is_done = false;
    let swapping;
    async function swap_on() {
        while (!is_done) {
            const version = next_version();
            if (!version) return;
            const from = now_ns();
            const { outcome, matches: moved } = await put_live(admin, game, version);
            const to = now_ns() + SETTLE_NS;
            if (outcome !== 'on_trial') throw new Error(`the swap was not live: ${outcome}`);
            swaps.push({ from, to, moved, us: await hand_over_us(platform, game) });
            const left_ms = SWAP_MS_MIN - (now_ns() - from) / 1e6;
            await new Promise((resolve) => setTimeout(resolve, Math.max(0, left_ms)));
        }
    }
    const players = 2 * matches;
    const input = await guests(platform, players);
    const figures = await load(
        { mode: game, ports: gateways_of(platform), players, seconds, input },
        (phase) => {
            if (phase === 'measure') swapping = swap_on();
            if (phase === 'done') is_done = true;
        },
    );
    await swapping;
    const period_ns = 1e9 / tick_hz;
    const gap_of = ({ from, to, ticks }) => Math.max(ticks, Math.round((to - from) / period_ns));
    const is_of_swap = (gap) => swaps.some(({ from, to }) => gap.from < to && gap.to > from);
    const of_swaps = figures.gaps.filter(is_of_swap);
    const others = figures.gaps.filter((gap) => !is_of_swap(gap));
    const longest = (gaps) => ({
        ticks: Math.max(1, ...gaps.map(gap_of)),
        ms: Math.max(period_ns, ...gaps.map(({ from, to }) => to - from)) / 1e6,
        unseen: Math.max(0, ...gaps.map(({ ticks }) => ticks - 1)),
    });
    const undone = figures.gaps.reduce((sum, { ticks }) => sum + Math.max(0, 1 - ticks), 0);
    return {
        game,
        swaps,
        gap: longest(of_swaps),
        beside: longest(others),
        lost: Math.max(0, Math.floor(figures.ticks_behind_max)) + undone,
        closed: figures.closed,
        frames: figures.frames,
        expected: figures.frames_expected,
    };
}

function print(one) {
    const us = one.swaps.map((swap) => swap.us);
    const moved = one.swaps.reduce((sum, swap) => sum + swap.moved, 0) / one.swaps.length;
    console.log(`\n${one.game}: ${one.swaps.length} swaps of ${Math.round(moved)} matches`);
    console.log(
        `  hand-over us p50 ${share_of(us, 0.5)} p99 ${share_of(us, 0.99)} max ${Math.max(...us)}`,
    );
    for (const [name, { ticks, ms, unseen }] of [
        ['at a swap', one.gap],
        ['else', one.beside],
    ])
        console.log(
            `  longest from frame to frame, ${name}: ${ticks} ticks, ${ms.toFixed(1)} ms, ` +
                `${unseen} in a row not shown`,
        );
    console.log(`  frames ${one.frames} of ${one.expected}`);
}

const plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
for (const [id, folder] of [
    ['pong', 'plugins.d'],
    ['counter', 'test-plugins'],
])
    fs.cpSync(bundle_of(id, folder), path.join(plugins, id), { recursive: true });
const platform = await start_platform({ settings: { plugins_dir: plugins, log_level: 'warn' } });
const all = [];
try {
    const admin = await platform.admin();
    const versions = [];
    for (let i = 1; i <= VERSIONS_IN_TURN; i++) {
        const archive = archive_of(bundle_of('pong', 'plugins.d'), { version: `9.0.${i}` });
        versions.push(await bring(admin, 'pong', archive));
    }
    const in_turn = () => {
        versions.push(versions.shift());
        return versions[0];
    };
    all.push(await measure(platform, admin, { game: 'pong', tick_hz: 60, next_version: in_turn }));
    print(all[0]);

    const migrating = [];
    for (let schema = 2; migrating.length < (seconds * 1000) / SWAP_MS_MIN; schema++)
        migrating.push(
            await bring(admin, 'counter', archive_of(bundle_of('counter-migrated'), { schema })),
        );
    const next = () => migrating.shift();
    all.push(await measure(platform, admin, { game: 'counter', tick_hz: 100, next_version: next }));
    print(all[1]);
} finally {
    await platform.stop();
    fs.rmSync(plugins, { recursive: true });
}

const us = all.flatMap(({ swaps }) => swaps.map((swap) => swap.us));
const sum = (what) => all.reduce((total, one) => total + one[what], 0);
console.log(`\nswap_gap_ticks_max=${Math.max(...all.map(({ gap }) => gap.ticks))}`);
console.log(`swap_lost_ticks=${sum('lost')}`);
console.log(`swap_closed_sockets=${sum('closed')}`);
console.log(`swap_handover_us_p99=${share_of(us, 0.99)}`);
