// Who is using this page. Starts with what the server knew; where the server saw an expired token
// the browser refreshes and asks for the page's data again, so that somebody who comes back after
// an hour is simply logged in. Also owns when the socket is wanted.
import { useRouter } from 'next/router';
import {
    createContext,
    type ReactNode,
    useCallback,
    useContext,
    useEffect,
    useMemo,
    useState,
} from 'react';
import { api } from './api';
import { HINT_COOKIE, setCookie } from './cookies';
import type { Session } from './page';
import { refresh } from './refresh';
import { socket, useSocket } from './socket';
import type { Account, SessionAnswer } from './types';

interface SessionValue extends Session {
    /** The account after a login, a registration or a change; null after the end of the session. */
    adopt(user: Account | null): void;
    /** The account of this visitor; makes a guest account when there is none. */
    ensureUser(): Promise<Account>;
    logout(): Promise<void>;
}

const nobody: Session = { user: null, pending: false };
const SessionContext = createContext<SessionValue | null>(null);

export function useSession(): SessionValue {
    const value = useContext(SessionContext);
    if (!value) throw new Error('useSession outside of SessionProvider');
    return value;
}

export function SessionProvider(props: { rendered: Session | undefined; children: ReactNode }) {
    const { rendered, children } = props;
    const router = useRouter();
    const [session, setSession] = useState<Session>(rendered ?? nobody);
    const [seen, setSeen] = useState(rendered);
    if (rendered && rendered !== seen) {
        setSeen(rendered);
        setSession(rendered);
    }

    const adopt = useCallback((user: Account | null) => {
        setCookie(HINT_COOKIE, user ? '1' : null);
        setSession({ user, pending: false });
    }, []);

    const ensureUser = useCallback(async () => {
        if (session.user) return session.user;
        if (session.pending) {
            const refreshed = await refresh();
            if (refreshed.state === 'ok') {
                adopt(refreshed.session.user);
                return refreshed.session.user;
            }
        }
        const { user } = await api.post<SessionAnswer>('/api/auth/guest');
        adopt(user);
        return user;
    }, [session, adopt]);

    const logout = useCallback(async () => {
        socket.disconnect();
        await api.post('/api/auth/logout').catch(() => {});
        adopt(null);
        await router.push('/');
    }, [adopt, router]);

    // Nobody could be asked: shown as a stranger for now, and the next page asks again.
    const giveUp = useCallback(() => setSession(nobody), []);
    useRefreshedData(session, adopt, giveUp);
    useWantedSocket(session.user, adopt);

    const value = useMemo(
        () => ({ ...session, adopt, ensureUser, logout }),
        [session, adopt, ensureUser, logout],
    );
    return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

/* The server could not know: get a new token and let the server render the page's data again. */
function useRefreshedData(
    session: Session,
    adopt: (user: Account | null) => void,
    giveUp: () => void,
): void {
    const router = useRouter();
    const { pending, user } = session;
    // biome-ignore lint/correctness/useExhaustiveDependencies: once per pending rendering
    useEffect(() => {
        if (!pending) return;
        let shown = true;
        refresh().then((refreshed) => {
            if (!shown) return;
            if (refreshed.state === 'ok') {
                adopt(refreshed.session.user);
                void router.replace(router.asPath, undefined, { scroll: false });
            } else if (refreshed.state === 'over') adopt(null);
            else giveUp();
        });
        return () => {
            shown = false;
        };
    }, [pending]);
    useEffect(() => {
        if (user) setCookie(HINT_COOKIE, '1');
    }, [user]);
}

function useWantedSocket(user: Account | null, adopt: (user: Account | null) => void): void {
    const { status } = useSocket();
    const id = user?.id ?? null;
    const guest = user?.guest ?? false;
    useEffect(() => {
        if (id === null) return;
        // A guest who became a full account gets a socket that knows it.
        const connected = socket.getSnapshot().ready?.user;
        if (connected && (connected.id !== id || connected.guest !== guest)) socket.reconnect();
        else socket.connect();
        return undefined;
    }, [id, guest]);
    useEffect(() => {
        // A session that has ended says so until somebody logs in.
        if (id === null && socket.getSnapshot().status !== 'over') socket.disconnect();
    }, [id]);
    useEffect(() => {
        if (status === 'over') adopt(null);
    }, [status, adopt]);
}
