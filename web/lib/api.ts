// REST from the browser. A 401 is answered by one refresh and one more try; everything else that
// goes wrong becomes a Failure with its code. Knows no rule of any service.
import { cookie, HINT_COOKIE } from './cookies';
import { Failure, failureOfProblem } from './failure';
import { refresh } from './refresh';

const ANSWER_MS_MAX = 15_000;
/* 401 of these means what it says about the request, not about the session. */
const NO_REFRESH = ['/api/auth/login', '/api/auth/guest', '/api/auth/logout'];

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function once(method: Method, path: string, body: unknown): Promise<Response> {
    const init: RequestInit = { method, signal: AbortSignal.timeout(ANSWER_MS_MAX) };
    if (body !== undefined) {
        init.headers = { 'content-type': 'application/json' };
        init.body = JSON.stringify(body);
    }
    try {
        return await fetch(path, init);
    } catch {
        throw new Failure('offline', 'The server could not be reached.');
    }
}

async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
    let response = await once(method, path, body);
    const mayRefresh = !NO_REFRESH.includes(path) && cookie(HINT_COOKIE) !== null;
    if (response.status === 401 && mayRefresh && (await refresh()).state === 'ok') {
        response = await once(method, path, body);
    }
    if (response.status === 204) return undefined as T;
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw failureOfProblem(response.status, answer);
    return answer as T;
}

export const api = {
    get: <T>(path: string) => call<T>('GET', path),
    post: <T>(path: string, body: unknown = {}) => call<T>('POST', path, body),
    patch: <T>(path: string, body: unknown) => call<T>('PATCH', path, body),
    delete: <T = void>(path: string, body?: unknown) => call<T>('DELETE', path, body),
};
