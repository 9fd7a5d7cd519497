// Bad files thrown into the plugins folder of a live platform while a match plays: each is refused with
// its own code in the log, nothing hangs or dies, the match misses no tick, what was admitted before
// stays, and a good game is admitted behind them as quickly as ever.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { program, start_platform, until } from './harness.mjs';
import {
    assert_frames_follow,
    assert_no_tick_missed,
    leave,
    next_figures_of,
    play,
} from './matches.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const build = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev');
const games = path.join(build, 'test-plugins');
const good = fs.readFileSync(path.join(games, 'counter/game.so'));
const JUDGED_MS_MAX = 60_000; // for the whole corpus, slow probes among it
const ADMITTED_MS_MAX = 8_000; // for one good game: two looks, a probe
const STOPPED_MS_MAX = 3_000; // less than an endless probe takes
const JUDGES_MAX = 4; // see platform/games/judges.h
const PAGE_BYTES = 4096;
const SPARSE_BYTES = 2 ** 40;

// The good image with some bytes changed. Numbers are little endian and of the buffer's size.
const changed = (at, bytes) => {
    const image = Buffer.from(good);
    Buffer.from(bytes).copy(image, at);
    return image;
};
const u16 = (value) => [value & 255, value >> 8];
const u32 = (value) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const u64 = (value) => [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];

// Where the manifest stands: behind the note's head (8, its bytes, 1) and name.
const MANIFEST_BYTES = 352;
const note = good.indexOf(Buffer.from([...u32(8), ...u32(MANIFEST_BYTES), ...u32(1)]));
assert.ok(note > 0);
const manifest = note + 20;
const with_field = (offset, bytes) => changed(manifest + offset, bytes);
// Offsets of struct gk_manifest, see sdk/include/gamekit/game.h.
const [ABI_MAJOR, ABI_REQUIRED, FLAGS, STATE_BYTES, ID, RESERVED] = [4, 8, 12, 24, 40, 324];
const with_id = (image, id) => {
    const copy = Buffer.from(image);
    const at = copy.indexOf(Buffer.from([...u32(8), ...u32(MANIFEST_BYTES), ...u32(1)])) + 20;
    copy.write(id.padEnd(32, '\0'), at + ID);
    return copy;
};

// The first program header, as a place in the file, and the end of what is loaded.
const segments = Number(good.readBigUInt64LE(32));
let loaded_end = 0;
for (let i = 0; i < good.readUInt16LE(56); i++) {
    const at = segments + i * good.readUInt16LE(54);
    const [is_loaded, offset, bytes] = [
        good.readUInt32LE(at) === 1,
        Number(good.readBigUInt64LE(at + 8)),
        Number(good.readBigUInt64LE(at + 32)),
    ];
    if (is_loaded) loaded_end = Math.max(loaded_end, offset + bytes);
}
const FILE_BYTES = 32; // p_filesz
const MEMORY_BYTES = 40; // p_memsz

const fault = (name) => fs.readFileSync(path.join(build, 'test-bad', `${name}.so`));

// (module (import "env" "log" (func)))
const module_that_imports = Buffer.from(
    '0061736d01000000010401600000020b0103656e76036c6f670000',
    'hex',
);

