// The master: what it starts it keeps alive and stops, alone or beside another; what nginx lets
// through and what it says; who may read whose tables; one request id from the first hop to the
// last.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { program, start_platform, until } from './harness.mjs';

const run = promisify(execFile);
const SERVICES = ['auth', 'social', 'rooms', 'matchmaking', 'games'];

// A command that must fail: its exit status and what it says.
async function refused(words, options = {}) {
    try {
        await run(program, words, { timeout: 30_000, ...options });
    } catch (error) {
        return { status: error.code, said: error.stderr, out: error.stdout };
    }
    throw new Error(`${words.join(' ')} did not fail`);
}

// What a new room needs: some game, and one of its modes.
async function a_mode(platform) {
    const [game] = (await platform.api('GET', '/api/games')).body.items;
    return { game: game.id, mode: game.modes[0].id };
}

describe('the words and settings of the command line', () => {
    const cases = [
        ['a missing word', [], /say what to do/],
        ['an unknown word', ['dance'], /no command "dance"/],
        ['an unknown service', ['service', 'dance'], /no service "dance"/],
        ['a service without a name', ['service'], /needs a name/],
        ['an unknown setting', ['serve', '--colour=red'], /colour/],
        ['a port that is no number', ['serve', '--http_port=many'], /http_port/],
        ['a port out of range', ['serve', '--http_port=70000'], /http_port/],
        ['an address without a port', ['serve', '--auth_address=here'], /auth_address/],
        ['a file of settings that is not there', ['serve', '--config=/nowhere.conf'], /nowhere/],
        ['migrate without a database', ['migrate'], /database_url/],
    ];
    for (const [what, words, sentence] of cases)
        test(`${what} is one sentence and exit 2`, async () => {
            const { status, said } = await refused(words, { env: { PATH: process.env.PATH } });
            assert.equal(status, 2);
            assert.match(said, sentence);
            assert.equal(said.trim().split('\n').length, 1, said);
        });

    test('help names every word and setting', async () => {
        const { stdout } = await run(program, ['help']);
        for (const word of ['serve', 'service', 'migrate', 'routes', 'http_port', 'DATABASE_URL'])
            assert.match(stdout, new RegExp(word));
    });

    test('routes prints every route as JSON', async () => {
        const { routes } = JSON.parse((await run(program, ['routes'])).stdout);
        for (const service of SERVICES)
            assert.ok(
                routes.some((route) => route.service === service),
                service,
            );
        for (const route of routes)
            if (route.path.startsWith('/internal/') && !route.path.endsWith('/service-token'))
                assert.equal(route.access, 'service', route.path);
    });
});

