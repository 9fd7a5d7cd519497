// Live matches of the counting game, many at once and for long. Each frame is held against all that
// anybody was shown of its match before: a tick that comes again with other content, or after a
// later one, was undone. Frames are judged as they come and not kept. A player sends one input after the
// other, each when the one before was used, so that every input has to count, and once.
import { input, play, shown } from './counting.mjs';
import { until } from './harness.mjs';

const TICKS_KEPT = 3000; // of a match; nobody lags behind by so many
const COUNTS = [18, 26]; // where a view of the counting game has them
const STATE = [10, 34];
const HITS_MAX = 99; // of a player: a hundred wins
const RETURN_MS_MAX = 30_000;
const WATCH_RETRY_MS = 500; // as a page does

// A seeded generator of numbers from 0 to 1: mulberry32.
export function random_of(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

export class Rally {
    static async begin(platform, game) {
        return new Rally(platform, await play(platform, game));
    }

    tick = 0; // the last that anybody was shown
    undone = []; // sentences
    may_part = false; // for longer than a seat is held
    #contents = new Map(); // by tick: what was shown of its state

    constructor(platform, { match, host, guest }) {
        this.match = match;
        this.players = [host, guest].map((person) => new Player(platform, this, person));
    }

    // A frame of one of the two.
    judge(player, view, bytes) {
        const content = bytes.toString('latin1', ...STATE);
        const before = this.#contents.get(view.tick);
        if (view.tick < player.tick) this.#complain(`tick ${view.tick} after ${player.tick}`);
        if (before !== undefined && before !== content)
            this.#complain(`tick ${view.tick} was shown with other content`);
        if (view.ticks !== view.tick) this.#complain(`tick ${view.tick} is the ${view.ticks}th`);
        if (player.counted && bytes.compare(player.counted, 0, 8, ...COUNTS) !== 0)
            for (const slot of [0, 1])
                if (view.counts[slot] < player.counted.readUInt32LE(4 * slot))
                    this.#complain(`at tick ${view.tick} counts less than before`);
        player.counted = bytes.subarray(...COUNTS);
        if (!this.may_part && [...view.joins, ...view.leaves.map((n) => n + 1)].some((n) => n > 1))
            this.#complain(`at tick ${view.tick} somebody has come or gone`);
        if (before === undefined) this.#contents.set(view.tick, content);
        if (view.tick <= this.tick) return;
        this.tick = view.tick;
        this.#contents.delete(view.tick - TICKS_KEPT);
    }

    #complain(sentence) {
        this.undone.push(`match ${this.match}: ${sentence}`);
    }

    // Every input has counted, and once; then the host wins, and both hear so. Undefined, or what is wrong.
    async end() {
        const [host] = this.players;
        try {
            await Promise.all(this.players.map((player) => player.idle()));
            const { tick } = this;
            await Promise.all(this.players.map((player) => player.after(tick)));
            for (const { counted } of this.players)
                for (const [slot, { sent, unsure }] of this.players.entries()) {
                    const count = counted.readUInt32LE(4 * slot);
                    if (count > sent || count < sent - unsure)
                        return `${count} inputs of ${sent} (${unsure} unsure) count`;
                }
            host.send(100);
            for (const player of this.players) {
                const { state, players } = await player.heard('game:ended');
                if (state !== 'ended' || players[0].outcome !== 'win') return `it is ${state}`;
            }
        } catch (error) {
            return error.message;
        } finally {
            for (const player of this.players) player.stay_home();
        }
    }
}

class Player {
    tick = 0;
    ack = 0;
    sent = 0; // in all, by `hit`
    unsure = 0; // of these: on their way when the connection ended
    counted = null;
    #seq = 0;
    #settled = 0; // up to this one nothing is waited for
    #news = []; // {tick, at} of frames with another tick, the newest last
    #looks = new Set();
    #is_at_home = false;
    #is_away = false; // between two connections

    constructor(platform, rally, { socket, channel, token }) {
        this.platform = platform;
        this.rally = rally;
        this.token = token;
        this.channel = channel;
        this.#follow(socket);
    }

    // Comes back by any gateway when the connection ends, as a page does.
    #follow(socket) {
        this.socket = socket;
        socket.frames.length = socket.all_frames.length = 0;
        socket.on_frame = (bytes, at) => this.#take(bytes, at);
        socket.closed.then(() => this.#return()).catch(() => {}); // closed again: that one comes back
    }

    async #return() {
        const { platform, token, rally } = this;
        if (this.#is_at_home) return;
        if (this.ack !== this.#seq) this.unsure++;
        this.#settled = this.#seq;
        this.#is_away = true;
        const connect = () => this.#is_at_home || platform.socket({ token }).catch(() => null);
        const socket = await until('a connection', connect, RETURN_MS_MAX);
        if (this.#is_at_home) return;
        this.#follow(socket);
        for (let answer; socket.close_code === undefined && !answer?.ok; ) {
            answer = await socket.ask('game:watch', { match: rally.match });
            if (!answer.ok) await new Promise((resolve) => setTimeout(resolve, WATCH_RETRY_MS));
            else this.channel = answer.data.channel;
            this.#is_away = !answer.ok;
        }
    }

    stay_home() {
        this.#is_at_home = true;
        this.socket.terminate();
    }

    #take(bytes, at) {
        if (bytes[0] !== 2) return;
        const view = shown(bytes);
        this.rally.judge(this, view, bytes);
        if (view.tick !== this.tick) {
            this.#news.push({ tick: view.tick, at });
            if (this.#news.length > 2 * TICKS_KEPT) this.#news.splice(0, TICKS_KEPT);
        }
        this.tick = view.tick;
        this.ack = view.ack;
        for (const look of this.#looks) look();
    }

    // When a tick later than this one was shown first, in ms of performance.now().
    after(tick, timeout_ms = RETURN_MS_MAX) {
        return this.#seen(`a tick after ${tick}`, timeout_ms, () => {
            const first = this.#news.findLastIndex((one) => one.tick <= tick) + 1;
            return this.#news[first]?.at;
        });
    }

    // The longest time without a new tick since `from`, up to now.
    gap_ms(from) {
        const times = [from, ...this.#news.map(({ at }) => at).filter((at) => at > from)];
        return times.reduce(
            (most, at, i) => Math.max(most, (times[i + 1] ?? performance.now()) - at),
            0,
        );
    }

    send(value) {
        this.socket.send(input(this.channel, ++this.#seq, value));
    }

    // Counts one more, unless the input before is still on its way, or the match were won.
    hit() {
        if (!this.#is_idle() || this.sent === HITS_MAX) return;
        this.sent++;
        this.send(1);
    }

    #is_idle() {
        return !this.#is_away && (this.ack === this.#seq || this.#settled === this.#seq);
    }

    // Every input was used.
    idle() {
        return this.#seen('its inputs to count', RETURN_MS_MAX, () => this.#is_idle());
    }

    async heard(type) {
        return (await this.socket.event(type, undefined, RETURN_MS_MAX)).data;
    }

    #seen(what, timeout_ms, look) {
        return new Promise((resolve, reject) => {
            const done = (action, value) => {
                clearTimeout(timer);
                this.#looks.delete(again);
                action(value);
            };
            const again = () => {
                const found = look();
                if (found) done(resolve, found);
            };
            const timer = setTimeout(
                () => done(reject, new Error(`waited ${timeout_ms} ms for ${what}`)),
                timeout_ms,
            );
            this.#looks.add(again);
            again();
        });
    }
}
