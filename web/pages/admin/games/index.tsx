// Every game as an administrator sees it, and who did what. For everybody else there is nothing here:
// the games service says so, and not this page.
import Link from 'next/link';
import { AuditLog } from '../../../components/AuditLog';
import { liveText, StandingTag, Trouble } from '../../../components/GameStanding';
import { NotFound } from '../../../components/NotFound';
import { Shell } from '../../../components/Shell';
import { Unavailable } from '../../../components/Unavailable';
import { UploadVersion } from '../../../components/UploadVersion';
import { adminPage, type Wall } from '../../../lib/adminPage';
import { useSession } from '../../../lib/session';
import { fill, useTexts } from '../../../lib/text';
import type { AuditEntry, GameState, List } from '../../../lib/types';
import { useFresh } from '../../../lib/useFresh';
import styles from '../../../styles/admin.module.css';
import ui from '../../../styles/ui.module.css';

const STATES = '/api/games/states';
const AUDIT = '/api/games/audit?limit=30';
const STATES_MS = 3000;
const AUDIT_MS = 6000;

interface Loaded {
    states: List<GameState>;
    audit: List<AuditEntry>;
}

export const getServerSideProps = adminPage<Loaded>(() => ({ states: STATES, audit: AUDIT }));

export default function AdminGames({ wall, loaded }: { wall: Wall; loaded: Loaded | null }) {
    const texts = useTexts();
    const { pending } = useSession();
    if (loaded) return <Games loaded={loaded} />;
    if (wall === 'closed' && !pending) return <NotFound />;
    return <Shell>{wall === 'unavailable' ? <Unavailable /> : <p>{texts.frame.loading}</p>}</Shell>;
}

function Games({ loaded }: { loaded: Loaded }) {
    const texts = useTexts().admin;
    const states = useFresh(STATES, loaded.states, STATES_MS);
    const audit = useFresh(AUDIT, loaded.audit, AUDIT_MS);
    return (
        <Shell title={texts.title}>
            <div className={styles.words}>
                <h1 className={ui.pageTitle}>{texts.title}</h1>
                <p className={ui.lead}>{texts.lead}</p>
            </div>
            <p className={styles.notice} role="status">
                {states.stale && texts.stale}
            </p>
            <h2 className={ui.hidden}>{texts.games}</h2>
            {states.data.items.length === 0 ? (
                <p className={ui.empty}>{texts.none}</p>
            ) : (
                <ul className={styles.games}>
                    {states.data.items.map((state) => (
                        <GameRow key={state.game} state={state} />
                    ))}
                </ul>
            )}
            <section className={ui.section} aria-labelledby="upload">
                <h2 className={styles.title} id="upload">
                    {texts.upload.title}
                </h2>
                <UploadVersion
                    game={null}
                    onBrought={() => {
                        states.again();
                        audit.again();
                    }}
                />
            </section>
            <section className={ui.section} aria-labelledby="audit">
                <h2 className={styles.title} id="audit">
                    {texts.audit}
                </h2>
                <AuditLog entries={audit.data.items} withGame />
            </section>
        </Shell>
    );
}

function GameRow({ state }: { state: GameState }) {
    const texts = useTexts().admin;
    return (
        <li className={styles.game}>
            <h3 className={styles.name}>
                <Link className={styles.link} href={`/admin/games/${state.game}`}>
                    {state.title ?? state.game}
                </Link>
            </h3>
            <StandingTag state={state} />
            <p className={styles.version}>{state.current?.version ?? '–'}</p>
            <p className={styles.live}>{liveText(texts, state)}</p>
            {(state.deaths > 0 || state.quarantined > 0) && (
                <p className={styles.counts}>
                    {state.deaths > 0 && <span>{fill(texts.deaths, { count: state.deaths })}</span>}
                    {state.quarantined > 0 && (
                        <span>{fill(texts.quarantined, { count: state.quarantined })}</span>
                    )}
                </p>
            )}
            <div className={styles.trouble}>
                <Trouble state={state} />
            </div>
        </li>
    );
}
