// Who is in a room: the seats with who is ready, the spectators, and the host's remove buttons.
import Link from 'next/link';
import type { LiveMatch } from '../lib/frameHost';
import { freeSeats, playersOf } from '../lib/rules';
import { fill, useTexts } from '../lib/text';
import type { GameMode, Member, Room } from '../lib/types';
import ui from '../styles/ui.module.css';
import styles from './RoomSeats.module.css';

interface Props {
    room: Room;
    /** Where it is known. */
    mode: GameMode | undefined;
    /** The match that is played in it. */
    live: LiveMatch | null;
    me: string | null;
    onKick(user: string): void;
    onTeam(team: number | null): void;
}

export function RoomSeats(props: Props) {
    const { room, live } = props;
    const texts = useTexts();
    const players = playersOf(room).sort((a, b) => (a.seat ?? 0) - (b.seat ?? 0));
    const spectators = room.members.filter((member) => member.role === 'spectator');
    const bots = (live?.players ?? []).filter(
        (player) => player.bot > 0 && !players.some(({ user }) => user === player.user),
    );
    const free = live ? 0 : freeSeats(room);
    const row = (member: Member) => <Row key={member.user} member={member} {...props} />;
    return (
        <div className={styles.seats}>
            <h2 className={styles.title}>{texts.room.players}</h2>
            <ul className={styles.list}>
                {players.map(row)}
                {bots.map((bot) => (
                    <li className={styles.row} key={bot.slot}>
                        <span className={styles.who}>
                            <span className={styles.bot}>{bot.name}</span>
                            <span className={ui.tag}>{texts.room.computer}</span>
                        </span>
                    </li>
                ))}
                {Array.from({ length: free }, (_, seat) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: free seats have no other name
                    <li className={styles.free} key={seat}>
                        {room.bots > 0 ? texts.room.freeSeatBot : texts.room.freeSeat}
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

function Row({ member, room, mode, me, onKick, onTeam }: Props & { member: Member }) {
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
            {mode && hasTeams(mode) && member.role === 'player' && room.state === 'open' && (
                <Team
                    member={member}
                    teams={mode.teams}
                    mine={member.user === me}
                    onTeam={onTeam}
                />
            )}
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

/* Where everybody plays for himself there is nothing to choose. */
function hasTeams(mode: GameMode): boolean {
    return mode.teams > 1 && mode.teams < mode.playersMax;
}

function Team(props: {
    member: Member;
    teams: number;
    mine: boolean;
    onTeam(team: number | null): void;
}) {
    const { member, teams, mine, onTeam } = props;
    const texts = useTexts().room;
    const name = (team: number) => fill(texts.team, { team: team + 1 });
    if (!mine)
        return member.team === null ? null : <span className={ui.tag}>{name(member.team)}</span>;
    return (
        <select
            className={styles.team}
            aria-label={texts.teamLabel}
            value={member.team ?? ''}
            onChange={({ target }) => onTeam(target.value === '' ? null : Number(target.value))}
        >
            <option value="">{texts.anyTeam}</option>
            {Array.from({ length: teams }, (_, team) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a team is its number
                <option key={team} value={team}>
                    {name(team)}
                </option>
            ))}
        </select>
    );
}
