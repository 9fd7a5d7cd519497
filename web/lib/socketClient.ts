// One WebSocket connection that mends itself: states, back-off, token refresh, commands with a
// time-out, events by type, game frames by channel. Everything from outside (socket, clock, chance,
// session) is handed in, so that the tests can play the server. Must not know React or any page.
import { Failure } from './failure';
import type { GameStarted, SessionReady } from './types';

export type WebSocketLike = Pick<
    WebSocket,
    'binaryType' | 'readyState' | 'onmessage' | 'onclose' | 'send' | 'close'
>;

/** ok: there is a session (perhaps a fresh token). over: log in again. unknown: could not be asked. */
export type SessionState = 'ok' | 'over' | 'unknown';

export interface SocketEnvironment {
    open(): WebSocketLike;
    now(): number;
    setTimer(work: () => void, ms: number): unknown;
    clearTimer(timer: unknown): void;
    random(): number;
    /** Is there still a session? Refreshes only when the token is refused. */
    checkSession(): Promise<SessionState>;
    /** A new access token, now. */
    refreshToken(): Promise<{ state: SessionState; token: string | null }>;
}

export type Status =
    | 'off' // not wanted
    | 'connecting'
    | 'open' // session:ready has come
    | 'waiting' // for the next try
    | 'over' // the session has ended
    | 'replaced' // another connection of this user took the place
    | 'refused'; // by origin: trying again cannot help

export type Notice = 'slow' | 'tooFast' | 'restart' | 'badMessage' | 'lost' | null;

export interface Snapshot {
    status: Status;
    notice: Notice;
    ready: SessionReady | null;
    retryAt: number | null;
    latencyMs: number | null;
    /** Counts what makes all shown data stale: session:resync of everything or of oneself, and a
     *  reconnection after which the missed events could not be had. */
    resyncs: number;
}

export interface SocketEvent<T = unknown> {
    type: string;
    ch: string | null;
    seq: number;
    data: T;
}

type Listener<T> = (value: T) => void;

export const CLOSE = {
    BAD_MESSAGE: 4400,
    TOKEN_ENDED: 4401,
    ORIGIN: 4403,
    SLOW: 4408,
    REPLACED: 4409,
    TOO_FAST: 4429,
    RESTART: 1012,
} as const;

export const OP = { INPUT: 1, STATE: 2, WHOLE: 3, PING: 4, PONG: 5 } as const;

export const RETRY_MS_BASE = 400;
export const RETRY_MS_MAX = 15_000;
export const RETRY_MS_TOO_FAST = 5_000;
/** A gateway that restarts sends its connections away one after the other by itself. */
export const RETRY_MS_RESTART = 50;
export const RESUME_CHANNELS_MAX = 48;
export const READY_MS_MAX = 10_000;
export const STABLE_MS = 10_000;
export const COMMAND_MS_MAX = 10_000;
export const QUEUE_MAX = 32;
const OPEN = 1;

/** Half of the delay is certain, half is chance, so that a restart does not bring all at once. */
export function retryDelayMs(attempt: number, random: number): number {
    const full = Math.min(RETRY_MS_MAX, RETRY_MS_BASE * 2 ** Math.min(attempt, 10));
    return Math.round(full / 2 + (full / 2) * random);
}

interface Answer {
    id: number;
    ok: boolean;
    data?: unknown;
    error?: { code: string; message: string; field: string | null };
}

interface Command {
    text: string;
    id: number;
    timer: unknown;
    resolve(data: unknown): void;
    reject(failure: Failure): void;
}

