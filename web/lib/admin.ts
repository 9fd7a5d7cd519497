// What an administrator's page says about a game, as far as it can be found out without asking: how
// it stands, which version is the one before, and what a change would do to how many live matches.
import { fill, type Texts } from './text';
import type { GameState, GameVersion, Released, VersionName } from './types';

export const SHA_SHOWN = 12;
export const ARCHIVE_TYPE = 'application/x-tar';
export const ARCHIVE_BYTES_MAX = 66 << 20;

export type Standing = keyof Texts['admin']['standing'];

export type VersionAct =
    | { kind: 'swap' | 'drain' | 'rollback'; version: VersionName }
    | { kind: 'pardon'; version: VersionName; reason: string };
export type Act = VersionAct | { kind: 'enable' | 'disable' };

/** The one word that matters most. */
export function standingOf(state: GameState): Standing {
    if (state.current === null) return 'none';
    if (!state.enabled) return 'disabled';
    if (state.closed) return 'closed';
    return state.phase === 'settled' ? 'live' : state.phase;
}

export function liveOf(state: GameState): { matches: number; players: number } {
    return state.playing.reduce(
        (sum, one) => ({
            matches: sum.matches + one.matches,
            players: sum.players + one.players,
        }),
        { matches: 0, players: 0 },
    );
}

/** The last change failed, and nothing has been changed since. */
export function troubleOf(state: GameState): 'back' | 'off' | null {
    const outcome = state.change?.outcome;
    return outcome === 'back' || outcome === 'off' ? outcome : null;
}

/** What was done has been undone since. */
export function hasFailed(state: GameState, act: Act): boolean {
    return (
        troubleOf(state) !== null && 'version' in act && state.change?.to.sha === act.version.sha
    );
}

/** What a rollback without a version goes to, as the service finds it; null: there is none. */
export function versionBefore(state: GameState, versions: GameVersion[]): VersionName | null {
    const current = versions.find((one) => one.sha === state.current?.sha);
    const liveAt = current?.liveAt ?? null;
    if (liveAt === null) return null;
    const before = versions
        .filter((one) => one.state === 'admitted' && one.liveAt !== null && one.liveAt < liveAt)
        .sort((a, b) => String(b.liveAt).localeCompare(String(a.liveAt)))[0];
    return before ? nameOf(before) : null;
}

export function nameOf(version: GameVersion): VersionName {
    return { sha: version.sha, version: version.version ?? '?' };
}

export function shortSha(sha: string): string {
    return sha.slice(0, SHA_SHOWN);
}

/** For how many seconds more; null: there is no end to wait for. */
export function secondsLeft(state: GameState, nowMs: number): number | null {
    if (state.until === null) return null;
    return Math.max(0, Math.ceil((Date.parse(state.until) - nowMs) / 1000));
}

/** What will happen to whom: the text of the question before it is done. */
export function consequence(texts: Texts, state: GameState, act: Act): string {
    const words = texts.admin.consequence;
    const live = liveOf(state);
    const whom =
        live.matches === 0
            ? words.nobody
            : fill(words.somebody, { matches: live.matches, players: live.players });
    const version = 'version' in act ? act.version.version : '';
    const reason = act.kind === 'pardon' ? act.reason : '';
    const text = fill(words[wordOf(state, act)], {
        version,
        reason,
        from: state.current?.version ?? '–',
    });
    return act.kind === 'pardon' || act.kind === 'enable' ? text : `${whom} ${text}`;
}

/* While a drain is under way it can be turned round, and all else waits for its end. */
function wordOf(state: GameState, act: Act): keyof Texts['admin']['consequence'] {
    if (state.phase !== 'draining' || !('version' in act) || act.kind === 'pardon') return act.kind;
    return act.version.sha === state.change?.from?.sha ? 'turnRound' : 'wait';
}

/** What came of it. */
export function outcomeText(texts: Texts, released: Released): string {
    const words = texts.admin.outcome;
    const { version, matches } = released;
    const text = fill(words[released.outcome], { version, matches });
    const why = released.reason === null ? '' : ` ${fill(words.why, { reason: released.reason })}`;
    return `${text}${why}${released.recorded ? '' : ` ${words.unrecorded}`}`;
}
