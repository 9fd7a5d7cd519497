// A player: record and matches; for oneself also the account.
import Link from 'next/link';
import { AccountSettings } from '../../components/AccountSettings';
import { NotFound } from '../../components/NotFound';
import { Shell } from '../../components/Shell';
import { Unavailable } from '../../components/Unavailable';
import { itemsOf, page } from '../../lib/page';
import { useSession } from '../../lib/session';
import { dayText, fill, gameTexts, useLocale, useTexts } from '../../lib/text';
import type { Game, List, Match, Presence, Profile, Stats } from '../../lib/types';
import ui from '../../styles/ui.module.css';
import styles from '../../styles/user.module.css';

interface Props {
    profile: Profile | 'unavailable' | null;
    matches: Match[] | null;
    stats: Stats[] | null;
    games: Game[] | null;
    presence: Presence | null;
}

const nothing = { matches: null, stats: null, games: null, presence: null };

export const getServerSideProps = page<Props>(async (asker, context) => {
    const name = encodeURIComponent(String(context.params?.name));
    const answer = await asker<Profile>('auth', `/api/auth/users/${name}`);
    if (!answer.ok) {
        const absent = answer.status === 404 || answer.status === 422 || answer.status === 400;
        context.res.statusCode = absent ? 404 : 503;
        return { profile: absent ? null : 'unavailable', ...nothing };
    }
    const profile = answer.data;
    const id = encodeURIComponent(profile.id);
    const [matches, stats, games, presence] = await Promise.all([
        asker<List<Match>>('games', `/api/games/users/${id}/matches?limit=20`),
        asker<{ items: Stats[] }>('games', `/api/games/users/${id}/stats`),
        asker<List<Game>>('games', '/api/games'),
        asker<{ items: Presence[] }>('social', `/api/social/presence?users=${id}`),
    ]);
    return {
        profile,
        matches: itemsOf(matches),
        stats: itemsOf(stats),
        games: itemsOf(games),
        presence: itemsOf(presence)?.[0] ?? null,
    };
});

export default function UserPage({ profile, matches, stats, games, presence }: Props) {
    const texts = useTexts();
    const locale = useLocale();
    const { user } = useSession();
    if (profile === null) return <NotFound what="user" />;
    if (profile === 'unavailable') {
        return (
            <Shell>
                <Unavailable />
            </Shell>
        );
    }
    const titleOf = (id: string) => {
        const game = games?.find((one) => one.id === id);
        return game ? gameTexts(game, locale).title : id;
    };
    return (
        <Shell title={profile.username}>
            <div className={styles.head}>
                <h1 className={ui.pageTitle}>{profile.username}</h1>
                <p className={styles.facts}>
                    {profile.guest && <span className={ui.tag}>{texts.profile.guest}</span>}
                    {presence && (
                        <span className={ui.tag}>{presenceText(presence, texts.profile)}</span>
                    )}
                    <span>
                        {fill(texts.profile.since, { day: dayText(locale, profile.createdAt) })}
                    </span>
                </p>
            </div>
            <section className={ui.section} aria-labelledby="stats">
                <h2 id="stats">{texts.profile.stats}</h2>
                {stats === null ? <Unavailable /> : <Record stats={stats} titleOf={titleOf} />}
            </section>
            <section className={ui.section} aria-labelledby="matches">
                <h2 id="matches">{texts.profile.matches}</h2>
                {matches === null ? (
                    <Unavailable />
                ) : (
                    <Matches matches={matches} of={profile.id} titleOf={titleOf} />
                )}
            </section>
            {user?.id === profile.id && <AccountSettings user={user} />}
        </Shell>
    );
}

function presenceText(
    presence: Presence,
    texts: { inMatch: string; online: string; offline: string },
): string {
    if (presence.match !== null) return texts.inMatch;
    return presence.online ? texts.online : texts.offline;
}

function Record({ stats, titleOf }: { stats: Stats[]; titleOf(id: string): string }) {
    const texts = useTexts().profile;
    if (stats.length === 0) return <p className={ui.empty}>{texts.noMatches}</p>;
    return (
        <table className={styles.record}>
            <thead>
                <tr>
                    <th scope="col">{texts.game}</th>
                    <th scope="col">{texts.played}</th>
                    <th scope="col">{texts.won}</th>
                    <th scope="col">{texts.lost}</th>
                    <th scope="col">{texts.drawn}</th>
                </tr>
            </thead>
            <tbody>
                {stats.map((row) => (
                    <tr key={row.game}>
                        <th scope="row">
                            <Link href={`/games/${row.game}`}>{titleOf(row.game)}</Link>
                        </th>
                        <td>{row.played}</td>
                        <td>{row.won}</td>
                        <td>{row.lost}</td>
                        <td>{row.drawn}</td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

function Matches(props: { matches: Match[]; of: string; titleOf(id: string): string }) {
    const { matches, of, titleOf } = props;
    const texts = useTexts().profile;
    if (matches.length === 0) return <p className={ui.empty}>{texts.noMatches}</p>;
    return (
        <ul className={styles.matches}>
            {matches.map((match) => (
                <MatchRow key={match.id} match={match} of={of} title={titleOf(match.game)} />
            ))}
        </ul>
    );
}

function MatchRow({ match, of, title }: { match: Match; of: string; title: string }) {
    const texts = useTexts().profile;
    const locale = useLocale();
    const mine = match.players.find((player) => player.user === of);
    const others = match.players.filter((player) => player.user !== of);
    const outcome = match.state === 'live' ? null : (mine?.outcome ?? 'none');
    const names = others.map((player) => player.name).join(', ');
    return (
        <li className={styles.match}>
            <span className={outcome === 'win' ? styles.win : styles.outcome}>
                {outcome === null ? texts.live : texts.outcome[outcome]}
            </span>
            <span className={styles.score}>
                {mine?.score ?? '–'}
                {others.length > 0 &&
                    ` : ${others.map((player) => player.score ?? '–').join(' : ')}`}
            </span>
            <span className={styles.against}>
                <Link href={`/matches/${match.id}`}>{title}</Link>,{' '}
                {others.length > 0 ? fill(texts.against, { names }) : texts.alone}
            </span>
            <time className={styles.day} dateTime={match.startedAt}>
                {dayText(locale, match.startedAt)}
            </time>
        </li>
    );
}
