// Who is who: every route of auth, from outside through nginx, with good and bad input. What nginx
// does not let through (inside routes, other client addresses) is asked of the service itself.
import assert from 'node:assert/strict';
import {
    createHmac,
    createPrivateKey,
    createPublicKey,
    generateKeyPairSync,
    sign,
} from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { judge_answer } from './documents.mjs';
import { start_platform, until } from './harness.mjs';

const PORT_REDIS = 8;
const PASSWORD = 'correct horse battery';
const LOGIN_FAILURES_MAX = 4;
const LOGIN_ADDRESS_FAILURES_MAX = 60; // more than all tests from 127.0.0.1 together need
const ACCOUNTS_PER_ADDRESS_MAX = 200; // the same

let platform;
let last_name = 0;

before(async () => {
    platform = await start_platform({
        settings: {
            login_failures_max: LOGIN_FAILURES_MAX,
            login_address_failures_max: LOGIN_ADDRESS_FAILURES_MAX,
            accounts_per_address_max: ACCOUNTS_PER_ADDRESS_MAX,
        },
    });
    platform.keep_secret(PASSWORD);
});
after(() => platform?.stop());

// Asking

// Through nginx, or with `inside` the service itself.
const ask = (method, url, { inside, ...options } = {}) =>
    inside ? ask_inside(method, url, options) : platform.api(method, url, options);

function ask_inside(method, url, { body = {}, headers = {} } = {}) {
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
        const request = http.request(
            {
                method,
                host: '127.0.0.1',
                port: platform.ports.first,
                path: url,
                headers: {
                    'content-type': 'application/json',
                    'content-length': Buffer.byteLength(text),
                    ...headers,
                },
            },
            async (answer) => {
                try {
                    const taken = {
                        status: answer.statusCode,
                        headers: answer.headers,
                        body: JSON.parse(Buffer.concat(await answer.toArray())),
                        set_cookies: answer.headers['set-cookie'] ?? [],
                    };
                    resolve(platform.judged(judge_answer(method, url, taken), taken));
                } catch (error) {
                    reject(error);
                }
            },
        );
        request.on('error', reject);
        request.end(text);
    });
}

function expect_problem(answer, status, code, field = null) {
    assert.equal(answer.body?.code, code, JSON.stringify(answer.body));
    assert.equal(answer.status, status);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.deepEqual(Object.keys(answer.body).sort(), [
        'code',
        'detail',
        'field',
        'status',
        'title',
        'type',
    ]);
    assert.equal(answer.body.status, status);
    assert.equal(answer.body.field, field);
}

function new_name() {
    last_name += 1;
    return `player-${last_name}`;
}