export class SocketClient {
    private readonly environment: SocketEnvironment;
    private socket: WebSocketLike | null = null;
    private snapshot: Snapshot = {
        status: 'off',
        notice: null,
        ready: null,
        retryAt: null,
        latencyMs: null,
        resyncs: 0,
    };
    private attempt = 0;
    private generation = 0; // of the wish to be connected; what is older must not act any more
    private wasReady = false; // on the present socket
    private retryTimer: unknown = null;
    private readyTimer: unknown = null;
    private stableTimer: unknown = null;
    private nextId = 1;
    private readonly queued: Command[] = [];
    private readonly sent = new Map<number, Command>();
    private readonly watchers = new Set<() => void>();
    private readonly events = new Map<string, Set<Listener<SocketEvent<never>>>>();
    private readonly channels = new Map<number, Listener<ArrayBuffer>>();
    private readonly started = new Map<string, GameStarted>();
    private readonly seen = new Map<string, number>(); // the last seq of each channel, newest last
    private held: SocketEvent<never>[] | null = null; // while missed events are asked for

    constructor(environment: SocketEnvironment) {
        this.environment = environment;
    }

    /* ---- what pages use ---- */

    getSnapshot = (): Snapshot => this.snapshot;

    subscribe = (watcher: () => void): (() => void) => {
        this.watchers.add(watcher);
        return () => this.watchers.delete(watcher);
    };

    /** Wants the connection; does nothing when there is one or one is on its way. */
    connect(): void {
        const { status } = this.snapshot;
        if (status === 'connecting' || status === 'open') return;
        this.clearTimers();
        this.open();
    }

    /** Ends the connection and takes up one as whoever the cookies now say. */
    reconnect(): void {
        this.disconnect();
        this.attempt = 0;
        this.open();
    }

    disconnect(): void {
        this.generation++;
        this.clearTimers();
        this.drop(1000);
        this.fail([...this.sent.values(), ...this.queued], 'connection_lost');
        this.seen.clear(); // the next connection may be somebody else's
        this.change({ status: 'off', notice: null, ready: null, retryAt: null, latencyMs: null });
    }

    /** The network is back or the page is looked at again: no reason to wait any longer. */
    wake(): void {
        if (this.snapshot.status === 'waiting') this.connect();
    }

    on<T>(type: string, listener: Listener<SocketEvent<T>>): () => void {
        const set = this.events.get(type) ?? new Set();
        this.events.set(type, set);
        set.add(listener as Listener<SocketEvent<never>>);
        return () => set.delete(listener as Listener<SocketEvent<never>>);
    }

    /** Waits for the connection when there is none just now, within the same time-out. */
    command<T>(type: string, data?: object, timeoutMs = COMMAND_MS_MAX): Promise<T> {
        const { status } = this.snapshot;
        if (
            status === 'off' ||
            status === 'over' ||
            status === 'refused' ||
            status === 'replaced'
        ) {
            return Promise.reject(new Failure('connection_lost', 'There is no connection.'));
        }
        if (this.queued.length >= QUEUE_MAX) {
            return Promise.reject(new Failure('overloaded', 'Too many commands are waiting.'));
        }
        return new Promise<T>((resolve, reject) => {
            const id = this.nextId;
            this.nextId = this.nextId === 0x7fffffff ? 1 : this.nextId + 1;
            const command: Command = {
                id,
                text: JSON.stringify(data === undefined ? { id, type } : { id, type, data }),
                timer: this.environment.setTimer(() => {
                    this.forget(command);
                    reject(new Failure('timed_out', 'The answer took too long.'));
                }, timeoutMs),
                resolve: resolve as (data: unknown) => void,
                reject,
            };
            if (status === 'open') this.transmit(command);
            else this.queued.push(command);
        });
    }

    /** Takes the binary frames of one channel; the frames of other channels are dropped. */
    onFrame(channel: number, listener: Listener<ArrayBuffer>): () => void {
        this.channels.set(channel, listener);
        return () => {
            if (this.channels.get(channel) === listener) this.channels.delete(channel);
        };
    }

    sendFrame(frame: ArrayBuffer): boolean {
        if (this.snapshot.status !== 'open' || this.socket?.readyState !== OPEN) return false;
        this.socket.send(frame);
        return true;
    }

