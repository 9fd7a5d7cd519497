// What an admin does with games on a live platform, over the API through nginx and by `transcendence
// game` as a real process: bringing versions, putting them live, going back, switching off, and
// reading who did what. And what nobody else may do.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { input, newest, play as play_on, sees, variant } from './counting.mjs';
import { program, start_platform, until } from './harness.mjs';
import { refused } from './lobby.mjs';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const games = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');
const MIB = 1024 * 1024;
const NO_SHA = 'f'.repeat(64);

let platform, plugins, home, admin;
before(async () => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-admin-'));
    plugins = path.join(home, 'plugins.d');
    fs.mkdirSync(plugins);
    variant(plugins, 'counter');
    platform = await start_platform({ settings: { plugins_dir: plugins } });
    admin = await platform.admin();
});
after(async () => {
    await platform?.stop();
    fs.rmSync(home, { recursive: true, force: true });
});

// A folder with a bundle of the counting game that says it is `version`.
function bundle_of(version, spoil = () => {}) {
    const folder = fs.mkdtempSync(path.join(home, 'bundle-'));
    fs.cpSync(path.join(games, 'counter'), folder, { recursive: true });
    const image = fs.readFileSync(path.join(folder, 'game.so'));
    const at = image.indexOf('1.0.0\0');
    assert.equal(version.length, 5);
    image.write(version, at);
    fs.writeFileSync(path.join(folder, 'game.so'), image);
    spoil(folder);
    return folder;
}

const tar_of = (folder, ...more) =>
    execFileSync('tar', ['--format=ustar', '-C', folder, '-cf', '-', ...more, '.'], {
        maxBuffer: 256 * MIB,
    });

const upload = (archive, { game = 'counter', type = 'application/x-tar', ...who } = {}) =>
    platform.api('POST', `/api/games/${game}/versions`, {
        token: admin.token,
        body: archive,
        headers: { 'Content-Type': type },
        ...who,
    });

// Brings a version and gives it.
async function bring(version, spoil) {
    const answer = await upload(tar_of(bundle_of(version, spoil)));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
}

const put = (action, body = {}, game = 'counter') =>
    admin.api('POST', `/api/games/${game}/${action}`, { body });

async function live() {
    return (await platform.api('GET', '/api/games/counter')).body;
}

async function versions(game = 'counter') {
    return (await admin.api('GET', `/api/games/versions?game=${game}`)).body.items;
}

async function audit(game = 'counter') {
    return (await admin.api('GET', `/api/games/audit?game=${game}`)).body.items;
}

// `transcendence game ...` beside the platform: {status, out, err}.
async function shell(words, { flags = platform.flags(), environment = {} } = {}) {
    try {
        const { stdout, stderr } = await run(program, ['game', ...words, ...flags], {
            cwd: root,
            env: { PATH: process.env.PATH, ...environment },
        });
        return { status: 0, out: stdout, err: stderr };
    } catch (error) {
        return { status: error.code, out: error.stdout, err: error.stderr };
    }
}

describe('bringing a version', () => {
    test('admits it, keeps it, and lets nobody play it yet', async () => {
        const before = await live();
        const version = await bring('1.1.0');
        assert.equal(version.game, 'counter');
        assert.equal(version.version, '1.1.0');
        assert.equal(version.state, 'admitted');
        assert.deepEqual(version.by, { user: admin.id, name: 'admin' });
        assert.equal(version.liveAt, null);
        assert.equal((await live()).sha, before.sha);
        assert.ok(fs.existsSync(path.join(platform.data_dir, 'store', version.sha, 'game.so')));
        const [newest, first] = await versions();
        assert.deepEqual(newest, version);
        assert.equal(first.state, 'current');
        assert.deepEqual(first.by, { user: null, name: 'plugins.d' });
    });

    test('twice gives the same version, with two lines in the audit', async () => {
        const first = await bring('1.1.1');
        const again = await bring('1.1.1');
        assert.deepEqual(again, first);
        const lines = (await audit()).filter(({ sha }) => sha === first.sha);
        assert.deepEqual(
            lines.map(({ action, outcome }) => [action, outcome]),
            [
                ['upload', 'done'],
                ['upload', 'done'],
            ],
        );
    });

    const bad = {
        image_not_elf: (folder) => fs.writeFileSync(path.join(folder, 'game.so'), 'no image'),
        game_json: (folder) => fs.writeFileSync(path.join(folder, 'game.json'), '{"texts":1}'),
        bundle_missing_file: (folder) => fs.rmSync(path.join(folder, 'client/main.js')),
        bundle_link: (folder) => fs.symlinkSync('/etc/passwd', path.join(folder, 'client/a.js')),
        bundle_name: (folder) => fs.writeFileSync(path.join(folder, 'client/a b.js'), ''),
    };
    for (const [code, spoil] of Object.entries(bad))
        test(`refuses a bad bundle by its code, ${code}`, async () => {
            const answer = await upload(tar_of(bundle_of('1.2.0', spoil)));
            refused(answer, 422, 'version_refused');
            assert.ok(answer.body.detail.startsWith(`${code}: `), answer.body.detail);
            const [line] = await audit();
            assert.deepEqual(
                [line.action, line.outcome, line.code, line.by.user],
                ['upload', 'refused', code, admin.id],
            );
            assert.equal(answer.body.detail, `${code}: ${line.reason}`);
            assert.equal(line.request, answer.headers['x-request-id']);
        });

    test('refuses the bundle of another game', async () => {
        const answer = await upload(tar_of(path.join(games, 'turns')));
        refused(answer, 422, 'version_refused');
        assert.match(answer.body.detail, /^image_id: /);
        const known = (await versions()).find(({ state }) => state === 'refused');
        assert.equal(known.code, 'image_id');
        refused(await put('swap', { sha: known.sha }), 422, 'version_refused');
    });

    test('refuses an id that is a word of our own addresses', async () => {
        const answer = await upload(tar_of(path.join(games, 'turns')), { game: 'audit' });
        refused(answer, 422, 'version_refused');
        assert.match(answer.body.detail, /^image_id_reserved: /);
    });

    test('refuses what is no whole archive', async () => {
        const good = tar_of(bundle_of('1.2.1'));
        const garbled = Buffer.from(good);
        garbled[600] ^= 1; // in the second block: of some header or file
        garbled[0] ^= 1;
        for (const archive of [
            Buffer.alloc(0),
            Buffer.from('no archive'),
            good.subarray(0, 700),
            garbled,
            Buffer.concat([good, Buffer.from('more')]),
        ]) {
            const answer = await upload(archive);
            refused(answer, 422, 'version_refused');
            assert.match(answer.body.detail, /^bundle_archive: /);
        }
        const as_json = await upload('{}', { type: 'application/json' });
        refused(as_json, 415, 'unsupported_media_type');
    });

    test('takes a large bundle and refuses one that is too large', async () => {
        const fill = (bytes) => (folder) =>
            fs.writeFileSync(path.join(folder, 'client/large.bin'), Buffer.alloc(bytes, 1));
        const large = await bring('1.2.2', fill(20 * MIB));
        assert.equal(large.state, 'admitted');
        const larger = await upload(tar_of(bundle_of('1.2.3', fill(64 * MIB))));
        refused(larger, 422, 'version_refused');
        assert.match(larger.body.detail, /^bundle_size: /);
        refused(await upload(Buffer.alloc(67 * MIB)), 413, 'payload_too_large');
    });

    test('is the only route with so large a body', async () => {
        const body = { sha: 'a'.repeat(70_000) };
        refused(await put('swap', body), 413, 'payload_too_large');
    });
});

