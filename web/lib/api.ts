// REST from the browser. A 401 is answered by one refresh and one more try; everything else that
// goes wrong becomes a Failure with its code. Knows no rule of any service.
import { cookie, HINT_COOKIE } from './cookies';
import { Failure, failureOfProblem } from './failure';
import { refresh } from './refresh';

const ANSWER_MS_MAX = 15_000;
/* What a person waits for while the service works: a version is judged, or put live. */
const WORK_MS_MAX = 60_000;
/* 401 of these means what it says about the request, not about the session. */
const NO_REFRESH = ['/api/auth/login', '/api/auth/guest', '/api/auth/logout'];

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

interface Question {
    body?: unknown;
    /** Sent as it is, instead of a body of JSON. */
    file?: { bytes: Blob; type: string };
    timeoutMs?: number;
}

async function once(method: Method, path: string, question: Question): Promise<Response> {
    const { body, file, timeoutMs = ANSWER_MS_MAX } = question;
    const init: RequestInit = { method, signal: AbortSignal.timeout(timeoutMs) };
    if (file) {
        init.headers = { 'content-type': file.type };
        init.body = file.bytes;
    } else if (body !== undefined) {
        init.headers = { 'content-type': 'application/json' };
        init.body = JSON.stringify(body);
    }
    try {
        return await fetch(path, init);
    } catch {
        throw new Failure('offline', 'The server could not be reached.');
    }
}

async function call<T>(method: Method, path: string, question: Question = {}): Promise<T> {
    let response = await once(method, path, question);
    const mayRefresh = !NO_REFRESH.includes(path) && cookie(HINT_COOKIE) !== null;
    if (response.status === 401 && mayRefresh && (await refresh()).state === 'ok') {
        response = await once(method, path, question);
    }
    if (response.status === 204) return undefined as T;
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw failureOfProblem(response.status, answer);
    return answer as T;
}

export const api = {
    get: <T>(path: string) => call<T>('GET', path),
    post: <T>(path: string, body: unknown = {}) => call<T>('POST', path, { body }),
    patch: <T>(path: string, body: unknown) => call<T>('PATCH', path, { body }),
    delete: <T = void>(path: string, body?: unknown) => call<T>('DELETE', path, { body }),
    /** A post that the service takes its time for. */
    work: <T>(path: string, body: unknown = {}) =>
        call<T>('POST', path, { body, timeoutMs: WORK_MS_MAX }),
    upload: <T>(path: string, type: string, bytes: Blob) =>
        call<T>('POST', path, { file: { bytes, type }, timeoutMs: WORK_MS_MAX }),
};
