// The games service and its workers, played through the whole chain by the counting test game: two
// players on two gateways, spectators, results, versions, and everything that dies on the way.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
    input,
    play as play_on,
    sees,
    shown,
    variant,
    workers as workers_of,
} from './counting.mjs';
import { start_platform, until } from './harness.mjs';
import { ask_inside, new_id, service_token } from './lobby.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const games = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev', 'test-plugins');
const GAMES = 4; // the service's port
const mischief = (byte) => [...Buffer.from('mischief'), byte];
const INPUT_VIEW_TOO_LONG = mischief(201);
const INPUT_BROKEN = mischief(202);
const INPUT_CRASH = mischief(204);

let platform, plugins;
before(async () => {
    plugins = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-plugins-'));
    for (const id of ['counter', 'turns']) variant(plugins, id);
    platform = await start_platform({ settings: { plugins_dir: plugins, connections_max: 500 } });
});
after(async () => {
    await platform?.stop();
    fs.rmSync(plugins, { recursive: true, force: true });
});

const play = (game) => play_on(platform, game);
const workers = (game) => workers_of(platform, game);

async function ended(player) {
    return (await player.socket.event('game:ended')).data;
}

async function match_of(id) {
    return (await platform.api('GET', `/api/games/matches/${id}`)).body;
}

describe('the catalogue', () => {
    test('lists each admitted game as documented', async () => {
        const { status, body } = await platform.api('GET', '/api/games');
        assert.equal(status, 200);
        assert.deepEqual(
            body.items.map((game) => game.id),
            ['counter', 'turns'],
        );
        const counter = body.items[0];
        assert.equal(counter.tickHz, 100);
        assert.equal(counter.client, `/games/counter/${counter.sha}/client/`);
        assert.deepEqual(counter.modes[0], { id: '1v1', playersMin: 2, playersMax: 2, teams: 2 });
        assert.equal(counter.texts.fr.title, 'Compteur');
        assert.equal(counter.input.actions[0].label.en, 'Up');
        const one = await platform.api('GET', '/api/games/counter');
        assert.deepEqual(one.body, counter);
    });

    test('does not know a game that is not there', async () => {
        const { status, body } = await platform.api('GET', '/api/games/chess');
        assert.equal(status, 404);
        assert.equal(body.code, 'game_not_found');
    });

    test('serves the browser files of a version under its hash, for ever', async () => {
        const { body } = await platform.api('GET', '/api/games/counter');
        const file = await platform.api('GET', `${body.client}main.js`);
        assert.equal(file.status, 200);
        assert.match(file.body, /export function create/);
        const other = await platform.api('GET', `/games/counter/${body.sha}/game.json`);
        assert.equal(other.status, 404);
    });

    test('refuses bad bundles with a code and keeps what it had', async () => {
        const bad = {
            'bad-elf': (folder) => fs.writeFileSync(path.join(folder, 'game.so'), 'no image'),
            'bad-id': () => {},
            'bad-link': (folder) => {
                fs.rmSync(path.join(folder, 'game.so'));
                fs.symlinkSync('/etc/passwd', path.join(folder, 'game.so'));
            },
        };
        for (const [id, spoil] of Object.entries(bad)) {
            const aside = path.join(plugins, `.${id}`);
            fs.cpSync(path.join(games, 'counter'), aside, { recursive: true });
            spoil(aside);
            fs.renameSync(aside, path.join(plugins, id));
        }
        const about = path.join(plugins, 'turns/game.json');
        const good = fs.readFileSync(about);
        fs.writeFileSync(about, '{"texts":1}');
        for (const [id, code] of [
            ['bad-elf', 'image_'],
            ['bad-id', 'image_id'],
            ['turns', 'game_json'],
            ['bad-link', 'bundle'],
        ])
            await until(`${id} to be refused`, () =>
                platform
                    .logs('games')
                    .split('\n')
                    .some((line) => line.includes(`game=${id}`) && line.includes(`code=${code}`)),
            );
        fs.writeFileSync(about, good);
        for (const id of Object.keys(bad)) fs.rmSync(path.join(plugins, id), { recursive: true });
        const { body } = await platform.api('GET', '/api/games');
        assert.equal(body.items.length, 2);
    });
});

