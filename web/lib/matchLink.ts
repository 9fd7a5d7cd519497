// The way between one match on the server and one game frame in the page: attaches by game:watch
// (or by what game:started already said), again after every reconnection, numbers the inputs and
// measures the round trip. Moves bytes; never looks into a view or an input.
import { type Failure, failureOf } from './failure';
import { OP, type SocketClient } from './socketClient';
import type { GameStarted, Watching } from './types';

export const PING_MS = 2000;
export const WATCH_RETRY_MS = 500;
/* Of a busy or restarting service: worth another try. */
const PASSING = ['unavailable', 'overloaded', 'timed_out', 'too_many_requests'];
export const INPUT_BYTES_MAX = 1024;
const INPUT_HEAD_BYTES = 6;

export interface MatchLinkHandlers {
    attached(slot: number | null): void;
    frame(frame: ArrayBuffer): void;
    latency(ms: number): void;
    link(up: boolean): void;
    failed(failure: Failure): void;
}

interface Clock {
    now(): number;
    setTimer(work: () => void, ms: number): unknown;
    clearTimer(timer: unknown): void;
}

export class MatchLink {
    private channel: number | null = null;
    private slot: number | null = null;
    private seq = 0;
    private up = true;
    private ended = false;
    private pingTimer: unknown = null;
    private forgetFrames: (() => void) | null = null;
    private watchTimer: unknown = null;
    private readonly unsubscribe: (() => void)[];
    private connection: unknown = null;

    private readonly socket: SocketClient;
    private readonly match: string;
    private readonly handlers: MatchLinkHandlers;
    private readonly clock: Clock;

    constructor(socket: SocketClient, match: string, handlers: MatchLinkHandlers, clock: Clock) {
        this.socket = socket;
        this.match = match;
        this.handlers = handlers;
        this.clock = clock;
        this.unsubscribe = [
            socket.subscribe(() => this.follow()),
            socket.on<GameStarted>('game:started', ({ data }) => {
                if (data.match === match) this.take(data.channel, data.slot);
            }),
        ];
        this.follow();
    }

    /** One input of the game frame. Every input takes a number, also one that cannot be sent, so
     *  that the frame can count along. */
    input(bytes: ArrayBuffer): void {
        this.seq++;
        if (this.channel === null || this.slot === null || bytes.byteLength > INPUT_BYTES_MAX)
            return;
        const frame = new ArrayBuffer(INPUT_HEAD_BYTES + bytes.byteLength);
        const view = new DataView(frame);
        view.setUint8(0, OP.INPUT);
        view.setUint8(1, this.channel);
        view.setUint32(2, this.seq, true);
        new Uint8Array(frame, INPUT_HEAD_BYTES).set(new Uint8Array(bytes));
        this.socket.sendFrame(frame);
    }

    /** Asks for a whole view with the next tick. */
    whole(): void {
        if (this.channel !== null) this.sendShort(OP.WHOLE);
    }

    /** Stops listening. A spectator also leaves; a player keeps the seat. */
    close(): void {
        this.ended = true;
        for (const stop of this.unsubscribe) stop();
        const watching = this.channel !== null && this.slot === null;
        this.detach();
        if (watching && this.socket.getSnapshot().status === 'open') {
            this.socket.command('game:leave', { match: this.match }).catch(() => {});
        }
    }

    private follow(): void {
        const { status, ready } = this.socket.getSnapshot();
        const connection = status === 'open' ? ready : null;
        if (connection === this.connection) return;
        this.connection = connection;
        this.detach();
        this.tell(connection !== null);
        if (connection !== null) void this.attach(connection);
    }

    private async attach(connection: unknown): Promise<void> {
        this.watchTimer = null;
        const known = this.socket.attachedTo(this.match);
        if (known) {
            this.take(known.channel, known.slot);
            return;
        }
        try {
            const watching = await this.socket.command<Watching>('game:watch', {
                match: this.match,
            });
            if (!this.ended && connection === this.connection)
                this.take(watching.channel, watching.slot);
        } catch (error) {
            const failure = failureOf(error);
            if (this.ended || connection !== this.connection) return;
            if (PASSING.includes(failure.code)) {
                this.watchTimer = this.clock.setTimer(
                    () => void this.attach(connection),
                    WATCH_RETRY_MS,
                );
            } else if (failure.code !== 'connection_lost') this.handlers.failed(failure);
        }
    }

    private take(channel: number, slot: number | null): void {
        if (channel === this.channel) return;
        this.detach();
        this.channel = channel;
        this.slot = slot;
        this.forgetFrames = this.socket.onFrame(channel, (frame) => this.received(frame));
        this.handlers.attached(slot);
        this.whole();
        this.ping();
    }

    private detach(): void {
        this.forgetFrames?.();
        this.forgetFrames = null;
        this.channel = null;
        for (const timer of [this.pingTimer, this.watchTimer]) {
            if (timer !== null) this.clock.clearTimer(timer);
        }
        this.pingTimer = null;
        this.watchTimer = null;
    }

    private received(frame: ArrayBuffer): void {
        const view = new DataView(frame);
        if (view.getUint8(0) === OP.STATE) this.handlers.frame(frame);
        else if (view.getUint8(0) === OP.PONG && frame.byteLength >= 10) {
            const ms = Math.max(0, this.clock.now() - view.getFloat64(2, true));
            this.socket.noteLatency(Math.round(ms));
            this.handlers.latency(ms);
        }
    }

    /* The 64 bits come back as they went: our own clock's time as a double. */
    private ping(): void {
        const frame = new ArrayBuffer(10);
        const view = new DataView(frame);
        view.setUint8(0, OP.PING);
        view.setUint8(1, this.channel as number);
        view.setFloat64(2, this.clock.now(), true);
        this.socket.sendFrame(frame);
        this.pingTimer = this.clock.setTimer(() => this.ping(), PING_MS);
    }

    private sendShort(op: number): void {
        const frame = new ArrayBuffer(2);
        new Uint8Array(frame).set([op, this.channel as number]);
        this.socket.sendFrame(frame);
    }

    private tell(up: boolean): void {
        if (up === this.up) return;
        this.up = up;
        this.handlers.link(up);
    }
}