async function register(username = new_name(), extra = {}) {
    const answer = await ask('POST', '/api/auth/register', {
        body: { username, email: `${username}@example.org`, password: PASSWORD },
        ...extra,
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
}

async function guest() {
    const answer = await ask('POST', '/api/auth/guest', { body: {} });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
}

const login = (name, password = PASSWORD, extra = {}) =>
    ask('POST', '/api/auth/login', { body: { login: name, password }, ...extra });
const refresh = (refreshToken) => ask('POST', '/api/auth/refresh', { body: { refreshToken } });
const me = (token) => ask('GET', '/api/auth/me', { token });

// Tokens that the service would never make

const part = (value) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function claims_of(token) {
    return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}

function header_of(token) {
    return JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
}

function signed(header, claims, key) {
    const text = `${part(header)}.${part(claims)}`;
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const own_key = () => createPrivateKey(secret_of('auth-signing-key.pem'));

// Behind the scenes

const secret_of = (name) =>
    fs.readFileSync(path.join(platform.data_dir, 'secrets', name), 'utf8').trim();
const sql = (query) => platform.sql(query, { as: 'auth' });

// What is published for one user from here on; `next` resolves with the next order.
async function listen(user) {
    const socket = connect(platform.ports.first + PORT_REDIS, '127.0.0.1');
    const waiting = [];
    const arrived = [];
    const give = () => {
        while (waiting.length > 0 && arrived.length > 0) waiting.shift()(arrived.shift());
    };
    let text = '';
    const subscribed = new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.on('data', (data) => {
            text += data;
            if (text.includes('subscribe\r\n')) resolve();
            const order = /\r\n@(\{.*\})\r\n/;
            for (let found = text.match(order); found; found = text.match(order)) {
                arrived.push(JSON.parse(found[1]));
                text = text.slice(found.index + found[0].length);
            }
            give();
        });
    });
    socket.write(`AUTH ${secret_of('redis')}\r\nSUBSCRIBE event:user:${user}\r\n`);
    await subscribed;
    return {
        next: () =>
            new Promise((resolve) => {
                waiting.push(resolve);
                give();
            }),
        close: () => socket.destroy(),
    };
}

describe('register', () => {
    test('makes an account and logs it in', async () => {
        const username = new_name();
        const answer = await ask('POST', '/api/auth/register', {
            body: { username, email: `${username}@Example.org`, password: PASSWORD },
        });
        assert.equal(answer.status, 201);
        const session = answer.body;
        assert.deepEqual(Object.keys(session).sort(), [
            'accessExpiresAt',
            'accessToken',
            'refreshToken',
            'user',
        ]);
        assert.deepEqual(Object.keys(session.user).sort(), [
            'admin',
            'createdAt',
            'email',
            'guest',
            'id',
            'username',
        ]);
        assert.equal(session.user.username, username);
        assert.equal(session.user.email, `${username}@Example.org`);
        assert.equal(session.user.guest, false);
        assert.equal(session.user.admin, false);
        assert.match(session.user.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.deepEqual((await me(session.accessToken)).body, session.user);
    });

    test('gives a token as the protocol says', async () => {
        const session = await register();
        const claims = claims_of(session.accessToken);
        const { keys } = (await ask('GET', '/api/auth/jwks.json')).body;
        assert.equal(header_of(session.accessToken).alg, 'ES256');
        assert.equal(header_of(session.accessToken).kid, keys[0].kid);
        assert.deepEqual(Object.keys(claims).sort(), [
            'admin',
            'exp',
            'guest',
            'iat',
            'iss',
            'name',
            'sid',
            'sub',
        ]);
        assert.equal(claims.iss, 'transcendence');
        assert.equal(claims.sub, session.user.id);
        assert.equal(claims.name, session.user.username);
        assert.equal(claims.exp - claims.iat, 900);
        assert.equal(new Date(session.accessExpiresAt).getTime(), claims.exp * 1000);
    });

    test('sets cookies that scripts and other sites do not get', async () => {
        const answer = await ask('POST', '/api/auth/guest', { body: {} });
        assert.equal(answer.set_cookies.length, 2);
        assert.match(
            answer.set_cookies[0],
            /^transcendence_access=[\w.-]+; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/,
        );
        assert.match(
            answer.set_cookies[1],
            /^transcendence_refresh=[\w-]+; Path=\/api\/auth; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
        );
        assert.equal(answer.headers['cache-control'], 'no-store');
    });

    test('marks cookies Secure over https', async () => {
        const answer = await ask('POST', '/api/auth/guest', {
            body: {},
            inside: true,
            headers: { 'x-forwarded-proto': 'https' },
        });
        assert.equal(answer.set_cookies.length, 2);
        for (const cookie of answer.set_cookies) assert.match(cookie, /; Secure$/);
    });

    test('refuses a name that is taken in whatever case', async () => {
        const { user } = await register();
        expect_problem(
            await ask('POST', '/api/auth/register', {
                body: {
                    username: user.username.toUpperCase(),
                    email: 'other@example.org',
                    password: PASSWORD,
                },
            }),
            409,
            'username_taken',
            'username',
        );
    });

    test('refuses an e-mail address that is taken in whatever case', async () => {
        const { user } = await register();
        expect_problem(
            await ask('POST', '/api/auth/register', {
                body: { username: new_name(), email: user.email.toUpperCase(), password: PASSWORD },
            }),
            409,
            'email_taken',
            'email',
        );
    });

    test('gives a name that ten ask for at once to one of them', async () => {
        const username = new_name();
        const answers = await Promise.all(
            Array.from({ length: 10 }, (_, i) =>
                ask('POST', '/api/auth/register', {
                    body: { username, email: `race-${i}@example.org`, password: PASSWORD },
                }),
            ),
        );
        assert.equal(answers.filter((answer) => answer.status === 201).length, 1);
        assert.equal(answers.filter((answer) => answer.body.code === 'username_taken').length, 9);
    });

    const good = { username: 'somebody', email: 'somebody@example.org', password: PASSWORD };
    const refused = [
        ['a short name', { username: 'ab' }, 'username'],
        ['a long name', { username: 'a'.repeat(21) }, 'username'],
        ['SQL in the name', { username: "x'; drop table--" }, 'username'],
        ['HTML in the name', { username: '<b>bold</b>' }, 'username'],
        ['letters that look alike', { username: 'аdmin' }, 'username'],
        ['a blank', { username: 'two words' }, 'username'],
        ['the name of a guest', { username: 'Guest-ABCDEF' }, 'username'],
        ['a number as name', { username: 12345 }, 'username'],
        ['no name', { username: undefined }, 'username'],
        ['null as name', { username: null }, 'username'],
        ['an address without @', { email: 'nobody' }, 'email'],
        ['an address with two @', { email: 'a@b@c' }, 'email'],
        ['an address with a blank', { email: 'a b@example.org' }, 'email'],
        ['an address with a line end', { email: 'a@example.org\nBcc: x@y' }, 'email'],
        ['HTML in the address', { email: '<script>@example.org' }, 'email'],
        ['an address too long', { email: `${'a'.repeat(250)}@b.org` }, 'email'],
        ['a list as address', { email: ['a@b'] }, 'email'],
        ['a short password', { password: 'seven77' }, 'password'],
        ['a long password', { password: 'x'.repeat(129) }, 'password'],
        ['an object as password', { password: { $ne: '' } }, 'password'],
        ['a zero byte in the password', { password: 'secret\u0000secret' }, 'password'],
        ['a field there is not', { admin: true }, 'admin'],
    ];
    for (const [what, change, field] of refused) {
        test(`refuses ${what}`, async () => {
            const answer = await ask('POST', '/api/auth/register', {
                body: { ...good, ...change },
            });
            if (what === 'a zero byte in the password') {
                assert.ok([400, 422].includes(answer.status), JSON.stringify(answer.body));
                return;
            }
            expect_problem(answer, 422, 'validation_failed', field);
        });
    }

    test('takes a password of 128 characters of any alphabet', async () => {
        const username = new_name();
        const password = '🔑'.repeat(128);
        const answer = await ask('POST', '/api/auth/register', {
            body: { username, email: `${username}@example.org`, password },
        });
        assert.equal(answer.status, 201);
        assert.equal((await login(username, password)).status, 200);
        expect_problem(await login(username, '🔑'.repeat(127)), 401, 'wrong_credentials');
    });

    test('refuses what is no JSON object', async () => {
        for (const body of [
            '{',
            '[]',
            '"text"',
            '{"username":"a","username":"b"}',
            'null',
            '{} {}',
        ])
            expect_problem(
                await ask('POST', '/api/auth/register', { body }),
                400,
                'malformed_json',
            );
        expect_problem(
            await ask('POST', '/api/auth/register', {
                body: '{}',
                headers: { 'Content-Type': 'text/plain' },
            }),
            415,
            'unsupported_media_type',
        );
    });

    test('refuses a full account that registers again', async () => {
        const { accessToken } = await register();
        expect_problem(
            await ask('POST', '/api/auth/register', { token: accessToken, body: good }),
            409,
            'not_a_guest',
        );
    });
});

describe('guest', () => {
    test('gets an account at once', async () => {
        const session = await guest();
        assert.match(session.user.username, /^guest-[0-9A-Z]{6}$/);
        assert.equal(session.user.guest, true);
        assert.equal(session.user.email, null);
        assert.equal(claims_of(session.accessToken).guest, true);
    });

    test('takes no field', async () => {
        expect_problem(
            await ask('POST', '/api/auth/guest', { body: { username: 'me' } }),
            422,
            'validation_failed',
            'username',
        );
    });

    test('keeps id and session when he registers', async () => {
        const before = await guest();
        const username = new_name();
        const after = await register(username, { token: before.accessToken });
        assert.equal(after.user.id, before.user.id);
        assert.equal(after.user.guest, false);
        assert.equal(after.user.username, username);
        assert.equal(claims_of(after.accessToken).sid, claims_of(before.accessToken).sid);
        assert.equal(claims_of(after.accessToken).guest, false);
        assert.equal((await refresh(after.refreshToken)).status, 200);
        const again = await login(username);
        assert.equal(again.body.user.id, before.user.id);
    });

    test('stays a guest when the wanted name is taken', async () => {
        const { user } = await register();
        const session = await guest();
        expect_problem(
            await ask('POST', '/api/auth/register', {
                token: session.accessToken,
                body: { username: user.username, email: 'free@example.org', password: PASSWORD },
            }),
            409,
            'username_taken',
            'username',
        );
        assert.equal((await me(session.accessToken)).body.guest, true);
    });

    test('registers once, however often he asks at once', async () => {
        const session = await guest();
        const answers = await Promise.all(
            Array.from({ length: 5 }, () => {
                const username = new_name();
                return ask('POST', '/api/auth/register', {
                    token: session.accessToken,
                    body: { username, email: `${username}@example.org`, password: PASSWORD },
                });
            }),
        );
        assert.equal(answers.filter((answer) => answer.status === 201).length, 1);
        for (const answer of answers.filter((one) => one.status !== 201))
            expect_problem(answer, 409, 'not_a_guest');
    });

    test('cannot log in or change his name', async () => {
        const session = await guest();
        expect_problem(await login(session.user.username, 'whatever'), 401, 'wrong_credentials');
        expect_problem(
            await ask('PATCH', '/api/auth/me', {
                token: session.accessToken,
                body: { username: new_name() },
            }),
            403,
            'guest_not_allowed',
        );
    });
});

describe('login', () => {
    test('takes the name or the e-mail address in whatever case', async () => {
        const { user } = await register();
        for (const name of [
            user.username,
            user.username.toUpperCase(),
            user.email,
            user.email.toUpperCase(),
        ]) {
            const answer = await login(name);
            assert.equal(answer.status, 200);
            assert.deepEqual(answer.body.user, user);
        }
    });

    test('does not tell an unknown name from a wrong password', async () => {
        const { user } = await register();
        const wrong = await login(user.username, 'not the password');
        const unknown = await login('nobody-at-all', 'not the password');
        expect_problem(wrong, 401, 'wrong_credentials');
        assert.deepEqual(unknown.body, wrong.body);
    });

    test('refuses SQL as a name like any other', async () => {
        expect_problem(await login("' or 1=1 --", "' or 1=1 --"), 401, 'wrong_credentials');
        expect_problem(await login("x@y' or 'a'='a", 'whatever'), 401, 'wrong_credentials');
    });

    test('refuses missing and wrong types', async () => {
        expect_problem(
            await ask('POST', '/api/auth/login', { body: {} }),
            422,
            'validation_failed',
            'login',
        );
        expect_problem(
            await ask('POST', '/api/auth/login', { body: { login: 'a' } }),
            422,
            'validation_failed',
            'password',
        );
        expect_problem(
            await ask('POST', '/api/auth/login', { body: { login: {}, password: '' } }),
            422,
            'validation_failed',
            'login',
        );
        expect_problem(
            await ask('POST', '/api/auth/login', {
                body: { login: 'a'.repeat(5000), password: 'b' },
            }),
            422,
            'validation_failed',
            'login',
        );
    });

    test('refuses a message that is too large', async () => {
        const body = { login: 'a'.repeat(100_000), password: 'b' };
        expect_problem(await ask('POST', '/api/auth/login', { body }), 413, 'payload_too_large');
    });

    test('is refused from another site', async () => {
        const { user } = await register();
        for (const origin of ['https://evil.example', 'null', `${platform.origin}.evil.example`])
            expect_problem(
                await login(user.username, PASSWORD, { headers: { origin } }),
                403,
                'origin_refused',
            );
        assert.equal(
            (await login(user.username, PASSWORD, { headers: { origin: platform.origin } })).status,
            200,
        );
    });

    test('takes methods that it has and no other', async () => {
        const answer = await ask('GET', '/api/auth/login');
        expect_problem(answer, 405, 'method_not_allowed');
        assert.equal(answer.headers.allow, 'POST');
        expect_problem(await ask('GET', '/api/auth/nothing'), 404, 'not_found');
    });
});

describe('throttle', () => {
    const from = (address) => ({ inside: true, headers: { 'x-real-ip': address } });

    test('stops guessing at one account, from everywhere, also with the right password', async () => {
        const { user } = await register();
        for (let i = 0; i < LOGIN_FAILURES_MAX; i++)
            expect_problem(
                await login(user.username, 'wrong guess', from(`198.51.100.${i}`)),
                401,
                'wrong_credentials',
            );
        const refused = await login(user.email, PASSWORD, from('198.51.100.99'));
        expect_problem(refused, 429, 'too_many_requests');
        const seconds = Number(refused.headers['retry-after']);
        assert.ok(seconds > 0 && seconds <= 900, refused.headers['retry-after']);
    });

    test('counts guesses made at once', async () => {
        const { user } = await register();
        const answers = await Promise.all(
            Array.from({ length: 12 }, (_, i) =>
                login(user.username, `guess number ${i}`, from(`203.0.113.${i}`)),
            ),
        );
        assert.equal(answers.filter((answer) => answer.status === 401).length, LOGIN_FAILURES_MAX);
        assert.equal(
            answers.filter((answer) => answer.status === 429).length,
            12 - LOGIN_FAILURES_MAX,
        );
    });

    test('forgets the wrong guesses of an account when the right password comes', async () => {
        const { user } = await register();
        for (let round = 0; round < 2; round++) {
            for (let i = 0; i < LOGIN_FAILURES_MAX - 1; i++)
                expect_problem(
                    await login(user.username, 'wrong guess', from('192.0.2.1')),
                    401,
                    'wrong_credentials',
                );
            assert.equal((await login(user.username, PASSWORD, from('192.0.2.2'))).status, 200);
        }
    });

    test('stops an address that guesses at many accounts, an IPv6 network as one', async () => {
        for (let i = 0; i < LOGIN_ADDRESS_FAILURES_MAX; i++)
            expect_problem(
                await login(`nobody-${i}`, 'wrong guess', from(`2001:db8::${i + 1}`)),
                401,
                'wrong_credentials',
            );
        expect_problem(
            await login('nobody-else', 'wrong guess', from('2001:db8::ffff')),
            429,
            'too_many_requests',
        );
        expect_problem(
            await login('nobody-else', 'wrong guess', from('2001:db8:0:1::1')),
            401,
            'wrong_credentials',
        );
    });

    test('stops an address that makes too many accounts', async () => {
        const address = from('192.0.2.77');
        for (let i = 0; i < ACCOUNTS_PER_ADDRESS_MAX; i++)
            assert.equal(
                (await ask('POST', '/api/auth/guest', { body: {}, ...address })).status,
                201,
            );
        expect_problem(
            await ask('POST', '/api/auth/guest', { body: {}, ...address }),
            429,
            'too_many_requests',
        );
        const username = new_name();
        const body = { username, email: `${username}@example.org`, password: PASSWORD };
        expect_problem(
            await ask('POST', '/api/auth/register', { body, ...address }),
            429,
            'too_many_requests',
        );
    });

    test("counts refused registrations of one address, a guest's too", async () => {
        const { user } = await register();
        const address = from('192.0.2.78');
        const taken = (more = {}) => {
            const { headers, ...options } = address;
            const body = { username: user.username, email: 'new@example.org', password: PASSWORD };
            return ask('POST', '/api/auth/register', {
                body,
                ...options,
                headers: { ...headers, ...more },
            });
        };
        const made = await ask('POST', '/api/auth/guest', { body: {}, ...address });
        const as_guest = { authorization: `Bearer ${made.body.accessToken}` };
        for (let i = 1; i < ACCOUNTS_PER_ADDRESS_MAX; i++)
            expect_problem(await taken(i % 2 ? as_guest : {}), 409, 'username_taken', 'username');
        for (const who of [as_guest, {}])
            expect_problem(await taken(who), 429, 'too_many_requests');
    });

    test('counts wrong old passwords like wrong logins', async () => {
        const { accessToken } = await register();
        const guess = () =>
            ask('PATCH', '/api/auth/me', {
                token: accessToken,
                body: { password: 'a new password', oldPassword: 'wrong guess' },
            });
        for (let i = 0; i < LOGIN_FAILURES_MAX; i++)
            expect_problem(await guess(), 403, 'wrong_password', 'oldPassword');
        expect_problem(await guess(), 429, 'too_many_requests');
    });
});

describe('refresh', () => {
    test('gives the next pair of tokens of the same session', async () => {
        const first = await guest();
        const second = await refresh(first.refreshToken);
        assert.equal(second.status, 200);
        assert.notEqual(second.body.refreshToken, first.refreshToken);
        assert.equal(claims_of(second.body.accessToken).sid, claims_of(first.accessToken).sid);
        assert.deepEqual(second.body.user, first.user);
        assert.equal((await refresh(second.body.refreshToken)).status, 200);
    });

    test('works by cookie, only from our own origin', async () => {
        const first = await ask('POST', '/api/auth/guest', { body: {} });
        const cookie = first.cookies;
        const by_cookie = (headers) =>
            ask('POST', '/api/auth/refresh', { headers: { cookie, ...headers } });
        expect_problem(await by_cookie({}), 403, 'origin_refused');
        expect_problem(await by_cookie({ origin: 'https://evil.example' }), 403, 'origin_refused');
        expect_problem(await by_cookie({ origin: 'null' }), 403, 'origin_refused');
        const second = await by_cookie({ origin: platform.origin });
        assert.equal(second.status, 200);
        assert.equal(second.set_cookies.length, 2);
        assert.ok(second.set_cookies[1].includes(second.body.refreshToken));
    });

    test('gives two tabs that ask at once the same token', async () => {
        const first = await guest();
        const answers = await Promise.all(
            Array.from({ length: 8 }, () => refresh(first.refreshToken)),
        );
        for (const answer of answers) {
            assert.equal(answer.status, 200, JSON.stringify(answer.body));
            assert.equal(answer.body.refreshToken, answers[0].body.refreshToken);
        }
        assert.equal((await refresh(answers[0].body.refreshToken)).status, 200);
    });

    test('ends the session when an older token comes back, and has its sockets closed', async () => {
        const first = await guest();
        const second = (await refresh(first.refreshToken)).body;
        const third = (await refresh(second.refreshToken)).body;
        const orders = await listen(first.user.id);
        const answer = await refresh(first.refreshToken);
        expect_problem(answer, 401, 'session_ended');
        assert.equal(answer.set_cookies.length, 2);
        for (const cookie of answer.set_cookies)
            assert.match(cookie, /^transcendence_\w+=; .*Max-Age=0/);
        assert.deepEqual(await orders.next(), {
            do: 'revoke',
            session: claims_of(first.accessToken).sid,
        });
        orders.close();
        expect_problem(await refresh(third.refreshToken), 401, 'session_ended');
        expect_problem(await me(third.accessToken), 401, 'session_ended');
    });

    test('takes the token before for ten seconds and no longer', async () => {
        const first = await guest();
        const second = (await refresh(first.refreshToken)).body;
        const { sid } = claims_of(first.accessToken);
        await sql(
            `update sessions set rotated_at = now() - interval '9 seconds' where id = '${sid}'`,
        );
        assert.equal((await refresh(first.refreshToken)).body.refreshToken, second.refreshToken);
        await sql(
            `update sessions set rotated_at = now() - interval '11 seconds' where id = '${sid}'`,
        );
        expect_problem(await refresh(first.refreshToken), 401, 'session_ended');
        expect_problem(await refresh(second.refreshToken), 401, 'session_ended');
    });

    test('refuses a session that has expired', async () => {
        const session = await guest();
        await sql(
            `update sessions set expires_at = now() where id = '${claims_of(session.accessToken).sid}'`,
        );
        expect_problem(await refresh(session.refreshToken), 401, 'session_ended');
        expect_problem(await me(session.accessToken), 401, 'session_ended');
    });

    test('refuses what the server has not made', async () => {
        const { refreshToken } = await guest();
        const bytes = Buffer.from(refreshToken, 'base64url');
        bytes[19] += 1; // the next generation, without the key
        for (const token of [bytes.toString('base64url'), 'x', "' or 1=1 --", 'A'.repeat(70)])
            expect_problem(await refresh(token), 401, 'session_ended');
        expect_problem(await refresh(''), 422, 'validation_failed', 'refreshToken');
        expect_problem(await refresh(7), 422, 'validation_failed', 'refreshToken');
        expect_problem(await refresh('A'.repeat(500)), 422, 'validation_failed', 'refreshToken');
        expect_problem(await ask('POST', '/api/auth/refresh'), 401, 'unauthenticated');
    });

    test('leaves no token in the database', async () => {
        const { refreshToken, accessToken } = await guest();
        const { sid } = claims_of(accessToken);
        const [row] = await sql(`select * from sessions where id = '${sid}'`);
        assert.equal(row.id, sid);
        assert.ok(!JSON.stringify(row).includes(refreshToken));
    });
});

describe('logout', () => {
    test('ends the session, empties the cookies and closes the sockets', async () => {
        const session = await guest();
        const orders = await listen(session.user.id);
        const answer = await ask('POST', '/api/auth/logout', {
            token: session.accessToken,
            body: {},
        });
        assert.equal(answer.status, 204);
        assert.equal(answer.set_cookies.length, 2);
        for (const cookie of answer.set_cookies)
            assert.match(cookie, /^transcendence_\w+=; .*Max-Age=0/);
        assert.deepEqual(await orders.next(), {
            do: 'revoke',
            session: claims_of(session.accessToken).sid,
        });
        orders.close();
        expect_problem(await refresh(session.refreshToken), 401, 'session_ended');
        expect_problem(await me(session.accessToken), 401, 'session_ended');
    });

    test('leaves the other sessions alone', async () => {
        const { user, accessToken } = await register();
        const other = (await login(user.username)).body;
        assert.equal(
            (await ask('POST', '/api/auth/logout', { token: accessToken, body: {} })).status,
            204,
        );
        assert.equal((await me(other.accessToken)).status, 200);
    });

    test('needs a token, and by cookie our own origin', async () => {
        expect_problem(await ask('POST', '/api/auth/logout', { body: {} }), 401, 'unauthenticated');
        const cookie = (await ask('POST', '/api/auth/guest', { body: {} })).cookies;
        expect_problem(
            await ask('POST', '/api/auth/logout', { body: {}, headers: { cookie } }),
            403,
            'origin_refused',
        );
        expect_problem(
            await ask('POST', '/api/auth/logout', {
                body: {},
                headers: { cookie, origin: 'http://evil.example' },
            }),
            403,
            'origin_refused',
        );
        assert.equal(
            (
                await ask('POST', '/api/auth/logout', {
                    body: {},
                    headers: { cookie, origin: platform.origin },
                })
            ).status,
            204,
        );
    });
});

describe('tokens that are refused', () => {
    let session, header, claims;
    before(async () => {
        session = await guest();
        header = header_of(session.accessToken);
        claims = claims_of(session.accessToken);
    });
    const refused_as = async (token, code = 'token_invalid') =>
        expect_problem(await me(token), 401, code);

    test('no token', async () =>
        expect_problem(await ask('GET', '/api/auth/me'), 401, 'unauthenticated'));
    test('alg none', async () => {
        await refused_as(`${part({ ...header, alg: 'none' })}.${part(claims)}.`);
        await refused_as(
            `${part({ ...header, alg: 'none' })}.${part(claims)}.${session.accessToken.split('.')[2]}`,
        );
    });
    test('HMAC with the public key', async () => {
        const secret = createPublicKey(own_key()).export({ type: 'spki', format: 'pem' });
        const text = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`;
        await refused_as(
            `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`,
        );
    });
    test('a foreign key under our kid, and under its own', async () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        await refused_as(signed(header, claims, privateKey));
        await refused_as(signed({ ...header, kid: 'mine' }, claims, privateKey));
    });
    test('claims changed after signing', async () => {
        const [head, , signature] = session.accessToken.split('.');
        await refused_as(`${head}.${part({ ...claims, admin: true })}.${signature}`);
    });
    test('expired', async () => {
        const then = Math.floor(Date.now() / 1000) - 1000;
        await refused_as(
            signed(header, { ...claims, iat: then, exp: then + 900 }, own_key()),
            'token_expired',
        );
    });
    test('another issuer', async () =>
        refused_as(signed(header, { ...claims, iss: 'elsewhere' }, own_key())));
    test('a claim missing', async () => {
        for (const name of Object.keys(claims)) {
            const { [name]: _, ...rest } = claims;
            await refused_as(signed(header, rest, own_key()));
        }
    });
    test('garbage and oversize', async () => {
        for (const token of ['x', '..', 'a.b.c', 'A'.repeat(5000)]) await refused_as(token);
    });
    test('a service token where a user is asked for', async () => {
        const service = signed(
            header,
            {
                iss: claims.iss,
                sub: 'service:games',
                scope: 'rooms:result',
                iat: claims.iat,
                exp: claims.exp,
            },
            own_key(),
        );
        expect_problem(await me(service), 403, 'forbidden');
    });
    test('signed by our own key it is believed', async () => {
        assert.equal((await me(signed(header, claims, own_key()))).status, 200);
    });
});

describe('changing the account', () => {
    const patch = (token, body, extra = {}) =>
        ask('PATCH', '/api/auth/me', { token, body, ...extra });

    test('takes a new name and shows it at once', async () => {
        const session = await register();
        const username = new_name();
        const answer = await patch(session.accessToken, { username });
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.body, { ...session.user, username });
        assert.equal(answer.set_cookies.length, 0);
        const next = (await refresh(session.refreshToken)).body;
        assert.equal(claims_of(next.accessToken).name, username);
        expect_problem(
            await ask('GET', `/api/auth/users/${session.user.username}`),
            404,
            'user_not_found',
        );
    });

    test('renews the cookie of a browser, so that its token carries the new name', async () => {
        const { user } = await register();
        const cookie = (await login(user.username)).cookies;
        const username = new_name();
        const answer = await patch(
            undefined,
            { username },
            { headers: { cookie, origin: platform.origin } },
        );
        assert.equal(answer.status, 200);
        assert.equal(claims_of(answer.set_cookies[0].split(';')[0].split('=')[1]).name, username);
    });

    test('may change the case of its own name', async () => {
        const { accessToken, user } = await register();
        assert.equal(
            (await patch(accessToken, { username: user.username.toUpperCase() })).body.username,
            user.username.toUpperCase(),
        );
    });

    test('refuses what is taken', async () => {
        const { user } = await register();
        const { accessToken } = await register();
        expect_problem(
            await patch(accessToken, { username: user.username.toUpperCase() }),
            409,
            'username_taken',
            'username',
        );
        expect_problem(
            await patch(accessToken, { email: user.email, oldPassword: PASSWORD }),
            409,
            'email_taken',
            'email',
        );
    });

    test('needs the old password for e-mail and password', async () => {
        const { accessToken, user } = await register();
        const email = `new-${user.email}`;
        expect_problem(await patch(accessToken, { email }), 403, 'wrong_password', 'oldPassword');
        expect_problem(
            await patch(accessToken, { email, oldPassword: 'not this' }),
            403,
            'wrong_password',
            'oldPassword',
        );
        expect_problem(
            await patch(accessToken, { password: 'another password' }),
            403,
            'wrong_password',
            'oldPassword',
        );
        assert.equal(
            (await patch(accessToken, { email, oldPassword: PASSWORD })).body.email,
            email,
        );
        assert.equal((await login(email)).status, 200);
    });

    test('ends all other sessions with a new password, not its own', async () => {
        const session = await register();
        const other = (await login(session.user.username)).body;
        const orders = await listen(session.user.id);
        const answer = await patch(session.accessToken, {
            password: 'another password',
            oldPassword: PASSWORD,
        });
        assert.equal(answer.status, 200);
        assert.deepEqual(await orders.next(), {
            do: 'revoke',
            session: claims_of(other.accessToken).sid,
        });
        orders.close();
        expect_problem(await refresh(other.refreshToken), 401, 'session_ended');
        expect_problem(await me(other.accessToken), 401, 'session_ended');
        assert.equal((await refresh(session.refreshToken)).status, 200);
        expect_problem(await login(session.user.username), 401, 'wrong_credentials');
        assert.equal((await login(session.user.username, 'another password')).status, 200);
    });

    test('takes nothing as a change of nothing', async () => {
        const { accessToken, user } = await register();
        assert.deepEqual((await patch(accessToken, {})).body, user);
    });

    test("refuses bad values and fields that are not one's own to set", async () => {
        const { accessToken } = await register();
        expect_problem(
            await patch(accessToken, { username: '<img src=x>' }),
            422,
            'validation_failed',
            'username',
        );
        expect_problem(
            await patch(accessToken, { email: 'x', oldPassword: PASSWORD }),
            422,
            'validation_failed',
            'email',
        );
        expect_problem(
            await patch(accessToken, { password: 'short', oldPassword: PASSWORD }),
            422,
            'validation_failed',
            'password',
        );
        expect_problem(
            await patch(accessToken, { admin: true }),
            422,
            'validation_failed',
            'admin',
        );
        expect_problem(await patch(accessToken, { guest: 1 }), 422, 'validation_failed', 'guest');
    });

    test('is refused from another site', async () => {
        const cookie = (await ask('POST', '/api/auth/guest', { body: {} })).cookies;
        expect_problem(
            await patch(undefined, {}, { headers: { cookie, origin: 'https://evil.example' } }),
            403,
            'origin_refused',
        );
    });
});

describe('deleting the account', () => {
    const remove = (token, body) => ask('DELETE', '/api/auth/me', { token, body });

    test('empties the row, ends all sessions and closes all sockets', async () => {
        const session = await register();
        const other = (await login(session.user.username)).body;
        const orders = await listen(session.user.id);
        const answer = await remove(session.accessToken, { password: PASSWORD });
        assert.equal(answer.status, 204);
        assert.equal(answer.set_cookies.length, 2);
        assert.deepEqual(await orders.next(), { do: 'revoke' });
        orders.close();
        expect_problem(
            await ask('GET', `/api/auth/users/${session.user.id}`),
            404,
            'user_not_found',
        );
        expect_problem(
            await ask('GET', `/api/auth/users/${session.user.username}`),
            404,
            'user_not_found',
        );
        expect_problem(await me(session.accessToken), 401, 'session_ended');
        expect_problem(await refresh(other.refreshToken), 401, 'session_ended');
        expect_problem(await login(session.user.username), 401, 'wrong_credentials');
        const [row] = await sql(
            `select email, password_hash from users where id = '${session.user.id}'`,
        );
        assert.deepEqual(row, { email: null, password_hash: null });
    });

    test('keeps the name from others and frees the e-mail address', async () => {
        const session = await register();
        await remove(session.accessToken, { password: PASSWORD });
        expect_problem(
            await ask('POST', '/api/auth/register', {
                body: {
                    username: session.user.username,
                    email: 'heir@example.org',
                    password: PASSWORD,
                },
            }),
            409,
            'username_taken',
            'username',
        );
        const username = new_name();
        const again = await ask('POST', '/api/auth/register', {
            body: { username, email: session.user.email, password: PASSWORD },
        });
        assert.equal(again.status, 201);
    });

    test('needs the password, but not of a guest', async () => {
        const session = await register();
        expect_problem(await remove(session.accessToken), 403, 'wrong_password', 'password');
        expect_problem(
            await remove(session.accessToken, { password: 'not this' }),
            403,
            'wrong_password',
            'password',
        );
        assert.equal((await me(session.accessToken)).status, 200);
        assert.equal((await remove((await guest()).accessToken)).status, 204);
    });
});

describe('profile', () => {
    test('is public, by id and by name, and shows no e-mail address', async () => {
        const { user } = await register();
        const wanted = {
            id: user.id,
            username: user.username,
            guest: false,
            createdAt: user.createdAt,
        };
        for (const name of [user.id, user.username, user.username.toUpperCase()])
            assert.deepEqual((await ask('GET', `/api/auth/users/${name}`)).body, wanted);
    });

    test('of nobody is 404', async () => {
        const names = ['nobody', '00000000-0000-0000-0000-000000000000', 'a'.repeat(500)];
        for (const text of ["' or '1'='1", '<script>', 'é', '../me', '%'])
            names.push(encodeURIComponent(text));
        for (const name of names)
            expect_problem(await ask('GET', `/api/auth/users/${name}`), 404, 'user_not_found');
    });

    test('of a name with a zero byte is a bad request', async () => {
        expect_problem(await ask('GET', '/api/auth/users/%00'), 400, 'bad_request');
        expect_problem(
            await ask('GET', '/api/auth/users/%00', { inside: true }),
            400,
            'bad_request',
        );
    });
});

describe('key set', () => {
    test('holds the public key and nothing else', async () => {
        const answer = await ask('GET', '/api/auth/jwks.json');
        assert.equal(answer.status, 200);
        assert.equal(answer.body.keys.length, 1);
        assert.deepEqual(Object.keys(answer.body.keys[0]).sort(), [
            'alg',
            'crv',
            'kid',
            'kty',
            'use',
            'x',
            'y',
        ]);
        const { x, y } = createPublicKey(own_key()).export({ format: 'jwk' });
        assert.equal(answer.body.keys[0].x, x);
        assert.equal(answer.body.keys[0].y, y);
    });
});

describe('service token', () => {
    const ask_for = (body) => ask('POST', '/internal/auth/service-token', { inside: true, body });
    const secret = (service) => secret_of(`service-${service}`);
    const grants = {
        matchmaking: 'rooms:match',
        rooms: 'games:start',
        games: 'rooms:result',
        social: 'rooms:read',
        gateway: 'games:frames',
    };

    for (const [service, scope] of Object.entries(grants)) {
        test(`lets ${service} have ${scope} for a minute`, async () => {
            const answer = await ask_for({ service, secret: secret(service), scope });
            assert.equal(answer.status, 201, JSON.stringify(answer.body));
            const claims = claims_of(answer.body.token);
            assert.deepEqual(Object.keys(claims).sort(), ['exp', 'iat', 'iss', 'scope', 'sub']);
            assert.equal(claims.sub, `service:${service}`);
            assert.equal(claims.scope, scope);
            assert.equal(claims.exp - claims.iat, 60);
            assert.equal(new Date(answer.body.expiresAt).getTime(), claims.exp * 1000);
        });
    }

    test('gives nobody the scope of another', async () => {
        for (const service of Object.keys(grants))
            for (const scope of [...Object.values(grants), 'admin', 'rooms:match games:start'])
                if (grants[service] !== scope)
                    expect_problem(
                        await ask_for({ service, secret: secret(service), scope }),
                        403,
                        'forbidden',
                        'scope',
                    );
    });

    test('refuses a wrong secret and an unknown service alike', async () => {
        const wrong = await ask_for({
            service: 'rooms',
            secret: secret('games'),
            scope: 'games:start',
        });
        expect_problem(wrong, 401, 'wrong_credentials');
        for (const service of [
            'nobody',
            '../secrets/admin-password',
            'auth',
            'rooms/../service-rooms',
        ])
            assert.deepEqual(
                (await ask_for({ service, secret: 'x', scope: 'games:start' })).body,
                wrong.body,
            );
        expect_problem(
            await ask_for({ service: 'rooms', scope: 'games:start' }),
            422,
            'validation_failed',
            'secret',
        );
    });

    test('cannot be asked for from outside', async () => {
        expect_problem(
            await ask('POST', '/internal/auth/service-token', { body: {} }),
            404,
            'not_found',
        );
    });
});

describe('the first administrator', () => {
    test('is there, with the password that lies in the file', async () => {
        const answer = await login('admin', secret_of('admin-password'));
        assert.equal(answer.status, 200);
        assert.equal(answer.body.user.admin, true);
        assert.equal(claims_of(answer.body.accessToken).admin, true);
    });
});

describe('a restart', () => {
    test('keeps everybody logged in and makes no second administrator', async () => {
        const session = await register();
        await platform.halt();
        platform.settings.password_passes = 2;
        await platform.start();
        assert.equal((await me(session.accessToken)).status, 200);
        assert.equal((await refresh(session.refreshToken)).status, 200);
        assert.equal((await sql('select id from users where admin')).length, 1);
    });

    test('with a higher cost brings a password to it at the next login', async () => {
        const cost_of = async (id) =>
            (
                await sql(`select password_hash from users where id = '${id}'`)
            )[0].password_hash.split('$')[3];
        const [admin] = await sql('select id from users where admin');
        assert.equal(await cost_of(admin.id), 'm=1024,t=1,p=1');
        const password = secret_of('admin-password');
        assert.equal((await login('admin', password)).status, 200);
        assert.equal(await cost_of(admin.id), 'm=1024,t=2,p=1');
        assert.equal((await login('admin', password)).status, 200);
    });
});

test('a guest whose sessions have all ended is swept away, and others keep his name', async () => {
    const [gone, stays] = [await platform.guest(), await platform.guest()];
    const body = { game: 'pong', mode: '1v1' };
    const room = (await gone.api('POST', '/api/rooms', { body })).body;
    await platform.sql(
        `update auth.sessions set expires_at = now() - interval '1 minute' where user_id = '${gone.id}'`,
    );
    await platform.kill('auth'); // it sweeps when it starts
    await until('the guest to be gone', async () => {
        const answer = await ask('GET', `/api/auth/users/${gone.id}`);
        return answer.status === 404;
    });
    assert.equal((await ask('GET', `/api/auth/users/${stays.id}`)).status, 200);
    const { members } = (await ask('GET', `/api/rooms/${room.id}`)).body;
    assert.equal(members[0].name, gone.name);
});

test('nothing that is secret reaches a log', async () => {
    const session = await register();
    await login(session.user.username, 'a very wrong password');
    const next = (await refresh(session.refreshToken)).body;
    const logs = platform.logs();
    assert.ok(logs.includes('account made'));
    for (const secret of [
        PASSWORD,
        'a very wrong password',
        secret_of('admin-password'),
        secret_of('service-rooms'),
        session.accessToken.split('.')[2],
        session.refreshToken,
        next.refreshToken,
        session.user.email,
        '$argon2id',
    ])
        assert.ok(!logs.includes(secret), `${secret.slice(0, 12)}... is in a log`);
});