describe('a match', () => {
    test('is played by two on two gateways, watched by a third, and recorded once', async () => {
        const { room, match, host, guest } = await play();
        assert.equal((await match_of(match)).state, 'live');
        await host.socket.frame(sees((view) => view.joins[0] === 1 && view.joins[1] === 1));

        const watcher = await platform.guest();
        const socket = await watcher.socket();
        const seat = await socket.command('game:watch', { match });
        assert.equal(seat.slot, null);
        await socket.frame(sees((view) => view.viewer === 0xffffffff && view.ticks > 0));

        host.socket.send(input(host.channel, 7, 60));
        await host.socket.frame(sees((view) => view.ack === 7 && view.counts[0] === 60));
        await socket.frame(sees((view) => view.counts[0] === 60));
        guest.socket.send(input(guest.channel, 1, 10));
        await guest.socket.frame(
            sees((view) => view.ack === 1 && view.counts[1] === 10 && view.viewer === 1),
        );
        host.socket.send(input(host.channel, 8, 40));

        const result = await ended(guest);
        assert.equal(result.id, match);
        assert.equal(result.room, room);
        assert.equal(result.state, 'ended');
        assert.equal(result.reason, 'finished');
        assert.deepEqual(
            result.players.map((player) => [
                player.user,
                player.score,
                player.place,
                player.outcome,
            ]),
            [
                [host.id, 100, 1, 'win'],
                [guest.id, 10, 2, 'loss'],
            ],
        );
        // of its replay an event knows nothing yet
        assert.deepEqual({ ...(await match_of(match)), replay: null, versions: null }, result);
        for (const gateway of [1, 2]) {
            const late = await watcher.socket({ gateway });
            const answer = await late.ask('game:watch', { match });
            assert.equal(answer.error?.code, 'match_over');
        }
        const rows = await platform.sql(`select state from games.matches where id = '${match}'`);
        assert.deepEqual(rows, [{ state: 'ended' }]);

        const history = await platform.api('GET', `/api/games/users/${host.id}/matches`);
        assert.deepEqual(history.body.items, [result]);
        const stats = await platform.api('GET', `/api/games/users/${host.id}/stats`);
        assert.deepEqual(stats.body.items, [
            { game: 'counter', played: 1, won: 1, lost: 0, drawn: 0 },
        ]);
        await until('the room to be open again', async () => {
            const { body } = await platform.api('GET', `/api/rooms/${room}`);
            return body.state === 'open' && body.match === null;
        });
    });

    test('tells its end once to each, also to who only watches', async () => {
        const { room, match, host, guest } = await play();
        const watcher = await (await platform.guest()).socket({ gateway: 1 });
        await watcher.command('game:watch', { match });
        const beside = await (await platform.guest()).socket({ gateway: 2 });
        await beside.command('room:join', { room, role: 'spectator' });
        await beside.command('game:watch', { match });
        await guest.socket.command('game:watch', { match });
        host.socket.send(input(host.channel, 1, 100));
        const event = await watcher.event('game:ended');
        assert.equal(event.ch, `match:${match}`);
        assert.deepEqual(event.data, { ...(await match_of(match)), replay: null, versions: null });
        for (const socket of [host.socket, guest.socket, beside])
            assert.equal((await socket.event('game:ended')).ch, `room:${room}`);
        for (const socket of [host.socket, guest.socket, beside, watcher]) {
            await socket.ask('chat:history', { channel: 'global' });
            const ends = socket.all_events.filter((one) => one.type === 'game:ended');
            assert.equal(ends.length, 1);
        }
        for (const socket of [watcher, host.socket]) {
            const again = await socket.ask('game:watch', { match });
            assert.equal(again.error?.code, 'match_over');
        }
    });

    test('is watched on one channel, however often it is asked for', async () => {
        const { match, host, guest } = await play();
        const asked = await Promise.all(
            [1, 2, 3].map(() => host.socket.ask('game:watch', { match })),
        );
        for (const { ok, data, error } of asked) {
            if (ok) assert.deepEqual([data.channel, data.slot], [host.channel, 0]);
            else assert.equal(error.code, 'too_many_requests'); // the one before is not answered
        }
        assert.ok(asked.some((one) => one.ok));
        await host.socket.frame(sees((view) => view.ticks > 20));
        const ticks = host.socket.frames.map((frame) => shown(frame).tick);
        assert.equal(new Set(ticks).size, ticks.length);
        await host.socket.command('game:leave', { match });
        const result = await ended(guest);
        assert.equal(result.players[0].forfeit, true);
        const { error } = await host.socket.ask('game:leave', { match });
        assert.equal(error.code, 'not_in_match');
    });

    test('keeps its pace', async () => {
        const { host } = await play();
        const first = shown(await host.socket.frame(sees(() => true)));
        const since = Date.now();
        const last = shown(
            await host.socket.frame(sees((view) => view.ticks >= first.ticks + 300)),
        );
        const ms = Date.now() - since;
        assert.ok(Math.abs(ms - (last.ticks - first.ticks) * 10) < 500, `300 ticks in ${ms} ms`);
        await host.socket.command('game:leave', { match: host.started.match });
    });

    test('tells the game who goes, comes back and gives up', async () => {
        const { match, host, guest } = await play();
        await host.socket.frame(sees((view) => view.joins[1] === 1));
        await guest.socket.close();
        await host.socket.frame(sees((view) => view.leaves[1] === 1));
        const back = await platform.socket({ token: guest.token, gateway: 1 });
        const seat = await back.command('game:watch', { match });
        assert.equal(seat.slot, 1);
        await host.socket.frame(sees((view) => view.joins[1] === 2));
        await back.command('game:leave', { match });
        const result = await ended(host);
        assert.equal(result.reason, 'forfeit');
        assert.equal(result.players[1].forfeit, true);
        assert.equal(result.players[0].outcome, 'win');
    });

    test('of a turn-based game moves by inputs alone', async () => {
        const { host, guest } = await play('turns');
        await host.socket.frame(sees((view) => view.joins[0] === 1 && view.joins[1] === 1));
        guest.socket.send(input(guest.channel, 1, 30));
        const view = shown(await host.socket.frame(sees((seen) => seen.counts[1] === 30)));
        assert.equal(view.ticks, 1);
        guest.socket.send(input(guest.channel, 2, 70));
        assert.equal((await ended(host)).players[1].outcome, 'win');
    });

    test('refuses a second one for a player who is in one', async () => {
        const { host } = await play();
        const room = await host.socket.command('room:create', { game: 'counter', mode: 'solo' });
        const answer = await host.socket.ask('room:start', { room: room.id });
        assert.equal(answer.error?.code, 'already_in_match');
        await host.socket.command('game:leave', { match: host.started.match });
        await ended(host);
    });

    for (const [what, bytes] of [
        ['a view over its size', INPUT_VIEW_TOO_LONG],
        ['a broken invariant', INPUT_BROKEN],
    ])
        test(`ends by ${what} alone, without a winner`, async () => {
            const other = await play();
            const { host, match } = await play();
            host.socket.send(input(host.channel, 1, ...bytes));
            const result = await ended(host);
            assert.equal(result.id, match);
            assert.equal(result.state, 'aborted');
            assert.equal(result.players[0].outcome, null);
            other.host.socket.send(input(other.host.channel, 1, 100));
            assert.equal((await ended(other.host)).state, 'ended');
        });
});