// [folder, code, game.so or what makes the folder bad]
const corpus = [
    ['empty', 'image_empty', Buffer.alloc(0)],
    ['text', 'image_not_elf', Buffer.from('#!/bin/sh\necho I am a game\n')],
    ['short-head', 'image_truncated', good.subarray(0, 40)],
    ['other-machine', 'image_machine', changed(18, u16(2))],
    ['bits-32', 'image_not_64_bit', changed(4, [1])],
    ['big-endian', 'image_not_64_bit', changed(5, [2])],
    ['no-shared-object', 'image_not_shared', changed(16, u16(2))],
    ['no-note', 'image_no_manifest', changed(note + 8, u32(2))],
    ['short-note', 'image_short_manifest', changed(note + 4, u32(100))],
    ['note-too-long', 'image_segments', changed(note + 4, u32(0x7fffffff))],
    ['manifest-size', 'image_manifest', with_field(0, u32(MANIFEST_BYTES - 4))],
    ['state-of-none', 'image_manifest', with_field(STATE_BYTES, u32(0))],
    ['state-too-large', 'image_manifest', with_field(STATE_BYTES, u32(2 ** 20 + 1))],
    ['file-size-lies', 'image_truncated', changed(segments + FILE_BYTES, u64(2 ** 40))],
    ['memory-size-lies', 'image_segments', changed(segments + MEMORY_BYTES, u64(2 ** 40))],
    ['reserved', 'image_reserved', with_field(RESERVED, u32(1))],
    ['unknown-flag', 'image_flags', with_field(FLAGS, u32(2 ** 31))],
    ['newer-minor', 'image_abi_minor', with_field(ABI_REQUIRED, u16(1))],
    ['major-2', 'image_abi_major', with_field(ABI_MAJOR, u16(2))],
    ['no-table', 'image_no_table', fault('no_table')],
    ['short-table', 'image_table', fault('short_table')],
    ['undefined', 'image_undefined_symbol', fault('undefined')],
    ['needs-library', 'image_needs_library', fault('needed')],
    ['constructor', 'image_constructor', fault('constructor')],
    ['static', 'image_statics', fault('static')],
    ['thread-local', 'image_statics', fault('thread_local')],
    ['executable-stack', 'image_stack', fault('stack')],
    ['writable-code', 'image_writable_code', fault('writable_code')],
    ['ifunc', 'image_relocations', fault('ifunc')],
    ['two-exports', 'image_exports', fault('export')],
    ['other-id', 'image_id', with_id(good, 'another')],
    ['counter-again', 'image_id_duplicate', good],
    ['fifo', 'bundle_special_file', (file) => execFileSync('mkfifo', [file])],
    ['link', 'bundle_link', (file) => fs.symlinkSync('/etc/passwd', file)],
    ['directory', 'bundle_directory', (file) => fs.mkdirSync(file)],
    ['missing', 'bundle_missing_file', () => {}],
    [
        'wasm-with-imports',
        'wasm_imports',
        (file) => {
            fs.writeFileSync(file, with_id(good, 'wasm-with-imports'));
            fs.writeFileSync(`${path.dirname(file)}/game.wasm`, module_that_imports);
        },
    ],
    ['odd-name', 'bundle_name', (file) => fs.writeFileSync(`${path.dirname(file)}/client/a b`, '')],
    ['link-to-a-folder', 'bundle_unreadable', null],
    ['pipe-for-a-folder', 'bundle_unreadable', null],
    [
        'sparse-giant',
        'bundle_sparse',
        (file) => {
            fs.writeFileSync(file, '');
            fs.truncateSync(file, SPARSE_BYTES);
        },
    ],
    [
        'no-json',
        'game_json',
        (file) => {
            fs.writeFileSync(file, with_id(good, 'no-json'));
            fs.writeFileSync(`${path.dirname(file)}/game.json`, '{"texts":');
        },
    ],
    ...['byte', 'pointer', 'address', 'clock'].map((name) => [
        `impure-${name}`,
        'impure',
        with_id(fault(name), `impure-${name}`),
    ]),
    ['crash', 'probe_crashed', with_id(fault('crash'), 'crash')],
    ['overrun', 'probe_overrun', with_id(fault('overrun'), 'overrun')],
    ['endless', 'probe_timeout', with_id(fault('loop'), 'endless')],
];
for (let bytes = PAGE_BYTES; bytes < loaded_end; bytes += PAGE_BYTES)
    corpus.push([`truncated-${bytes}`, 'image_truncated', good.subarray(0, bytes)]);

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    fs.cpSync(path.join(games, 'counter'), path.join(plugins, 'counter'), { recursive: true });
    const worker_path = path.join(path.dirname(program), 'transcendence-worker-plain');
    platform = await start_platform({ settings: { plugins_dir: plugins, worker_path } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

// A bundle that is whole but for its game.so; beside the folder first, so that it is seen whole.
function drop(id, so) {
    const aside = path.join(plugins, `.${id}`);
    fs.cpSync(path.join(games, 'counter'), aside, { recursive: true });
    fs.rmSync(path.join(aside, 'game.so'));
    if (typeof so === 'function') so(path.join(aside, 'game.so'));
    else fs.writeFileSync(path.join(aside, 'game.so'), so);
    fs.renameSync(aside, path.join(plugins, id));
}

const verdicts_of = (id) =>
    platform
        .logs('games')
        .split('\n')
        .filter(
            (line) => / msg="game (refused|admitted)/.test(line) && line.includes(` game=${id} `),
        );
const probes = () =>
    platform.processes().filter(({ command }) => command.startsWith('transcendence-worker probe '));
const code_of = (line) => / code=(\w+)/.exec(line)?.[1];
const version_of = async (id) => (await platform.api('GET', `/api/games/${id}`)).body.sha;

test('each file of the corpus is refused with its own code, beside a match that misses no tick', async (t) => {
    const innocent = await play(platform, 'counter');
    const before_all = await next_figures_of(platform, 'counter');
    const games_service = platform.child('games').pid;
    for (const [id, , so] of corpus) if (so !== null) drop(id, so);
    fs.symlinkSync(path.join(games, 'turns'), path.join(plugins, 'link-to-a-folder'));
    execFileSync('mkfifo', [path.join(plugins, 'pipe-for-a-folder')]);
    drop('a-name-of-more-than-thirty-one-bytes', good);
    for (const [id, code] of corpus) {
        await until(`a verdict on ${id}`, () => verdicts_of(id).length > 0, JUDGED_MS_MAX);
        const [verdict] = verdicts_of(id);
        assert.equal(code_of(verdict), code, verdict);
        assert.match(verdict, / reason=".+[:.].*"/, 'it says what to do');
    }
    t.diagnostic(`${corpus.length} bundles refused`);
    assert.match(
        platform.logs('games'),
        /is not looked at.* folder=a-name-of-more-than-thirty-one/,
    );
    assert_no_tick_missed(before_all, await next_figures_of(platform, 'counter'), t);
    assert_frames_follow(innocent.host.socket.frames);
    await leave(innocent);
    assert.equal(platform.child('games').pid, games_service);
    const listed = (await platform.api('GET', '/api/games')).body.items.map((one) => one.id);
    assert.deepEqual(listed, ['counter']);
    for (const [id] of corpus)
        assert.equal(verdicts_of(id).length, 1, 'what does not change is judged once');
});

test('a good game behind the corpus is admitted at once', async (t) => {
    const since = Date.now();
    drop('late', with_id(good, 'late'));
    await until('its admission', () => verdicts_of('late').length > 0, ADMITTED_MS_MAX);
    assert.match(verdicts_of('late')[0], /game admitted/);
    t.diagnostic(`admitted_after_ms=${Date.now() - since}`);
    await leave(await play(platform, 'late'));
});

test('games whose probes take long delay no other one', async (t) => {
    const slow = Array.from({ length: JUDGES_MAX - 1 }, (_, i) => `slow-${i}`);
    for (const id of slow) drop(id, with_id(fault('loop'), id));
    await until('a probe', () => probes().length > 0);
    const since = Date.now();
    drop('quick', with_id(good, 'quick'));
    await until('its admission', () => verdicts_of('quick').length > 0, ADMITTED_MS_MAX);
    t.diagnostic(`admitted_after_ms=${Date.now() - since}`);
    assert.match(verdicts_of('quick')[0], /game admitted/);
    assert.ok(slow.some((id) => verdicts_of(id).length === 0));
    for (const id of slow)
        await until(`a verdict on ${id}`, () => verdicts_of(id).length > 0, JUDGED_MS_MAX);
});

for (const [what, spoil] of [
    ['cut off where it stands', (file) => fs.truncateSync(file, PAGE_BYTES)],
    ['overwritten where it stands', (file) => fs.writeFileSync(file, 'no game at all')],
    [
        'replaced by another bad one',
        (file) => {
            fs.writeFileSync(`${file}.new`, fault('constructor'));
            fs.renameSync(`${file}.new`, file);
        },
    ],
    [
        'replaced by a pipe',
        (file) => {
            fs.rmSync(file);
            execFileSync('mkfifo', [file]);
        },
    ],
    ['taken away', (file) => fs.rmSync(file)],
])
    test(`a good game.so that is ${what} goes on, in live matches and in new ones`, async (t) => {
        const file = path.join(plugins, 'counter/game.so');
        const version = await version_of('counter');
        const innocent = await play(platform, 'counter');
        const before_it = await next_figures_of(platform, 'counter');
        const known = verdicts_of('counter').length;
        spoil(file);
        await until('a verdict', () => verdicts_of('counter').length > known);
        assert.match(verdicts_of('counter').at(-1), /game refused/);
        assert.equal(await version_of('counter'), version);
        await leave(await play(platform, 'counter'));
        assert_no_tick_missed(before_it, await next_figures_of(platform, 'counter'), t);
        await leave(innocent);
        fs.rmSync(file, { force: true });
        fs.writeFileSync(file, good);
        await until('the good one again', () => /admitted/.test(verdicts_of('counter').at(-1)));
    });

test('a probe under way is given up when the platform stops', async () => {
    drop('endless-still', with_id(fault('loop'), 'endless-still'));
    await until('a probe', () => probes().length > 0);
    const games_service = platform.child('games').pid;
    const since = Date.now();
    process.kill(games_service, 'SIGTERM');
    await until('its end', () => platform.child('games')?.pid !== games_service);
    assert.ok(Date.now() - since < STOPPED_MS_MAX);
    assert.equal(verdicts_of('endless-still').length, 0);
});