    /** The match this connection was attached to by game:started, if it was. */
    attachedTo(match: string): GameStarted | null {
        return this.started.get(match) ?? null;
    }

    noteLatency(ms: number | null): void {
        this.change({ latencyMs: ms });
    }

    /* ---- connecting ---- */

    private open(): void {
        const generation = ++this.generation;
        this.change({ status: 'connecting', retryAt: null });
        this.wasReady = false;
        const socket = this.environment.open();
        socket.binaryType = 'arraybuffer';
        this.socket = socket;
        socket.onmessage = (event) => {
            if (generation === this.generation) this.receive(event.data);
        };
        socket.onclose = (event) => {
            if (generation === this.generation) void this.closed(event.code);
        };
        this.readyTimer = this.environment.setTimer(() => {
            if (generation === this.generation) void this.closed(0);
        }, READY_MS_MAX);
    }

    private async closed(code: number): Promise<void> {
        const generation = ++this.generation;
        const wasReady = this.wasReady;
        this.clearTimers();
        this.drop(1000);
        // What went out may have been done or not: the callers must be told. What still waits in the
        // queue stays for the next connection.
        this.fail([...this.sent.values()], 'connection_lost');
        if (code === CLOSE.ORIGIN) return this.giveUp('refused', 'origin_refused');
        if (code === CLOSE.REPLACED) return this.giveUp('replaced', 'connection_lost');
        this.change({ status: 'waiting', notice: noticeOf(code), retryAt: null, latencyMs: null });

        // A refusal before the upgrade cannot be told from a broken network in a browser: ask.
        let session: SessionState = 'ok';
        if (code === CLOSE.TOKEN_ENDED) session = (await this.environment.refreshToken()).state;
        else if (!wasReady) session = await this.environment.checkSession();
        if (generation !== this.generation) return;
        if (session === 'over') return this.giveUp('over', 'session_ended');
        this.retryLater(code, wasReady);
    }

    private giveUp(status: Status, code: string): void {
        this.fail([...this.queued], code);
        this.change({ status, retryAt: null, latencyMs: null });
    }

    private retryLater(code: number, wasReady: boolean): void {
        let ms = retryDelayMs(this.attempt, this.environment.random());
        if (code === CLOSE.TOO_FAST) ms += RETRY_MS_TOO_FAST;
        if (code === CLOSE.RESTART && wasReady)
            ms = Math.round(RETRY_MS_RESTART * this.environment.random());
        else this.attempt++;
        this.change({ retryAt: this.environment.now() + ms });
        this.retryTimer = this.environment.setTimer(() => this.open(), ms);
    }

    private opened(ready: SessionReady): void {
        const again = this.snapshot.ready !== null;
        this.wasReady = true;
        this.environment.clearTimer(this.readyTimer);
        this.stableTimer = this.environment.setTimer(() => {
            this.attempt = 0;
        }, STABLE_MS);
        this.change({ status: 'open', notice: null, ready, retryAt: null });
        if (again) void this.resume();
        for (const command of this.queued.splice(0)) this.transmit(command);
    }

    /* What comes meanwhile waits, so that everybody hears the events of a channel in their order. */
    private async resume(): Promise<void> {
        const generation = this.generation;
        this.held = [];
        let isWhole = true;
        await this.command('session:resume', { seen: Object.fromEntries(this.seen) }).catch(() => {
            isWhole = false;
        });
        if (generation !== this.generation) return;
        const held = this.held;
        this.held = null;
        for (const event of held.sort((one, other) => one.seq - other.seq)) {
            if (event.seq > (this.seen.get(event.ch as string) ?? 0)) this.tell(event);
        }
        if (!isWhole) this.change({ resyncs: this.snapshot.resyncs + 1 });
    }

    private drop(code: number): void {
        const socket = this.socket;
        this.socket = null;
        this.held = null;
        this.started.clear();
        if (!socket) return;
        socket.onmessage = null;
        socket.onclose = null;
        socket.close(code);
    }