describe('a match that does not end by itself', () => {
    let usual;
    before(async () => {
        usual = platform;
        platform = await start_platform({
            settings: { plugins_dir: plugins, match_abandoned_seconds: 1, match_seconds_max: 5 },
        });
    });
    after(async () => {
        await platform.stop();
        platform = usual;
    });

    const aborted = async (match) => (await match_of(match)).state === 'aborted';

    test('is aborted when all its players have gone, and frees them', async () => {
        const { match, host, guest } = await play('turns');
        const watcher = await (await platform.guest()).socket();
        await watcher.command('game:watch', { match });
        await host.socket.close();
        await guest.socket.close();
        const { data } = await watcher.event('game:ended');
        assert.equal(data.reason, 'aborted');
        assert.ok(data.players.every((player) => player.outcome === null));
        const back = await platform.socket({ token: host.token });
        const room = await back.command('room:create', { game: 'counter', mode: 'solo' });
        const started = await back.command('room:start', { room: room.id });
        await back.command('game:leave', { match: started.match }).catch(() => {});
    });

    test('is aborted after its longest time, with all players there', async () => {
        const { match, host } = await play('turns');
        assert.equal(await aborted(match), false);
        const result = await ended(host);
        assert.equal(result.id, match);
        assert.equal(result.reason, 'aborted');
    });
});