describe('what is not for everybody', () => {
    const routes = [
        ['POST', '/api/games/counter/versions'],
        ['POST', '/api/games/counter/swap'],
        ['POST', '/api/games/counter/drain'],
        ['POST', '/api/games/counter/rollback'],
        ['POST', '/api/games/counter/pardon'],
        ['POST', '/api/games/counter/enable'],
        ['POST', '/api/games/counter/disable'],
        ['GET', '/api/games/versions'],
        ['GET', '/api/games/states'],
        ['GET', '/api/games/counter/state'],
        ['GET', '/api/games/workers'],
        ['GET', '/api/games/audit'],
        ['GET', '/api/games/matches?live=1'],
    ];
    for (const [method, url] of routes)
        test(`${method} ${url} is refused to a player, a guest and a stranger`, async () => {
            const player = await platform.register();
            const guest = await platform.guest();
            refused(await player.api(method, url), 403, 'forbidden');
            refused(await guest.api(method, url), 403, 'forbidden');
            refused(await platform.api(method, url), 401, 'unauthenticated');
        });

    // Announces an upload of `bytes` and sends none of them: {answer: {status, code}, request}.
    function announce(token, bytes) {
        const request = http.request({
            method: 'POST',
            host: 'localhost',
            port: platform.ports.http,
            path: '/api/games/counter/versions',
            headers: {
                'Content-Type': 'application/x-tar',
                'Content-Length': bytes,
                ...(token ? { Authorization: `Bearer ${token}` } : {}),
            },
        });
        const answer = new Promise((resolve, reject) => {
            request.on('error', reject);
            request.on('response', (response) => {
                let text = '';
                response.on('error', reject);
                response.on('data', (part) => (text += part));
                response.on('end', () =>
                    resolve({ status: response.statusCode, code: JSON.parse(text).code }),
                );
            });
        });
        answer.catch(() => {}); // those that are given up
        request.flushHeaders();
        return { answer, request };
    }

    // One that is on its way until it is over.
    function hold() {
        const upload = announce(admin.token, MIB);
        upload.answer.then(() => (upload.is_over = true)).catch(() => {});
        return upload;
    }

    test('an upload by somebody else is refused before a byte of it is taken', async () => {
        const player = await platform.register();
        const before = await audit();
        for (const [token, status, code] of [
            [undefined, 401, 'unauthenticated'],
            ['a.b.c', 401, 'token_invalid'],
            [player.token, 403, 'forbidden'],
        ])
            for (let i = 0; i < 3; i++) {
                const { answer, request } = announce(token, 60 * MIB);
                assert.deepEqual(await answer, { status, code });
                request.destroy();
            }
        const { cookies } = admin;
        const elsewhere = { token: undefined, cookies, origin: 'https://evil.example' };
        refused(await upload(Buffer.from('no'), elsewhere), 403, 'origin_refused');
        assert.deepEqual(await audit(), before);
    });

    test('no more than two large bodies are on their way at once', async () => {
        const pending = [];
        const third = await until('the third to be refused', async () => {
            // One of the two itself is refused when the one below overtakes it.
            for (let i = 0; i < 2; i++) if (!pending[i] || pending[i].is_over) pending[i] = hold();
            const { answer, request } = announce(admin.token, 1);
            request.end('x');
            const { status } = await answer;
            return status === 429;
        });
        assert.ok(third);
        for (const { request } of pending) request.destroy();
        await until('an upload to be taken again', async () => {
            const { status } = await upload(tar_of(bundle_of('1.9.0')));
            return status === 201;
        });
    });
});

