// Every version of a game that was ever brought, what was found, and what can be done with it.
import { type Act, nameOf, shortSha, type VersionAct } from '../lib/admin';
import { timeText, useLocale, useTexts } from '../lib/text';
import type { GameVersion } from '../lib/types';
import ui from '../styles/ui.module.css';
import { actLabel } from './GameActions';
import styles from './GameVersions.module.css';

interface Props {
    versions: GameVersion[];
    /** The game begins no match with the version that is live. */
    closed: boolean;
    onAct(act: Act): void;
}

export function GameVersions({ versions, closed, onAct }: Props) {
    const texts = useTexts().admin;
    if (versions.length === 0) return <p className={ui.empty}>{texts.noVersions}</p>;
    const first = [...versions].sort(
        (a, b) => Number(b.state === 'current') - Number(a.state === 'current'),
    );
    return (
        <ul className={styles.versions}>
            {first.map((version) => (
                <VersionRow key={version.sha} version={version} closed={closed} onAct={onAct} />
            ))}
        </ul>
    );
}

function VersionRow(props: { version: GameVersion; closed: boolean; onAct(act: Act): void }) {
    const { version, closed, onAct } = props;
    const texts = useTexts().admin;
    const locale = useLocale();
    const { state, code, reason } = version;
    return (
        <li className={styles.version}>
            <div className={styles.name}>
                <strong>{version.version ?? '–'}</strong>
                <code className={styles.sha}>{shortSha(version.sha)}</code>
                <span className={styles[state] ?? ui.tag}>{texts.versionState[state]}</span>
                {state === 'current' && isQuarantined(version) && (
                    <span className={styles.quarantined}>{texts.versionState.quarantined}</span>
                )}
            </div>
            <span className={styles.brought}>
                {timeText(locale, version.broughtAt)} UTC, {version.by.name}
            </span>
            <div className={styles.actions}>
                {actsOf(version, closed).map((act) => (
                    <ActButton key={act.kind} act={act} onAct={onAct} />
                ))}
            </div>
            {reason && (
                <p className={styles.reason} lang="en">
                    {code && <code>{code}</code>} {reason}
                </p>
            )}
        </li>
    );
}

/* Also when it is the current one, and there is none to go back to. */
function isQuarantined({ code, reason }: GameVersion): boolean {
    return code === null && reason !== null;
}

/* What was live before comes back by a rollback, which does not count as something new. */
function actsOf(row: GameVersion, closed: boolean): VersionAct[] {
    const version = nameOf(row);
    if (isQuarantined(row)) return [{ kind: 'pardon', version, reason: row.reason ?? '–' }];
    if (row.state === 'current' && closed) return [{ kind: 'swap', version }];
    if (row.state !== 'admitted') return [];
    return [
        { kind: row.liveAt === null ? 'swap' : 'rollback', version },
        { kind: 'drain', version },
    ];
}

function ActButton({ act, onAct }: { act: VersionAct; onAct(act: Act): void }) {
    const texts = useTexts();
    return (
        <button
            type="button"
            className={styles.act}
            aria-label={actLabel(texts, act)}
            onClick={() => onAct(act)}
        >
            {texts.admin.act[act.kind]}
        </button>
    );
}
