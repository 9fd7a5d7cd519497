// What nginx answers by itself, and what it keeps from the services because they would answer it in
// another form: under /api every refusal is a problem document.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { errors } from './documents.mjs';
import { start_platform } from './harness.mjs';

const HEADERS_BYTES_OURS = 30_000; // together, and each one below nginx's 8 KiB

describe('an answer under /api', () => {
    let platform;
    before(async () => (platform = await start_platform()));
    after(() => platform?.stop());

    // Bytes as they are; what comes back until the connection ends.
    function say(bytes, port = platform.ports.http) {
        return new Promise((resolve, reject) => {
            const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
            const parts = [];
            socket.on('data', (part) => parts.push(part));
            socket.on('error', reject);
            socket.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
        });
    }

    async function is_problem(bytes, code) {
        const answer = await say(bytes);
        const [head, body] = answer.split('\r\n\r\n');
        const { status, sentence } = errors.get(code);
        assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), answer);
        assert.match(head, /^Content-Type: application\/problem\+json\r?$/m, answer);
        assert.match(head, /^X-Request-Id: \w{32}\r?$/m, answer);
        assert.match(head, /^X-Content-Type-Options: nosniff\r?$/m, answer);
        const wanted = { type: 'about:blank', title: sentence, status, code };
        assert.deepEqual(JSON.parse(body), { ...wanted, detail: null, field: null });
        return head;
    }

    const request = (line, ...headers) =>
        [line, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n');
    const get = (...headers) => request('GET /api/games HTTP/1.1', ...headers);

    const unreadable = {
        'no HTTP at all': 'hello\r\n\r\n',
        'a method in small letters': request('get /api/games HTTP/1.1'),
        'another major version': request('GET /api/games HTTP/3.0'),
        'no Host': 'GET /api/games HTTP/1.1\r\nConnection: close\r\n\r\n',
        'two Hosts': get('Host: elsewhere'),
        'a zero byte in the path': request('GET /api/games/%00 HTTP/1.1'),
        'a broken escape': request('GET /api/games/%zz HTTP/1.1'),
        'a blank in the path': request('GET /api/games/a b HTTP/1.1'),
        'a way out of the root': request('GET /api/../../etc/passwd HTTP/1.1'),
        'a host in front of the path': request('GET //api:x/../api/games HTTP/1.1'),
        'a line that is too long': request(`GET /api/games?a=${'x'.repeat(9000)} HTTP/1.1`),
        'a header that is too long': get(`X-Long: ${'x'.repeat(9000)}`),
        'headers that are too many': get(...Array(9).fill(`X-Long: ${'x'.repeat(7000)}`)),
        'a length that is no number': get('Content-Length: many'),
        'two lengths': get('Content-Length: 1', 'Content-Length: 2'),
        'a length and chunks': get('Content-Length: 5', 'Transfer-Encoding: chunked'),
        'an unknown transfer encoding': get('Transfer-Encoding: gzip'),
        'chunks without a size': `${request('POST /api/auth/login HTTP/1.1', 'Transfer-Encoding: chunked')}zz\r\n`,
    };
    for (const [what, bytes] of Object.entries(unreadable))
        test(`to ${what} is bad_request`, () => is_problem(bytes, 'bad_request'));

    test('to plain HTTP on the port of https is bad_request', async () => {
        const answer = await say(get(), platform.ports.https);
        assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*"code":"bad_request"/);
    });

    for (const method of ['TRACE', 'CONNECTED', 'PROPFIND', 'X'])
        test(`to the method ${method} is method_not_allowed`, async () => {
            const head = await is_problem(
                request(`${method} /api/games HTTP/1.1`),
                'method_not_allowed',
            );
            assert.match(head, /^Allow: GET, /m);
        });

    test('to a method that the route does not have is method_not_allowed', async () => {
        for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
            const { status, body, headers } = await platform.api(method, '/api/games');
            assert.equal(status, 405);
            assert.equal(body.code, 'method_not_allowed');
            assert.equal(headers.allow, 'GET');
        }
    });

    test('to headers that nginx lets through comes from the service', async () => {
        const count = 4;
        const long = `X-Long: ${'x'.repeat(HEADERS_BYTES_OURS / count)}`;
        const answer = await say(get(...Array(count).fill(long)));
        assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*"items":/);
    });

    test('to a body that is too large is payload_too_large, of whatever size', async () => {
        const post = 'POST /api/auth/login HTTP/1.1';
        const type = 'Content-Type: application/json';
        await is_problem(request(post, type, 'Content-Length: 65537'), 'payload_too_large');
        await is_problem(request(post, type, 'Content-Length: 9999999999'), 'payload_too_large');
        const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
        const chunks = request(post, type, 'Transfer-Encoding: chunked') + chunk + chunk;
        await is_problem(chunks, 'payload_too_large');
    });

    test('to a part of the API that is not there is not_found', async () => {
        for (const url of ['/api', '/api/', '/api/none', '/api/rooms2', '/api/auth', '/api/games/'])
            assert.equal((await platform.api('GET', url)).body.code, 'not_found', url);
    });

    test('of a service that is away is unavailable', async () => {
        process.kill(platform.master.pid, 'SIGSTOP'); // so that it stays away
        try {
            await platform.kill('rooms');
            for (const method of ['GET', 'POST']) {
                const body = method === 'POST' ? {} : undefined;
                const answer = await platform.api(method, '/api/rooms', { body });
                assert.equal(answer.status, 503);
                assert.equal(answer.body.code, 'unavailable');
            }
        } finally {
            process.kill(platform.master.pid, 'SIGCONT');
        }
    });
});
