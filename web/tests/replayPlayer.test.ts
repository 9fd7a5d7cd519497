// A replay's clock and player, with a page's time and a frame of rules that the test plays.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ReplayClock } from '../lib/replayClock';
import { type Opened, ReplayPlayer, SILENCE_MS_MAX } from '../lib/replayPlayer';
import { versionsOf } from '../lib/rulesFrame';

const HZ = 60;
const STEPS = 600;
const FRAME_MS = 1000 / HZ;
const STATE_HEAD_BYTES = 10;

const opened: Opened = {
    t: 'opened',
    tickHz: HZ,
    steps: STEPS,
    hashes: 3,
    isWhole: true,
    isPlayable: true,
    parts: [{ image: 'a', version: '1.0.0', from: 0 }],
};

/* Repaints come when the test says so; the rules answer with the step as their view. */
class Page {
    now = 1000;
    asked: number[] = [];
    states: { tick: number; step: number }[] = [];
    answers = true;
    private work: ((now: number) => void) | null = null;
    readonly player: ReplayPlayer;

    constructor(about: Partial<Opened> = {}) {
        this.player = new ReplayPlayer({ ...opened, ...about }, (step) => this.ask(step), {
            now: () => this.now,
            onFrame: (work) => {
                this.work = work;
                return () => {
                    this.work = null;
                };
            },
        });
        this.player.connect((state) => {
            const head = new DataView(state);
            const step = head.getUint32(STATE_HEAD_BYTES, true);
            this.states.push({ tick: head.getUint32(2, true), step });
        });
        this.frame();
    }

    get state() {
        return this.player.getSnapshot();
    }

    private ask(step: number): void {
        this.asked.push(step);
    }

    answer(): void {
        const step = this.asked.at(-1);
        this.asked = [];
        if (step === undefined) return;
        const view = new ArrayBuffer(4);
        new DataView(view).setUint32(0, step, true);
        this.player.heard({ t: 'view', step, part: 0, view });
    }

    frame(ms = FRAME_MS): void {
        this.now += ms;
        if (this.answers) this.answer();
        this.work?.(this.now);
        if (this.answers) this.answer();
    }

    seconds(count: number): void {
        for (let i = 0; i < count * HZ; i++) this.frame();
    }

    told(change: object): void {
        const { front, steppable, agreed, mismatch, failure } = this.state;
        this.player.heard({
            t: 'progress',
            front,
            steppable,
            agreed,
            mismatch,
            failure,
            ...change,
        });
    }
}

const near = (value: number, wanted: number) =>
    assert.ok(Math.abs(value - wanted) <= 3, `${value}, not ${wanted}`);

test('a clock goes at its speed, waits, and stops at the end', () => {
    const clock = new ReplayClock(HZ, STEPS);
    assert.equal(clock.step(5000), 0);
    clock.play(1000);
    assert.equal(clock.step(2000), 60);
    clock.setSpeed(4, 2000);
    assert.equal(clock.step(3000), 300);
    clock.pause(3000);
    assert.equal(clock.step(9000), 300);
    clock.setSpeed(0.5, 9000);
    clock.play(9000);
    assert.equal(clock.step(10_000), 330);
    clock.seek(590, 10_000);
    assert.equal(clock.step(99_000), STEPS);
    assert.equal(clock.playing, false);
    clock.play(99_000);
    assert.equal(clock.step(99_000), 0, 'from the end it begins again');
    clock.setLast(20, 99_000);
    assert.equal(clock.step(109_000), 20);
});

test('plays as fast as the match was, or as it is told', () => {
    const page = new Page();
    assert.deepEqual([page.state.step, page.state.playing], [0, false]);
    page.player.toggle();
    page.seconds(2);
    near(page.state.step, 120);
    page.player.setSpeed(2);
    page.seconds(2);
    near(page.state.step, 360);
    page.player.toggle();
    const { step } = page.state;
    page.seconds(1);
    near(page.state.step, step);
    assert.equal(page.state.playing, false);
});

test('to the game the time only goes on, wherever one goes', () => {
    const page = new Page();
    page.player.toggle();
    page.seconds(1);
    page.player.seek(500);
    page.seconds(0.5);
    page.player.seek(100);
    page.seconds(0.5);
    page.player.toggle();
    page.seconds(1); // what stands still is told to stand still
    const ticks = page.states.map(({ tick }) => tick);
    assert.ok(ticks.every((tick, i) => i === 0 || tick > (ticks[i - 1] ?? 0)));
    near(ticks.length, 3 * HZ);
    const last = page.states.at(-1);
    assert.equal(last?.step, page.state.step);
});

test('stops at the end and begins again from there', () => {
    const page = new Page();
    page.player.seek(STEPS - 10);
    page.player.toggle();
    page.seconds(1);
    assert.deepEqual([page.state.step, page.state.playing], [STEPS, false]);
    page.player.toggle();
    page.frame();
    near(page.state.step, 0);
});

test('waits while the rules run to a place, and says so', () => {
    const page = new Page();
    page.player.toggle();
    page.answers = false;
    page.player.seek(400);
    page.frame();
    page.seconds(3);
    assert.equal(page.state.waiting, true);
    assert.equal(page.asked.length, 1, 'it is asked for once');
    near(page.asked[0] ?? 0, 400);
    page.answers = true;
    page.seconds(0.5);
    assert.equal(page.state.waiting, false);
    near(page.state.step, 430);
});

test('who goes elsewhere meanwhile gets there', () => {
    const page = new Page();
    page.answers = false;
    page.player.seek(400);
    page.frame();
    page.player.seek(20);
    assert.deepEqual(page.asked, [400, 20]);
    page.answers = true;
    page.seconds(0.1);
    assert.equal(page.state.step, 20);
});

test('rules that say nothing more are told of', () => {
    const page = new Page();
    page.answers = false;
    page.player.seek(400);
    page.frame();
    page.frame(SILENCE_MS_MAX + 1);
    assert.equal(page.state.silent, true);
    page.told({ front: 300 });
    assert.equal(page.state.silent, false);
});

test('goes no further than the rules go', () => {
    const page = new Page();
    const failure = { code: 'rules_failed', message: 'unreachable', step: 201 };
    page.player.seek(500);
    page.answers = false;
    page.frame();
    page.told({ steppable: 200, failure });
    assert.equal(page.asked.at(-1), 200);
    page.answers = true;
    page.seconds(0.1);
    assert.deepEqual([page.state.step, page.state.failure], [200, failure]);
    page.player.seek(100);
    page.player.toggle();
    page.seconds(5);
    assert.deepEqual([page.state.step, page.state.playing], [200, false]);
});

test('a game without ticks goes a step a second', () => {
    const page = new Page({ tickHz: 0, steps: 8 });
    page.player.toggle();
    page.seconds(3.5);
    assert.equal(page.state.step, 3);
});

test('each part of a match is of the version that played it', () => {
    const version = (sha: string, image: string) => ({ sha, image, version: '1', rules: true });
    const [a, b, c] = [version('a', '1'), version('b', '2'), version('c', '2')];
    const of = (images: string[], versions: (typeof a)[]) =>
        versionsOf(
            images.map((image) => ({ image })),
            versions,
        ).map((one) => one?.sha ?? null);
    assert.deepEqual(of(['1', '2', '1'], [a, b]), ['a', 'b', 'a']);
    assert.deepEqual(of(['1', '2', '2'], [a, b, c]), ['a', 'b', 'c'], 'the same rules twice');
    assert.deepEqual(of(['1', '3'], [a, b]), ['a', null]);
});