describe('a platform', () => {
    let platform;
    before(async () => (platform = await start_platform()));
    after(() => platform?.stop());

    test('every secret is for its owner alone', () => {
        const folder = path.join(platform.data_dir, 'secrets');
        assert.equal(fs.statSync(platform.data_dir).mode & 0o777, 0o700);
        assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
        const names = fs.readdirSync(folder);
        assert.ok(names.includes('admin-password'));
        for (const name of names)
            assert.equal(fs.statSync(path.join(folder, name)).mode & 0o777, 0o600, name);
    });

    test('no secret stands in an argument', () => {
        const secrets = fs
            .readdirSync(path.join(platform.data_dir, 'secrets'))
            .map((name) => fs.readFileSync(path.join(platform.data_dir, 'secrets', name), 'utf8'));
        for (const { command } of platform.processes())
            for (const secret of secrets) assert.ok(!command.includes(secret.trim()), command);
    });

    test('a second serve on the same data is refused in one sentence', async () => {
        const { status, said } = await refused(['serve', ...platform.flags()]);
        assert.equal(status, 1);
        assert.match(said, /another `transcendence serve` is running/);
        assert.equal(said.trim().split('\n').length, 1, said);
    });

    test('a port in use is one sentence and exit 1', async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-test-'));
        const { status, said } = await refused(['serve', ...platform.flags({ data_dir: folder })]);
        fs.rmSync(folder, { recursive: true });
        assert.equal(status, 1);
        assert.match(said, /cannot listen on .* in use/);
        assert.equal(said.trim().split('\n').length, 1, said);
    });

    for (const service of SERVICES)
        test(`the role of ${service} reads its own tables and no others'`, async () => {
            const tables = await platform.sql(
                `select table_schema as schema, table_name as name
                 from information_schema.tables where table_type = 'BASE TABLE'
                 and table_schema in (${SERVICES.map((name) => `'${name}'`)})`,
            );
            assert.ok(tables.some((table) => table.schema === service));
            for (const { schema, name } of tables) {
                const reading = platform.sql(`select 1 from ${schema}.${name} limit 1`, {
                    as: service,
                });
                if (schema === service) await reading;
                else await assert.rejects(reading, /permission denied/, `${schema}.${name}`);
            }
        });

    test('a role makes no schema, no table elsewhere and no role', async () => {
        for (const statement of [
            'create schema mine',
            'create table public.mine (a int)',
            'create table social.mine (a int)',
            'create role mine',
        ])
            await assert.rejects(platform.sql(statement, { as: 'rooms' }), /permission denied/);
    });

    describe('what nginx lets through', () => {
        const inside = [
            '/internal/auth/service-token',
            '/internal/rooms',
            '//internal/rooms',
            '/api/rooms/../../internal/rooms',
            '/api/rooms/..%2f..%2finternal/rooms',
            '/api/internal/rooms',
            '//api%2frooms/internal/rooms',
            '//api%2fauth/metrics',
            '//api%2fauth/healthz',
            '/healthz',
            '/readyz',
            '/metrics',
            '/api/auth/healthz',
            '/api/rooms/metrics',
            '/games/..%2f..%2fsecrets/admin-password',
            '/games/pong/0123456789abcdef/client/../../../../secrets/admin-password',
            '/_next/static/../../server.js',
            '/frame/../../deploy/nginx/nginx.conf.template',
        ];
        for (const url of inside)
            test(`${url} is not reachable`, async () => {
                const password = fs
                    .readFileSync(path.join(platform.data_dir, 'secrets/admin-password'), 'utf8')
                    .trim();
                for (const method of ['GET', 'POST']) {
                    const { status, body } = await platform.api(method, url, {
                        body: method === 'POST' ? {} : undefined,
                    });
                    assert.ok([400, 403, 404, 405, 401].includes(status), `${method} ${status}`);
                    assert.doesNotMatch(JSON.stringify(body), /worker_processes|requestHandler/);
                    assert.ok(!JSON.stringify(body).includes(password));
                }
            });

        test('an unknown part of the API is a problem document', async () => {
            const { status, headers, body } = await platform.api('GET', '/api/none');
            assert.equal(status, 404);
            assert.equal(headers['content-type'], 'application/problem+json');
            assert.equal(body.code, 'not_found');
        });

        test('a body that is too large is a problem document', async () => {
            const { status, body } = await platform.api('POST', '/api/auth/login', {
                body: JSON.stringify({ login: 'x'.repeat(100_000) }),
            });
            assert.equal(status, 413);
            assert.equal(body.code, 'payload_too_large');
        });

        test('http and https serve the same', async () => {
            for (const secure of [false, true]) {
                const { status, body } = await platform.api('GET', '/api/games', { secure });
                assert.equal(status, 200);
                assert.ok(Array.isArray(body.items));
            }
        });
    });

    describe('headers', () => {
        test('a page and an answer have a strict policy', async () => {
            for (const url of ['/', '/api/games', '/api/none']) {
                const { headers } = await platform.api('GET', url);
                const policy = headers['content-security-policy'];
                assert.match(policy, /default-src 'self'/, url);
                assert.match(policy, /frame-ancestors 'none'/);
                assert.doesNotMatch(policy, /unsafe/);
                assert.equal(headers['x-content-type-options'], 'nosniff');
                assert.equal(headers['x-frame-options'], 'DENY');
                assert.ok(headers['referrer-policy']);
                assert.doesNotMatch(headers.server ?? '', /\d/);
                assert.equal(headers['x-powered-by'], undefined);
            }
        });

        test('the frame of a game may load its own files only', async () => {
            const { items } = (await platform.api('GET', '/api/games')).body;
            const { id, sha } = items[0] ?? { id: 'pong', sha: '0123456789abcdef' };
            const { status, headers } = await platform.api('GET', `/play-frame/${id}/${sha}`);
            assert.equal(status, 200);
            const o = platform.origin;
            const files = `${o}/games/${id}/${sha}/`;
            assert.equal(
                headers['content-security-policy'],
                'sandbox allow-scripts allow-pointer-lock; ' +
                    `default-src 'none'; script-src ${o}/frame/ ${files} 'wasm-unsafe-eval'; ` +
                    `connect-src ${files}; img-src ${files}; media-src ${files}; ` +
                    `font-src ${files}; style-src ${o}/frame/ 'unsafe-inline'; base-uri 'none'; ` +
                    "form-action 'none'; frame-ancestors 'self'",
            );
        });

        test('the frame that plays a replay back reaches nothing', async () => {
            const { status, headers } = await platform.api('GET', '/replay-frame');
            assert.equal(status, 200);
            assert.equal(headers['content-type'], 'text/html; charset=utf-8');
            assert.equal(
                headers['content-security-policy'],
                "sandbox allow-scripts; default-src 'none'; " +
                    `script-src ${platform.origin}/frame/ 'wasm-unsafe-eval'; base-uri 'none'; ` +
                    "form-action 'none'; frame-ancestors 'self'",
            );
        });

        test('a forged host does not get into the policy', async () => {
            const { headers } = await platform.api('GET', '/play-frame/pong/0123456789abcdef', {
                headers: { Host: 'evil.example' },
            });
            assert.doesNotMatch(headers['content-security-policy'], /evil/);
        });

        test('files of the frame may be loaded by an opaque origin', async () => {
            const { status, headers } = await platform.api('GET', '/frame/kit.js');
            assert.equal(status, 200);
            assert.equal(headers['access-control-allow-origin'], '*');
            assert.match(headers['content-type'], /javascript/);
        });

        test("a game's client is served, for ever, from its version's address", async () => {
            const { items } = (await platform.api('GET', '/api/games')).body;
            assert.ok(items.length > 0, 'there is a game');
            for (const { client } of items) {
                const { status, headers } = await platform.api('GET', `${client}main.js`);
                assert.equal(status, 200);
                assert.match(headers['cache-control'], /immutable/);
                assert.equal(headers['access-control-allow-origin'], '*');
            }
        });

        test("a game's rules are served beside its client, and nothing else of the bundle", async () => {
            const { items } = (await platform.api('GET', '/api/games')).body;
            const { client } = items.find(({ id }) => id === 'pong');
            const { status, headers } = await platform.api('GET', `${client}../game.wasm`);
            assert.equal(status, 200);
            assert.equal(headers['content-type'], 'application/wasm');
            assert.match(headers['cache-control'], /immutable/);
            for (const hidden of ['game.so', 'game.json', 'game.wasm.x'])
                assert.equal((await platform.api('GET', `${client}../${hidden}`)).status, 404);
        });
    });

    test('one request id runs from nginx to the last hop', async () => {
        const player = await platform.register();
        const { headers, body } = await player.api('POST', '/api/rooms', {
            body: await a_mode(platform),
            headers: { 'X-Request-Id': 'forged-by-a-browser' },
        });
        const request = headers['x-request-id'];
        assert.match(request, /^[0-9a-f]{32}$/, JSON.stringify(body));
        for (const log of ['access', 'rooms', 'games'])
            await until(`the request in the log of ${log}`, () =>
                platform.logs(log).includes(`request=${request}`),
            );
        assert.ok(!platform.logs().includes('forged-by-a-browser'));
    });

    test('no query and no token gets into the access log', async () => {
        const player = await platform.guest();
        await player.api('GET', '/api/auth/users/nobody?secret-question=1');
        await platform.api('GET', '/', { cookies: player.cookies });
        await until('the log line', () => platform.logs('access').includes('/users/nobody'));
        assert.ok(!platform.logs('access').includes('secret-question'));
    });

    test('sockets reach both gateways, in turn and by name', async () => {
        const player = await platform.guest();
        const seen = new Set();
        for (let i = 0; i < 4; i++) seen.add((await player.socket()).ready.gateway);
        assert.deepEqual([...seen].sort(), ['g1', 'g2']);
        for (const gateway of [1, 2])
            assert.equal((await player.socket({ gateway })).ready.gateway, `g${gateway}`);
    });

    test('a killed service comes back, and commands meanwhile answer unavailable', async () => {
        const player = await platform.register();
        const socket = await player.socket();
        const room = await a_mode(platform);
        const old = await platform.kill('rooms');
        let answer = await socket.ask('room:create', room);
        if (!answer.ok) assert.equal(answer.error.code, 'unavailable');
        const direct = await platform.api('GET', '/api/rooms');
        assert.ok([200, 503].includes(direct.status));
        if (direct.status === 503) assert.equal(direct.body.code, 'unavailable');
        answer = await until('the service to be back', async () => {
            const next = await socket.ask('room:create', room);
            if (!next.ok) assert.equal(next.error.code, 'unavailable');
            return next.ok && next;
        });
        assert.ok(answer.data.id);
        assert.notEqual(platform.child('rooms').pid, old);
        assert.match(platform.logs(), /child ended by itself.*child=rooms how="signal 9/);
    });

    test('a service that hangs is answered with unavailable or timed_out, in bounded time', async () => {
        const player = await platform.guest();
        const socket = await player.socket();
        const room = await a_mode(platform);
        const { pid } = platform.child('rooms');
        process.kill(pid, 'SIGSTOP');
        try {
            const answer = await socket.ask('room:create', room);
            assert.equal(answer.ok, false);
            assert.match(answer.error.code, /^(unavailable|timed_out)$/);
        } finally {
            process.kill(pid, 'SIGCONT');
        }
    });

    for (const name of ['nginx', 'postgres', 'redis', 'g1', 'web', 'auth', 'games'])
        test(`a killed ${name} comes back, and people can play on`, async () => {
            await platform.kill(name);
            await until(`${name} to run again`, () => platform.child(name), 20_000);
            const player = await until(
                'a new player',
                () => platform.guest().catch(() => null),
                20_000,
            );
            await until(
                'a socket on the first gateway',
                async () => {
                    try {
                        const socket = await player.socket({ gateway: 1 });
                        return await socket.command('chat:history', { channel: 'global' });
                    } catch {
                        return null;
                    }
                },
                20_000,
            );
        });
});

