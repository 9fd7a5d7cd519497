// Where a replay stands: a position in steps that moves with the time at some speed, or waits. Times
// are milliseconds of one clock, handed in.
export const SPEEDS = [0.5, 1, 2, 4] as const;
export type Speed = (typeof SPEEDS)[number];

export class ReplayClock {
    private readonly stepsPerSecond: number;
    private last: number;
    private from = 0;
    private since: number | null = null; // playing
    private rate: Speed = 1;

    constructor(stepsPerSecond: number, last: number) {
        this.stepsPerSecond = stepsPerSecond;
        this.last = last;
    }

    get playing(): boolean {
        return this.since !== null;
    }

    get speed(): Speed {
        return this.rate;
    }

    /** A whole step; stops at the last one. */
    step(now: number): number {
        const position = this.position(now);
        if (position >= this.last) this.pause(now);
        return Math.floor(position);
    }

    /** From the end it begins again. */
    play(now: number): void {
        if (this.since !== null) return;
        if (this.from >= this.last) this.from = 0;
        this.since = now;
    }

    pause(now: number): void {
        this.from = this.position(now);
        this.since = null;
    }

    setSpeed(speed: Speed, now: number): void {
        this.seek(this.position(now), now);
        this.rate = speed;
    }

    seek(position: number, now: number): void {
        this.from = Math.max(0, Math.min(this.last, position));
        if (this.since !== null) this.since = now;
    }

    /** No further than this from now on. */
    setLast(last: number, now: number): void {
        this.last = last;
        this.seek(this.position(now), now);
    }

    private position(now: number): number {
        if (this.since === null) return this.from;
        const seconds = (now - this.since) / 1000;
        return Math.min(this.last, this.from + seconds * this.stepsPerSecond * this.rate);
    }
}