describe('putting a version live', () => {
    test('plays it in new matches, and says what was played before', async () => {
        const version = await bring('2.0.0');
        const before = await live();
        const answer = await put('swap', { sha: version.sha.slice(0, 12) });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        assert.equal(answer.body.from, before.sha);
        assert.equal(answer.body.to, version.sha);
        assert.equal(answer.body.version, '2.0.0');
        const now = await live();
        assert.equal(now.sha, version.sha);
        assert.equal((await platform.api('GET', `${now.client}main.js`)).status, 200);
        const { host, match } = await play_on(platform);
        assert.equal(host.started.sha, version.sha);
        const { body } = await admin.api('GET', '/api/games/matches?live=1');
        const found = body.items.find(({ id }) => id === match);
        assert.deepEqual([found.state, found.version], ['live', '2.0.0']);
        await host.socket.command('game:leave', { match });
        await host.socket.event('game:ended');
    });

    test('without a sha takes the one that was brought last', async () => {
        const version = await bring('2.1.0');
        assert.equal((await put('drain')).body.to, version.sha);
        refused(await put('drain'), 409, 'version_current');
    });

    test('goes back step by step, and to any version', async () => {
        const [first, second, third] = [
            await bring('3.0.0'),
            await bring('3.0.1'),
            await bring('3.0.2'),
        ];
        for (const { sha } of [first, second, third])
            assert.equal((await put('swap', { sha })).status, 200);
        assert.equal((await put('rollback')).body.to, second.sha);
        assert.equal((await put('rollback')).body.to, first.sha);
        assert.equal((await put('rollback', { sha: third.sha })).body.to, third.sha);
        assert.equal((await live()).version, '3.0.2');
    });

    test('refuses what is not there', async () => {
        refused(await put('swap', { sha: NO_SHA }), 404, 'version_not_found');
        refused(await put('rollback', { sha: NO_SHA }), 404, 'version_not_found');
        refused(await put('swap', { sha: 'xyz45678' }), 422, 'validation_failed', 'sha');
        refused(await put('swap', { sha: 'abc' }), 422, 'validation_failed', 'sha');
        refused(await put('swap', {}, 'chess'), 404, 'game_not_found');
        refused(await put('disable', {}, 'chess'), 404, 'game_not_found');
        const [line] = (await audit()).filter(({ code }) => code === 'version_not_found');
        assert.equal(line.outcome, 'refused');
        assert.deepEqual(await audit('chess'), []);
    });

    test('refuses a version whose files in the store were changed', async () => {
        const { sha } = await bring('3.1.0');
        const before = await live();
        fs.appendFileSync(path.join(platform.data_dir, 'store', sha, 'client/main.js'), '//');
        const answer = await put('swap', { sha });
        refused(answer, 422, 'version_refused');
        assert.match(answer.body.detail, /^store: /);
        assert.equal((await live()).sha, before.sha);
    });

    test('of one game is done by one admin after the other', async () => {
        const two = [await bring('3.2.0'), await bring('3.2.1')];
        const answers = await Promise.all(
            Array.from({ length: 8 }, (_, i) => put('swap', { sha: two[i % 2].sha })),
        );
        const done = answers.filter(({ status }) => status === 200).map(({ body }) => body);
        for (const { status, body } of answers)
            assert.ok(status === 200 || body.code === 'version_current', JSON.stringify(body));
        const lines = (await audit())
            .filter(
                ({ sha, action, outcome }) =>
                    action === 'swap' && outcome === 'done' && two.some((one) => one.sha === sha),
            )
            .map(({ sha }) => sha)
            .reverse();
        assert.equal(lines.length, done.length);
        for (const [i, sha] of lines.slice(1).entries()) assert.notEqual(sha, lines[i]);
        assert.equal((await live()).sha, lines.at(-1));
    });
});

describe('the workers', () => {
    test('are told with what they play and how they do', async () => {
        const { host, match } = await play_on(platform);
        const now = await live();
        const worker = await until('a worker with a match', async () => {
            const { body } = await admin.api('GET', '/api/games/workers');
            return body.items.find(({ matches, ticks }) => matches > 0 && ticks > 0);
        });
        assert.deepEqual(
            [worker.game, worker.version, worker.sha, worker.state, worker.matches],
            ['counter', now.version, now.sha, worker.state, 1],
        );
        assert.ok(['live', 'canary'].includes(worker.state), worker.state);
        assert.ok(worker.memoryBytes > 100_000, `${worker.memoryBytes}`);
        assert.ok(worker.ageMicroseconds > 0);
        const { out } = await shell(['workers']);
        assert.match(
            out,
            new RegExp(`${worker.worker} +counter +${now.version} +${worker.state} +1 `),
        );
        await host.socket.command('game:leave', { match });
        await host.socket.event('game:ended');
    });
});

