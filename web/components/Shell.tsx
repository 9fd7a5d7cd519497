// What stands around every page: header, what must be known (lost connection, running match),
// footer, and the waiting dialog of a quick match.
import Head from 'next/head';
import Link from 'next/link';
import { useRouter } from 'next/router';
import { type ReactNode, useEffect, useState } from 'react';
import { api } from '../lib/api';
import { LOCALE_COOKIE, setCookie } from '../lib/cookies';
import { setThemeChoice, type ThemeChoice, useThemeChoice } from '../lib/preferences';
import { useSession } from '../lib/session';
import { socket, useEvent, useResync, useSocket } from '../lib/socket';
import type { Snapshot } from '../lib/socketClient';
import { type Texts, useLocale, useTexts } from '../lib/text';
import type { GameStarted, List, Match, Room } from '../lib/types';
import ui from '../styles/ui.module.css';
import { QuickMatchDialog } from './QuickMatchDialog';
import styles from './Shell.module.css';

interface Props {
    title?: string;
    description?: string;
    children: ReactNode;
}

export function Shell({ title, description, children }: Props) {
    const texts = useTexts();
    return (
        <div className={styles.shell}>
            <Head>
                <title>
                    {title ? `${title} · ${texts.site}` : `${texts.site} · ${texts.tagline}`}
                </title>
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="description" content={description ?? texts.description} />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
            </Head>
            <a className={styles.skip} href="#content">
                {texts.skip}
            </a>
            <header>
                <Header />
                <ConnectionBar />
                <MatchBar />
            </header>
            <main className={styles.main} id="content" tabIndex={-1}>
                {children}
            </main>
            <footer className={styles.footer}>
                <span>
                    {texts.site}. {texts.footer}
                </span>
            </footer>
            <QuickMatchDialog />
        </div>
    );
}

function Header() {
    const texts = useTexts();
    const { user, pending } = useSession();
    const path = useRouter().pathname;
    return (
        <div className={styles.header}>
            <Link className={styles.brand} href="/">
                <Mark />
                <span className={styles.brandName}>{texts.site}</span>
            </Link>
            <nav className={styles.nav} aria-label={texts.nav.label}>
                <Link
                    className={styles.item}
                    href="/rooms"
                    aria-current={path === '/rooms' ? 'page' : undefined}
                >
                    {texts.nav.rooms}
                </Link>
                {user?.admin && (
                    <Link
                        className={`${styles.item} ${styles.wide}`}
                        href="/admin/games"
                        aria-current={path.startsWith('/admin') ? 'page' : undefined}
                    >
                        {texts.nav.admin}
                    </Link>
                )}
                <ThemeButton />
                <LanguageLink />
                {user && (
                    <Link
                        className={styles.user}
                        href={`/users/${user.username}`}
                        title={texts.nav.profile}
                    >
                        {user.username}
                    </Link>
                )}
                {!user && !pending && (
                    <>
                        <Link className={styles.item} href="/login">
                            {texts.nav.login}
                        </Link>
                        <Link className={`${styles.item} ${styles.wide}`} href="/register">
                            {texts.nav.register}
                        </Link>
                    </>
                )}
            </nav>
        </div>
    );
}

function Mark() {
    return (
        <svg className={styles.mark} viewBox="0 0 32 32" aria-hidden="true">
            <rect className={styles.markGround} width="32" height="32" rx="9" />
            <rect className={styles.markPaddle} x="6" y="9" width="3.5" height="14" rx="1.75" />
            <path className={styles.markLine} d="M16 4v24" />
            <circle className={styles.markBall} cx="23" cy="12" r="4" />
        </svg>
    );
}

const NEXT_THEME: Record<ThemeChoice, ThemeChoice> = {
    system: 'light',
    light: 'dark',
    dark: 'system',
};

