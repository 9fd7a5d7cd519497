// Gets a new access token, once at a time: one call for the whole page and, by a lock, one for all
// tabs of this browser. The refresh token rotates, so two calls with the same one would end the
// session. Never called on the server.
import { HINT_COOKIE, setCookie } from './cookies';
import type { SessionAnswer } from './types';

/** over: the session has ended. unknown: the service could not be asked. */
export type Refreshed = { state: 'ok'; session: SessionAnswer } | { state: 'over' | 'unknown' };

const LOCK = 'transcendence-refresh';
let running: Promise<Refreshed> | null = null;

export function refresh(): Promise<Refreshed> {
    running ??= locked(call).finally(() => {
        running = null;
    });
    return running;
}

async function locked(work: () => Promise<Refreshed>): Promise<Refreshed> {
    // navigator.locks is there only in secure contexts (https, localhost).
    return navigator.locks ? await navigator.locks.request(LOCK, work) : await work();
}

async function call(): Promise<Refreshed> {
    let response: Response;
    try {
        response = await fetch('/api/auth/refresh', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{}',
        });
    } catch {
        return { state: 'unknown' };
    }
    if (response.ok) {
        setCookie(HINT_COOKIE, '1');
        return { state: 'ok', session: (await response.json()) as SessionAnswer };
    }
    if (response.status === 401) {
        setCookie(HINT_COOKIE, null);
        return { state: 'over' };
    }
    return { state: 'unknown' };
}
