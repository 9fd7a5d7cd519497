// How a match ended, as a scoreboard.
import Link from 'next/link';
import type { Texts } from '../lib/text';
import { fill, useTexts } from '../lib/text';
import type { Match, MatchPlayer } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './Result.module.css';

interface Props {
    match: Match;
    me: string | null;
    /** With the way to the replay. */
    linked?: boolean;
}

export function Result({ match, me, linked }: Props) {
    const texts = useTexts();
    const players = [...match.players].sort(
        (a, b) => (a.place ?? 99) - (b.place ?? 99) || a.slot - b.slot,
    );
    return (
        <section className={styles.result} aria-label={texts.result.title}>
            <div role="status">
                <h2 className={styles.title}>{headline(texts, match, me)}</h2>
            </div>
            <table className={styles.board}>
                <thead>
                    <tr>
                        <th scope="col">{texts.result.player}</th>
                        <th scope="col">{texts.result.score}</th>
                    </tr>
                </thead>
                <tbody>
                    {players.map((player) => (
                        <tr
                            key={player.slot}
                            className={player.outcome === 'win' ? styles.winner : undefined}
                        >
                            <th scope="row">
                                {player.name}
                                {player.forfeit && <small>{texts.result.forfeit}</small>}
                            </th>
                            <td>{player.score ?? '–'}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {linked && (
                <Link className={`${ui.onCourt} ${styles.watch}`} href={`/matches/${match.id}`}>
                    {texts.result.watch}
                </Link>
            )}
        </section>
    );
}

function headline(texts: Texts, match: Match, me: string | null): string {
    if (match.state === 'aborted') return texts.result.aborted;
    // Who is nobody here is not the computer, which is nobody either.
    const mine = match.players.find((player) => me !== null && player.user === me);
    if (mine?.outcome) return texts.result[mine.outcome];
    const winners = match.players.filter((player: MatchPlayer) => player.outcome === 'win');
    if (winners.length === 0) return texts.result.over;
    return fill(texts.result.won, { name: winners.map((player) => player.name).join(', ') });
}
