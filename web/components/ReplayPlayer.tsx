// A match that is over, played back: the game's own frame as a spectator has it, and below it the
// controls of a film. The rules run in a second frame, which nobody sees (lib/rulesFrame.ts).
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Failure } from '../lib/failure';
import type { Connect, LiveMatch } from '../lib/frameHost';
import { SPEEDS } from '../lib/replayClock';
import type { Opened, ReplayPlayer as Player, ReplaySnapshot } from '../lib/replayPlayer';
import { versionsOf } from '../lib/rulesFrame';
import { failureText, fill, useTexts } from '../lib/text';
import type { Game, Match, MatchVersion } from '../lib/types';
import { useReplay, useReplayState } from '../lib/useReplay';
import ui from '../styles/ui.module.css';
import { GameFrame } from './GameFrame';
import styles from './ReplayPlayer.module.css';

const SHORT_SECONDS = 5; // of a key
const LONG_SECONDS = 30;

export function ReplayPlayer({ match, game }: { match: Match; game: Game }) {
    const [isThere, setThere] = useState(false);
    // Never in the server's markup: a frame must not be ready before anybody listens.
    useEffect(() => setThere(true), []);
    return isThere ? <Opening match={match} game={game} /> : <Cover />;
}

function Cover() {
    const texts = useTexts();
    return (
        <div className={styles.cover}>
            <p role="status">{texts.replay.opening}</p>
        </div>
    );
}

function Opening({ match, game }: { match: Match; game: Game }) {
    const texts = useTexts();
    const frame = useRef<HTMLIFrameElement>(null);
    const replay = useReplay(frame, match);
    return (
        <>
            <iframe
                ref={frame}
                className={styles.rules}
                title={texts.replay.rules}
                sandbox="allow-scripts"
                src="/replay-frame"
                tabIndex={-1}
                aria-hidden="true"
            />
            {replay.state === 'opening' && <Cover />}
            {replay.state === 'failed' && <Refused failure={replay.failure} />}
            {replay.state === 'open' && (
                <Playing match={match} game={game} opened={replay.opened} player={replay.player} />
            )}
        </>
    );
}

function Refused({ failure }: { failure: Failure }) {
    const texts = useTexts();
    const isOfFile = failure.code.startsWith('replay_') && failure.code !== 'replay_not_found';
    const text =
        failure.code === 'no_rules'
            ? texts.replay.noRules
            : isOfFile
              ? texts.replay.broken
              : failureText(texts, failure);
    return (
        <div className={styles.cover} role="alert">
            <p>{text}</p>
        </div>
    );
}

interface PlayingProps {
    match: Match;
    game: Game;
    opened: Opened;
    player: Player;
}

function Playing({ match, game, opened, player }: PlayingProps) {
    const state = useReplayState(player);
    const versions = useMemo(() => versionsOf(opened.parts, match.versions ?? []), [opened, match]);
    const sha = versions[state.part]?.sha ?? match.sha;
    const live = useMemo<LiveMatch>(() => ({ ...match, sha }), [match, sha]);
    const recorded = useMemo(
        () => ({ ...game, tickHz: opened.tickHz, turnSeconds: 0 }), // it is known how it goes on
        [game, opened],
    );
    const connect = useMemo(() => linkTo(player), [player]);
    return (
        <div className={styles.player}>
            <GameFrame
                live={live}
                game={recorded}
                result={null}
                replay={{
                    connect,
                    controls: <Controls opened={opened} player={player} state={state} />,
                }}
            />
            <Verdict opened={opened} state={state} versions={versions} />
        </div>
    );
}

/* To the frame it is a match that it watches. */
function linkTo(player: Player): Connect {
    return (handlers) => {
        player.connect(handlers.frame);
        handlers.attached(null);
        return {
            input: () => {},
            whole: () => player.whole(),
            close: () => player.disconnect(handlers.frame),
        };
    };
}

interface ControlsProps {
    opened: Opened;
    player: Player;
    state: ReplaySnapshot;
}