describe('what dies', () => {
    test('a killed worker is back and its matches go on where they were', async () => {
        const { match, host, guest } = await play();
        host.socket.send(input(host.channel, 1, 33));
        const before = shown(await host.socket.frame(sees((view) => view.counts[0] === 33)));
        for (const one of workers('counter')) process.kill(one.pid, 'SIGKILL');
        await until('a new worker', () => workers('counter').length > 0);
        const socket = await platform.socket({ token: guest.token });
        const seat = await until('the match to be there again', async () => {
            const answer = await socket.ask('game:watch', { match });
            return answer.ok && answer.data;
        });
        assert.equal(seat.slot, 1);
        const later = shown(await socket.frame(sees((view) => view.ticks > before.ticks)));
        assert.equal(later.counts[0], 33);
        socket.send(input(seat.channel, 1, 100));
        const result = await ended(guest);
        assert.equal(result.state, 'ended');
        assert.equal(result.players[1].outcome, 'win');
    });

    test('a worker that hangs is replaced', async () => {
        const [one] = workers('counter');
        process.kill(one.pid, 'SIGSTOP');
        await until('it to be replaced', () => {
            const now = workers('counter');
            return now.length > 0 && now.every((other) => other.pid !== one.pid);
        });
        const { host } = await play();
        host.socket.send(input(host.channel, 1, 100));
        assert.equal((await ended(host)).state, 'ended');
    });

    test('a match that crashes its worker for the game is named in the log', async () => {
        const other = await play();
        const { host, match } = await play();
        await other.host.socket.frame(sees((view) => view.joins[0] === 1));
        host.socket.send(input(host.channel, 1, ...INPUT_CRASH));
        await until('the report', () =>
            platform
                .logs('games')
                .split('\n')
                .some((line) => line.includes(`match=${match}`) && line.includes('callback=tick')),
        );
        const socket = await platform.socket({ token: other.host.token });
        const seat = await until('the other match to be there again', async () => {
            const answer = await socket.ask('game:watch', { match: other.match });
            return answer.ok && answer.data;
        });
        socket.send(input(seat.channel, 1, 100));
        assert.equal((await ended(other.host)).state, 'ended');
    });

    test('a result outlives the database', async () => {
        const { match, host } = await play();
        const spool = () => fs.readdirSync(path.join(platform.data_dir, 'spool')).join(' ');
        const database = platform.processes().filter((one) => /postgres/.test(one.command));
        for (const one of database) process.kill(one.pid, 'SIGSTOP');
        try {
            host.socket.send(input(host.channel, 1, 100));
            await until('the result to be spooled', () => spool().includes(match));
        } finally {
            for (const one of database) process.kill(one.pid, 'SIGCONT');
        }
        const result = await ended(host);
        assert.equal(result.state, 'ended');
        await until('the spool to be empty', () => !spool().includes(match));
    });
});

