// What one can do in a room just now: join, be ready, start, change the role, leave. Which of it is
// allowed is the rooms service's decision; this only does not offer what would surely be refused.
import Link from 'next/link';
import { useRouter } from 'next/router';
import { useState } from 'react';
import { type Failure, failureOf } from '../lib/failure';
import { canSitDown, freeSeats, playersNeeded, playersOf } from '../lib/rules';
import { useSession } from '../lib/session';
import { socket } from '../lib/socket';
import { failureText, fill, type Texts, useTexts } from '../lib/text';
import type { Match, Role, Room } from '../lib/types';
import ui from '../styles/ui.module.css';
import { Dialog } from './Dialog';
import styles from './RoomControls.module.css';

interface Props {
    room: Room;
    result: Match | null;
    take(room: Room): void;
    /** The member goes by his own wish: what follows is no kick. */
    onLeaving(): void;
}

export function RoomControls({ room, result, take, onLeaving }: Props) {
    const texts = useTexts();
    const router = useRouter();
    const { user, ensureUser } = useSession();
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<Failure | null>(null);
    const [givingUp, setGivingUp] = useState(false);
    const mine = room.members.find((member) => member.user === user?.id);
    const match = mine?.role === 'player' && room.state === 'playing' ? room.match : null;

    function act(work: () => Promise<unknown>): void {
        if (busy) return;
        setBusy(true);
        setFailure(null);
        work()
            .catch((error) => setFailure(failureOf(error)))
            .finally(() => setBusy(false));
    }

    const command = async (type: string, data: object = {}) => {
        const next = await socket.command<Room | null>(type, { room: room.id, ...data });
        if (next) take(next);
    };
    const join = (role: Role) =>
        act(async () => {
            await ensureUser();
            socket.connect();
            await command('room:join', { role });
        });
    const leave = () =>
        act(async () => {
            onLeaving();
            if (match) await giveUp(match);
            await command('room:leave');
            await router.push('/rooms');
        });

    return (
        <div className={styles.controls}>
            {!mine && <Invitation room={room} known={user !== null} busy={busy} join={join} />}
            {mine?.role === 'player' && room.state === 'open' && (
                <Preparation
                    room={room}
                    me={mine.user}
                    busy={busy}
                    result={result}
                    command={(type, data) => act(() => command(type, data))}
                />
            )}
            {failure && (
                <p className={ui.error} role="alert">
                    {failureText(texts, failure)}
                </p>
            )}
            {mine && (
                <div className={ui.row}>
                    {mine.role === 'spectator' && canSitDown(room) && (
                        <button
                            type="button"
                            className={ui.primary}
                            disabled={busy}
                            onClick={() => join('player')}
                        >
                            {texts.room.takeSeat}
                        </button>
                    )}
                    {mine.role === 'player' && room.state === 'open' && room.members.length > 1 && (
                        <button
                            type="button"
                            className={ui.quiet}
                            disabled={busy}
                            onClick={() => join('spectator')}
                        >
                            {texts.room.stepBack}
                        </button>
                    )}
                    <button
                        type="button"
                        className={ui.quiet}
                        disabled={busy}
                        onClick={match ? () => setGivingUp(true) : leave}
                    >
                        {texts.room.leave}
                    </button>
                </div>
            )}
            {givingUp && match && (
                <Dialog title={texts.room.giveUpTitle} onClose={() => setGivingUp(false)}>
                    <p>{texts.room.giveUpText}</p>
                    <div className={ui.row}>
                        <button
                            type="button"
                            className={ui.primary}
                            onClick={() => setGivingUp(false)}
                        >
                            {texts.room.stay}
                        </button>
                        <button type="button" className={ui.danger} disabled={busy} onClick={leave}>
                            {texts.room.giveUp}
                        </button>
                    </div>
                </Dialog>
            )}
        </div>
    );
}

/* Tells the game, so that the others need not wait for somebody who does not come back. */
async function giveUp(match: string): Promise<void> {
    await socket.command('game:leave', { match }).catch((error) => {
        const { code } = failureOf(error);
        if (code !== 'match_over' && code !== 'match_not_found') throw error;
    });
}

function Invitation(props: { room: Room; known: boolean; busy: boolean; join(role: Role): void }) {
    const { room, known, busy, join } = props;
    const texts = useTexts();
    const playable = canSitDown(room);
    return (
        <section className={styles.invitation}>
            <h2>{texts.room.joinTitle}</h2>
            <p>{playable ? texts.room.joinText : takenText(texts, room)}</p>
            {!known && <p>{texts.room.guestText}</p>}
            <div className={ui.row}>
                {playable && (
                    <button
                        type="button"
                        className={ui.primary}
                        disabled={busy}
                        onClick={() => join('player')}
                    >
                        {known ? texts.room.join : texts.room.asGuest}
                    </button>
                )}
                <button
                    type="button"
                    className={playable ? ui.onCourt : ui.primary}
                    disabled={busy}
                    onClick={() => join('spectator')}
                >
                    {texts.room.watch}
                </button>
                {!known && (
                    <Link
                        className={ui.onCourt}
                        href={`/login?next=${encodeURIComponent(`/rooms/${room.id}`)}`}
                    >
                        {texts.room.login}
                    </Link>
                )}
            </div>
        </section>
    );
}

function Preparation(props: {
    room: Room;
    me: string;
    busy: boolean;
    result: Match | null;
    command(type: string, data?: object): void;
}) {
    const { room, me, busy, result, command } = props;
    const texts = useTexts();
    const host = room.host === me;
    const ready = room.members.find((member) => member.user === me)?.ready ?? false;
    const obstacle = obstacleOf(texts, room);
    if (host) {
        return (
            <div className={styles.preparation}>
                <button
                    type="button"
                    className={ui.primary}
                    disabled={busy || obstacle !== null}
                    onClick={() => command('room:start')}
                >
                    {texts.room.start}
                </button>
                <p role="status">{obstacle ?? startText(texts, room)}</p>
            </div>
        );
    }
    return (
        <div className={styles.preparation}>
            <button
                type="button"
                className={ready ? ui.onCourt : ui.primary}
                aria-pressed={ready}
                disabled={busy}
                onClick={() => command('room:ready', { ready: !ready })}
            >
                {ready || !result ? texts.room.ready : texts.result.rematch}
            </button>
            <p role="status">{texts.room.hostStarts}</p>
        </div>
    );
}

function takenText(texts: Texts, room: Room): string {
    return room.state === 'open' ? texts.room.full : texts.room.inMatch;
}

function startText(texts: Texts, room: Room): string {
    const count = freeSeats(room);
    if (room.bots === 0 || count === 0) return texts.room.startOk;
    return fill(texts.room.startBots, { count });
}

/* Why the host would be refused just now, in words. */
function obstacleOf(texts: Texts, room: Room): string | null {
    const players = playersOf(room);
    const min = playersNeeded(room);
    if (players.length < min) {
        return fill(texts.room.startWaitPlayers, { count: players.length, min });
    }
    const waiting = players.filter((player) => !player.ready && player.user !== room.host);
    if (waiting.length === 0) return null;
    return fill(texts.room.startWaitReady, {
        names: waiting.map((player) => player.name).join(', '),
    });
}
