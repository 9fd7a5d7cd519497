// A game: what it is, how it is played, its modes, its rooms.
import { CreateRoom } from '../../components/CreateRoom';
import { GameArt } from '../../components/GameArt';
import { NotFound } from '../../components/NotFound';
import { PlayNow } from '../../components/PlayNow';
import { RoomList } from '../../components/RoomList';
import { Shell } from '../../components/Shell';
import { Unavailable } from '../../components/Unavailable';
import { itemsOf, page } from '../../lib/page';
import { fill, gameTexts, modeName, useLocale, useTexts } from '../../lib/text';
import type { Game, GameMode, List, Room } from '../../lib/types';
import styles from '../../styles/game.module.css';
import ui from '../../styles/ui.module.css';

interface Props {
    game: Game | 'unavailable' | null;
    rooms: Room[] | null;
    query: string;
}

export const getServerSideProps = page<Props>(async (asker, context) => {
    const id = encodeURIComponent(String(context.params?.id));
    const query = `game=${id}&limit=12`;
    const [game, rooms] = await Promise.all([
        asker<Game>('games', `/api/games/${id}`),
        asker<List<Room>>('rooms', `/api/rooms?${query}`),
    ]);
    if (game.ok) return { game: game.data, rooms: itemsOf(rooms), query };
    const absent = game.status === 404 || game.status === 422 || game.status === 400;
    context.res.statusCode = absent ? 404 : 503;
    return { game: absent ? null : 'unavailable', rooms: null, query };
});

export default function GamePage({ game, rooms, query }: Props) {
    const texts = useTexts();
    const locale = useLocale();
    if (game === null) return <NotFound what="game" />;
    if (game === 'unavailable') {
        return (
            <Shell>
                <Unavailable />
            </Shell>
        );
    }
    const { title, summary, controls } = gameTexts(game, locale);
    return (
        <Shell title={title} description={summary}>
            <div className={styles.head}>
                <div className={styles.words}>
                    <h1 className={ui.pageTitle}>{title}</h1>
                    <p className={ui.lead}>{summary}</p>
                    {game.playing > 0 && (
                        <p className={ui.live}>
                            {fill(texts.play.playing, { count: game.playing })}
                        </p>
                    )}
                    <div className={ui.row}>
                        <PlayNow game={game} />
                        <CreateRoom games={[game]} game={game.id} />
                    </div>
                </div>
                <div className={styles.art}>
                    <GameArt id={game.id} game={game} />
                </div>
            </div>
            <div className={styles.facts}>
                <section className={ui.section} aria-labelledby="controls">
                    <h2 id="controls">{texts.game.controls}</h2>
                    <p className={styles.text}>{controls}</p>
                </section>
                <section className={ui.section} aria-labelledby="modes">
                    <h2 id="modes">{texts.game.modes}</h2>
                    <ul className={styles.modes}>
                        {game.modes.map((mode) => (
                            <li key={mode.id}>
                                <strong>{modeName(texts, mode.id)}</strong>
                                <Players mode={mode} />
                            </li>
                        ))}
                    </ul>
                </section>
            </div>
            <section className={ui.section} aria-labelledby="rooms">
                <div className={ui.sectionHead}>
                    <h2 id="rooms">{fill(texts.game.roomsOf, { game: title })}</h2>
                </div>
                <RoomList rooms={rooms} games={[game]} query={query} />
            </section>
            <p className={styles.version}>{fill(texts.game.version, { version: game.version })}</p>
        </Shell>
    );
}

function Players({ mode }: { mode: GameMode }) {
    const texts = useTexts();
    const { playersMin: min, playersMax: max } = mode;
    const text = min === max ? texts.game.players : texts.game.playersRange;
    return <span>{fill(text, { count: max, min, max })}</span>;
}
