// The load program of the benchmarks, its players, and what the platform tells of itself meanwhile.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { program } from '../../integration/harness.mjs';

const GUESTS_AT_ONCE = 8;

export const bin = (name) => path.join(path.dirname(program), name);
export const gateways_of = (platform) => [platform.ports.first + 16, platform.ports.first + 17];

// Runs play_load.c; calls `on_phase` at each phase; gives its figures, and `gaps` as [{from, to, ticks}],
// in ns of the machine's monotonic clock.
export async function load({ mode, ports, players, seconds, input }, on_phase) {
    const addresses = ports.map((port) => `127.0.0.1:${port}`).join(',');
    const child = spawn(bin('play_load'), [mode, addresses, players, seconds], {
        stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.write(input);
    const figures = { gaps: [] };
    for await (const line of readline.createInterface({ input: child.stdout })) {
        const [key, value] = line.split('=');
        if (key === 'gap') {
            const [from, to, ticks] = value.split(' ').map(Number);
            figures.gaps.push({ from, to, ticks });
        } else if (key !== 'phase') figures[key] = Number(value);
        else await on_phase(value);
        if (value === 'done') child.stdin.end();
    }
    const [status] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    if (status !== 0) throw new Error(`play_load ended with ${status}`);
    return figures;
}

// The tokens of so many, one a line.
export async function guests(platform, count) {
    const tokens = [];
    const make = async () => {
        while (tokens.length < count) {
            const at = tokens.push(null) - 1;
            tokens[at] = (await platform.guest()).token;
        }
    };
    await Promise.all(Array.from({ length: GUESTS_AT_ONCE }, make));
    return `${tokens.join('\n')}\n`;
}

// Of a page of /metrics, over all labels.
export function metric(page, name) {
    return [...page.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
        .map((line) => Number(line[1]))
        .reduce((a, b) => a + b);
}
