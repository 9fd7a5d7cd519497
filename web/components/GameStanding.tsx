// How a game stands, for an administrator: the state in a word, what that means, who plays which
// version, and what went wrong last.
import { useEffect, useState } from 'react';
import { liveOf, secondsLeft, shortSha, standingOf, troubleOf } from '../lib/admin';
import { fill, timeText, useLocale, useTexts } from '../lib/text';
import type { GameState } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './GameStanding.module.css';

const SECOND_MS = 1000;

export function StandingTag({ state }: { state: GameState }) {
    const texts = useTexts().admin;
    const standing = standingOf(state);
    const left = useSecondsLeft(state);
    return (
        <span className={styles[standing] ?? ui.tag}>
            {texts.standing[standing]}
            {left !== null && ` · ${fill(texts.secondsLeft, { seconds: left })}`}
        </span>
    );
}

/* The browser's clock, so nothing before it runs there. */
function useSecondsLeft(state: GameState): number | null {
    const [nowMs, setNowMs] = useState<number | null>(null);
    const isCounting = state.until !== null;
    useEffect(() => {
        if (!isCounting) return;
        setNowMs(Date.now());
        const timer = setInterval(() => setNowMs(Date.now()), SECOND_MS);
        return () => clearInterval(timer);
    }, [isCounting]);
    return nowMs === null ? null : secondsLeft(state, nowMs);
}

/** What somebody has to know who looks once. */
export function Standing({ state }: { state: GameState }) {
    const texts = useTexts().admin;
    const { change, waiting } = state;
    return (
        <div className={styles.standing} role="status">
            <p className={styles.sentence}>
                {fill(texts.standingText[standingOf(state)], {
                    version: state.current?.version ?? '–',
                    to: change?.to.version ?? '–',
                    from: change?.from?.version ?? '–',
                })}
            </p>
            <Playing state={state} />
            {waiting && <p>{fill(texts.waiting, { version: waiting.version })}</p>}
            <Trouble state={state} />
            {!state.recorded && <p className={styles.trouble}>{texts.outcome.unrecorded}</p>}
        </div>
    );
}

function Playing({ state }: { state: GameState }) {
    const texts = useTexts().admin;
    if (state.playing.length === 0) return <p>{texts.nobodyPlays}</p>;
    return (
        <ul className={styles.playing}>
            {state.playing.map(({ sha, version, matches, players }) => (
                <li key={sha}>
                    {fill(texts.played, { version, sha: shortSha(sha), matches, players })}
                </li>
            ))}
        </ul>
    );
}

/** Why the last new version is not played, when it is not. */
export function Trouble({ state }: { state: GameState }) {
    const texts = useTexts().admin;
    const trouble = troubleOf(state);
    if (trouble === null || state.change === null) return null;
    return (
        <p className={styles.trouble}>
            {fill(texts.trouble[trouble], {
                version: state.change.to.version,
                reason: state.change.reason ?? '–',
            })}
        </p>
    );
}

/** What somebody looks up afterwards. */
export function StandingFacts({ state }: { state: GameState }) {
    const texts = useTexts().admin;
    const locale = useLocale();
    const { change, lastDeath } = state;
    return (
        <ul className={styles.facts}>
            {change && (
                <li>
                    {fill(change.mode === 'drain' ? texts.changeDrain : texts.change, {
                        from: change.from?.version ?? '–',
                        to: change.to.version,
                        matches: change.matches,
                        ms: Math.round(change.handOverMicroseconds / 1000),
                    })}
                </li>
            )}
            <li>{fill(texts.deaths, { count: state.deaths })}</li>
            {lastDeath && (
                <li>
                    {fill(texts.lastDeath, {
                        version: lastDeath.version,
                        at: timeText(locale, lastDeath.at),
                        what: lastDeath.what,
                    })}
                </li>
            )}
            {state.lastBundle && <li>{fill(texts.lastBundle, { name: state.lastBundle })}</li>}
            {state.quarantined > 0 && (
                <li>{fill(texts.quarantined, { count: state.quarantined })}</li>
            )}
        </ul>
    );
}

export function liveText(texts: { live: string; nobodyPlays: string }, state: GameState): string {
    const live = liveOf(state);
    return live.matches === 0 ? texts.nobodyPlays : fill(texts.live, live);
}
