// What every server-rendered page does: find out who is looking, beside what the page itself asks
// for. An access cookie that has run out is no error here: the page is rendered `pending` and the
// browser, which alone holds the refresh cookie, gets a new one and asks for the data again.
import type { GetServerSideProps, GetServerSidePropsContext } from 'next';
import { type Answer, ask, type Service } from './backend';
import { cookieIn, HINT_COOKIE } from './cookies';
import type { Account } from './types';

export interface Session {
    user: Account | null;
    /** The browser may well have a session; it has to refresh it to know. */
    pending: boolean;
}

export interface PageProps {
    session: Session;
}

export type Asker = <T>(service: Service, path: string) => Promise<Answer<T>>;

export function page<P extends object>(
    load: (asker: Asker, context: GetServerSidePropsContext) => Promise<P>,
): GetServerSideProps {
    return async (context) => {
        const asker: Asker = (service, path) => ask(context.req, service, path);
        const [session, props] = await Promise.all([
            sessionOf(context.req.headers.cookie, asker),
            load(asker, context),
        ]);
        return { props: { ...props, session } };
    };
}

async function sessionOf(cookies: string | undefined, asker: Asker): Promise<Session> {
    const hint = cookieIn(cookies, HINT_COOKIE) !== null;
    if (cookieIn(cookies, 'transcendence_access') === null) return { user: null, pending: hint };
    const me = await asker<Account>('auth', '/api/auth/me');
    if (me.ok) return { user: me.data, pending: false };
    return { user: null, pending: me.status === 401 };
}

/** The items of a list, or null when the service could not be asked. */
export function itemsOf<T>(answer: Answer<{ items: T[] }>): T[] | null {
    return answer.ok ? answer.data.items : null;
}