    private clearTimers(): void {
        for (const timer of [this.retryTimer, this.readyTimer, this.stableTimer]) {
            if (timer !== null) this.environment.clearTimer(timer);
        }
        this.retryTimer = null;
        this.readyTimer = null;
        this.stableTimer = null;
    }

    /* ---- messages ---- */

    private receive(data: unknown): void {
        if (data instanceof ArrayBuffer) this.receiveFrame(data);
        else if (typeof data === 'string') this.receiveText(JSON.parse(data));
    }

    private receiveText(message: SocketEvent<never> & Answer): void {
        if (typeof message.type === 'string') this.receiveEvent(message);
        else if (typeof message.id === 'number') this.receiveAnswer(message);
    }

    private receiveFrame(frame: ArrayBuffer): void {
        const head = new Uint8Array(frame);
        if (frame.byteLength < 2) return;
        if (head[0] === OP.PING) {
            const answer = frame.slice(0);
            new Uint8Array(answer)[0] = OP.PONG;
            this.sendFrame(answer);
            return;
        }
        this.channels.get(head[1] as number)?.(frame);
    }

    private receiveEvent(event: SocketEvent<never>): void {
        if (event.type === 'session:ready') this.opened(event.data);
        else if (event.type === 'session:expiring') void this.renew();
        else if (event.type === 'session:resync') {
            if (event.ch === null || event.ch.startsWith('user:'))
                this.change({ resyncs: this.snapshot.resyncs + 1 });
        }
        if (this.held && event.ch !== null && event.seq > 0) this.held.push(event);
        else this.tell(event);
    }

    private tell(event: SocketEvent<never>): void {
        if (event.ch !== null && event.seq > 0) this.noteSeen(event.ch, event.seq);
        if (event.type === 'game:started') {
            const started: GameStarted = event.data;
            this.started.set(started.match, started);
        }
        for (const listener of this.events.get(event.type) ?? []) listener(event);
    }

    private noteSeen(channel: string, seq: number): void {
        this.seen.delete(channel);
        this.seen.set(channel, seq);
        const [oldest] = this.seen.keys();
        if (this.seen.size > RESUME_CHANNELS_MAX) this.seen.delete(oldest as string);
    }

    private receiveAnswer(answer: Answer): void {
        const command = this.sent.get(answer.id);
        if (!command) return; // timed out before
        this.forget(command);
        if (answer.ok) command.resolve(answer.data ?? null);
        else {
            const { code, message, field } = answer.error ?? {
                code: 'internal',
                message: '',
                field: null,
            };
            command.reject(new Failure(code, message, field));
        }
    }

    /* The token ends in a minute. Without a new one the gateway closes with 4401, which tries again. */
    private async renew(): Promise<void> {
        const generation = this.generation;
        const { token } = await this.environment.refreshToken();
        if (token === null || generation !== this.generation) return;
        await this.command('session:refresh', { token }).catch(() => {});
    }

    private transmit(command: Command): void {
        this.sent.set(command.id, command);
        this.socket?.send(command.text);
    }

    private forget(command: Command): void {
        this.environment.clearTimer(command.timer);
        this.sent.delete(command.id);
        const at = this.queued.indexOf(command);
        if (at >= 0) this.queued.splice(at, 1);
    }

    private fail(commands: Command[], code: string): void {
        for (const command of commands) {
            this.forget(command);
            command.reject(new Failure(code, 'The connection was lost.'));
        }
    }

    private change(part: Partial<Snapshot>): void {
        this.snapshot = { ...this.snapshot, ...part };
        for (const watcher of this.watchers) watcher();
    }
}

function noticeOf(code: number): Notice {
    switch (code) {
        case CLOSE.SLOW:
            return 'slow';
        case CLOSE.TOO_FAST:
            return 'tooFast';
        case CLOSE.RESTART:
            return 'restart';
        case CLOSE.BAD_MESSAGE:
            return 'badMessage';
        default:
            return 'lost';
    }
}
