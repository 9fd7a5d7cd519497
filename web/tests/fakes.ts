// What the tests hand in: a clock that stands until it is moved, and sockets that they answer.
import type { SocketEnvironment, WebSocketLike } from '../lib/socketClient';
import type { SessionReady } from '../lib/types';

export class FakeClock {
    private time = 0;
    private timers: { id: number; at: number; work: () => void }[] = [];
    private nextId = 1;

    now = () => this.time;

    setTimer = (work: () => void, ms: number) => {
        const id = this.nextId++;
        this.timers.push({ id, at: this.time + ms, work });
        return id;
    };

    clearTimer = (id: unknown) => {
        this.timers = this.timers.filter((timer) => timer.id !== id);
    };

    async pass(ms: number): Promise<void> {
        const end = this.time + ms;
        await settle();
        for (;;) {
            const due = this.timers
                .filter((timer) => timer.at <= end)
                .sort((a, b) => a.at - b.at)[0];
            if (!due) break;
            this.time = due.at;
            this.clearTimer(due.id);
            due.work();
            await settle();
        }
        this.time = end;
    }
}

/** Lets everything that is already resolved run. */
export async function settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

export class FakeSocket {
    binaryType = 'blob';
    readyState = 1;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event: { code: number }) => void) | null = null;
    readonly sent: (string | ArrayBuffer)[] = [];
    closedWith: number | null = null;

    send(data: string | ArrayBuffer): void {
        this.sent.push(data);
    }

    close(code: number): void {
        this.closedWith = code;
        this.readyState = 3;
    }

    /* ---- the server's side ---- */

    says(message: object): void {
        this.onmessage?.({ data: JSON.stringify(message) });
    }

    sends(...bytes: number[]): void {
        this.onmessage?.({ data: new Uint8Array(bytes).buffer });
    }

    drops(code: number): void {
        this.readyState = 3;
        this.onclose?.({ code });
    }

    commands(): { id: number; type: string; data?: Record<string, unknown> }[] {
        return this.sent.filter((one) => typeof one === 'string').map((one) => JSON.parse(one));
    }

    frames(): number[][] {
        return this.sent
            .filter((one) => typeof one !== 'string')
            .map((one) => [...new Uint8Array(one)]);
    }
}

export const ready: SessionReady = {
    gateway: 'g1',
    user: { id: 'u1', username: 'alice', guest: false, admin: false },
    expiresAt: '2026-01-01T00:15:00Z',
    heartbeatMs: 15_000,
    limits: { messageBytes: 4096, commandsPerSecond: 20, inputsPerSecond: 120 },
};

export function sessionReady(socket: FakeSocket): void {
    socket.says({ type: 'session:ready', ch: null, seq: 0, data: { ...ready } });
}

export interface World {
    clock: FakeClock;
    sockets: FakeSocket[];
    /** The newest connection. */
    last(): FakeSocket;
    asked: string[];
    session: 'ok' | 'over' | 'unknown';
    environment: SocketEnvironment;
}

export function makeWorld(): World {
    const clock = new FakeClock();
    const world: World = {
        clock,
        sockets: [],
        last: () => world.sockets.at(-1) as FakeSocket,
        asked: [],
        session: 'ok',
        environment: {
            now: clock.now,
            setTimer: clock.setTimer,
            clearTimer: clock.clearTimer,
            random: () => 1,
            open: () => {
                const socket = new FakeSocket();
                world.sockets.push(socket);
                return socket as unknown as WebSocketLike;
            },
            checkSession: async () => {
                world.asked.push('check');
                return world.session;
            },
            refreshToken: async () => {
                world.asked.push('refresh');
                return { state: world.session, token: world.session === 'ok' ? 'TOKEN2' : null };
            },
        },
    };
    return world;
}
