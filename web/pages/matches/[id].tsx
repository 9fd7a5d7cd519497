// A match: who played it, what came of it, and what was played, played back.
import Link from 'next/link';
import { useEffect, useState } from 'react';
import { NotFound } from '../../components/NotFound';
import { ReplayPlayer } from '../../components/ReplayPlayer';
import { Result } from '../../components/Result';
import { Shell } from '../../components/Shell';
import { Unavailable } from '../../components/Unavailable';
import { api } from '../../lib/api';
import { page } from '../../lib/page';
import { useSession } from '../../lib/session';
import { dayText, gameTexts, modeName, useLocale, useTexts } from '../../lib/text';
import type { Game, Match } from '../../lib/types';
import styles from '../../styles/match.module.css';
import ui from '../../styles/ui.module.css';

const PENDING_MS = 1000; // between two looks
const PENDING_LOOKS_MAX = 30;

interface Props {
    /** null: there is none; 'unavailable': the service did not answer. */
    match: Match | 'unavailable' | null;
    /** null: there is no such game any more. */
    game: Game | null;
}

export const getServerSideProps = page<Props>(async (asker, context) => {
    const id = encodeURIComponent(String(context.params?.id));
    const answer = await asker<Match>('games', `/api/games/matches/${id}`);
    if (!answer.ok) {
        const absent = answer.status === 404 || answer.status === 422 || answer.status === 400;
        context.res.statusCode = absent ? 404 : 503;
        return { match: absent ? null : 'unavailable', game: null };
    }
    const path = `/api/games/${encodeURIComponent(answer.data.game)}`;
    const game = await asker<Game>('games', path);
    return { match: answer.data, game: game.ok ? game.data : null };
});

export default function MatchPage({ match, game }: Props) {
    if (match === null) return <NotFound what="match" />;
    if (match === 'unavailable') {
        return (
            <Shell>
                <Unavailable />
            </Shell>
        );
    }
    return <Present key={match.id} initial={match} game={game} />;
}

function Present({ initial, game }: { initial: Match; game: Game | null }) {
    const texts = useTexts();
    const locale = useLocale();
    const { user } = useSession();
    const match = usePending(initial);
    const title = game ? gameTexts(game, locale).title : match.game;
    const names = match.players.map((player) => player.name).join(' – ');
    return (
        <Shell title={`${title}: ${names}`}>
            <div className={styles.head}>
                <h1 className={styles.title}>{names}</h1>
                <p className={styles.what}>
                    <Link href={`/games/${match.game}`}>{title}</Link>
                    <span>{modeName(texts, match.mode)}</span>
                    <time dateTime={match.startedAt}>{dayText(locale, match.startedAt)}</time>
                    {match.state === 'live' && <span className={ui.live}>{texts.room.live}</span>}
                </p>
            </div>
            <div className={styles.columns}>
                <div className={styles.stage}>
                    <Stage match={match} game={game} />
                </div>
                <div className={styles.side}>
                    {match.state !== 'live' && <Result match={match} me={user?.id ?? null} />}
                    <Players match={match} />
                    {match.replay === 'ready' && (
                        <p className={styles.file}>
                            <a href={`/api/games/matches/${match.id}/replay`} download>
                                {texts.replay.download}
                            </a>
                            <span>{texts.replay.downloadText}</span>
                        </p>
                    )}
                </div>
            </div>
        </Shell>
    );
}

function Stage({ match, game }: { match: Match; game: Game | null }) {
    const texts = useTexts().replay;
    if (match.state === 'live') {
        return (
            <div className={ui.note}>
                <p>{texts.live}</p>
                <Link className={ui.secondary} href={`/rooms/${match.room}`}>
                    {texts.toRoom}
                </Link>
            </div>
        );
    }
    if (match.replay === 'pending') return <Note text={texts.pending} />;
    if (match.replay !== 'ready') return <Note text={texts.none} />;
    if (!match.versions?.[0]?.rules || !game) return <Note text={texts.noRules} />;
    return <ReplayPlayer match={match} game={game} />;
}

function Note({ text }: { text: string }) {
    return (
        <div className={ui.note} role="status">
            <p>{text}</p>
        </div>
    );
}

/* Those with an account have a page. */
function Players({ match }: { match: Match }) {
    const texts = useTexts().replay;
    const people = match.players.filter((player) => player.user !== null);
    return (
        <section className={styles.players} aria-labelledby="players">
            <h2 id="players">{texts.players}</h2>
            <ul>
                {people.map((player) => (
                    <li key={player.slot}>
                        <Link href={`/users/${encodeURIComponent(player.name)}`}>
                            {player.name}
                        </Link>
                    </li>
                ))}
            </ul>
        </section>
    );
}

/* The last steps of a match are written when it is over already: looks again until they are. */
function usePending(initial: Match): Match {
    const [match, setMatch] = useState(initial);
    const [looks, setLooks] = useState(0);
    const pending = match.state !== 'live' && match.replay === 'pending';
    useEffect(() => {
        if (!pending || looks === PENDING_LOOKS_MAX) return;
        const timer = setTimeout(() => {
            api.get<Match>(`/api/games/matches/${match.id}`)
                .then(setMatch)
                .catch(() => {}) // asked again
                .finally(() => setLooks(looks + 1));
        }, PENDING_MS);
        return () => clearTimeout(timer);
    }, [pending, looks, match.id]);
    return match;
}