describe('a game that is switched off', () => {
    test('begins no match, ends those that are played, and comes back', async () => {
        const { host, guest, match } = await play_on(platform);
        const other = await platform.guest();
        const room = (
            await other.api('POST', '/api/rooms', { body: { game: 'counter', mode: '1v1' } })
        ).body;
        assert.deepEqual((await put('disable')).body, { game: 'counter', enabled: false });
        assert.equal((await live()).enabled, false);
        const listed = (await platform.api('GET', '/api/games')).body.items;
        assert.ok(!listed.some(({ id }) => id === 'counter'));

        await guest.socket.frame(sees(() => true));
        const third = await platform.guest();
        const join = `/api/rooms/${room.id}`;
        await third.api('POST', `${join}/join`, { body: {} });
        await third.api('POST', `${join}/ready`, { body: { ready: true } });
        refused(await other.api('POST', `${join}/start`), 409, 'game_disabled');
        await until('a ticket to be refused', async () => {
            const { body } = await third.api('POST', '/api/matchmaking/ticket', {
                body: { game: 'counter', mode: '1v1' },
            });
            await third.api('DELETE', '/api/matchmaking/ticket');
            return body.code === 'game_disabled';
        });
        await host.socket.command('game:leave', { match });
        assert.equal((await guest.socket.event('game:ended')).data.reason, 'forfeit');

        assert.deepEqual((await put('enable')).body, { game: 'counter', enabled: true });
        assert.equal((await other.api('POST', `${join}/start`)).status, 200);
        const [enable, disable] = (await audit()).filter(({ by }) => by.name !== 'platform');
        assert.deepEqual([enable.action, disable.action], ['enable', 'disable']);
    });
});

describe('a restart', () => {
    test('plays what was played, whatever lies in plugins.d', async () => {
        const before = (await versions()).find(({ state }) => state === 'current');
        fs.cpSync(bundle_of('4.0.0'), path.join(plugins, '.new'), { recursive: true });
        fs.rmSync(path.join(plugins, 'counter'), { recursive: true });
        fs.renameSync(path.join(plugins, '.new'), path.join(plugins, 'counter'));
        const dropped = await until('the drop to be live', async () => {
            const game = await live();
            return game.version === '4.0.0' && game;
        });
        assert.equal((await put('rollback')).body.to, before.sha);
        assert.equal((await put('disable')).status, 200);
        const told = await audit();
        await platform.halt();
        await platform.start();
        admin = await platform.admin();
        assert.equal((await live()).sha, before.sha);
        assert.equal((await live()).enabled, false);
        assert.deepEqual(await audit(), told);
        assert.equal((await put('enable')).status, 200);

        variant(plugins, 'counter');
        await until('other files to be a drop', async () => (await live()).version === '1.0.0');
        assert.equal((await put('swap', { sha: dropped.sha })).status, 200);
    });

    test('plays a game whose folder is gone', async () => {
        const { sha } = await live();
        fs.rmSync(path.join(plugins, 'counter'), { recursive: true });
        await platform.halt();
        await platform.start();
        admin = await platform.admin();
        assert.equal((await live()).sha, sha);
    });

    test('takes the folder when the store has lost its version, and says so', async () => {
        const { sha } = await live();
        await platform.halt();
        fs.rmSync(path.join(platform.data_dir, 'store', sha), { recursive: true });
        await platform.start();
        admin = await platform.admin();
        assert.equal((await live()).code, 'game_not_found');
        const [line] = await audit();
        assert.deepEqual(
            [line.action, line.outcome, line.by.name, line.sha],
            ['load', 'failed', 'platform', sha],
        );
        fs.cpSync(bundle_of('4.0.0'), path.join(plugins, '.new'), { recursive: true });
        fs.renameSync(path.join(plugins, '.new'), path.join(plugins, 'counter'));
        await until('the folder to be taken', async () => (await live()).sha === sha);
    });
});

describe('lists', () => {
    test('come in pages that miss nothing', async () => {
        const all = [];
        let cursor = '';
        do {
            const { body } = await admin.api('GET', `/api/games/audit?limit=7${cursor}`);
            all.push(...body.items);
            cursor = body.next && `&cursor=${body.next}`;
        } while (cursor);
        const whole = (await admin.api('GET', '/api/games/audit?limit=100')).body.items
            .map(({ id }) => id)
            .filter((id) => id <= all[0].id); // a trial may have passed meanwhile
        assert.deepEqual(all.map(({ id }) => id).slice(0, whole.length), whole);
        assert.ok(new Set(all.map(({ id }) => id)).size === all.length);
        const times = all.map(({ at }) => at);
        assert.deepEqual(times, [...times].sort().reverse());
        refused(
            await admin.api('GET', '/api/games/versions?game=NO!'),
            422,
            'validation_failed',
            'game',
        );
    });
});

