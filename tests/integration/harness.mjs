// Starts a real platform for a test file: `transcendence serve` with a data folder and a block of
// ports of its own, so that any number run side by side. Gives what a client has (HTTP and a
// WebSocket), and what only a test may: the database, the logs, killing a process. Whatever is
// answered or heard is held against the documents: what they do not say fails the test that sees it.
// At the end it looks for what must never happen: a process left over, a sanitizer's report, a
// secret in a log.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { judge_answer, judge_command, judge_event } from './documents.mjs';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

export const WAIT_MS = 10_000; // for anything that is to happen
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 30_000;
const PORTS = 40; // 32 internal ones, http, https, and the lock
const PORT_FIRST = 12_000;
const PORT_LAST = 32_000; // from here on the kernel gives ports to others
const POLL_MS = 20;

const preset = process.env.TEST_PRESET ?? 'dev';
export const program = path.join(root, 'build', preset, 'bin/transcendence');

const test_settings = {
    address_requests_per_second: 100000,
    accounts_per_address_max: 100000,
    password_memory_kib: 1024,
    password_passes: 1,
    plugins_dir: path.join(root, 'build', preset, 'plugins.d'),
    web_dir: path.join(root, 'web/.next/standalone'),
    node_path: process.execPath,
};

// Waits until `look` gives something true, and gives that.
export async function until(what, look, timeout_ms = WAIT_MS) {
    const deadline = Date.now() + timeout_ms;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > deadline) throw new Error(`waited ${timeout_ms} ms for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
}

// A file of tests that takes too long is ended by the runner, and its platforms with it.
const masters = new Set();
process.once('SIGTERM', () => {
    for (const master of masters) master.kill('SIGKILL');
    process.exit(1);
});

// A block of ports that is ours as long as its last one is bound.
async function take_ports() {
    for (let attempt = 0; attempt < 1000; attempt++) {
        const blocks = Math.floor((PORT_LAST - PORT_FIRST) / PORTS);
        const first = PORT_FIRST + PORTS * Math.floor(Math.random() * blocks);
        const lock = net.createServer();
        const is_ours = await new Promise((resolve) => {
            lock.once('error', () => resolve(false));
            lock.listen(first + PORTS - 1, '127.0.0.1', () => resolve(true));
        });
        if (is_ours) return { first, http: first + 32, https: first + 33, lock };
    }
    throw new Error('no free block of ports');
}

// To its last thread: when the first one is a zombie, others may still hold the sockets open.
function has_ended(pid) {
    try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
        const is_zombie = stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
        return is_zombie && fs.readdirSync(`/proc/${pid}/task`).length === 1;
    } catch {
        return true; // and waited for
    }
}

export async function start_platform(options = {}) {
    const platform = new Platform(options);
    try {
        await platform.start();
    } catch (error) {
        platform.master.kill('SIGKILL'); // else it is waited for without end
        throw error;
    }
    return platform;
}

export class Platform {
    #secrets = new Set();
    #output = '';
    #agent = new http.Agent({ keepAlive: true });
    #secure_agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
    #sockets = new Set();
    #names = 0;
    #violations = new Set(); // of the documents

    constructor({ settings = {}, environment = {}, data_dir } = {}) {
        this.settings = settings;
        this.environment = environment;
        this.data_dir = data_dir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-test-'));
    }

    // The command line of a start, also for those that are meant to fail. `settings` may be a
    // function of the ports, for addresses of its own.
    flags(more = {}) {
        const all = {
            data_dir: this.data_dir,
            internal_port: this.ports.first,
            http_port: this.ports.http,
            https_port: this.ports.https,
            ...test_settings,
            ...(typeof this.settings === 'function' ? this.settings(this.ports) : this.settings),
            ...more,
        };
        return Object.entries(all).map(([name, value]) => `--${name}=${value}`);
    }

    async start() {
        this.ports ??= await take_ports();
        this.origin = `http://localhost:${this.ports.http}`;
        this.secure_origin = `https://localhost:${this.ports.https}`;
        this.master = spawn(program, ['serve', ...this.flags()], {
            cwd: root,
            env: { PATH: process.env.PATH, ...this.environment },
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        const started_output = this.#output.length;
        for (const stream of [this.master.stdout, this.master.stderr])
            stream.setEncoding('utf8').on('data', (text) => (this.#output += text));
        masters.add(this.master);
        this.ended = once(this.master, 'exit');
        this.ended.then(() => {
            this.has_ended = true;
            masters.delete(this.master);
        });
        this.has_ended = false;
        await until(
            'the platform to start',
            () => this.has_ended || this.#output.slice(started_output).includes('Ctrl-C stops'),
            START_MS_MAX,
        );
        if (this.has_ended) {
            this.ports.lock.close();
            throw new Error(`the platform did not start:\n${this.#output}`);
        }
        for (const name of fs.readdirSync(path.join(this.data_dir, 'secrets')))
            this.keep_secret(
                fs.readFileSync(path.join(this.data_dir, 'secrets', name), 'utf8').trim(),
            );
    }

    // Ctrl-C, and everything is gone.
    async halt(signal = 'SIGINT') {
        for (const socket of this.#sockets) socket.terminate();
        if (!this.has_ended) this.master.kill(signal);
        await until('the platform to stop', () => this.has_ended, STOP_MS_MAX);
        await until('its last process to end', () => this.processes().length === 0);
        const [status] = await this.ended;
        if (signal === 'SIGINT') assert.equal(status, 0, `serve ended badly:\n${this.#output}`);
    }

    async stop() {
        try {
            await this.halt();
            this.check_logs();
            assert.deepEqual([...this.#violations], []);
        } finally {
            if (!this.has_ended) this.master.kill('SIGKILL');
            this.#agent.destroy();
            this.#secure_agent.destroy();
            this.ports.lock.close();
            this.#keep_logs();
            fs.rmSync(this.data_dir, { recursive: true, force: true });
        }
    }

    #keep_logs() {
        if (!process.env.TEST_OUTPUT) return;
        const name = path.basename(process.argv[1] ?? 'test', '.mjs');
        const folder = path.join(process.env.TEST_OUTPUT, `${name}-${this.ports.first}`);
        fs.mkdirSync(folder, { recursive: true });
        fs.cpSync(path.join(this.data_dir, 'logs'), path.join(folder), { recursive: true });
        fs.writeFileSync(path.join(folder, 'serve.log'), this.#output);
    }

    // Nobody may write this down: passwords, tokens, cookies.
    keep_secret(text) {
        if (text && text.length >= 8) this.#secrets.add(text);
    }

    check_logs() {
        const text = this.logs();
        const bad =
            /^.*(ERROR: (Address|Leak|Thread|Undefined)\w*Sanitizer|WARNING: ThreadSanitizer|runtime error:|Assertion .* failed).*$/m;
        const at = text.search(bad);
        assert.equal(at, -1, `a process reports:\n${text.slice(at, at + 1500)}`);
        for (const secret of this.#secrets) {
            const leak = text.indexOf(secret);
            assert.equal(
                leak,
                -1,
                `a secret is in a log: ${text.slice(Math.max(0, leak - 200), leak)}[here]`,
            );
        }
    }

    // Everything that any process has written, or one of them.
    logs(name) {
        const folder = path.join(this.data_dir, 'logs');
        if (name) return fs.readFileSync(path.join(folder, `${name}.log`), 'utf8');
        const files = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
        return [
            this.#output,
            ...files.map((file) => fs.readFileSync(path.join(folder, file), 'utf8')),
        ].join('\n');
    }

    // Processes

    // All that belong to this platform, by the data folder in their environment, arguments or
    // working folder, or by their parents, as [{pid, command}].
    processes() {
        const all = new Map();
        for (const name of fs.readdirSync('/proc')) {
            if (!/^\d+$/.test(name)) continue;
            try {
                const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
                const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
                const command = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8');
                let environment = '';
                try {
                    environment = fs.readFileSync(`/proc/${name}/environ`, 'utf8');
                } catch {
                    // not ours to read
                }
                let folder = '';
                try {
                    folder = fs.readlinkSync(`/proc/${name}/cwd`);
                } catch {
                    // not ours to read
                }
                const ours = [command, environment, folder].some((text) =>
                    text.includes(this.data_dir),
                );
                if (state !== 'Z') all.set(+name, { pid: +name, parent: +parent, command, ours });
            } catch {
                // it has just ended
            }
        }
        const belongs = (one, depth = 0) =>
            one !== undefined &&
            depth < 16 &&
            (one.ours || (one.pid !== process.pid && belongs(all.get(one.parent), depth + 1)));
        return [...all.values()]
            .filter((one) => one.pid !== process.pid && belongs(one))
            .map(({ pid, command }) => ({ pid, command: command.replaceAll('\0', ' ').trim() }));
    }

    // The process of one child of the master: 'rooms', 'g1', 'nginx', 'postgres', 'redis', 'web'.
    child(name) {
        const patterns = {
            nginx: /nginx: master/,
            postgres: /bin\/postgres /,
            redis: /redis-server /,
            web: /next-server|server\.js/, // it renames itself
        };
        const pattern = patterns[name] ?? new RegExp(`--instance=${name}( |$)`);
        return this.processes().find((one) => pattern.test(one.command));
    }

    async kill(name, signal = 'SIGKILL') {
        const victim = this.child(name);
        assert.ok(victim, `there is no process ${name}`);
        process.kill(victim.pid, signal);
        await until(`${name} to end`, () => has_ended(victim.pid));
        return victim.pid;
    }

    // HTTP

    // One request; answers of any status are answers. `body` of an object goes as JSON, a string
    // and a Buffer as they are.
    api(method, url, { token, cookies, body, headers = {}, origin, secure = false } = {}) {
        const base = secure ? this.secure_origin : this.origin;
        const all = { ...headers };
        if (token) all.Authorization = `Bearer ${token}`;
        if (cookies) all.Cookie = cookies;
        if (origin) all.Origin = origin;
        let bytes;
        if (body !== undefined) {
            const plain = typeof body === 'string' || Buffer.isBuffer(body);
            bytes = Buffer.from(plain ? body : JSON.stringify(body));
            all['Content-Type'] ??= 'application/json';
            all['Content-Length'] = bytes.length;
        }
        return new Promise((resolve, reject) => {
            const { hostname, port } = new URL(base);
            const request = (secure ? https : http).request(
                {
                    method,
                    hostname,
                    port,
                    path: url,
                    headers: { Host: `${hostname}:${port}`, ...all },
                    agent: secure ? this.#secure_agent : this.#agent,
                    timeout: WAIT_MS * 2,
                    family: 4,
                },
                (answer) => {
                    const parts = [];
                    answer.on('data', (part) => parts.push(part));
                    answer.on('error', reject);
                    answer.on('end', () => {
                        try {
                            const taken = this.#answer(answer, Buffer.concat(parts));
                            resolve(this.judged(judge_answer(method, url, taken), taken));
                        } catch (error) {
                            reject(error);
                        }
                    });
                },
            );
            request.on('timeout', () => request.destroy(new Error(`${method} ${url} timed out`)));
            request.on('error', reject);
            request.end(bytes);
        });
    }

    // Gives `value` when nothing is wrong, and fails for ever when something is.
    judged(violation, value) {
        if (!violation) return value;
        this.#violations.add(violation);
        throw new Error(violation);
    }

    #answer(answer, bytes) {
        const text = bytes.toString('utf8');
        let body = text;
        if (/json/.test(answer.headers['content-type'] ?? '') && text !== '')
            body = JSON.parse(text);
        const cookies = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]);
        for (const cookie of cookies) this.keep_secret(cookie.slice(cookie.indexOf('=') + 1));
        if (body?.accessToken) {
            this.keep_secret(body.accessToken);
            this.keep_secret(body.refreshToken);
        }
        return {
            status: answer.statusCode,
            headers: answer.headers,
            body,
            bytes,
            cookies: cookies.join('; '),
            set_cookies: answer.headers['set-cookie'] ?? [],
        };
    }

    // People. Each is {id, name, token, refreshToken, cookies, user} with api() and socket() that
    // carry the token.

    async guest() {
        return this.#person(await this.api('POST', '/api/auth/guest', { body: {} }));
    }

    async register(given = {}) {
        const number = ++this.#names;
        const username = given.username ?? `player${number}x${Math.floor(Math.random() * 1e6)}`;
        const password = given.password ?? `correct horse ${number} ${Math.random()}`;
        const email = given.email ?? `${username}@example.org`;
        this.keep_secret(password);
        const answer = await this.api('POST', '/api/auth/register', {
            body: { username, email, password },
        });
        return Object.assign(this.#person(answer), { password, email });
    }

    // The first administrator, as whoever has the machine can log in.
    async admin() {
        const password = fs
            .readFileSync(path.join(this.data_dir, 'secrets/admin-password'), 'utf8')
            .trim();
        const body = { login: 'admin', password };
        return this.#person(await this.api('POST', '/api/auth/login', { body }), 200);
    }

    #person(answer, status = 201) {
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        const { accessToken: token, refreshToken, user } = answer.body;
        return {
            id: user.id,
            name: user.username,
            token,
            refreshToken,
            user,
            cookies: answer.cookies,
            api: (method, url, options) => this.api(method, url, { token, ...options }),
            socket: (options) => this.socket({ token, ...options }),
        };
    }

    // The WebSocket

    // An open one, after session:ready. `gateway`: 1 or 2. Without `cookies` the token goes by
    // Authorization, or with `subprotocol: true` as a subprotocol.
    async socket(options = {}) {
        const socket = this.raw_socket(options);
        await socket.opened;
        socket.ready = (await socket.event('session:ready')).data;
        return socket;
    }

    // The same without waiting, for those that are to be refused: `opened` rejects.
    raw_socket({ token, cookies, origin, gateway, subprotocol, headers = {}, secure } = {}) {
        const base = (secure ? this.secure_origin : this.origin).replace(/^http/, 'ws');
        const all = { ...headers };
        if (cookies) all.Cookie = cookies;
        if (origin) all.Origin = origin;
        else if (cookies) all.Origin = this.origin;
        if (token && !subprotocol) all.Authorization = `Bearer ${token}`;
        const protocols = subprotocol ? ['transcendence.v1', `bearer.${token}`] : [];
        const socket = new Socket(`${base}/ws${gateway ? `?gateway=g${gateway}` : ''}`, protocols, {
            headers: all,
            rejectUnauthorized: false,
            family: 4,
        });
        socket.judged = (violation) => this.judged(violation);
        this.#sockets.add(socket);
        socket.closed.then(() => this.#sockets.delete(socket));
        return socket;
    }

    // The private database

    // The rows of a query as objects, as the owner or as one service's own role.
    async sql(query, { as } = {}) {
        const secret = as ? `database-${as}` : 'database-owner';
        const password = fs
            .readFileSync(path.join(this.data_dir, 'secrets', secret), 'utf8')
            .trim();
        const is_select = /^\s*(select|with)\b/i.test(query);
        const { stdout } = await run(
            'psql',
            [
                '-XAtq',
                '-v',
                'ON_ERROR_STOP=1',
                '-h',
                '127.0.0.1',
                '-p',
                String(this.ports.first + 7),
                '-U',
                as ? `transcendence_${as}` : 'transcendence',
                '-d',
                'postgres',
                '-c',
                is_select ? `select coalesce(json_agg(row), '[]') from (${query}) row` : query,
            ],
            { env: { PATH: process.env.PATH, PGPASSWORD: password } },
        );
        return is_select ? JSON.parse(stdout) : [];
    }
}

export class CommandError extends Error {
    constructor(type, error) {
        super(`${type}: ${error.code}: ${error.message}`);
        this.code = error.code;
        this.field = error.field;
    }
}

// A WebSocket with promises for what is to come. Everything that arrives is kept: an event that
// came before somebody waited for it is found too.
class Socket {
    #socket;
    #next_id = 1;
    #answers = new Map();
    #looks = new Set();
    events = []; // not yet taken
    frames = []; // not yet taken, as Buffers
    all_events = []; // also those that were taken
    all_frames = []; // the same, as {at, bytes}: when it came, in ms of performance.now()
    on_frame = null; // takes (bytes, at) of each frame instead: then none is kept

    constructor(url, protocols, options) {
        this.#socket = new WebSocket(url, protocols, options);
        this.opened = new Promise((resolve, reject) => {
            this.#socket.once('open', () => resolve(this));
            this.#socket.once('unexpected-response', (_, answer) => {
                const error = new Error(`refused with ${answer.statusCode}`);
                error.status = answer.statusCode;
                answer.resume();
                reject(error);
                this.#socket.terminate();
            });
            this.#socket.once('error', reject);
        });
        this.opened.catch(() => {});
        this.#socket.on('error', () => {});
        this.closed = new Promise((resolve) =>
            this.#socket.once('close', (code, reason) => {
                this.close_code = code;
                for (const { reject } of this.#answers.values())
                    reject(new Error(`closed with ${code} before the answer`));
                this.#wake();
                resolve({ code, reason: reason.toString() });
            }),
        );
        this.#socket.on('message', (bytes, is_binary) => this.#take(bytes, is_binary));
    }

    get protocol() {
        return this.#socket.protocol;
    }

    #take(bytes, is_binary) {
        if (is_binary && this.on_frame) {
            this.on_frame(bytes, performance.now());
        } else if (is_binary) {
            this.frames.push(bytes);
            this.all_frames.push({ at: performance.now(), bytes });
        } else {
            const message = JSON.parse(bytes.toString('utf8'));
            if (message.type === undefined) this.#answered(message);
            else this.#heard(message);
        }
        this.#wake();
    }

    #heard(event) {
        try {
            this.judged(judge_event(event));
        } catch (error) {
            this.violation ??= error;
        }
        this.events.push(event);
        this.all_events.push(event);
    }

    #answered(message) {
        const waiting = this.#answers.get(message.id);
        assert.ok(waiting, `an answer that nobody waits for: ${JSON.stringify(message)}`);
        this.#answers.delete(message.id);
        try {
            this.judged(judge_command(waiting.type, message));
            waiting.resolve(message);
        } catch (error) {
            waiting.reject(error);
        }
    }

    #wake() {
        for (const look of this.#looks) look();
    }

    // The whole answer, {id, ok, data} or {id, ok, error}.
    ask(type, data, { id = this.#next_id++, timeout_ms = WAIT_MS } = {}) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(
                () => reject(new Error(`no answer to ${type} after ${timeout_ms} ms`)),
                timeout_ms,
            );
            const settle = (action) => (value) => {
                clearTimeout(timer);
                action(value);
            };
            this.#answers.set(id, { type, resolve: settle(resolve), reject: settle(reject) });
            this.send(data === undefined ? { id, type } : { id, type, data });
        });
    }

    // The data of a good answer; a bad one throws a CommandError with its code.
    async command(type, data, options) {
        const answer = await this.ask(type, data, options);
        if (!answer.ok) throw new CommandError(type, answer.error);
        return answer.data;
    }

    // The first event of this type (for which `match` is true), also one that has come already.
    event(type, match = () => true, timeout_ms = WAIT_MS) {
        return this.#first(
            `the event ${type}`,
            this.events,
            (event) => event.type === type && match(event.data, event),
            timeout_ms,
        );
    }

    frame(match = () => true, timeout_ms = WAIT_MS) {
        return this.#first('a frame', this.frames, match, timeout_ms);
    }

    #first(what, list, match, timeout_ms) {
        return new Promise((resolve, reject) => {
            const look = () => {
                const index = list.findIndex(match);
                if (this.violation) finish(reject, this.violation);
                else if (index >= 0) finish(resolve, list.splice(index, 1)[0]);
                else if (this.close_code !== undefined)
                    finish(
                        reject,
                        new Error(`closed with ${this.close_code}, waiting for ${what}`),
                    );
            };
            const timer = setTimeout(
                () => finish(reject, new Error(`waited ${timeout_ms} ms for ${what}`)),
                timeout_ms,
            );
            const finish = (action, value) => {
                clearTimeout(timer);
                this.#looks.delete(look);
                action(value);
            };
            this.#looks.add(look);
            look();
        });
    }

    // An object goes as JSON, a string and a Buffer as they are.
    send(message) {
        const plain = typeof message === 'string' || Buffer.isBuffer(message);
        this.#socket.send(plain ? message : JSON.stringify(message));
    }

    async close(code = 1000) {
        this.#socket.close(code);
        return this.closed;
    }

    terminate() {
        this.#socket.terminate();
    }

    // Stops reading, as a browser that hangs.
    pause() {
        this.#socket.pause();
    }
}
