// Who did what to which game, newest first.
import { shortSha } from '../lib/admin';
import { timeText, useLocale, useTexts } from '../lib/text';
import type { AuditEntry } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './AuditLog.module.css';

interface Props {
    entries: AuditEntry[];
    /** Say which game each is about. */
    withGame?: boolean;
}

export function AuditLog({ entries, withGame = false }: Props) {
    const texts = useTexts().admin;
    if (entries.length === 0) return <p className={ui.empty}>{texts.auditNone}</p>;
    return (
        <ol className={styles.entries}>
            {entries.map((entry) => (
                <Entry key={entry.id} entry={entry} withGame={withGame} />
            ))}
        </ol>
    );
}

function Entry({ entry, withGame }: { entry: AuditEntry; withGame: boolean }) {
    const texts = useTexts().admin;
    const locale = useLocale();
    const actions: Record<string, string | undefined> = texts.action;
    const { by, code, reason, outcome } = entry;
    return (
        <li className={styles.entry}>
            <time className={styles.when} dateTime={entry.at}>
                {timeText(locale, entry.at)} UTC
            </time>
            <span className={styles.who}>{by.name === 'platform' ? texts.platform : by.name}</span>
            <span className={styles.what}>
                <span className={outcome === 'done' ? styles.action : styles.bad}>
                    {actions[entry.action] ?? entry.action}
                    {outcome !== 'done' && ` · ${texts.done[outcome]}`}
                </span>{' '}
                {withGame && <strong>{entry.game}</strong>} {entry.version}{' '}
                {entry.sha && <code className={styles.sha}>{shortSha(entry.sha)}</code>}
            </span>
            {(code || reason) && (
                <span className={styles.reason} lang="en">
                    {[code, reason].filter(Boolean).join(': ')}
                </span>
            )}
        </li>
    );
}
