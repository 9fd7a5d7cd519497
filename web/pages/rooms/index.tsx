// All public rooms, with a filter that lives in the address.
import { useRouter } from 'next/router';
import { useId } from 'react';
import { CreateRoom } from '../../components/CreateRoom';
import { RoomList } from '../../components/RoomList';
import { Shell } from '../../components/Shell';
import { itemsOf, page } from '../../lib/page';
import { gameTexts, useLocale, useTexts } from '../../lib/text';
import type { Game, List, Room } from '../../lib/types';
import styles from '../../styles/rooms.module.css';
import ui from '../../styles/ui.module.css';

interface Props {
    games: Game[] | null;
    rooms: Room[] | null;
    game: string;
    state: string;
    query: string;
}

export const getServerSideProps = page<Props>(async (asker, context) => {
    const game = typeof context.query.game === 'string' ? context.query.game : '';
    const wanted = context.query.state;
    const state = wanted === 'open' || wanted === 'playing' ? wanted : '';
    const parameters = new URLSearchParams({ limit: '50' });
    if (game !== '') parameters.set('game', game);
    if (state !== '') parameters.set('state', state);
    const query = parameters.toString();
    const [games, rooms] = await Promise.all([
        asker<List<Game>>('games', '/api/games'),
        asker<List<Room>>('rooms', `/api/rooms?${query}`),
    ]);
    return { games: itemsOf(games), rooms: itemsOf(rooms), game, state, query };
});

export default function Rooms({ games, rooms, game, state, query }: Props) {
    const texts = useTexts();
    const locale = useLocale();
    const router = useRouter();
    const gameField = useId();
    const stateField = useId();

    function filter(next: { game: string; state: string }): void {
        const chosen = Object.entries(next).filter(([, value]) => value !== '');
        void router.replace({ pathname: '/rooms', query: Object.fromEntries(chosen) });
    }

    return (
        <Shell title={texts.rooms.title}>
            <div className={styles.head}>
                <div className={styles.words}>
                    <h1 className={ui.pageTitle}>{texts.rooms.title}</h1>
                    <p className={ui.lead}>{texts.rooms.lead}</p>
                </div>
                <CreateRoom games={games ?? []} game={game || undefined} className={ui.primary} />
            </div>
            <form className={styles.filter} onSubmit={(event) => event.preventDefault()}>
                <div className={styles.field}>
                    <label htmlFor={gameField}>{texts.rooms.filter}</label>
                    <select
                        className={ui.select}
                        id={gameField}
                        value={game}
                        onChange={(event) => filter({ game: event.target.value, state })}
                    >
                        <option value="">{texts.rooms.all}</option>
                        {games?.map((one) => (
                            <option key={one.id} value={one.id}>
                                {gameTexts(one, locale).title}
                            </option>
                        ))}
                    </select>
                </div>
                <div className={styles.field}>
                    <label htmlFor={stateField}>{texts.rooms.state}</label>
                    <select
                        className={ui.select}
                        id={stateField}
                        value={state}
                        onChange={(event) => filter({ game, state: event.target.value })}
                    >
                        <option value="">{texts.rooms.anyState}</option>
                        <option value="open">{texts.rooms.openOnly}</option>
                        <option value="playing">{texts.rooms.playingOnly}</option>
                    </select>
                </div>
            </form>
            <h2 className={ui.hidden}>{texts.home.liveRooms}</h2>
            <RoomList rooms={rooms} games={games} query={query} />
        </Shell>
    );
}
