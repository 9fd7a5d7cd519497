// Chooses a mode (when there is a choice) and starts a quick match, or one against the computer.
import { useRouter } from 'next/router';
import { useId, useState } from 'react';
import { api } from '../lib/api';
import { type Failure, failureOf } from '../lib/failure';
import { useQuickMatch } from '../lib/quickMatch';
import { botsPossible } from '../lib/rules';
import { useSession } from '../lib/session';
import { failureText, fill, gameTexts, modeName, useLocale, useTexts } from '../lib/text';
import type { Game, GameMode, Room } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './PlayNow.module.css';

export function PlayNow({ game }: { game: Game }) {
    const texts = useTexts();
    const title = gameTexts(game, useLocale()).title;
    const { play } = useQuickMatch();
    const id = useId();
    const [mode, setMode] = useState(game.modes[0]?.id ?? '');
    const chosen = game.modes.find((one) => one.id === mode);
    return (
        <div className={styles.play}>
            {game.modes.length > 1 && (
                <>
                    <label className={ui.hidden} htmlFor={id}>
                        {texts.play.mode}
                    </label>
                    <select
                        className={ui.select}
                        id={id}
                        value={mode}
                        onChange={(event) => setMode(event.target.value)}
                    >
                        {game.modes.map((one) => (
                            <option key={one.id} value={one.id}>
                                {modeName(texts, one.id)}
                            </option>
                        ))}
                    </select>
                </>
            )}
            <button
                type="button"
                className={ui.primary}
                aria-label={fill(texts.play.nowLabel, { game: title, mode: modeName(texts, mode) })}
                onClick={() => play({ game: game.id, mode })}
            >
                {texts.play.now}
            </button>
            {chosen && botsPossible(game, chosen) && <PlayBots game={game} mode={chosen} />}
        </div>
    );
}

const BOTS_PLAY = 2; // neither beginners nor the best

/* A room of one's own whose other seats the computer has, started at once. */
function PlayBots({ game, mode }: { game: Game; mode: GameMode }) {
    const texts = useTexts();
    const router = useRouter();
    const title = gameTexts(game, useLocale()).title;
    const { ensureUser } = useSession();
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<Failure | null>(null);

    async function play(): Promise<void> {
        await ensureUser();
        const asked = { game: game.id, mode: mode.id, visibility: 'private', bots: BOTS_PLAY };
        const room = await api.post<Room>('/api/rooms', asked);
        await api.post<Room>(`/api/rooms/${room.id}/start`, {});
        await router.push(`/rooms/${room.id}`);
    }

    function start(): void {
        setBusy(true);
        setFailure(null);
        play()
            .catch((error) => setFailure(failureOf(error)))
            .finally(() => setBusy(false));
    }

    return (
        <>
            <button
                type="button"
                className={`${ui.secondary} ${styles.practise}`}
                disabled={busy}
                aria-label={fill(texts.play.botsLabel, {
                    game: title,
                    mode: modeName(texts, mode.id),
                })}
                onClick={start}
            >
                {texts.play.bots}
            </button>
            {failure && (
                <p className={ui.error} role="alert">
                    {failureText(texts, failure)}
                </p>
            )}
        </>
    );
}
