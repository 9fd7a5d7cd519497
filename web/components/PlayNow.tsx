// Chooses a mode (when there is a choice) and starts a quick match.
import { useId, useState } from 'react';
import { useQuickMatch } from '../lib/quickMatch';
import { fill, gameTexts, modeName, useLocale, useTexts } from '../lib/text';
import type { Game } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './PlayNow.module.css';

export function PlayNow({ game }: { game: Game }) {
    const texts = useTexts();
    const title = gameTexts(game, useLocale()).title;
    const { play } = useQuickMatch();
    const id = useId();
    const [mode, setMode] = useState(game.modes[0]?.id ?? '');
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
        </div>
    );
}
