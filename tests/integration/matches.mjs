// Matches of the counting test game and of its hostile sister, as people play them, and what the workers
// tell of themselves: whether a match missed a tick. For the tests of bad and hostile games.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { until } from './harness.mjs';

const TICKS_CATCH_UP_MAX = 4; // see platform/worker/schedule.h
const COUNTER_HZ = 100;
export const FOREIGN_SHARE_MAX = 0.1; // of the processors' time: above it a missed tick is nobody's fault

// A room of two players that has begun, and the first frame of its match. `options` of their sockets.
export async function play(platform, game, options) {
    const host = await platform.guest();
    const guest = await platform.guest();
    host.socket = await host.socket(options);
    guest.socket = await guest.socket(options);
    const room = await host.socket.command('room:create', { game, mode: '1v1' });
    await guest.socket.command('room:join', { room: room.id });
    await guest.socket.command('room:ready', { room: room.id, ready: true });
    await host.socket.command('room:start', { room: room.id });
    const started = (await host.socket.event('game:started')).data;
    await host.socket.frame((frame) => frame[0] === 2);
    return { host, guest, match: started.match, channel: started.channel };
}

// What the games service logged of a match.
export const lines_of = (platform, match) =>
    platform
        .logs('games')
        .split('\n')
        .filter((line) => line.includes(`match=${match}`));

// What the worker of a game tells of itself, see platform/games/worker_figures.c.
export async function figures_of(platform, game) {
    const page = await (await fetch(`http://127.0.0.1:${platform.ports.first + 4}/metrics`)).text();
    const figures = { late: [], machine: processor_time() };
    const line = /^games_worker_(\w+)\{game="([\w-]+)",worker="([\w-]+)"(?:,le="(.+)")?\} (\d+)$/gm;
    for (const [, name, of, worker, limit, value] of page.matchAll(line)) {
        if (of !== game) continue;
        assert.ok([undefined, worker].includes(figures.worker), `one worker plays ${game}`);
        figures.worker = worker;
        if (limit) figures.late.push([limit, Number(value)]);
        else figures[name] = Number(value);
    }
    assert.ok(figures.worker, `a worker plays ${game}`);
    return figures;
}

// The first account that is more than a heartbeat younger than this moment.
export async function next_figures_of(platform, game) {
    const seen = await figures_of(platform, game);
    return until('two heartbeats', async () => {
        const figures = await figures_of(platform, game);
        return figures.age_microseconds - seen.age_microseconds > 400_000 && figures;
    });
}

// Between two accounts of one process every tick was done, and done when it was due or caught up.
// Where programs that are none of ours have taken the processors meanwhile, a miss proves nothing:
// the test is skipped, and says so.
export function assert_no_tick_missed(before, after, t) {
    const elapsed_s = (after.age_microseconds - before.age_microseconds) / 1e6;
    const ticks = after.ticks_total - before.ticks_total;
    const skipped = after.ticks_skipped_total - before.ticks_skipped_total;
    assert.equal(after.worker, before.worker);
    assert.ok(elapsed_s > 0, 'the worker was not started again');
    const missed = skipped + Math.abs(ticks - elapsed_s * COUNTER_HZ) > TICKS_CATCH_UP_MAX + 1;
    if ((missed || skipped > 0) && !is_machine_ours(before.machine, after.machine, t)) return;
    assert.equal(skipped, 0);
    assert.ok(!missed, `${ticks} ticks in ${elapsed_s} s`);
    const late = after.late.map(([limit, count], i) => [limit, count - before.late[i][1]]);
    const caught_up = after.ticks_caught_up_total - before.ticks_caught_up_total;
    const within = (share) => late.find(([, count]) => count >= ticks * share)[0];
    t.diagnostic(
        `ticks=${ticks} skipped=0 caught_up=${caught_up} late_us_p50<=${within(0.5)} ` +
            `late_us_p99<=${within(0.99)} late_us_max<=${within(1)} ` +
            `late_us_max_since_start=${after.tick_late_max_microseconds}`,
    );
}

// In clock ticks: of all processors, and of this test with every process that it has started, the
// ended ones among them.
export function processor_time() {
    const [user, nice, system, idle, wait, interrupts, soft, steal] = fs
        .readFileSync('/proc/stat', 'utf8')
        .split('\n', 1)[0]
        .split(/\s+/)
        .slice(1)
        .map(Number);
    const busy = user + nice + system + interrupts + soft + steal;
    const processes = new Map();
    for (const name of fs.readdirSync('/proc')) {
        if (!/^\d+$/.test(name)) continue;
        try {
            const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
            const fields = stat
                .slice(stat.lastIndexOf(')') + 2)
                .split(' ')
                .map(Number);
            const spent = fields[11] + fields[12] + fields[13] + fields[14];
            processes.set(Number(name), { parent: fields[1], spent });
        } catch {
            // it has just ended
        }
    }
    let ours = 0;
    for (const [number, { spent }] of processes) {
        let above = number;
        while (above > 1 && above !== process.pid) above = processes.get(above)?.parent ?? 0;
        if (above === process.pid) ours += spent;
    }
    return { busy, total: busy + idle + wait, ours };
}

export function foreign_share(before, after) {
    const busy = after.busy - before.busy;
    const ours = after.ours - before.ours;
    return Math.max(0, busy - ours) / Math.max(1, after.total - before.total);
}

// Between two of these; else being late proves nothing, and the test is skipped and says so.
export function is_machine_ours(before, after, t) {
    const foreign = foreign_share(before, after);
    if (foreign > FOREIGN_SHARE_MAX)
        t.skip(`not judged: other programs took ${Math.round(foreign * 100)} % of the processors`);
    return foreign <= FOREIGN_SHARE_MAX;
}

// A late worker plays up to TICKS_CATCH_UP_MAX ticks in one wake-up and shows the last of them.
export function assert_frames_follow(frames) {
    const ticks = frames.filter((one) => one[0] === 2).map((one) => one.readUInt32LE(2));
    assert.ok(ticks.length > 0);
    for (let i = 1; i < ticks.length; i++) {
        const gap = ticks[i] - ticks[i - 1];
        assert.ok(gap >= 1 && gap <= TICKS_CATCH_UP_MAX, `${gap} ticks after ${ticks[i - 1]}`);
    }
}

// The host gives up; everybody hears how it ended.
export async function leave(match) {
    await match.host.socket.command('game:leave', { match: match.match });
    assert.equal((await match.host.socket.event('game:ended')).data.reason, 'forfeit');
}

// Tells the hostile game what to do with its next tick: a byte of tests/unit/games/hostile/deeds.h.
export function mischief(match, deed) {
    const frame = Buffer.alloc(6 + 9);
    frame.writeUInt8(1, 0);
    frame.writeUInt8(match.channel, 1);
    frame.writeUInt32LE(1, 2);
    frame.write('mischief', 6);
    frame.writeUInt8(deed, 14);
    match.host.socket.send(frame);
}
