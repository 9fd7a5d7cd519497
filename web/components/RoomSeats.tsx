// Who is in a room: the seats with who is ready, the spectators, and the host's remove buttons.
import Link from 'next/link';
import { fill, useTexts } from '../lib/text';
import type { Member, Room } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './RoomSeats.module.css';

interface Props {
    room: Room;
    me: string | null;
    onKick(user: string): void;
}

export function RoomSeats({ room, me, onKick }: Props) {
    const texts = useTexts();
    const players = room.members
        .filter((member) => member.role === 'player')
        .sort((a, b) => (a.seat ?? 0) - (b.seat ?? 0));
    const spectators = room.members.filter((member) => member.role === 'spectator');
    const free = Math.max(0, room.playersMax - players.length);
    const row = (member: Member) => (
        <Row key={member.user} member={member} room={room} me={me} onKick={onKick} />
    );
    return (
        <div className={styles.seats}>
            <h2 className={styles.title}>{texts.room.players}</h2>
            <ul className={styles.list}>
                {players.map(row)}
                {Array.from({ length: free }, (_, seat) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: free seats have no other name
                    <li className={styles.free} key={seat}>
                        {texts.room.freeSeat}
                    </li>
                ))}
            </ul>
            {spectators.length > 0 && (
                <>
                    <h2 className={styles.title}>{texts.room.spectators}</h2>
                    <ul className={styles.list}>{spectators.map(row)}</ul>
                </>
            )}
        </div>
    );
}

function Row({ member, room, me, onKick }: Props & { member: Member }) {
    const texts = useTexts();
    const host = member.user === room.host;
    const waits = member.role === 'player' && room.state === 'open' && !host;
    return (
        <li className={styles.row}>
            <span className={styles.who}>
                <Link className={styles.name} href={`/users/${member.name}`}>
                    {member.name}
                </Link>
                {member.user === me && <span className={ui.tag}>{texts.room.you}</span>}
                {host && <span className={ui.tag}>{texts.room.host}</span>}
            </span>
            {waits && (
                <span className={member.ready ? styles.ready : styles.waiting}>
                    {member.ready ? texts.room.isReady : texts.room.isWaiting}
                </span>
            )}
            {me === room.host && !host && room.state === 'open' && (
                <button
                    type="button"
                    className={ui.textual}
                    aria-label={fill(texts.room.kickLabel, { name: member.name })}
                    onClick={() => onKick(member.user)}
                >
                    {texts.room.kick}
                </button>
            )}
        </li>
    );
}