describe('a version in the middle of a match', () => {
    let other, someone, folder;
    before(async () => {
        folder = path.join(home, 'live.d');
        fs.mkdirSync(folder);
        variant(folder, 'counter');
        other = await start_platform({
            settings: { plugins_dir: folder, trial_seconds: 60, worker_silence_ms: 1000 },
        });
        someone = await other.admin();
    });
    after(() => other?.stop());

    const ask = (action, body = {}) =>
        someone.api('POST', `/api/games/counter/${action}`, { body });
    const now = async () => (await other.api('GET', '/api/games/counter')).body;
    const told = async () => (await someone.api('GET', '/api/games/audit?game=counter')).body.items;
    const states = async () =>
        (await someone.api('GET', '/api/games/workers')).body.items
            .map(({ state }) => state)
            .sort();
    const bring_variant = (name) =>
        other.api('POST', '/api/games/counter/versions', {
            token: someone.token,
            body: tar_of(path.join(games, name)),
            headers: { 'Content-Type': 'application/x-tar' },
        });
    const DOOM = [...Buffer.from('mischief'), 205];

    test('takes it over on trial, and one word takes it back', async () => {
        const first = await now();
        const { host, guest } = await play_on(other);
        const { sha } = (await bring_variant('counter-doubled')).body;
        const { body } = await ask('swap');
        assert.deepEqual(
            [body.from, body.to, body.outcome, body.matches, body.reason],
            [first.sha, sha, 'on_trial', 1, null],
        );
        assert.equal((await host.socket.event('game:swapped')).data.sha, sha);
        await newest(host.socket); // of the process that plays now: inputs count again
        host.socket.send(input(host.channel, 1, 5));
        await guest.socket.frame(sees((view) => view.counts[0] === 10));
        assert.deepEqual(
            await until('the board', async () => {
                const all = await states();
                return all.includes('canary') && all;
            }),
            ['canary', 'parked'],
        );
        const { out } = await shell(['rollback', 'counter'], { flags: other.flags() });
        assert.match(out, new RegExp(`\\(${first.sha.slice(0, 12)}\\) is live`));
        assert.equal((await host.socket.event('game:swapped')).data.sha, first.sha);
        await newest(host.socket);
        host.socket.send(input(host.channel, 2, 5));
        await guest.socket.frame(sees((view) => view.counts[0] === 15));
        assert.equal((await now()).sha, first.sha);
        await until('the worker to be live', async () => (await states()).join() === 'live');
        const again = await shell(['swap', 'counter', sha.slice(0, 12)], { flags: other.flags() });
        assert.match(again.out, /is live; it was \w+, and 1 matches went over\. It is on trial/);
        assert.equal((await ask('rollback')).body.to, first.sha);
        await host.socket.event('game:swapped', (data) => data.sha === first.sha);
        await newest(host.socket);
        host.socket.send(input(host.channel, 3, 100));
        assert.equal((await guest.socket.event('game:ended')).data.version, '1.0.0');
        const [{ current }] = await other.sql('select current from games.catalog');
        assert.equal(current, first.sha);
    });

    test('that does wrong goes back by itself, and into quarantine with its reason', async () => {
        const first = await now();
        const { host, guest } = await play_on(other);
        host.socket.send(input(host.channel, 1, ...DOOM)); // the first version ignores it
        const { sha } = (await bring_variant('counter-doomed')).body;
        assert.equal((await ask('swap', { sha })).body.outcome, 'on_trial');
        await host.socket.event('game:swapped', (data) => data.sha === first.sha, 20_000);
        const bad = await until('the quarantine', async () => {
            const { items } = (await someone.api('GET', '/api/games/versions')).body;
            return items.find(({ state }) => state === 'quarantined');
        });
        assert.equal(bad.sha, sha);
        assert.match(bad.reason, /in tick of match/);
        const [back, swap] = await told();
        assert.deepEqual(
            [back.action, back.by, back.sha, back.outcome, back.reason],
            ['back', { user: null, name: 'platform' }, sha, 'done', bad.reason],
        );
        assert.deepEqual([swap.action, swap.by.name, swap.sha], ['swap', 'admin', sha]);
        assert.equal((await now()).sha, first.sha);

        const refusal = await ask('swap', { sha });
        refused(refusal, 409, 'version_quarantined');
        assert.equal(refusal.body.detail, bad.reason);
        refused(await bring_variant('counter-doomed'), 409, 'version_quarantined');
        refused(await ask('rollback', { sha }), 409, 'version_quarantined');
        host.socket.send(input(host.channel, 2, 100));
        await guest.socket.event('game:ended');
        await other.halt();
        await other.start();
        someone = await other.admin();
        assert.equal((await now()).sha, first.sha);
    });

    test('that fails its rehearsal is not taken, and says why', async () => {
        const first = await now();
        const { host, guest } = await play_on(other);
        const { sha } = (await bring_variant('counter-refusing')).body;
        const refusal = await ask('swap', { sha });
        refused(refusal, 409, 'version_unfit');
        assert.match(refusal.body.detail, /migrate refuses the state/);
        assert.equal((await now()).sha, first.sha);
        const lines = (await told()).filter((line) => line.sha === sha);
        assert.ok(
            lines.some(({ action, outcome }) => action === 'swap' && outcome === 'refused'),
            JSON.stringify(lines),
        );
        const drained = (await ask('drain', { sha })).body;
        assert.deepEqual([drained.outcome, drained.to], ['draining', sha]);
        await until('a draining worker', async () => (await states()).includes('draining'));
        host.socket.send(input(host.channel, 1, 100));
        assert.equal((await guest.socket.event('game:ended')).data.sha, first.sha);
    });
});

