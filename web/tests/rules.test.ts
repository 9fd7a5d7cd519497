// What a form of rules says, and what a room offers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    canSitDown,
    defaultsOf,
    freeSeats,
    hasRules,
    playersNeeded,
    rulesFrom,
    valueText,
} from '../lib/rules';
import type { Game, GameMode, Room } from '../lib/types';

const label = { en: 'A rule', fr: 'Une règle' };
const game = {
    bots: true,
    openSeats: false,
    options: [
        { id: 'points', type: 'integer', min: 1, max: 21, step: 1, default: 7, label },
        {
            id: 'speed',
            type: 'enum',
            values: [
                { id: 'slow', label: { en: 'Slow', fr: 'Lent' } },
                { id: 'fast', label: { en: 'Fast', fr: 'Rapide' } },
            ],
            default: 'slow',
            label,
        },
        { id: 'walls', type: 'switch', default: true, label },
    ],
} as unknown as Game;
const duel: GameMode = { id: '1v1', playersMin: 2, playersMax: 2, teams: 2 };
const crowd: GameMode = { id: 'ffa', playersMin: 2, playersMax: 8, teams: 8 };

function room(of: Partial<Room>): Room {
    const members = [{ role: 'player' }, { role: 'spectator' }];
    return { state: 'open', seats: 2, playersMin: 2, bots: 0, match: null, members, ...of } as Room;
}

test('a form without a change says what the game declares', () => {
    const rules = defaultsOf(game, crowd);
    assert.deepEqual(rules, {
        options: { points: 7, speed: 'slow', walls: true },
        bots: 0,
        seats: 8,
        lateJoin: false,
    });
    const same = { 'options.points': '7', 'options.speed': 'slow', 'options.walls': 'on' };
    assert.deepEqual(rulesFrom(game, crowd, { ...same, seats: '8', bots: '0' }), rules);
});

test('a box that is not ticked is off, and a number is a number', () => {
    const { options } = rulesFrom(game, duel, { 'options.points': '3', 'options.speed': 'fast' });
    assert.deepEqual(options, { points: 3, speed: 'fast', walls: false });
});

test('nobody comes late where there is no seat to come to', () => {
    assert.equal(rulesFrom(game, crowd, { lateJoin: 'on', bots: '0' }).lateJoin, false);
    assert.equal(rulesFrom(game, crowd, { lateJoin: 'on', bots: '2' }).lateJoin, true);
    const open = { ...game, openSeats: true };
    assert.equal(rulesFrom(open, crowd, { lateJoin: 'on', bots: '0' }).lateJoin, true);
});

test('the computer is not offered to one who plays alone', () => {
    const solo: GameMode = { id: 'solo', playersMin: 1, playersMax: 1, teams: 1 };
    assert.equal(rulesFrom(game, solo, { bots: '3' }).bots, 0);
    assert.equal(hasRules({ ...game, options: [] }, solo), false);
    assert.equal(hasRules({ ...game, options: [], bots: false }, crowd), true);
});

test('a value is shown in the words of the visitor', () => {
    const [points, speed, walls] = game.options;
    const words = { on: 'oui', off: 'non' };
    assert.ok(points && speed && walls);
    assert.equal(valueText(points, 21, 'fr', words), '21');
    assert.equal(valueText(speed, 'fast', 'fr', words), 'Rapide');
    assert.equal(valueText(walls, false, 'fr', words), 'non');
});

test('a room says who may sit down, and how many a start needs', () => {
    assert.equal(freeSeats(room({})), 1);
    assert.equal(playersNeeded(room({})), 2);
    assert.equal(playersNeeded(room({ bots: 1 })), 1);
    assert.equal(canSitDown(room({})), true);
    assert.equal(canSitDown(room({ seats: 1 })), false);
    const playing = { state: 'playing', match: 'some' } as const;
    assert.equal(canSitDown(room({ ...playing, lateJoin: false })), false);
    assert.equal(canSitDown(room({ ...playing, lateJoin: true })), true);
    assert.equal(canSitDown(room({ ...playing, lateJoin: true, match: null })), false);
});
