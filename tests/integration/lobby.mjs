// What the tests of rooms, social and matchmaking share: short ways to say what people do.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { judge_answer } from './documents.mjs';

export const NOBODY = '019b76da-a800-7000-8000-00000000dead'; // an id that nobody has

// Asserts the documented error of an answer.
export function refused(answer, status, code, field = null) {
    assert.deepEqual(
        { status: answer.status, code: answer.body?.code, field: answer.body?.field },
        { status, code, field },
    );
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
}

export async function make_room(person, more = {}) {
    const answer = await person.api('POST', '/api/rooms', {
        body: { game: 'pong', mode: '1v1', ...more },
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
}

export const act = (person, room, what, body = {}) =>
    person.api('POST', `/api/rooms/${room.id}/${what}`, { body });

// A room of two in which everybody is ready.
export async function ready_room(host, guest) {
    const room = await make_room(host);
    assert.equal((await act(guest, room, 'join')).status, 200);
    assert.equal((await act(guest, room, 'ready', { ready: true })).status, 200);
    return room;
}

// A request to a service itself, past nginx, as only the inside can. `offset`: of its port.
export function ask_inside(platform, offset, method, url, { token, body, headers = {} } = {}) {
    return new Promise((resolve, reject) => {
        const request = http.request(
            {
                method,
                host: '127.0.0.1',
                port: platform.ports.first + offset,
                path: url,
                headers: {
                    'Content-Type': 'application/json',
                    ...(token ? { authorization: `Bearer ${token}` } : {}),
                    ...headers,
                },
            },
            (answer) => {
                let text = '';
                answer.setEncoding('utf8').on('data', (part) => (text += part));
                answer.on('end', () => {
                    try {
                        const taken = {
                            status: answer.statusCode,
                            headers: answer.headers,
                            body: text ? JSON.parse(text) : null,
                        };
                        resolve(platform.judged(judge_answer(method, url, taken), taken));
                    } catch (error) {
                        reject(error);
                    }
                });
            },
        );
        request.on('error', reject);
        request.end(typeof body === 'object' ? JSON.stringify(body) : body);
    });
}

// A service token of `scope`, got as that service gets it.
export async function service_token(platform, service, scope) {
    const secret = fs
        .readFileSync(path.join(platform.data_dir, 'secrets', `service-${service}`), 'utf8')
        .trim();
    const answer = await ask_inside(platform, 0, 'POST', '/internal/auth/service-token', {
        body: { service, secret, scope },
    });
    assert.equal(answer.status < 300, true, JSON.stringify(answer.body));
    platform.keep_secret(answer.body.token);
    return answer.body.token;
}

// All give up their seats, so that the match ends; the last ones may find that it has.
export async function end_match(sockets, match) {
    await Promise.all(sockets.map((socket) => socket.ask('game:watch', { match })));
    for (const socket of sockets) await socket.ask('game:leave', { match });
}

export const new_id = () => crypto.randomUUID();