function ThemeButton() {
    const texts = useTexts();
    const choice = useThemeChoice();
    const label = `${texts.nav.theme.label}: ${texts.nav.theme[choice]}`;
    return (
        <button
            type="button"
            className={styles.icon}
            aria-label={label}
            title={label}
            onClick={() => setThemeChoice(NEXT_THEME[choice])}
        >
            <svg viewBox="0 0 24 24" aria-hidden="true">
                <circle className={styles.stroke} cx="12" cy="12" r="8" />
                {choice === 'system' && <path className={styles.fill} d="M12 4a8 8 0 0 1 0 16z" />}
                {choice === 'dark' && <circle className={styles.fill} cx="12" cy="12" r="8" />}
                {choice === 'light' && <circle className={styles.fill} cx="12" cy="12" r="2.5" />}
            </svg>
        </button>
    );
}

function LanguageLink() {
    const texts = useTexts();
    const { asPath } = useRouter();
    const other = useLocale() === 'en' ? 'fr' : 'en';
    return (
        <Link
            className={styles.icon}
            href={asPath}
            locale={other}
            lang={other}
            hrefLang={other}
            aria-label={`${other.toUpperCase()}: ${texts.nav.languageLabel}`}
            title={texts.nav.languageLabel}
            scroll={false}
            onClick={() => setCookie(LOCALE_COOKIE, other)}
        >
            {other.toUpperCase()}
        </Link>
    );
}

/* Only what somebody has to know: a working connection is silent. */
function ConnectionBar() {
    const texts = useTexts();
    const snapshot = useSocket();
    const text = connectionText(texts, snapshot);
    return (
        <div role="status">
            {text !== null && (
                <div className={styles.bar}>
                    <span>{text}</span>
                    {snapshot.status === 'replaced' && (
                        <button
                            type="button"
                            className={ui.textual}
                            onClick={() => socket.reconnect()}
                        >
                            {texts.connection.again}
                        </button>
                    )}
                    {snapshot.status === 'over' && <Link href="/login">{texts.nav.login}</Link>}
                </div>
            )}
        </div>
    );
}

function connectionText(texts: Texts, { status, notice }: Snapshot): string | null {
    if (status === 'replaced' || status === 'refused' || status === 'over')
        return texts.connection[status];
    if (status !== 'waiting' && !(status === 'connecting' && notice !== null)) return null;
    return notice === null || notice === 'lost'
        ? texts.connection.waiting
        : texts.connection[notice];
}

/* The way back to a running match for somebody who has wandered off. */
function MatchBar() {
    const texts = useTexts();
    const router = useRouter();
    const { user } = useSession();
    const { status } = useSocket();
    const [room, setRoom] = useState<string | null>(null);
    const id = user?.id ?? null;

    const look = () => {
        api.get<List<Room>>('/api/rooms?mine=1&state=playing&limit=1')
            .then((list) => setRoom(roomPlayedBy(list.items, id)))
            .catch(() => {}); // without it there is only no bar
    };
    const connected = status === 'open';
    // biome-ignore lint/correctness/useExhaustiveDependencies: looks once per connection
    useEffect(() => {
        if (id === null) setRoom(null);
        else if (connected) look();
    }, [id, connected]);
    useResync(look);
    useEvent<GameStarted>('game:started', (event) => {
        if (event.data.slot !== null) setRoom(event.data.room);
    });
    useEvent<Match>('game:ended', (event) => {
        setRoom((old) => (old === event.data.room ? null : old));
    });

    const here = router.pathname === '/rooms/[id]' && router.query.id === room;
    if (room === null || here) return null;
    return (
        <div className={styles.bar}>
            <span>{texts.play.back}</span>
            <Link href={`/rooms/${room}`}>{texts.play.backLink}</Link>
        </div>
    );
}

function roomPlayedBy(rooms: Room[], user: string | null): string | null {
    const seated = rooms.find((room) =>
        room.members.some((member) => member.user === user && member.role === 'player'),
    );
    return seated?.id ?? null;
}
