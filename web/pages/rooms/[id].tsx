// The room: who is in it, getting ready, the game while a match runs, the result, the chat.
import Link from 'next/link';
import { useRouter } from 'next/router';
import { useEffect, useRef, useState } from 'react';
import { Chat } from '../../components/Chat';
import { CopyLink } from '../../components/CopyLink';
import { GameArt } from '../../components/GameArt';
import { GameFrame } from '../../components/GameFrame';
import { NotFound } from '../../components/NotFound';
import { Result } from '../../components/Result';
import { RoomControls } from '../../components/RoomControls';
import { RoomRules } from '../../components/RoomRules';
import { RoomSeats } from '../../components/RoomSeats';
import { Shell } from '../../components/Shell';
import { Unavailable } from '../../components/Unavailable';
import { api } from '../../lib/api';
import { type Failure, failureOf } from '../../lib/failure';
import { page } from '../../lib/page';
import { freeSeats } from '../../lib/rules';
import { useSession } from '../../lib/session';
import { socket } from '../../lib/socket';
import { failureText, gameTexts, modeName, useLocale, useTexts } from '../../lib/text';
import type { Game, Match, Room } from '../../lib/types';
import { useRoom } from '../../lib/useRoom';
import styles from '../../styles/room.module.css';
import ui from '../../styles/ui.module.css';

interface Props {
    /** null: there is none; 'unavailable': the service did not answer. */
    room: Room | 'unavailable' | null;
    game: Game | null;
    match: Match | null;
}

export const getServerSideProps = page<Props>(async (asker, context) => {
    const id = encodeURIComponent(String(context.params?.id));
    const answer = await asker<Room>('rooms', `/api/rooms/${id}`);
    if (!answer.ok) {
        const absent = answer.status === 404 || answer.status === 422 || answer.status === 400;
        context.res.statusCode = absent ? 404 : 503;
        return { room: absent ? null : 'unavailable', game: null, match: null };
    }
    const room = answer.data;
    const [game, match] = await Promise.all([
        asker<Game>('games', `/api/games/${encodeURIComponent(room.game)}`),
        room.match
            ? asker<Match>('games', `/api/games/matches/${encodeURIComponent(room.match)}`)
            : null,
    ]);
    return { room, game: game.ok ? game.data : null, match: match?.ok ? match.data : null };
});

export default function RoomPage({ room, game, match }: Props) {
    if (room === null) return <NotFound what="room" />;
    if (room === 'unavailable') {
        return (
            <Shell>
                <Unavailable />
            </Shell>
        );
    }
    return <Present key={room.id} initial={room} initialGame={game} initialMatch={match} />;
}

function Present(props: { initial: Room; initialGame: Game | null; initialMatch: Match | null }) {
    const { initial, initialGame, initialMatch } = props;
    const texts = useTexts();
    const locale = useLocale();
    const { user } = useSession();
    const me = user?.id ?? null;
    const { room, gone, live, result, take, reload } = useRoom(initial, initialMatch, me);
    const game = useGame(room.game, initialGame);
    const mine = room.members.find((member) => member.user === me);
    const leaving = useRef(false);
    const kicked = useKicked(mine !== undefined, leaving);
    const [failure, setFailure] = useState<Failure | null>(null);

    if (gone) return <Closed />;

    const playing = live !== null && (room.match === live.id || result?.id === live.id);
    const title = game ? gameTexts(game, locale).title : room.game;
    const name = room.origin === 'matchmaking' ? texts.room.created : room.name;
    const command = (type: string, data: object) => {
        socket
            .command<Room | null>(type, { room: room.id, ...data })
            .then((next) => next && take(next))
            .catch((error) => setFailure(failureOf(error)));
    };

    const ended = result !== null && result.id === live?.id ? result : null;
    const controls = (
        <RoomControls
            room={room}
            result={result}
            take={take}
            onLeaving={() => {
                leaving.current = true;
            }}
        />
    );

    return (
        <Shell title={name}>
            <div className={styles.head}>
                <div>
                    <h1 className={styles.title}>{name}</h1>
                    <p className={styles.what}>
                        <Link href={`/games/${room.game}`}>{title}</Link>
                        <span>{modeName(texts, room.mode)}</span>
                        {room.state === 'playing' && (
                            <span className={ui.live}>{texts.room.live}</span>
                        )}
                        {room.visibility === 'private' && (
                            <span className={ui.tag}>{texts.room.private}</span>
                        )}
                    </p>
                </div>
                <CopyLink />
            </div>
            {kicked && (
                <p className={styles.notice} role="alert">
                    {texts.room.kicked}
                </p>
            )}
            {failure && (
                <p className={ui.error} role="alert">
                    {failureText(texts, failure)}
                </p>
            )}
            <div className={playing ? styles.playing : styles.columns}>
                <div className={styles.stage}>
                    {ended && <Result match={ended} me={me} linked />}
                    {ended && controls}
                    {playing && mine && game && (
                        <GameFrame
                            key={live.id}
                            live={live}
                            game={game}
                            result={ended}
                            onRefused={(refusal) => {
                                setFailure(refusal.code === 'match_over' ? null : refusal);
                                reload();
                            }}
                        />
                    )}
                    {!ended && controls}
                    {!playing && mine && freeSeats(room) > 0 && (
                        <p className={styles.invite}>{texts.room.invite}</p>
                    )}
                    {!playing && (
                        <div className={styles.art}>
                            <GameArt id={room.game} game={game} />
                        </div>
                    )}
                </div>
                <div className={styles.side}>
                    <RoomSeats
                        room={room}
                        mode={game?.modes.find((mode) => mode.id === room.mode)}
                        live={room.match !== null && room.match === live?.id ? live : null}
                        me={me}
                        onKick={(member) => command('room:kick', { user: member })}
                        onTeam={(team) => command('room:team', { team })}
                    />
                    {game && <RoomRules room={room} game={game} me={me} take={take} />}
                    <section className={styles.chat} aria-labelledby="chat">
                        <h2 id="chat">{texts.room.chat}</h2>
                        <div className={ui.panel}>
                            {mine ? (
                                <Chat channel={`room:${room.id}`} />
                            ) : (
                                <p>{texts.chat.memberOnly}</p>
                            )}
                        </div>
                    </section>
                </div>
            </div>
        </Shell>
    );
}

/* The server may not have reached the games service; the browser tries for itself. */
function useGame(id: string, initial: Game | null): Game | null {
    const [game, setGame] = useState(initial);
    useEffect(() => {
        if (initial) return setGame(initial);
        api.get<Game>(`/api/games/${id}`)
            .then(setGame)
            .catch(() => {}); // the page then shows the room without its game's texts
        return undefined;
    }, [id, initial]);
    return game;
}

function useKicked(member: boolean, leaving: { current: boolean }): boolean {
    const was = useRef(member);
    const [kicked, setKicked] = useState(false);
    useEffect(() => {
        if (member) setKicked(false);
        else if (was.current && !leaving.current) setKicked(true);
        was.current = member;
    }, [member, leaving]);
    return kicked;
}

function Closed() {
    const texts = useTexts();
    const router = useRouter();
    return (
        <Shell title={texts.room.closed}>
            <h1 className={ui.pageTitle}>{texts.room.closed}</h1>
            <p className={ui.lead}>{texts.room.closedText}</p>
            <p>
                <button
                    type="button"
                    className={ui.secondary}
                    onClick={() => void router.push('/rooms')}
                >
                    {texts.room.toRooms}
                </button>
            </p>
        </Shell>
    );
}