describe('what an admin is told while a version is put live', () => {
    let other, someone, folder;
    before(async () => {
        folder = path.join(home, 'told.d');
        fs.mkdirSync(folder);
        variant(folder, 'counter');
        other = await start_platform({
            settings: { plugins_dir: folder, trial_seconds: 5, worker_silence_ms: 1000 },
        });
        someone = await other.admin();
    });
    after(() => other?.stop());

    const ask = (action, body = {}) =>
        someone.api('POST', `/api/games/counter/${action}`, { body });
    const state = async () => (await someone.api('GET', '/api/games/counter/state')).body;
    const told = async () => (await someone.api('GET', '/api/games/audit?game=counter')).body.items;
    const bring_here = async (folder) => {
        const answer = await other.api('POST', '/api/games/counter/versions', {
            token: someone.token,
            body: tar_of(folder),
            headers: { 'Content-Type': 'application/x-tar' },
        });
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        return answer.body;
    };
    const settled = () =>
        until('the change to be over', async () => (await state()).phase === 'settled');
    const show = async () => (await shell(['show', 'counter'], { flags: other.flags() })).out;

    test('who plays what, until when it is on trial, and that it has passed', async () => {
        const { host, guest } = await play_on(other);
        const before = await until('the board', async () => {
            const now = await state();
            return now.playing.length > 0 && now;
        });
        const { sha, version } = before.current;
        assert.deepEqual(before.playing, [{ sha, version, matches: 1, players: 2 }]);
        assert.deepEqual(
            [before.phase, before.until, before.change, before.deaths, before.lastDeath],
            ['settled', null, null, 0, null],
        );
        const next = await bring_here(path.join(games, 'counter-doubled'));
        assert.equal((await ask('swap')).body.recorded, true);
        const trial = await until('the trial', async () => {
            const now = await state();
            return now.phase === 'on_trial' && now.playing[0]?.sha === next.sha && now;
        });
        assert.deepEqual(trial.current, { sha: next.sha, version: '2.0.0' });
        assert.deepEqual(
            [trial.change.from.sha, trial.change.to.sha, trial.change.outcome],
            [sha, next.sha, 'on_trial'],
        );
        assert.equal(trial.change.matches, 1);
        const left_ms = Date.parse(trial.until) - Date.now();
        assert.ok(left_ms > -1000 && left_ms < 6000, `${left_ms} ms are left`);
        assert.match(await show(), /^state +on trial$/m);
        await settled();
        const [passed, swap] = await until('the line', async () => {
            const lines = await told();
            return lines[0].action === 'passed' && lines;
        });
        assert.deepEqual(
            [passed.by.name, passed.sha, passed.outcome, passed.reason],
            ['platform', next.sha, 'done', null],
        );
        assert.equal(swap.action, 'swap');
        assert.equal((await state()).change.outcome, 'done');
        host.socket.send(input(host.channel, 1, 100));
        await guest.socket.event('game:ended');
    });

    test('how many matches are left on the version before, and that they are drained', async () => {
        const from = (await state()).current.sha;
        const first = await play_on(other);
        const next = await bring_here(bundle_of('6.0.0'));
        assert.equal((await ask('drain')).body.outcome, 'draining');
        const second = await play_on(other);
        const now = await until('both versions on the board', async () => {
            const seen = await state();
            return seen.playing.length === 2 && seen;
        });
        assert.equal(now.phase, 'draining');
        assert.ok(Date.parse(now.until) > Date.now());
        const by_sha = Object.fromEntries(now.playing.map((one) => [one.sha, one.matches]));
        assert.deepEqual(by_sha, { [from]: 1, [next.sha]: 1 });
        assert.match(await show(), /draining.*1 matches, 2 players.*1 matches, 2 players/s);

        // Nobody waits for the end of the drain to go back.
        const { outcome, to } = (await ask('rollback')).body;
        assert.deepEqual([outcome, to], ['draining', from]);
        const third = await play_on(other);
        assert.equal(third.host.started.sha, from);
        const round = await state();
        assert.deepEqual([round.phase, round.waiting], ['draining', null]);
        assert.equal(round.current.sha, from);
        for (const { host, guest } of [first, second, third]) {
            host.socket.send(input(host.channel, 1, 100));
            await guest.socket.event('game:ended');
        }
        await settled();
        await until('the line', async () => (await told())[0].action === 'drained');
    });

    test('what died, and how to let it out of quarantine', async () => {
        const good = (await state()).current.sha;
        const { host, guest } = await play_on(other);
        host.socket.send(input(host.channel, 1, ...Buffer.from('mischief'), 205));
        const { sha } = await bring_here(path.join(games, 'counter-doomed'));
        assert.equal((await ask('swap', { sha })).body.outcome, 'on_trial');
        const now = await until('the way back', async () => {
            const seen = await state();
            return seen.quarantined === 1 && seen.phase === 'settled' && seen;
        });
        assert.deepEqual([now.phase, now.current.sha], ['settled', good]);
        assert.deepEqual([now.change.outcome, now.change.to.sha], ['back', sha]);
        assert.ok(now.deaths >= 1);
        assert.equal(now.lastDeath.sha, sha);
        assert.ok(now.change.reason.startsWith(now.lastDeath.what));
        assert.match(await show(), /^deaths +\d+ since the start, .* in tick of match/m);
        host.socket.send(input(host.channel, 2, 100));
        await guest.socket.event('game:ended');

        refused(await ask('swap', { sha }), 409, 'version_quarantined');
        refused(await ask('pardon', { sha: good }), 409, 'version_not_quarantined');
        refused(await ask('pardon', { sha: NO_SHA }), 404, 'version_not_found');
        refused(await ask('pardon'), 422, 'validation_failed', 'sha');
        const { out, status } = await shell(['pardon', 'counter', sha.slice(0, 12)], {
            flags: other.flags(),
        });
        assert.equal(status, 0);
        assert.match(out, /is out of quarantine/);
        const [line] = await told();
        assert.deepEqual(
            [line.action, line.by.name, line.sha, line.outcome, line.reason],
            ['pardon', 'admin', sha, 'done', now.change.reason],
        );
        assert.equal((await state()).quarantined, 0);
        assert.equal((await ask('swap', { sha })).status, 200);
        assert.equal((await ask('rollback', { sha: good })).status, 200);
    });

    test('that a version is live though the database died when it was put live', async () => {
        const first = (await state()).current.sha;
        const { host, guest } = await play_on(other);
        const { sha } = await bring_here(bundle_of('7.0.0'));
        // Its transaction has done everything but end when PostgreSQL is killed.
        await other.sql(`
            create function games.be_slow() returns trigger language plpgsql
                as 'begin perform pg_sleep(2); return null; end';
            create constraint trigger slow after insert on games.audit
                deferrable initially deferred for each row
                when (new.action = 'swap') execute function games.be_slow()`);
        const swapping = ask('swap', { sha });
        await until('the end of the transaction', async () => {
            const rows = await other.sql(
                "select pid from pg_stat_activity where wait_event = 'PgSleep'",
            );
            return rows.length > 0;
        });
        await other.kill('postgres');
        const answer = await swapping;
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        assert.deepEqual(
            [answer.body.to, answer.body.outcome, answer.body.recorded],
            [sha, 'on_trial', false],
        );
        assert.equal((await other.api('GET', '/api/games/counter')).body.sha, sha);
        await host.socket.event('game:swapped', (data) => data.sha === sha);
        await until(
            'PostgreSQL to be back, and to know it',
            async () => {
                const seen = await someone.api('GET', '/api/games/counter/state');
                return seen.status === 200 && seen.body.recorded;
            },
            30_000,
        );
        const [{ current }] = await other.sql('select current from games.catalog');
        assert.equal(current, sha);
        const lines = (await told()).filter((line) => line.sha === sha && line.action === 'swap');
        assert.deepEqual(
            lines.map(({ by, outcome, request }) => [by.name, outcome, request]),
            [['admin', 'done', answer.headers['x-request-id']]],
        );
        host.socket.send(input(host.channel, 1, 100));
        await guest.socket.event('game:ended');
        await other.halt();
        await other.start();
        someone = await other.admin();
        assert.equal((await state()).current.sha, sha);
        assert.equal((await ask('rollback', { sha: first })).body.to, first);
    });
});

