// What an administrator's page says about a game.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    consequence,
    hasFailed,
    liveOf,
    outcomeText,
    secondsLeft,
    standingOf,
    troubleOf,
    versionBefore,
} from '../lib/admin';
import type { GameState, GameVersion, Released } from '../lib/types';
import { en } from '../locales/en';
import { fr } from '../locales/fr';

const one = { sha: '1'.repeat(64), version: '1.0.0' };
const two = { sha: '2'.repeat(64), version: '2.0.0' };
const three = { sha: '3'.repeat(64), version: '3.0.0' };

const settled: GameState = {
    game: 'pong',
    title: 'Pong',
    enabled: true,
    phase: 'settled',
    until: null,
    current: two,
    recorded: true,
    closed: false,
    change: null,
    waiting: null,
    playing: [],
    deaths: 0,
    lastDeath: null,
    lastBundle: null,
    quarantined: 0,
};
const played: GameState = {
    ...settled,
    playing: [
        { ...one, matches: 1, players: 2 },
        { ...two, matches: 3, players: 5 },
    ],
};
const back: GameState = {
    ...settled,
    change: {
        from: two,
        to: three,
        mode: 'swap',
        outcome: 'back',
        reason: 'it did wrong',
        matches: 1,
        rehearsalMicroseconds: 1,
        handOverMicroseconds: 1,
    },
};

function row(version: typeof one, liveAt: string | null, state = 'admitted'): GameVersion {
    return {
        game: 'pong',
        ...version,
        state: state as GameVersion['state'],
        code: null,
        reason: null,
        by: { user: null, name: 'plugins.d' },
        broughtAt: '2026-01-01T00:00:00.000Z',
        liveAt,
        enabled: true,
    };
}

test('what matters most about a game is said in one word', () => {
    assert.equal(standingOf(settled), 'live');
    assert.equal(standingOf({ ...settled, phase: 'on_trial' }), 'on_trial');
    assert.equal(standingOf({ ...settled, phase: 'on_trial', enabled: false }), 'disabled');
    assert.equal(standingOf({ ...settled, closed: true }), 'closed');
    assert.equal(standingOf({ ...settled, current: null, enabled: false }), 'none');
});

test('live matches are counted over all versions', () => {
    assert.deepEqual(liveOf(settled), { matches: 0, players: 0 });
    assert.deepEqual(liveOf(played), { matches: 4, players: 7 });
});

test('one step back is the version that was live last before, and never a bad one', () => {
    const current = row(two, '2026-01-02T00:00:00.000Z', 'current');
    const older = row(one, '2026-01-01T00:00:00.000Z');
    const newer = row(three, '2026-01-03T00:00:00.000Z');
    assert.deepEqual(versionBefore(settled, [newer, current, older]), one);
    assert.equal(versionBefore(settled, [current, row(three, null)]), null);
    const bad = row(one, '2026-01-01T00:00:00.000Z', 'quarantined');
    assert.equal(versionBefore(settled, [current, bad]), null);
    assert.equal(versionBefore({ ...settled, current: null }, [older]), null);
});

test('the question before a change says how many matches it is about', () => {
    const swap = { kind: 'swap' as const, version: three };
    const text = consequence(en, played, swap);
    assert.match(text, /^Live matches: 4\. People in them: 7\. /);
    assert.match(text, /version 3\.0\.0/);
    assert.match(consequence(fr, settled, swap), /^Personne n’y joue/);
    assert.match(consequence(en, played, { ...swap, kind: 'drain' }), /on version 2\.0\.0/);
    const draining = { ...back, phase: 'draining' as const };
    const turn = { kind: 'rollback' as const, version: two };
    assert.match(consequence(en, draining, turn), /New matches are of version 2\.0\.0 again/);
    assert.match(consequence(en, draining, swap), /waits until the drain/);
    const pardon = { kind: 'pardon' as const, version: three, reason: 'it did wrong' };
    assert.match(
        consequence(en, played, pardon),
        /^It is in quarantine because of this: “it did wrong”/,
    );
});

test('what came of a change tells why, and when the database does not know it yet', () => {
    const released: Released = {
        game: 'pong',
        from: two.sha,
        to: three.sha,
        version: '3.0.0',
        outcome: 'draining',
        matches: 0,
        reason: 'a mode is missing',
        recorded: true,
    };
    assert.equal(
        outcomeText(en, released),
        'Version 3.0.0 is live for new matches. (a mode is missing.)',
    );
    const lost = { ...released, reason: null, recorded: false };
    assert.match(outcomeText(en, lost), /database went away/);
});

test('what went back by itself is not said to be live', () => {
    assert.equal(troubleOf(settled), null);
    assert.equal(troubleOf(back), 'back');
    assert.equal(hasFailed(back, { kind: 'swap', version: three }), true);
    assert.equal(hasFailed(back, { kind: 'swap', version: two }), false);
    assert.equal(hasFailed(back, { kind: 'disable' }), false);
});

test('the time that is left never runs below nothing', () => {
    const now = Date.parse('2026-01-01T00:00:00.000Z');
    const until = (time: string) => ({ ...settled, until: time });
    assert.equal(secondsLeft(settled, now), null);
    assert.equal(secondsLeft(until('2026-01-01T00:00:29.500Z'), now), 30);
    assert.equal(secondsLeft(until('2025-12-31T00:00:00.000Z'), now), 0);
});
