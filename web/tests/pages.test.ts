// The built server as it will run, with every service down: each page is still a page, and none
// holds what the Content-Security-Policy forbids.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const server = join(process.cwd(), '.next', 'standalone', 'server.js');
let child: ChildProcess;
let origin: string;

before(async () => {
    assert.ok(existsSync(server), 'npm run build comes first');
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const nowhere = `127.0.0.1:${await freePort()}`;
    const env = {
        PATH: process.env.PATH,
        NODE_ENV: 'production' as const,
        NEXT_TELEMETRY_DISABLED: '1',
        HOSTNAME: '127.0.0.1',
        PORT: String(port),
        BACKEND_AUTH: nowhere,
        BACKEND_ROOMS: nowhere,
        BACKEND_GAMES: nowhere,
    };
    child = spawn(process.execPath, [server], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
        child.stdout?.on('data', (text) => String(text).includes('Ready') && resolve());
        child.on('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
});

after(() => {
    child?.removeAllListeners('exit');
    child?.kill();
});

const pages: [string, number, string][] = [
    ['/', 200, 'Not available right now'],
    ['/fr', 200, 'Indisponible pour l’instant'],
    ['/rooms', 200, 'Not available right now'],
    ['/rooms/any', 503, 'Not available right now'],
    ['/games/any', 503, 'Not available right now'],
    ['/users/any', 503, 'Not available right now'],
    ['/admin/games', 503, 'Not available right now'],
    ['/admin/games/any', 503, 'Not available right now'],
    ['/matches/any', 503, 'Not available right now'],
    ['/login', 200, 'Welcome back'],
    ['/register', 200, 'Make an account'],
    ['/no/such/page', 404, 'Out of bounds'],
];

for (const [path, status, text] of pages) {
    test(`${path} answers ${status} without its services and holds nothing inline`, async () => {
        const response = await fetch(origin + path, { headers: { 'accept-language': 'en' } });
        const html = await response.text();
        assert.equal(response.status, status);
        assert.ok(html.includes(text), `"${text}" is missing`);
        assert.deepEqual(inlineScripts(html), []);
        assert.doesNotMatch(html, /<[^>]+\sstyle=/);
        assert.doesNotMatch(html, /<style/);
        assert.doesNotMatch(html, /<[^>]+\son\w+=/);
    });
}

test('the theme cookie stands in the markup, and nothing but a known theme', async () => {
    const theme = async (value: string) => {
        const headers = { cookie: `transcendence_theme=${value}` };
        const html = await (await fetch(`${origin}/login`, { headers })).text();
        return /<html[^>]*data-theme="([^"]*)"/.exec(html)?.[1] ?? null;
    };
    assert.equal(await theme('dark'), 'dark');
    assert.equal(await theme('neon'), null);
});

test('an expired visitor with a hint is rendered as pending, a stranger is not', async () => {
    const pending = async (cookie: string) => {
        const html = await (await fetch(`${origin}/login`, { headers: { cookie } })).text();
        return html.includes('"session":{"user":null,"pending":true}');
    };
    assert.equal(await pending('transcendence_hint=1'), true);
    assert.equal(await pending('other=1'), false);
});

function inlineScripts(html: string): string[] {
    const scripts = html.match(/<script\b[^>]*>/g) ?? [];
    return scripts.filter((tag) => !tag.includes(' src=') && !tag.includes('application/json'));
}

function freePort(): Promise<number> {
    return new Promise((resolve) => {
        const probe = createServer().listen(0, '127.0.0.1', () => {
            const { port } = probe.address() as AddressInfo;
            probe.close(() => resolve(port));
        });
    });
}