describe('a game whose only version keeps dying', () => {
    let other, folder;
    before(async () => {
        folder = path.join(home, 'closed.d');
        fs.mkdirSync(folder);
        variant(folder, 'doomed');
        other = await start_platform({ settings: { plugins_dir: folder, game_deaths_max: 1 } });
    });
    after(() => other?.stop());

    test('begins no match until an admin has let it out and put it live again', async () => {
        const someone = await other.admin();
        const state = async () => (await someone.api('GET', '/api/games/doomed/state')).body;
        const ask = (action, body = {}) =>
            someone.api('POST', `/api/games/doomed/${action}`, { body });
        const { host, guest } = await play_on(other, 'doomed');
        host.socket.send(input(host.channel, 1, ...Buffer.from('mischief'), 205));
        await until(
            'it to be closed, and in quarantine',
            async () => {
                const now = await state();
                return now.closed && now.quarantined === 1;
            },
            30_000,
        );
        const { id } = (await guest.socket.event('game:ended', undefined, 30_000)).data;
        const { current, lastBundle } = await until('the crash bundle', async () => {
            const now = await state();
            return now.lastBundle && now;
        });
        const { sha } = current;
        assert.ok(lastBundle.startsWith(`${id}-`));
        assert.ok(fs.existsSync(path.join(other.data_dir, 'crashes', lastBundle, 'game.so')));
        await assert.rejects(play_on(other, 'doomed'), { code: 'unavailable' });
        refused(await ask('swap', { sha }), 409, 'version_quarantined');
        assert.equal((await ask('pardon', { sha })).body.state, 'current');
        assert.equal((await ask('swap', { sha })).body.outcome, 'done');
        await until('it to be open again', async () => !(await state()).closed);
        const again = await play_on(other, 'doomed');
        assert.equal(again.host.started.sha, sha);
    });
});

describe('a platform on which drops wait for an admin', () => {
    let other, folder;
    before(async () => {
        folder = path.join(home, 'waiting.d');
        fs.mkdirSync(folder);
        variant(folder, 'counter');
        other = await start_platform({ settings: { plugins_dir: folder, drop_action: 'wait' } });
    });
    after(() => other?.stop());

    const known = async (person) => (await person.api('GET', '/api/games/versions')).body.items;
    const state_of = async () => (await other.api('GET', '/api/games/counter')).status;

    test('admits what is dropped and plays none of it by itself, be it the first version', async () => {
        let someone = await other.admin();
        const [version] = await known(someone);
        assert.equal(version.state, 'admitted');
        assert.equal(await state_of(), 404);
        await other.halt();
        await other.start();
        someone = await other.admin();
        assert.equal(await state_of(), 404);
        assert.equal((await someone.api('GET', '/api/games/audit')).body.items.length, 1);

        const swap = () => someone.api('POST', '/api/games/counter/swap', { body: {} });
        assert.equal((await swap()).body.from, null);
        assert.equal(await state_of(), 200);
        refused(await someone.api('POST', '/api/games/counter/rollback'), 404, 'version_not_found');

        fs.cpSync(bundle_of('1.0.1'), path.join(folder, '.new'), { recursive: true });
        fs.rmSync(path.join(folder, 'counter'), { recursive: true });
        fs.renameSync(path.join(folder, '.new'), path.join(folder, 'counter'));
        await until('the drop to be admitted', async () => (await known(someone)).length === 2);
        const { body } = await other.api('GET', '/api/games/counter');
        assert.equal(body.sha, version.sha);
        assert.equal((await swap()).body.version, '1.0.1');
    });
});

