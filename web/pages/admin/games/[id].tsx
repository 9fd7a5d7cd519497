// One game for its administrator: what is played now, its versions, what can be done, and what was.
// Follows a change while it happens.
import Link from 'next/link';
import { useState } from 'react';
import { AuditLog } from '../../../components/AuditLog';
import { ActDialog } from '../../../components/GameActions';
import { Standing, StandingFacts, StandingTag } from '../../../components/GameStanding';
import { GameVersions } from '../../../components/GameVersions';
import { NotFound } from '../../../components/NotFound';
import { Shell } from '../../../components/Shell';
import { Unavailable } from '../../../components/Unavailable';
import { UploadVersion } from '../../../components/UploadVersion';
import { type Act, hasFailed, versionBefore } from '../../../lib/admin';
import { adminPage, type Wall } from '../../../lib/adminPage';
import { useSession } from '../../../lib/session';
import { fill, useTexts } from '../../../lib/text';
import type { AuditEntry, GameState, GameVersion, List } from '../../../lib/types';
import { useFresh } from '../../../lib/useFresh';
import styles from '../../../styles/admin.module.css';
import ui from '../../../styles/ui.module.css';

const STATE_MS = 2000;
const REST_MS = 5000;

interface Loaded {
    state: GameState;
    versions: List<GameVersion>;
    audit: List<AuditEntry>;
}

function pathsOf(id: string) {
    const game = encodeURIComponent(id);
    return {
        state: `/api/games/${game}/state`,
        versions: `/api/games/versions?game=${game}&limit=100`,
        audit: `/api/games/audit?game=${game}&limit=30`,
    };
}

export const getServerSideProps = adminPage<Loaded>((context) =>
    pathsOf(String(context.params?.id)),
);

export default function AdminGame({ wall, loaded }: { wall: Wall; loaded: Loaded | null }) {
    const texts = useTexts();
    const { pending } = useSession();
    if (loaded) return <GameAdmin key={loaded.state.game} loaded={loaded} />;
    if (wall === 'closed' && !pending) return <NotFound />;
    return <Shell>{wall === 'unavailable' ? <Unavailable /> : <p>{texts.frame.loading}</p>}</Shell>;
}

function GameAdmin({ loaded }: { loaded: Loaded }) {
    const texts = useTexts().admin;
    const paths = pathsOf(loaded.state.game);
    const fresh = useFresh(paths.state, loaded.state, STATE_MS);
    const versions = useFresh(paths.versions, loaded.versions, REST_MS);
    const audit = useFresh(paths.audit, loaded.audit, REST_MS);
    const [act, setAct] = useState<Act | null>(null);
    const [outcome, setOutcome] = useState<{ text: string; of: Act } | null>(null);
    const state = fresh.data;
    const before = versionBefore(state, versions.data.items);

    function lookAgain(): void {
        fresh.again();
        versions.again();
        audit.again();
    }

    function close(done: string | null): void {
        setOutcome(done !== null && act ? { text: done, of: act } : null);
        setAct(null);
        lookAgain();
    }

    return (
        <Shell title={`${state.title ?? state.game} · ${texts.title}`}>
            <p className={styles.up}>
                <Link href="/admin/games">{texts.back}</Link>
            </p>
            <div className={styles.head}>
                <h1 className={ui.pageTitle}>{state.title ?? state.game}</h1>
                <StandingTag state={state} />
            </div>
            <p className={styles.notice} role="status">
                {fresh.stale && texts.stale}
            </p>
            <section className={styles.now} aria-label={texts.now}>
                <Standing state={state} />
                <div className={ui.row}>
                    {before && (
                        <button
                            type="button"
                            className={ui.primary}
                            onClick={() => setAct({ kind: 'rollback', version: before })}
                        >
                            {fill(texts.stepBack, { version: before.version })}
                        </button>
                    )}
                    <button
                        type="button"
                        className={state.enabled ? ui.danger : ui.secondary}
                        onClick={() => setAct({ kind: state.enabled ? 'disable' : 'enable' })}
                    >
                        {state.enabled ? texts.disable : texts.enable}
                    </button>
                </div>
                <p className={styles.outcome} role="status">
                    {outcome && !hasFailed(state, outcome.of) && outcome.text}
                </p>
                <StandingFacts state={state} />
            </section>
            <section className={ui.section} aria-labelledby="versions">
                <h2 className={styles.title} id="versions">
                    {texts.versions}
                </h2>
                <GameVersions versions={versions.data.items} closed={state.closed} onAct={setAct} />
            </section>
            <section className={ui.section} aria-labelledby="upload">
                <h2 className={styles.title} id="upload">
                    {texts.upload.title}
                </h2>
                <UploadVersion game={state.game} live={state.current?.sha} onBrought={lookAgain} />
            </section>
            <section className={ui.section} aria-labelledby="audit">
                <h2 className={styles.title} id="audit">
                    {texts.audit}
                </h2>
                <AuditLog entries={audit.data.items} />
            </section>
            {act && <ActDialog state={state} act={act} onClose={close} />}
        </Shell>
    );
}