function Controls({ opened, player, state }: ControlsProps) {
    const texts = useTexts().replay;
    const { tickHz, steps } = opened;
    const where = tickHz
        ? fill(texts.time, { at: clockText(state.step, tickHz), of: clockText(steps, tickHz) })
        : fill(texts.turn, { at: state.step, of: steps });
    const seconds = (count: number) => (tickHz ? count * tickHz : Math.ceil(count / SHORT_SECONDS));
    const keys: Record<string, number | undefined> = {
        ArrowLeft: -seconds(SHORT_SECONDS),
        ArrowDown: -seconds(SHORT_SECONDS),
        ArrowRight: seconds(SHORT_SECONDS),
        ArrowUp: seconds(SHORT_SECONDS),
        PageDown: -seconds(LONG_SECONDS),
        PageUp: seconds(LONG_SECONDS),
    };
    const onKeyDown = (event: KeyboardEvent) => {
        const by = keys[event.key];
        if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        player.seek(state.step + by);
    };
    const isOver = state.step >= state.steppable;
    return (
        <section className={styles.controls} aria-label={texts.controls}>
            <div className={styles.timeline}>
                <progress
                    className={styles.front}
                    max={steps || 1}
                    value={state.front}
                    aria-hidden
                />
                <input
                    type="range"
                    min={0}
                    max={steps}
                    value={state.step}
                    aria-label={texts.position}
                    aria-valuetext={where}
                    onChange={(event) => player.seek(Number(event.target.value))}
                    onKeyDown={onKeyDown}
                />
            </div>
            <button
                type="button"
                className={`${ui.primary} ${styles.play}`}
                onClick={() => player.toggle()}
            >
                <Sign kind={state.playing ? 'pause' : isOver ? 'again' : 'play'} />
                {state.playing ? texts.pause : isOver ? texts.again : texts.play}
            </button>
            <p className={styles.where}>
                <span className={styles.time}>{where}</span>
                {tickHz > 0 && (
                    <span className={styles.tick}>{fill(texts.tick, { tick: state.step })}</span>
                )}
            </p>
            <fieldset className={styles.speeds}>
                <legend className={ui.hidden}>{texts.speed}</legend>
                {SPEEDS.map((speed) => (
                    <label key={speed}>
                        <input
                            type="radio"
                            name="speed"
                            checked={state.speed === speed}
                            onChange={() => player.setSpeed(speed)}
                        />
                        <span>{speed === 0.5 ? '½' : speed}×</span>
                    </label>
                ))}
            </fieldset>
            <p className={styles.waiting} role="status">
                {state.silent ? texts.silent : state.waiting ? texts.waiting : ''}
            </p>
        </section>
    );
}

/* What the comparison with the file has come to, and what cannot be shown. */
function Verdict(props: {
    opened: Opened;
    state: ReplaySnapshot;
    versions: (MatchVersion | null)[];
}) {
    const { opened, state, versions } = props;
    const texts = useTexts().replay;
    const { tickHz, steps, hashes, parts } = opened;
    const at = (step: number) => (tickHz ? clockText(step, tickHz) : String(step));
    const missing = parts.findIndex((_, i) => versions[i]?.rules !== true);
    const isDone = state.agreed === hashes;
    return (
        <div className={styles.verdict}>
            {state.mismatch !== null ? (
                <p className={styles.wrong} role="alert">
                    {fill(texts.mismatch, { at: at(state.mismatch) })}
                </p>
            ) : (
                <p className={isDone ? styles.right : undefined}>
                    {fill(isDone ? texts.same : texts.comparing, {
                        count: state.agreed,
                        of: hashes,
                    })}
                </p>
            )}
            {missing > 0 && (
                <p className={styles.wrong}>
                    {fill(texts.missing, {
                        at: at(parts[missing]?.from ?? steps),
                        version: parts[missing]?.version ?? '',
                    })}
                </p>
            )}
            {state.failure && (
                <p className={styles.wrong} role="alert">
                    {fill(texts.failed, { at: at(state.failure.step) })}
                </p>
            )}
            {!opened.isWhole && <p>{texts.unfinished}</p>}
            {parts.length > 1 && (
                <ol className={styles.parts}>
                    {parts.map((part, i) => (
                        <li
                            key={`${part.from}-${part.image}`}
                            aria-current={i === state.part ? 'true' : undefined}
                        >
                            {fill(texts.part, { at: at(part.from), version: part.version })}
                        </li>
                    ))}
                </ol>
            )}
        </div>
    );
}

function Sign({ kind }: { kind: 'play' | 'pause' | 'again' }) {
    const path = {
        play: 'M4 2.5v11l9-5.5z',
        pause: 'M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z',
        again: 'M8 2a6 6 0 1 0 6 6h-2.2A3.8 3.8 0 1 1 8 4.2V6.6l4-3.3-4-3.3z',
    }[kind];
    return (
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d={path} fill="currentColor" />
        </svg>
    );
}

/* Minutes and seconds, as on any film. */
function clockText(step: number, tickHz: number): string {
    const seconds = Math.floor(step / tickHz);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
