// A match, live or played back: the sandboxed game frame with its tools (sound, full screen, focus)
// and the spoken status line. All traffic with the frame is lib/frameHost.ts.
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Failure } from '../lib/failure';
import { type Connect, FrameHost, type LiveMatch } from '../lib/frameHost';
import { MatchLink } from '../lib/matchLink';
import { setSound, useSound } from '../lib/preferences';
import { pageClock, socket, useSocket } from '../lib/socket';
import { fill, gameTexts, useLocale, useTexts } from '../lib/text';
import type { Game, Match } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './GameFrame.module.css';

interface Props {
    live: LiveMatch;
    game: Game;
    result: Match | null;
    onRefused?(failure: Failure): void;
    /** Instead of the live match: where the states come from, and what is done with them. */
    replay?: { connect: Connect; controls: ReactNode };
}

type Phase = 'loading' | 'running' | 'failed';

export function GameFrame({ live, game, result, onRefused, replay }: Props) {
    const texts = useTexts();
    const locale = useLocale();
    const { latencyMs } = useSocket();
    const box = useRef<HTMLDivElement>(null);
    const frame = useRef<HTMLIFrameElement>(null);
    const tools = useRef<HTMLButtonElement>(null);
    const host = useRef<FrameHost | null>(null);
    const [shown, setShown] = useState(false);
    const [load, setLoad] = useState(0);
    const [phase, setPhase] = useState<Phase>('loading');
    const [slot, setSlot] = useState<number | null>(null);
    const [up, setUp] = useState(true);
    const [said, setSaid] = useState('');
    const refused = useRef(onRefused);
    const soundOn = useSound();
    const focused = useFrameFocus(frame);
    const fullscreen = useFullscreen(box);
    const title = gameTexts(game, locale).title;

    useEffect(() => {
        refused.current = onRefused;
    });

    // The frame must not be in the server's markup: it would be ready before anybody listens.
    useEffect(() => setShown(true), []);

    // A frame lives as long as its match is played by one version of the game.
    // biome-ignore lint/correctness/useExhaustiveDependencies: for what it is made of
    useLayoutEffect(() => {
        const element = frame.current;
        if (!element) return;
        setPhase('loading');
        const connect = replay?.connect ?? liveLink(live.id);
        const made = new FrameHost(element, live, game, locale, connect, {
            attached: setSlot,
            running: () => {
                setPhase('running');
                if (replay || isTyping()) return;
                element.scrollIntoView({ block: 'nearest' });
                element.focus({ preventScroll: true });
            },
            link: setUp,
            status: setSaid,
            escape: () => tools.current?.focus(),
            failed: () => setPhase('failed'),
            refused: (failure) => refused.current?.(failure),
        });
        host.current = made;
        return () => {
            host.current = null;
            made.close();
        };
    }, [shown, load, live.id, live.sha]);

    useEffect(() => {
        host.current?.playersChanged(live.players);
    }, [live.players]);

    useEffect(() => {
        if (result) host.current?.ended(result);
    }, [result]);

    return (
        <div className={styles.box} ref={box}>
            <div className={replay ? `${styles.stage} ${styles.film}` : styles.stage}>
                {shown && (
                    <iframe
                        className={styles.frame}
                        key={`${live.id}:${live.sha}:${load}`}
                        ref={frame}
                        title={fill(texts.frame.label, { game: title })}
                        sandbox="allow-scripts allow-pointer-lock"
                        allow="fullscreen; gamepad; autoplay"
                        src={`/play-frame/${live.game}/${live.sha}`}
                    />
                )}
                {phase === 'loading' && <p className={styles.cover}>{texts.frame.loading}</p>}
                {phase === 'failed' && (
                    <div className={styles.cover} role="alert">
                        <p>{texts.frame.failed}</p>
                        <button
                            type="button"
                            className={ui.primary}
                            onClick={() => setLoad(load + 1)}
                        >
                            {texts.frame.reload}
                        </button>
                    </div>
                )}
                {!up && !result && (
                    <p className={styles.lost} role="alert">
                        {texts.frame.lost}
                    </p>
                )}
            </div>
            {replay?.controls}
            <div className={styles.tools}>
                {slot === null ? (
                    <span className={styles.watching}>
                        {phase === 'running' && !replay && texts.frame.watching}
                    </span>
                ) : (
                    <span className={styles.hint}>{focused && texts.frame.focusHint}</span>
                )}
                {latencyMs !== null && !replay && (
                    <span
                        className={styles.latency}
                        role="img"
                        aria-label={fill(texts.frame.latencyLabel, { ms: latencyMs })}
                    >
                        {fill(texts.frame.latency, { ms: latencyMs })}
                    </span>
                )}
                {slot !== null && (
                    <button
                        type="button"
                        className={`${ui.quiet} ${styles.take}`}
                        ref={tools}
                        onClick={() => frame.current?.focus()}
                    >
                        {texts.frame.focus}
                    </button>
                )}
                <button
                    type="button"
                    className={ui.quiet}
                    ref={slot === null ? tools : undefined}
                    aria-pressed={soundOn}
                    onClick={() => setSound(!soundOn)}
                >
                    {soundOn ? texts.frame.soundOn : texts.frame.soundOff}
                </button>
                {fullscreen.possible && (
                    <button type="button" className={ui.quiet} onClick={fullscreen.toggle}>
                        {fullscreen.on ? texts.frame.leaveFullscreen : texts.frame.fullscreen}
                    </button>
                )}
            </div>
            <p className={styles.status} aria-live="polite">
                {said}
            </p>
        </div>
    );
}

const liveLink =
    (match: string): Connect =>
    (handlers) =>
        new MatchLink(socket, match, handlers, pageClock);

/* Somebody in the middle of a chat line keeps the keyboard. */
function isTyping(): boolean {
    const active = document.activeElement;
    const field = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement;
    return field && active.value !== '';
}

function useFrameFocus(frame: { current: HTMLIFrameElement | null }): boolean {
    const [focused, setFocused] = useState(false);
    useEffect(() => {
        const look = () => setFocused(document.activeElement === frame.current);
        window.addEventListener('blur', look);
        window.addEventListener('focus', look);
        document.addEventListener('focusin', look);
        return () => {
            window.removeEventListener('blur', look);
            window.removeEventListener('focus', look);
            document.removeEventListener('focusin', look);
        };
    }, [frame]);
    return focused;
}

function useFullscreen(box: { current: HTMLElement | null }) {
    const [on, setOn] = useState(false);
    const [possible, setPossible] = useState(false);
    useEffect(() => {
        setPossible(document.fullscreenEnabled);
        const look = () => setOn(document.fullscreenElement !== null);
        document.addEventListener('fullscreenchange', look);
        return () => document.removeEventListener('fullscreenchange', look);
    }, []);
    const toggle = () => {
        const change = on ? document.exitFullscreen() : box.current?.requestFullscreen();
        change?.catch(() => {}); // refused by the browser: nothing to do
    };
    return { on, possible, toggle };
}