describe('what is for services only', () => {
    const inside = (method, url, token) =>
        new Promise((resolve, reject) => {
            const request = http.request(
                {
                    method,
                    host: '127.0.0.1',
                    port: platform.ports.first + 4,
                    path: url,
                    headers: {
                        ...(token && { Authorization: `Bearer ${token}` }),
                        'Content-Type': 'application/json',
                    },
                },
                (answer) => resolve(answer.resume().statusCode),
            );
            request.on('error', reject);
            request.end(method === 'POST' ? '{}' : undefined);
        });

    test('a service with the right token starts a match and learns where it is', async () => {
        const user = await platform.guest();
        const room = new_id();
        const body = {
            room,
            game: 'counter',
            mode: 'solo',
            players: [{ user: user.id, name: user.name, slot: 0 }],
            seats: 1,
            bots: 0,
        };
        const start = await service_token(platform, 'rooms', 'games:start');
        const started = await ask_inside(platform, GAMES, 'POST', '/internal/games/matches', {
            token: start,
            body,
        });
        assert.equal(started.status, 201, JSON.stringify(started.body));
        assert.equal(started.body.room, room);
        const frames = await service_token(platform, 'gateway', 'games:frames');
        const url = `/internal/games/matches/${started.body.id}/placement`;
        const placed = await ask_inside(platform, GAMES, 'GET', url, { token: frames });
        assert.equal(placed.body.match, started.body.id);
        assert.equal(placed.body.sha, started.body.sha);

        const socket = await user.socket();
        const { channel } = await socket.command('game:watch', { match: started.body.id });
        const action = { channel, input: Buffer.from([100]).toString('base64') };
        await socket.frame(sees(() => true));
        assert.deepEqual(await socket.command('game:playerAction', action), {});
        await until('the result', async () => (await match_of(started.body.id)).state === 'ended');
        assert.equal(
            (await ask_inside(platform, GAMES, 'GET', url, { token: frames })).body.code,
            'match_over',
        );
    });

    test('no user may start a match or ask for a placement', async () => {
        const user = await platform.guest();
        assert.equal(await inside('POST', '/internal/games/matches'), 401);
        assert.equal(await inside('POST', '/internal/games/matches', user.token), 403);
        const id = '00000000-0000-7000-8000-000000000000';
        assert.equal(
            await inside('GET', `/internal/games/matches/${id}/placement`, user.token),
            403,
        );
        assert.equal(
            (await platform.api('POST', '/internal/games/matches', { body: {} })).status,
            404,
        );
    });

    test('a frame stream without a good hello is closed', async () => {
        const user = await platform.guest();
        const hello = (body, type = 1) => {
            const head = Buffer.alloc(16);
            head.writeUInt32LE(body.length, 0);
            head.writeUInt16LE(type, 4);
            head.writeUInt32LE(1, 12);
            return Buffer.concat([head, body]);
        };
        const bad = [
            Buffer.from('GET / HTTP/1.1\r\n\r\n'),
            hello(Buffer.from(`counter\0g1\0${user.token}\0`)),
            hello(Buffer.from('counter\0g1\0no token\0')),
            hello(Buffer.from('counter')),
            hello(Buffer.alloc(40), 6),
            Buffer.alloc(0), // nothing, for too long
        ];
        for (const bytes of bad)
            await new Promise((resolve, reject) => {
                const socket = net.connect(platform.ports.first + 5, '127.0.0.1');
                socket.setTimeout(5000, () => reject(new Error('it stays open')));
                socket
                    .on('close', resolve)
                    .on('error', () => {})
                    .on('data', reject);
                socket.write(bytes);
            });
    });
});
