// Rooms as cards with a link each. Asks again from time to time while the page is looked at: there
// is no event for the list.
import Link from 'next/link';
import { useEffect, useState } from 'react';
import { api } from '../lib/api';
import { fill, gameTexts, modeName, useLocale, useTexts } from '../lib/text';
import type { Game, List, Room } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './RoomList.module.css';
import { Unavailable } from './Unavailable';

const POLL_MS = 8_000;

interface Props {
    /** As rendered by the server; null: the service did not answer. */
    rooms: Room[] | null;
    games: Game[] | null;
    /** The query that made `rooms`, to ask it again. */
    query: string;
}

export function RoomList({ rooms, games, query }: Props) {
    const texts = useTexts();
    const items = useFreshRooms(rooms, query);
    if (items === null) return <Unavailable />;
    if (items.length === 0) return <p className={ui.empty}>{texts.rooms.none}</p>;
    return (
        <ul className={styles.list}>
            {items.map((room) => (
                <RoomCard
                    key={room.id}
                    room={room}
                    game={games?.find((one) => one.id === room.game)}
                />
            ))}
        </ul>
    );
}

function useFreshRooms(rendered: Room[] | null, query: string): Room[] | null {
    const [rooms, setRooms] = useState(rendered);
    const [seen, setSeen] = useState(rendered);
    if (rendered !== seen) {
        setSeen(rendered);
        setRooms(rendered);
    }
    useEffect(() => {
        let shown = true;
        const timer = setInterval(() => {
            if (document.visibilityState !== 'visible') return;
            api.get<List<Room>>(`/api/rooms?${query}`)
                .then((list) => {
                    if (shown) setRooms(list.items);
                })
                .catch(() => {}); // keeps what it has until the next time
        }, POLL_MS);
        return () => {
            shown = false;
            clearInterval(timer);
        };
    }, [query]);
    return rooms;
}

function RoomCard({ room, game }: { room: Room; game: Game | undefined }) {
    const texts = useTexts();
    const locale = useLocale();
    const players = room.members.filter((member) => member.role === 'player');
    const watching = room.members.length - players.length;
    const title = game ? gameTexts(game, locale).title : room.game;
    return (
        <li className={styles.card}>
            <div className={styles.head}>
                <h3 className={styles.name}>
                    <Link className={styles.link} href={`/rooms/${room.id}`}>
                        {room.name}
                    </Link>
                </h3>
                <span className={room.state === 'playing' ? ui.live : ui.tag}>
                    {room.state === 'playing' ? texts.rooms.playing : texts.rooms.open}
                </span>
            </div>
            <p className={styles.what}>
                {title} · {modeName(texts, room.mode)}
            </p>
            <p className={styles.seats}>
                <span className={styles.dots} aria-hidden="true">
                    {Array.from({ length: room.playersMax }, (_, seat) => (
                        <span
                            className={seat < players.length ? styles.taken : styles.free}
                            // biome-ignore lint/suspicious/noArrayIndexKey: seats have no other name
                            key={seat}
                        />
                    ))}
                </span>
                <span>
                    {fill(texts.rooms.seats, { taken: players.length, all: room.playersMax })}
                </span>
                {watching > 0 && <span>{fill(texts.rooms.watching, { count: watching })}</span>}
            </p>
        </li>
    );
}