describe('a platform that stops and starts', () => {
    test('ctrl-C leaves nothing running, and the second start keeps the data', async () => {
        const platform = await start_platform();
        try {
            const player = await platform.register();
            assert.ok(platform.processes().length > 12);
            await platform.halt('SIGINT');
            assert.deepEqual(platform.processes(), []);

            const from = Date.now();
            await platform.start();
            assert.ok(Date.now() - from < 10_000, 'up again in under 10 s');
            const answer = await platform.api('POST', '/api/auth/login', {
                body: { login: player.name, password: player.password },
            });
            assert.equal(answer.status, 200);
            assert.equal(answer.body.user.id, player.id);
            assert.equal((await player.api('GET', '/api/auth/me')).status, 200, 'the old token');
        } finally {
            await platform.stop();
        }
    });

    test('a killed master takes everything with it, and the next start is clean', async () => {
        const platform = await start_platform();
        try {
            await platform.halt('SIGKILL');
            await platform.start();
            assert.equal((await platform.api('GET', '/api/games')).status, 200);
        } finally {
            await platform.stop();
        }
    });

    test('two platforms run side by side and know nothing of each other', async () => {
        const [one, other] = await Promise.all([start_platform(), start_platform()]);
        try {
            const player = await one.register();
            assert.equal((await one.api('GET', `/api/auth/users/${player.name}`)).status, 200);
            assert.equal((await other.api('GET', `/api/auth/users/${player.name}`)).status, 404);
            const foreign = await other.api('GET', '/api/auth/me', { token: player.token });
            assert.equal(foreign.status, 401);
        } finally {
            await Promise.all([one.stop(), other.stop()]);
        }
    });

    test('with stores of its user, a platform starts none and works the same', async () => {
        const stores = spawn(
            path.resolve(import.meta.dirname, '../unit/with_servers.sh'),
            ['sh', '-c', 'echo "$DATABASE_URL $REDIS_URL"; exec cat'],
            { stdio: ['pipe', 'pipe', 'inherit'] },
        );
        const ended = once(stores, 'exit');
        try {
            const [line] = await once(readline.createInterface({ input: stores.stdout }), 'line');
            const [database, redis] = line.split(' ');
            const platform = await start_platform({
                environment: { DATABASE_URL: database, REDIS_URL: redis },
            });
            assert.equal(platform.child('postgres'), undefined);
            assert.equal(platform.child('redis'), undefined);
            const [a, b] = [await platform.register(), await platform.guest()];
            const body = await a_mode(platform);
            const room = (await a.api('POST', '/api/rooms', { body })).body;
            const socket = await b.socket();
            await b.api('POST', `/api/rooms/${room.id}/join`, { body: { role: 'spectator' } });
            await a.api('POST', '/api/social/messages', {
                body: { channel: `room:${room.id}`, text: 'over your Redis' },
            });
            await socket.event('chat:message', (data) => data.text === 'over your Redis');
            await socket.close();
            const { stdout } = await run('psql', [
                '-XAtqc',
                `select username from auth.users where id = '${a.id}'`,
                database,
            ]);
            assert.equal(stdout.trim(), a.name);
            await platform.stop();
        } finally {
            stores.stdin.end();
            await ended;
        }
    });

    test('too many requests of one address are answered 429, as a problem document', async () => {
        const platform = await start_platform({ settings: { address_requests_per_second: 5 } });
        try {
            const answers = await Promise.all(
                Array.from({ length: 40 }, () => platform.api('GET', '/api/games')),
            );
            const refusals = answers.filter(({ status }) => status === 429);
            assert.ok(refusals.length > 0);
            assert.equal(refusals[0].body.code, 'too_many_requests');
            assert.ok(refusals[0].headers['retry-after']);
        } finally {
            await platform.stop();
        }
    });
});
