// Asks the services while a page is rendered on the server. Keeps connections open; passes the
// visitor's cookies, X-Request-Id and X-Real-IP on as they came. Never throws: a service that is
// down is an answer like any other, and the page shows that part as unavailable.
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:http';

export type Service = 'auth' | 'social' | 'rooms' | 'matchmaking' | 'games';

export type Answer<T> = { ok: true; data: T } | { ok: false; status: number; code: string };

const ANSWER_MS_MAX = 3000;
const ANSWER_BYTES_MAX = 2 << 20;
const PASSED_ON = ['cookie', 'x-request-id', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto'];

const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 16, timeout: 15_000 });
const unavailable = { ok: false, status: 503, code: 'unavailable' } as const;

export function ask<T>(
    visitor: IncomingMessage,
    service: Service,
    path: string,
): Promise<Answer<T>> {
    const address = process.env[`BACKEND_${service.toUpperCase()}`];
    if (!address) return Promise.resolve(unavailable);
    const colon = address.lastIndexOf(':');
    const options = {
        host: address.slice(0, colon),
        port: Number(address.slice(colon + 1)),
        path,
        agent,
        headers: headersFrom(visitor),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
    };
    return once<T>(options)
        .then((first) => (first === 'stale' ? once<T>(options) : first))
        .then((answer) => (answer === 'stale' ? unavailable : answer));
}

function headersFrom(visitor: IncomingMessage): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    for (const name of PASSED_ON) {
        const value = visitor.headers[name];
        if (typeof value === 'string') headers[name] = value;
    }
    return headers;
}

/* 'stale': the service closed a kept connection just as it was used again; asking once more is safe. */
function once<T>(options: RequestOptions): Promise<Answer<T> | 'stale'> {
    return new Promise((resolve) => {
        const call = request(options, (response) => {
            const pieces: Buffer[] = [];
            let bytes = 0;
            response.on('data', (piece: Buffer) => {
                bytes += piece.length;
                if (bytes > ANSWER_BYTES_MAX) call.destroy();
                else pieces.push(piece);
            });
            response.on('end', () => resolve(decoded<T>(response.statusCode ?? 0, pieces)));
            response.on('error', () => resolve(unavailable));
        });
        call.on('error', (error: NodeJS.ErrnoException) => {
            resolve(call.reusedSocket && error.code === 'ECONNRESET' ? 'stale' : unavailable);
        });
        call.end();
    });
}

function decoded<T>(status: number, pieces: Buffer[]): Answer<T> {
    try {
        const body = JSON.parse(Buffer.concat(pieces).toString('utf8'));
        if (status >= 200 && status < 300) return { ok: true, data: body as T };
        return {
            ok: false,
            status,
            code: typeof body.code === 'string' ? body.code : 'unavailable',
        };
    } catch {
        return { ok: false, status: status >= 400 ? status : 503, code: 'unavailable' };
    }
}
