// The one WebSocket of this page load. Only this module opens it; pages see it through the hooks.
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { api } from './api';
import { failureOf } from './failure';
import { refresh } from './refresh';
import { type Snapshot, SocketClient, type SocketEvent } from './socketClient';

export const pageClock = {
    now: () => performance.now(),
    setTimer: (work: () => void, ms: number) => setTimeout(work, ms),
    clearTimer: (timer: unknown) => clearTimeout(timer as number),
};

const DEAD_CODES = ['unauthenticated', 'token_invalid', 'token_expired', 'session_ended'];

export const socket = new SocketClient({
    ...pageClock,
    open: () => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`),
    random: Math.random,
    async checkSession() {
        try {
            await api.get('/api/auth/me');
            return 'ok';
        } catch (error) {
            return DEAD_CODES.includes(failureOf(error).code) ? 'over' : 'unknown';
        }
    },
    async refreshToken() {
        const refreshed = await refresh();
        const token = refreshed.state === 'ok' ? refreshed.session.accessToken : null;
        return { state: refreshed.state, token };
    },
});

if (typeof window !== 'undefined') {
    window.addEventListener('online', () => socket.wake());
    document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'visible') socket.wake();
    });
}

const before: Snapshot = socket.getSnapshot();

export function useSocket(): Snapshot {
    return useSyncExternalStore(socket.subscribe, socket.getSnapshot, () => before);
}

/** Hears one type of event while the component is shown. */
export function useEvent<T>(type: string, listener: (event: SocketEvent<T>) => void): void {
    const latest = useRef(listener);
    useEffect(() => {
        latest.current = listener;
    });
    useEffect(() => socket.on<T>(type, (event) => latest.current(event)), [type]);
}

/** Runs when shown data may be stale: after a reconnection and on session:resync, which is about
 *  everything or about `channel` alone. */
export function useResync(work: () => void, channel: string | null = null): void {
    const { resyncs } = useSocket();
    const seen = useRef(resyncs);
    const latest = useRef(work);
    useEffect(() => {
        latest.current = work;
    });
    useEffect(() => {
        if (seen.current === resyncs) return;
        seen.current = resyncs;
        latest.current();
    }, [resyncs]);
    useEvent('session:resync', (event) => {
        if (event.ch !== null && event.ch === channel) latest.current();
    });
}
