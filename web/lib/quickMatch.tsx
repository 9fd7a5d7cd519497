// Quick match for the whole page: click, wait, be taken to the room. Survives a lost connection by
// asking where its ticket stands. The queue itself is the matchmaking service's business.
import { useRouter } from 'next/router';
import {
    createContext,
    type ReactNode,
    useCallback,
    useContext,
    useMemo,
    useRef,
    useState,
} from 'react';
import { api } from './api';
import { type Failure, failureOf } from './failure';
import { useSession } from './session';
import { socket, useEvent, useResync } from './socket';
import type { List, MatchFound, Room, Ticket } from './types';

export interface Wanted {
    game: string;
    mode: string;
}

export interface Waiting extends Wanted {
    since: number;
    found: boolean;
    queue: number | null;
    failure: Failure | null;
}

interface QuickMatchValue {
    waiting: Waiting | null;
    play(wanted: Wanted): void;
    cancel(): void;
}

const QuickMatchContext = createContext<QuickMatchValue | null>(null);

export function useQuickMatch(): QuickMatchValue {
    const value = useContext(QuickMatchContext);
    if (!value) throw new Error('useQuickMatch outside of QuickMatchProvider');
    return value;
}

export function QuickMatchProvider({ children }: { children: ReactNode }) {
    const router = useRouter();
    const { ensureUser } = useSession();
    const [waiting, setWaiting] = useState<Waiting | null>(null);
    const wanted = useRef<Wanted | null>(null);

    const enter = useCallback(
        (room: string) => {
            wanted.current = null;
            setWaiting((old) => old && { ...old, found: true });
            void router.push(`/rooms/${room}`).finally(() => setWaiting(null));
        },
        [router],
    );

    const hear = useCallback(
        (ticket: Ticket) => {
            if (ticket.state === 'found' && ticket.room !== null) return enter(ticket.room);
            setWaiting((old) => old && { ...old, queue: ticket.waiting });
        },
        [enter],
    );

    const fail = useCallback((error: unknown) => {
        wanted.current = null;
        setWaiting((old) => old && { ...old, failure: failureOf(error) });
    }, []);

    const join = useCallback(
        async (game: Wanted) => {
            try {
                hear(await takeTicket(game));
            } catch (error) {
                if (wanted.current !== game) return;
                const room =
                    failureOf(error).code === 'already_in_match' ? await roomOfMatch() : null;
                if (room) enter(room);
                else fail(error);
            }
        },
        [hear, enter, fail],
    );

    const play = useCallback(
        (game: Wanted) => {
            wanted.current = game;
            setWaiting({ ...game, since: Date.now(), found: false, queue: null, failure: null });
            ensureUser()
                .then(() => {
                    if (wanted.current !== game) return;
                    socket.connect();
                    void join(game);
                })
                .catch(fail);
        },
        [ensureUser, join, fail],
    );

    const cancel = useCallback(() => {
        if (wanted.current) socket.command('matchmaking:leaveQueue').catch(() => {}); // too late is fine
        wanted.current = null;
        setWaiting(null);
    }, []);

    useEvent<Ticket>('matchmaking:status', (event) => {
        if (wanted.current) hear(event.data);
    });
    useEvent<MatchFound>('matchmaking:found', (event) => {
        if (wanted.current) enter(event.data.room);
    });
    // Leaving the page takes one out of the queue, and to the server a lost connection looks the same.
    useResync(() => {
        if (wanted.current) void join(wanted.current);
    });

    const value = useMemo(() => ({ waiting, play, cancel }), [waiting, play, cancel]);
    return <QuickMatchContext.Provider value={value}>{children}</QuickMatchContext.Provider>;
}

/* A ticket left from before is kept when it is for the same game, and given back when not. */
async function takeTicket(game: Wanted): Promise<Ticket> {
    try {
        return await socket.command<Ticket>('matchmaking:joinQueue', game);
    } catch (error) {
        if (failureOf(error).code !== 'already_queued') throw error;
    }
    const old = await api.get<Ticket>('/api/matchmaking/ticket');
    if (old.state === 'found' || (old.game === game.game && old.mode === game.mode)) return old;
    await socket.command('matchmaking:leaveQueue');
    return await socket.command<Ticket>('matchmaking:joinQueue', game);
}

async function roomOfMatch(): Promise<string | null> {
    const rooms = await api.get<List<Room>>('/api/rooms?mine=1&state=playing').catch(() => null);
    return rooms?.items[0]?.id ?? null;
}
