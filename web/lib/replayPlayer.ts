// What plays a recorded match back: asks the frame in which its rules run (rulesFrame.ts) for the
// position that is due, and makes of each answer a state frame for the game's own frame, which sees
// nothing but a live match that it watches. A plain store: components follow it by
// useSyncExternalStore. Time comes from outside.
import { ReplayClock, type Speed } from './replayClock';
import { OP } from './socketClient';

export const SILENCE_MS_MAX = 10_000; // of the rules, while they are asked for something
const WAITING_MS = 200; // then it is said that one has to wait
const TURNS_PER_SECOND = 1; // of a game that has no ticks
const SHOWN_HZ = 60; // of such a game, too
const STATE_HEAD_BYTES = 10;

/** What the rules' frame says, see docs/protocol.md, "The replay frame". */
export interface Opened {
    t: 'opened';
    tickHz: number;
    steps: number;
    hashes: number;
    isWhole: boolean;
    isPlayable: boolean;
    parts: { image: string; version: string; from: number }[];
}
export interface Progress {
    t: 'progress';
    front: number;
    steppable: number;
    agreed: number;
    mismatch: number | null;
    failure: { code: string; message: string; step: number } | null;
}
export interface View {
    t: 'view';
    step: number;
    part: number;
    view: ArrayBuffer;
}

export interface ReplaySnapshot {
    step: number;
    /** Place of the version that plays, in `Opened.parts`. */
    part: number;
    playing: boolean;
    speed: Speed;
    waiting: boolean;
    /** Steps that were run by now. */
    front: number;
    steppable: number;
    agreed: number;
    mismatch: number | null;
    failure: Progress['failure'];
    silent: boolean;
}

interface Timing {
    now(): number;
    /** Calls once, before the next repaint; returns how to call it off. */
    onFrame(work: (now: number) => void): () => void;
}

export class ReplayPlayer {
    private readonly show: (step: number) => void;
    private readonly timing: Timing;
    private readonly clock: ReplayClock;
    private readonly shownHz: number;
    private readonly begun: number;
    private readonly watchers = new Set<() => void>();
    private state: ReplaySnapshot;
    private cancel: () => void;
    private frame: ((state: ArrayBuffer) => void) | null = null;
    private view: ArrayBuffer | null = null;
    private tick = -1; // of the last state frame
    private asked: number | null = null; // that is not answered
    private askedAt = 0;
    private heardAt: number;

    constructor(opened: Opened, show: (step: number) => void, timing: Timing) {
        this.show = show;
        this.timing = timing;
        this.clock = new ReplayClock(opened.tickHz || TURNS_PER_SECOND, opened.steps);
        this.shownHz = opened.tickHz || SHOWN_HZ;
        this.begun = timing.now();
        this.heardAt = this.begun;
        this.state = {
            step: 0,
            part: 0,
            playing: false,
            speed: 1,
            waiting: false,
            front: 0,
            steppable: opened.steps,
            agreed: 0,
            mismatch: null,
            failure: null,
            silent: false,
        };
        this.ask(0, this.begun);
        this.cancel = timing.onFrame((now) => this.due(now));
    }

    readonly subscribe = (watcher: () => void): (() => void) => {
        this.watchers.add(watcher);
        return () => this.watchers.delete(watcher);
    };

    readonly getSnapshot = (): ReplaySnapshot => this.state;

    close(): void {
        this.cancel();
        this.frame = null;
    }

    toggle(): void {
        const now = this.timing.now();
        if (this.clock.playing) this.clock.pause(now);
        else this.clock.play(now);
        this.take({ playing: this.clock.playing });
    }

    setSpeed(speed: Speed): void {
        this.clock.setSpeed(speed, this.timing.now());
        this.take({ speed });
    }

    seek(step: number): void {
        const now = this.timing.now();
        this.clock.seek(step, now);
        if (this.asked !== null) this.ask(this.clock.step(now), now); // instead
    }

    /** The game's frame gets what is shown from now on. */
    connect(frame: (state: ArrayBuffer) => void): void {
        this.frame = frame;
    }

    disconnect(frame: (state: ArrayBuffer) => void): void {
        if (this.frame === frame) this.frame = null;
    }

    /** The newest state once more. */
    whole(): void {
        this.emit(this.timing.now());
    }

    heard(message: View | Progress): void {
        const now = this.timing.now();
        this.heardAt = now;
        if (message.t === 'progress') {
            const { front, steppable, agreed, mismatch, failure } = message;
            this.take({ front, steppable, agreed, mismatch, failure, silent: false });
            this.clock.setLast(steppable, now);
            if (this.asked !== null && this.asked > steppable) this.ask(steppable, now);
            return;
        }
        if (message.step === this.asked) this.asked = null;
        this.view = message.view;
        this.take({ step: message.step, part: message.part, waiting: false });
        this.emit(now);
    }

    private due(now: number): void {
        this.cancel = this.timing.onFrame((next) => this.due(next));
        if (this.asked !== null) {
            this.wait(this.asked, now);
            return;
        }
        const step = this.clock.step(now);
        if (step !== this.state.step) this.ask(step, now);
        else if (!this.clock.playing) this.emit(now); // stands still, and is not guessed on
        if (this.clock.playing !== this.state.playing) this.take({ playing: this.clock.playing });
    }

    /* The time stands still meanwhile. */
    private wait(asked: number, now: number): void {
        this.clock.seek(asked, now);
        if (now - this.askedAt > WAITING_MS && !this.state.waiting) this.take({ waiting: true });
        if (now - this.heardAt > SILENCE_MS_MAX && !this.state.silent) this.take({ silent: true });
    }

    private ask(step: number, now: number): void {
        if (this.asked === null) {
            this.askedAt = now;
            this.heardAt = now;
        }
        this.asked = step;
        this.show(step);
    }

    /* Its ticks count the time that passes here, whatever the speed and wherever one goes: to the
     * game's client they never stand still nor go back. */
    private emit(now: number): void {
        if (!this.frame || !this.view) return;
        const tick = Math.floor(((now - this.begun) * this.shownHz) / 1000);
        if (tick <= this.tick) return;
        this.tick = tick;
        const state = new Uint8Array(STATE_HEAD_BYTES + this.view.byteLength);
        const head = new DataView(state.buffer);
        head.setUint8(0, OP.STATE);
        head.setUint32(2, tick, true);
        state.set(new Uint8Array(this.view), STATE_HEAD_BYTES);
        this.frame(state.buffer);
    }

    private take(change: Partial<ReplaySnapshot>): void {
        this.state = { ...this.state, ...change };
        for (const watcher of this.watchers) watcher();
    }
}