describe('transcendence game', () => {
    test('installs a folder, lists it, goes back, and tells it all', async () => {
        const before = await live();
        const installed = await shell(['install', bundle_of('5.0.0')]);
        assert.equal(installed.status, 0, installed.err);
        assert.match(
            installed.out,
            /^counter 5\.0\.0 \([0-9a-f]{12}\) is admitted\.\ncounter 5\.0\.0 \(\w+\) is live; it was \w+/,
        );
        const now = await live();
        assert.equal(now.version, '5.0.0');
        const again = await shell(['install', bundle_of('5.0.0')]);
        assert.deepEqual([again.status, again.err], [0, '']);
        assert.match(again.out, /live already/);

        const list = (await shell(['list', 'counter'])).out.split('\n');
        assert.match(list[0], /^GAME +VERSION +SHA +STATE/);
        assert.match(list[1], new RegExp(`^counter +5.0.0 +${now.sha.slice(0, 12)} +current`));
        assert.ok(list.some((line) => / refused .*elf|image/i.test(line)));

        const back = await shell(['rollback', 'counter']);
        assert.match(back.out, new RegExp(`\\(${before.sha.slice(0, 12)}\\) is live`));
        assert.equal((await live()).sha, before.sha);
        const forth = await shell(['swap', 'counter', now.sha.slice(0, 12)]);
        assert.equal(forth.status, 0, forth.err);
        assert.match((await shell(['disable', 'counter'])).out, /begins no new match/);
        assert.match((await shell(['list'])).out, /current, disabled/);
        assert.match((await shell(['enable', 'counter'])).out, /can be played/);

        const told = (await shell(['audit', 'counter'])).out.trim().split('\n');
        const lines = told.slice(-5).map((line) => line.split(/ {2,}/));
        assert.deepEqual(
            lines.map(([, by, action]) => [by, action]),
            ['upload', 'rollback', 'swap', 'disable', 'enable'].map((action) => ['admin', action]),
        );
    });

    test('takes an archive, and leaves it to wait', async () => {
        const file = path.join(home, 'bundle.tar');
        fs.writeFileSync(file, tar_of(bundle_of('5.1.0')));
        const before = await live();
        const { status, out } = await shell(['install', file, 'wait']);
        assert.equal(status, 0);
        assert.match(out, /^counter 5\.1\.0 \(\w+\) is admitted\.\n$/);
        assert.equal((await live()).sha, before.sha);
        assert.match((await shell(['drain', 'counter'])).out, /^counter 5\.1\.0 .* is live/);
    });

    test('says why not, in the words of the platform', async () => {
        const unknown = await shell(['swap', 'chess']);
        assert.deepEqual([unknown.status, unknown.out], [1, '']);
        assert.match(unknown.err, /game_not_found: There is no such game\./);
        const nothing = await shell(['swap', 'counter', 'ffffffffffff']);
        assert.match(nothing.err, /version_not_found: /);
        const spoil = (folder) => fs.writeFileSync(path.join(folder, 'game.json'), '{"texts":1}');
        const bad = await shell(['install', bundle_of('5.2.0', spoil)]);
        assert.equal(bad.status, 1);
        assert.match(bad.err, /version_refused: .* game_json: /);
        const no_image = (folder) => fs.writeFileSync(path.join(folder, 'game.so'), 'no image');
        const nameless = await shell(['install', bundle_of('5.2.1', no_image)]);
        assert.equal(nameless.status, 1);
        assert.match(nameless.err, /image_not_elf: /);
    });

    test('knows its words, and who it may be', async () => {
        for (const words of [['fly'], ['swap'], ['list', 'a', 'b'], ['install', '/nowhere']]) {
            const { status, out, err } = await shell(words);
            assert.deepEqual([status, out], [2, ''], words.join(' '));
            assert.match(err, /^transcendence: /);
        }
        const stranger = await shell(['list'], { flags: [`--data_dir=${home}`] });
        assert.equal(stranger.status, 2);
        assert.match(stranger.err, /admin-password .*TRANSCENDENCE_TOKEN/);
        const player = await platform.register();
        const flags = [`--address=localhost:${platform.ports.http}`];
        const as = (token) =>
            shell(['list'], { flags, environment: { TRANSCENDENCE_TOKEN: token } });
        assert.match((await as(player.token)).err, /forbidden: You may not do this\./);
        assert.match((await as('a.b.c')).err, /token_invalid: /);
        assert.equal((await as(admin.token)).status, 0);
        const tokenless = await shell(['list'], { flags });
        assert.equal(tokenless.status, 2);
    });

    test('believes only a platform that proves its name', async () => {
        const address = `--address=https://localhost:${platform.ports.https}`;
        const ca_file = `--ca_file=${path.join(platform.data_dir, 'tls/certificate.pem')}`;
        const as = (...flags) =>
            shell(['list'], { flags, environment: { TRANSCENDENCE_TOKEN: admin.token } });
        const unknown = await as(address);
        assert.deepEqual([unknown.status, unknown.out], [3, '']);
        assert.match(unknown.err, /a certificate that is believed here\?/);
        const known = await as(address, ca_file);
        assert.equal(known.status, 0, known.err);
        assert.match(known.out, /^GAME /);
    });

    test('leaves no session behind', async () => {
        const count = async () =>
            (
                await platform.sql(
                    `select count(*)::int as n from auth.sessions
                     where user_id = (select id from auth.users where admin)`,
                )
            )[0].n;
        const before = await count();
        assert.equal((await shell(['list'])).status, 0);
        assert.equal(await count(), before);
    });

    test('says when there is no platform', async () => {
        const flags = [`--data_dir=${platform.data_dir}`, '--internal_port=1024'];
        const { status, err } = await shell(['list'], { flags });
        assert.equal(status, 3);
        assert.match(err, /no platform answers at 127\.0\.0\.1:1024: is it running/);
    });
});
