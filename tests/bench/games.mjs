// How fast the games are, and whether they are the same function for every compiler:
// `./dev bench games`. For each game of the repository: ticks per second, sizes of its state and
// views, and the hashes that its recorded matches have in common between gcc -O0, gcc -O2,
// clang -O2 and WebAssembly (the tests determinism_GAME, run here and counted).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const build = path.resolve('build/release');
const gamekit = path.join(build, 'bin/gamekit');
const columns = ['ticks_per_second', 'ns_per_tick', 'state_bytes', 'view_bytes_mean'];

function run(program, ...values) {
    const { stdout, stderr, status, error } = spawnSync(program, values, {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
    });
    if (error) throw error;
    return { status, text: stdout + stderr };
}

function gamesTested() {
    const { text } = run('ctest', '--test-dir', build, '-L', 'determinism', '-N');
    return [...text.matchAll(/: determinism_(\S+)/g)]
        .map(([, name]) => name)
        .filter((name) => !name.startsWith('counter_'));
}

// One game's builds: their hashes, and what was not the same.
function compare(game) {
    const { status, text } = run('ctest', '--test-dir', build, '-V', '-R', `^determinism_${game}$`);
    const builds = [...text.matchAll(/(gcc-O0|gcc-O2|clang-O2|wasm32): hashes=(\d+)/g)];
    const mismatches = text.match(/is another match|the state is another one/g)?.length ?? 0;
    const hashes = builds.map(([, , count]) => Number(count));
    const isWhole = status === 0 && builds.length === 4 && hashes.every((n) => n === hashes[0]);
    if (!isWhole && mismatches === 0) console.log(text);
    return { hashes: hashes.reduce((sum, n) => sum + n, 0), mismatches, isWhole };
}

function measure(game) {
    const bundle = path.join(build, 'determinism', game, 'gcc-O2');
    if (!existsSync(bundle)) return null;
    const { status, text } = run(gamekit, 'bench', bundle);
    if (status !== 0) console.log(text);
    return Object.fromEntries(
        [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
    );
}

let checked = 0;
let hashes = 0;
let mismatches = 0;
let failures = 0;
console.log(['game'.padEnd(14), ...columns, 'view_bytes_max', 'hashes'].join('  '));
for (const game of gamesTested()) {
    const same = compare(game);
    const figures = measure(game) ?? {};
    const cells = [...columns, 'view_bytes_max'].map((key) =>
        String(figures[key] ?? '-').padStart(key.length),
    );
    console.log([game.padEnd(14), ...cells, String(same.hashes).padStart(6)].join('  '));
    hashes += same.hashes;
    mismatches += same.mismatches;
    if (same.isWhole && figures.ticks_per_second) checked++;
    else failures++;
}
console.log(`hashes_checked=${hashes}`);
console.log(`games_checked=${checked}`);
console.log(`determinism_mismatches=${mismatches}`);
process.exitCode = failures === 0 && mismatches === 0 && checked > 0 ? 0 : 1;
