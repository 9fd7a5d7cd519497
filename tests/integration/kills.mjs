// Kills workers with SIGKILL at random moments while people play in them, and tells what the players saw
// of it. From which tick a worker's successor goes on, the log of the games service says (at level
// debug); it is held against what the players had been shown.
import fs from 'node:fs';
import path from 'node:path';
import { until } from './harness.mjs';
import { random_of } from './rally.mjs';

const LOOK_MS = 10;
const RESUME_MS_MAX = 10_000;
const GAP_MS_MIN = 20; // from a resume to the next kill
const AROUND_MS = 15; // in which an input is sent before a kill, and one after it

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The lines of a log as they are written.
class Log {
    #file;
    #rest = '';
    #handle;

    constructor(platform, name, on_line) {
        this.#file = fs.openSync(path.join(platform.data_dir, 'logs', `${name}.log`), 'r');
        this.#handle = setInterval(() => this.#look(), LOOK_MS);
        this.on_line = on_line;
        this.#look();
    }

    #look() {
        const bytes = Buffer.alloc(1 << 16);
        for (let got = bytes.length; got === bytes.length; ) {
            got = fs.readSync(this.#file, bytes);
            this.#rest += bytes.toString('utf8', 0, got);
        }
        const lines = this.#rest.split('\n');
        this.#rest = lines.pop();
        for (const line of lines) this.on_line(line);
    }

    close() {
        clearInterval(this.#handle);
        fs.closeSync(this.#file);
    }
}

const value_of = (line, key) => new RegExp(` ${key}=(\\S+)`).exec(line)?.[1];

// The workers of one game by name: the pid of each, and from which tick its matches went on last.
export class Workers {
    #workers = new Map();
    #log;

    constructor(platform, game) {
        this.#log = new Log(platform, 'games', (line) => {
            const name = value_of(line, 'worker');
            if (!name?.startsWith(`${game}-`)) return;
            if (line.includes('msg="worker started"'))
                Object.assign(this.#entry(name), {
                    pid: Number(value_of(line, 'pid')),
                    went_on: [],
                });
            if (line.includes('msg="match goes on"'))
                this.#entry(name).went_on.push({
                    match: value_of(line, 'match'),
                    tick: Number(value_of(line, 'tick')),
                });
        });
    }

    #entry(name) {
        if (!this.#workers.has(name)) this.#workers.set(name, { name, went_on: [] });
        return this.#workers.get(name);
    }

    names() {
        return [...this.#workers.keys()];
    }

    get(name) {
        return this.#workers.get(name);
    }

    close() {
        this.#log.close();
    }
}

// Kills each worker at about every `every_ms`, `kills` times in all. `rallies` are spread evenly over the
// workers. Gives {resume_ms: of each kill, until all its players saw a new tick, undone: sentences}.
export async function kill_at_random({ workers, rallies, kills, every_ms, seed }) {
    const names = workers.names();
    const per_worker = rallies.length / names.length;
    const by_match = new Map(rallies.map((rally) => [rally.match, rally]));
    const told = { resume_ms: [], undone: [] };
    let left = kills;

    async function kill_one(name, around, random) {
        const played = around.flatMap(({ match }) => by_match.get(match).players);
        const first = Math.floor(played.length * random());
        setTimeout(() => played[first]?.hit(), AROUND_MS * random());
        setTimeout(() => played[played.length - 1 - first]?.hit(), AROUND_MS * (1 + random()));
        await later(AROUND_MS);
        const { pid } = workers.get(name);
        const ticks = new Map(rallies.map(({ match, tick }) => [match, tick]));
        const at = performance.now();
        process.kill(pid, 'SIGKILL');
        const went_on = await until(
            'another process to go on',
            () => {
                const now = workers.get(name);
                return now.pid !== pid && now.went_on.length === per_worker && now.went_on;
            },
            RESUME_MS_MAX,
        );
        const times = [];
        for (const { match, tick } of went_on) {
            if (tick < ticks.get(match))
                told.undone.push(
                    `match ${match}: ${ticks.get(match)} was shown, ${tick} is played`,
                );
            for (const player of by_match.get(match).players)
                times.push((await player.after(tick, RESUME_MS_MAX)) - at);
        }
        told.resume_ms.push(Math.max(...times));
        return went_on;
    }

    async function kill_again(name, i) {
        const random = random_of(seed + i);
        for (let around = []; left-- > 0; ) {
            await later(GAP_MS_MIN + 2 * (every_ms - GAP_MS_MIN) * random());
            around = await kill_one(name, around, random);
        }
    }

    await Promise.all(names.map(kill_again));
    for (const rally of rallies) told.undone.push(...rally.undone);
    return told;
}

// The value below which a share of all lies.
export function quantile(values, share) {
    const sorted = values.toSorted((one, other) => one - other);
    return sorted[Math.ceil(share * sorted.length) - 1];
}
