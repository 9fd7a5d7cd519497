// ./dev bench play [PLAYERS] [SECONDS]: what a delivered state frame costs.
//
// N players in N/2 matches of Pong at 60 Hz with 10 inputs a second each, all on this machine, on the
// release build; then, in the same run and with the same load program, the floor: a bare epoll
// server that does nothing but the sends. Time is taken from the kernel's account of each process,
// so that other work on the machine counts little.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import readline from 'node:readline';

process.env.TEST_PRESET = 'release';
const { start_platform, until } = await import('../integration/harness.mjs');
const { bin, gateways_of, guests, load, metric } = await import('./shared/load.mjs');

const players = Number(process.argv[2] ?? 500);
const seconds = Number(process.argv[3] ?? 20);
const FRAME_BYTES = 34; // 10 of head and 24 of view, as Pong's for two
const FLOOR_PORT_OFFSET = 34; // of the platform's block of ports

// Processor time of a process in nanoseconds, all its threads.
function cpu_ns(pid) {
    let total = 0;
    for (const task of fs.readdirSync(`/proc/${pid}/task`))
        total += Number(
            fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0],
        );
    return total;
}

function rss_bytes(pid) {
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

// The processes by what they are.
function roles(platform) {
    const kinds = [
        ['worker', /transcendence-worker/],
        ['gateway', /--instance=g\d/],
        ...['auth', 'social', 'rooms', 'matchmaking', 'games'].map((name) => [
            name,
            new RegExp(`service ${name}`),
        ]),
        ['nginx', /nginx/],
        ['redis', /redis/],
        ['postgres', /postgres/],
        ['serve', /transcendence serve/],
        ['web', /./],
    ];
    const found = {};
    for (const { pid, command } of platform.processes()) {
        const [role] = kinds.find(([, pattern]) => pattern.test(command)) ?? ['web'];
        found[role] ??= [];
        found[role].push(pid);
    }
    return found;
}

function cpu_by_role(pids_by_role) {
    return Object.fromEntries(
        Object.entries(pids_by_role).map(([role, pids]) => [
            role,
            pids.reduce((sum, pid) => sum + cpu_ns(pid), 0),
        ]),
    );
}

async function measure_platform(platform) {
    const gateways = gateways_of(platform);
    const page = async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const allocations = async () => ({
        gateway: (await Promise.all(gateways.map(page)))
            .map((text) => metric(text, 'process_allocations_total'))
            .reduce((a, b) => a + b),
        worker: metric(await page(platform.ports.first + 4), 'games_worker_allocations_total'),
    });
    const tokens = await guests(platform, players);
    const before = {
        rss: roles(platform)
            .gateway.map(rss_bytes)
            .reduce((a, b) => a + b),
    };
    const at = {};
    const figures = await load(
        { mode: 'platform', ports: gateways, players, seconds, input: tokens },
        async (phase) => {
            const pids = roles(platform);
            at[phase] = {
                cpu: cpu_by_role(pids),
                rss: pids.gateway.map(rss_bytes).reduce((a, b) => a + b),
                allocations: await allocations(),
            };
        },
    );
    const spent = {};
    for (const role of Object.keys(at.done.cpu))
        spent[role] = at.done.cpu[role] - (at.measure.cpu[role] ?? 0);
    return {
        ...figures,
        spent,
        rss_per_connection: (at.measure.rss - before.rss) / players,
        allocations: {
            gateway: at.done.allocations.gateway - at.measure.allocations.gateway,
            worker: at.done.allocations.worker - at.measure.allocations.worker,
        },
    };
}

async function measure_floor(port) {
    const floor = spawn(bin('play_floor'), [port, FRAME_BYTES], {
        stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = readline.createInterface({ input: floor.stdout });
    let last;
    const figures = await load(
        { mode: 'floor', ports: [port], players, seconds, input: '' },
        async (phase) => {
            if (phase === 'playing') return;
            const answer = once(lines, 'line');
            floor.stdin.write('report\n');
            [last] = await answer;
        },
    );
    const [, cpu, frames] = /cpu_ns=(\d+) frames=(\d+)/.exec(last);
    floor.kill();
    return { ...figures, cpu: Number(cpu), sent: Number(frames) };
}

const platform = await start_platform({ settings: { log_level: 'warn' } });
let played;
let floor;
try {
    await until(
        'the games',
        async () => (await platform.api('GET', '/api/games')).body.items.length,
    );
    console.log(`platform: ${players} players, ${seconds} s`);
    played = await measure_platform(platform);
    console.log('floor: the same sends and nothing else');
    floor = await measure_floor(platform.ports.first + FLOOR_PORT_OFFSET);
} finally {
    await platform.stop();
}

const us = (ns) => ns / 1000 / played.frames;
const floor_us = floor.cpu / 1000 / floor.frames;
const own_us = us(played.spent.gateway + played.spent.worker);
console.log('\nserver CPU per delivered frame, microseconds');
for (const [role, ns] of Object.entries(played.spent).sort((a, b) => b[1] - a[1]))
    console.log(`  ${role.padEnd(12)} ${us(ns).toFixed(3)}`);
console.log(`  ${'floor'.padEnd(12)} ${floor_us.toFixed(3)}`);
console.log(
    `\ndelivered ${played.frames} of ${played.frames_expected}` +
        ` (floor ${floor.frames} of ${floor.frames_expected}), ${played.matches_ended / 2} matches ended`,
);
console.log(
    `tick jitter ms p50 ${played.jitter_ms_p50} p99 ${played.jitter_ms_p99} p99.9 ${played.jitter_ms_p999}` +
        ` (floor ${floor.jitter_ms_p50} ${floor.jitter_ms_p99} ${floor.jitter_ms_p999})`,
);
console.log(
    `input to view ms p50 ${played.latency_ms_p50} p99 ${played.latency_ms_p99}` +
        ` (${played.latency_samples} inputs)`,
);
console.log(
    `allocations: ${played.allocations.gateway} in the gateways, ${played.allocations.worker} in the worker\n`,
);
console.log(`play_cpu_ratio_to_floor=${(own_us / floor_us).toFixed(3)}`);
console.log(`play_cpu_us_per_frame=${own_us.toFixed(3)}`);
console.log(`play_frames_delivered=${played.frames}`);
console.log(`play_jitter_ms_p99=${played.jitter_ms_p99}`);
console.log(`play_latency_ms_p99=${played.latency_ms_p99}`);
console.log(`play_rss_bytes_per_conn=${Math.round(played.rss_per_connection)}`);
console.log(
    `play_allocs_per_frame=${((played.allocations.gateway + played.allocations.worker) / played.frames).toFixed(4)}`,
);
