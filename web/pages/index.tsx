// Home: play now, games, live rooms, the lobby chat, how it works.
import Link from 'next/link';
import { Chat } from '../components/Chat';
import { CreateRoom } from '../components/CreateRoom';
import { GameArt, GameIcon } from '../components/GameArt';
import { GuestInvitation } from '../components/GuestInvitation';
import { PlayNow } from '../components/PlayNow';
import { RoomList } from '../components/RoomList';
import { Shell } from '../components/Shell';
import { Unavailable } from '../components/Unavailable';
import { itemsOf, page } from '../lib/page';
import { useSession } from '../lib/session';
import { fill, gameTexts, useLocale, useTexts } from '../lib/text';
import type { Game, List, Room } from '../lib/types';
import styles from '../styles/home.module.css';
import ui from '../styles/ui.module.css';

const ROOMS_QUERY = 'limit=6';

interface Props {
    games: Game[] | null;
    rooms: Room[] | null;
}

export const getServerSideProps = page<Props>(async (asker) => {
    const [games, rooms] = await Promise.all([
        asker<List<Game>>('games', '/api/games'),
        asker<List<Room>>('rooms', `/api/rooms?${ROOMS_QUERY}`),
    ]);
    return { games: itemsOf(games), rooms: itemsOf(rooms) };
});

export default function Home({ games, rooms }: Props) {
    const texts = useTexts();
    return (
        <Shell>
            <Hero games={games} />
            <div className={styles.columns}>
                <div>
                    <section className={ui.section} aria-labelledby="rooms">
                        <div className={ui.sectionHead}>
                            <h2 id="rooms">{texts.home.liveRooms}</h2>
                            <div className={ui.row}>
                                <Link href="/rooms">{texts.home.allRooms}</Link>
                                <CreateRoom games={games ?? []} />
                            </div>
                        </div>
                        <RoomList rooms={rooms} games={games} query={ROOMS_QUERY} />
                    </section>
                    <Games games={games} />
                </div>
                <Lobby />
            </div>
            <HowItWorks />
        </Shell>
    );
}

function Hero({ games }: { games: Game[] | null }) {
    const texts = useTexts();
    const locale = useLocale();
    return (
        <section className={styles.hero}>
            <CourtLines />
            <div className={styles.heroText}>
                <h1 className={styles.title}>{texts.home.title}</h1>
                <p className={styles.lead}>{texts.home.lead}</p>
                {games === null ? (
                    <Unavailable />
                ) : (
                    <ul className={styles.plays}>
                        {games.map((game) => (
                            <li className={styles.play} key={game.id}>
                                <GameIcon game={game} className={styles.playIcon} />
                                <span className={styles.playTitle}>
                                    {gameTexts(game, locale).title}
                                </span>
                                <PlayNow game={game} />
                            </li>
                        ))}
                    </ul>
                )}
            </div>
        </section>
    );
}

function CourtLines() {
    return (
        <svg className={styles.court} viewBox="0 0 600 400" aria-hidden="true">
            <path className={styles.chalk} d="M40 40H560V360H40Z" />
            <path className={styles.net} d="M300 40V360" />
            <circle className={styles.chalk} cx="300" cy="200" r="58" />
            <rect className={styles.paddleLeft} x="62" y="46" width="12" height="76" rx="6" />
            <rect className={styles.paddleRight} x="526" y="112" width="12" height="76" rx="6" />
            <circle className={styles.ball} r="13" />
        </svg>
    );
}

function Games({ games }: { games: Game[] | null }) {
    const texts = useTexts();
    const locale = useLocale();
    if (games === null) return null;
    return (
        <section className={ui.section} aria-labelledby="games">
            <div className={ui.sectionHead}>
                <h2 id="games">{texts.home.games}</h2>
            </div>
            <ul className={styles.games}>
                {games.map((game) => {
                    const { title, summary } = gameTexts(game, locale);
                    return (
                        <li className={styles.game} key={game.id}>
                            <div className={styles.art}>
                                <GameArt id={game.id} game={game} />
                            </div>
                            <h3 className={styles.gameTitle}>
                                <Link className={styles.gameLink} href={`/games/${game.id}`}>
                                    {title}
                                </Link>
                            </h3>
                            <p>{summary}</p>
                            {game.playing > 0 && (
                                <p className={ui.live}>
                                    {fill(texts.play.playing, { count: game.playing })}
                                </p>
                            )}
                        </li>
                    );
                })}
            </ul>
        </section>
    );
}

function Lobby() {
    const texts = useTexts();
    const { user } = useSession();
    return (
        <aside className={`${ui.section} ${styles.lobby}`} aria-labelledby="lobby">
            <h2 id="lobby">{texts.home.chat}</h2>
            <div className={ui.panel}>
                {user ? <Chat channel="global" key={user.id} /> : <GuestInvitation />}
            </div>
        </aside>
    );
}

function HowItWorks() {
    const texts = useTexts();
    return (
        <section className={ui.section} aria-labelledby="how">
            <div className={ui.sectionHead}>
                <h2 id="how">{texts.home.how}</h2>
            </div>
            <ol className={styles.steps}>
                {texts.home.steps.map((step) => (
                    <li className={styles.step} key={step.title}>
                        <h3>{step.title}</h3>
                        <p>{step.text}</p>
                    </li>
                ))}
            </ol>
        </section>
    );
}
