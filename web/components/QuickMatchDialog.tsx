// The waiting state of a quick match: who long, how many, cancel.
import { useEffect, useState } from 'react';
import { useQuickMatch, type Waiting } from '../lib/quickMatch';
import { failureText, fill, modeName, useTexts } from '../lib/text';
import ui from '../styles/ui.module.css';
import { Dialog } from './Dialog';
import styles from './QuickMatchDialog.module.css';

export function QuickMatchDialog() {
    const { waiting, cancel } = useQuickMatch();
    return waiting && <Shown waiting={waiting} cancel={cancel} />;
}

function Shown({ waiting, cancel }: { waiting: Waiting; cancel(): void }) {
    const texts = useTexts();
    const { game, mode, found, queue, failure, since } = waiting;
    const name = game.charAt(0).toUpperCase() + game.slice(1);
    return (
        <Dialog title={texts.play.waitingTitle} onClose={cancel}>
            <p className={styles.what}>
                {fill(texts.play.waitingText, { game: name, mode: modeName(texts, mode) })}
            </p>
            {!failure && <div className={styles.rally} aria-hidden="true" />}
            <div role="status">
                {failure && <p className={ui.error}>{failureText(texts, failure)}</p>}
                {found && <p>{texts.play.foundText}</p>}
                {!failure && !found && queue !== null && (
                    <p className={styles.queue}>{fill(texts.play.queue, { count: queue })}</p>
                )}
            </div>
            {!failure && !found && <Elapsed since={since} />}
            <button type="button" className={ui.secondary} onClick={cancel}>
                {texts.play.cancel}
            </button>
        </Dialog>
    );
}

function Elapsed({ since }: { since: number }) {
    const texts = useTexts();
    const [seconds, setSeconds] = useState(0);
    useEffect(() => {
        const timer = setInterval(() => setSeconds(Math.floor((Date.now() - since) / 1000)), 1000);
        return () => clearInterval(timer);
    }, [since]);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    return <p className={styles.elapsed}>{fill(texts.play.elapsed, { time })}</p>;
}
