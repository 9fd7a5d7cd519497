// How a room plays: what its mode and its game leave to choose, and what a form says about it. The
// rooms service decides what is allowed; this only offers what would surely not be refused.
import type { Locale } from './text';
import type { Game, GameMode, GameOption, OptionValues, Room } from './types';

export const BOT_LEVELS = [1, 2, 3] as const;

export interface Rules {
    options: OptionValues;
    bots: number;
    seats: number;
    lateJoin: boolean;
}

export function defaultsOf(game: Game, mode: GameMode): Rules {
    const options: OptionValues = {};
    for (const option of game.options) options[option.id] = option.default;
    return { options, bots: 0, seats: mode.playersMax, lateJoin: false };
}

/** Whether there is anything to choose. */
export function hasRules(game: Game, mode: GameMode): boolean {
    return game.options.length > 0 || botsPossible(game, mode) || hasSizes(mode);
}

export function hasSizes(mode: GameMode): boolean {
    return mode.playersMin < mode.playersMax;
}

/** The computer can play here: the game has bots, and there is a seat beside one's own. */
export function botsPossible(game: Game, mode: GameMode): boolean {
    return game.bots && mode.playersMax > 1;
}

/** The names of the form's fields; `options.points` is also what a refusal names. */
export const fieldOf = (option: GameOption) => `options.${option.id}`;

/** What a form says, by the names of its fields. A box that is not ticked is not in a form. */
export function rulesFrom(game: Game, mode: GameMode, values: Record<string, string>): Rules {
    const options: OptionValues = {};
    for (const option of game.options) {
        const value = values[fieldOf(option)];
        if (option.type === 'switch') options[option.id] = value !== undefined;
        else if (value === undefined) options[option.id] = option.default;
        else options[option.id] = option.type === 'integer' ? Number(value) : value;
    }
    const bots = botsPossible(game, mode) ? Number(values.bots ?? 0) : 0;
    return {
        options,
        bots,
        seats: hasSizes(mode) ? Number(values.seats ?? mode.playersMax) : mode.playersMax,
        lateJoin: values.lateJoin !== undefined && (bots > 0 || game.openSeats),
    };
}

export function labelOf(option: GameOption, locale: Locale): string {
    return option.label[locale];
}

/** A chosen value in words; a switch has none of its own. */
export function valueText(
    option: GameOption,
    value: number | string | boolean | undefined,
    locale: Locale,
    words: { on: string; off: string },
): string {
    if (option.type === 'switch') return value === true ? words.on : words.off;
    if (option.type === 'integer') return String(value ?? option.default);
    const chosen = option.values.find(({ id }) => id === value);
    return chosen ? chosen.label[locale] : String(value ?? option.default);
}

export function playersOf(room: Room) {
    return room.members.filter((member) => member.role === 'player');
}

export function freeSeats(room: Room): number {
    return Math.max(0, room.seats - playersOf(room).length);
}

/** How many players a start needs. */
export function playersNeeded(room: Room): number {
    return room.bots > 0 ? 1 : room.playersMin;
}

/** A newcomer may sit down: before a match, or in it where the room says so. */
export function canSitDown(room: Room): boolean {
    return room.state === 'open' ? freeSeats(room) > 0 : room.lateJoin && room.match !== null;
}
