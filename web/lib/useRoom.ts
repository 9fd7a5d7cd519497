// What a room page shows, kept true: starts from what the server rendered, follows room:state,
// game:started and game:ended, fetches again after a gap. Shows; decides nothing.
import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from './api';
import { failureOf } from './failure';
import type { LiveMatch } from './frameHost';
import { playersOf } from './rules';
import { useEvent, useResync } from './socket';
import type { GameStarted, GameSwapped, Match, Room } from './types';

const POLL_MS_MEMBER = 20_000;
const POLL_MS_STRANGER = 4_000;

export interface RoomView {
    room: Room;
    gone: boolean;
    live: LiveMatch | null;
    result: Match | null;
    take(room: Room): void;
    reload(): void;
    forgetResult(): void;
}

export function useRoom(initial: Room, initialMatch: Match | null, me: string | null): RoomView {
    const [room, setRoom] = useState(initial);
    const [gone, setGone] = useState(false);
    const [live, setLive] = useState<LiveMatch | null>(
        initialMatch?.state === 'live' ? initialMatch : null,
    );
    const [result, setResult] = useState<Match | null>(null);
    const [seen, setSeen] = useState(initial);
    if (initial !== seen) {
        setSeen(initial);
        if (initial.version >= room.version) setRoom(initial);
    }

    const channel = `room:${room.id}`;
    const take = useCallback((next: Room) => {
        setRoom((old) => (next.version >= old.version ? next : old));
    }, []);

    const reload = useCallback(() => {
        api.get<Room>(`/api/rooms/${initial.id}`)
            .then(take)
            .catch((error) => {
                if (failureOf(error).status === 404) setGone(true);
            });
    }, [initial.id, take]);

    useEvent<Room>('room:state', (event) => {
        if (event.ch === channel) take(event.data);
    });
    useEvent<{ room: string }>('room:closed', (event) => {
        if (event.data.room === room.id) setGone(true);
    });
    useEvent<GameStarted>('game:started', (event) => {
        if (event.data.room !== room.id) return;
        setResult(null);
        setLive({ ...event.data, id: event.data.match });
    });
    useEvent<GameSwapped>('game:swapped', (event) => {
        const { match, sha } = event.data;
        setLive((old) => (old?.id === match ? { ...old, sha } : old));
    });
    useEvent<Match>('game:ended', (event) => {
        if (event.data.room === room.id) setResult(event.data);
    });
    useResync(reload, channel);
    useEffect(reload, [reload]); // what happened between the rendering and the listening
    useMatchOf(room, live, result, setLive, setResult);

    const member = room.members.some((one) => one.user === me);
    useEffect(() => {
        const timer = setInterval(
            () => {
                if (document.visibilityState === 'visible') reload();
            },
            member ? POLL_MS_MEMBER : POLL_MS_STRANGER,
        );
        return () => clearInterval(timer);
    }, [member, reload]);

    const forgetResult = useCallback(() => {
        setResult(null);
        setLive(null);
    }, []);
    return { room, gone, live, result, take, reload, forgetResult };
}

/* When the room says that a match runs, or runs no more, and no event told which, or that somebody
 * has come late: ask for it. */
function useMatchOf(
    room: Room,
    live: LiveMatch | null,
    result: Match | null,
    setLive: (live: LiveMatch) => void,
    setResult: (result: Match | null) => void,
): void {
    const missing = room.match !== null && room.match !== live?.id ? room.match : null;
    const finished = room.match === null && live && result?.id !== live.id ? live.id : null;
    const late = missing === null && live && hasLatecomer(room, live) ? live.id : null;
    const asked = missing ?? finished ?? late;
    const latest = useRef(asked);
    latest.current = asked;
    // Room versions are counted up by every change, so this asks again as long as it does not know.
    const version = room.version;
    // biome-ignore lint/correctness/useExhaustiveDependencies: version is the reason to ask again
    useEffect(() => {
        if (asked === null) return;
        api.get<Match>(`/api/games/matches/${asked}`)
            .then((match) => {
                if (latest.current !== match.id) return;
                if (match.state === 'live') {
                    setLive(match);
                    setResult(null);
                } else setResult(match);
            })
            .catch(() => {}); // the next change or poll asks again
    }, [asked, version, setLive, setResult]);
}

/* A player of the room who has no seat in the match that we know. */
function hasLatecomer(room: Room, live: LiveMatch): boolean {
    if (room.match !== live.id || !room.lateJoin) return false;
    return playersOf(room).some((member) => !live.players.some(({ user }) => user === member.user));
}
