// Nothing at this address: the page that says so, also for a room, a player or a game.
import Link from 'next/link';
import { useTexts } from '../lib/text';
import ui from '../styles/ui.module.css';
import styles from './NotFound.module.css';
import { Shell } from './Shell';

export function NotFound({ what }: { what?: 'room' | 'user' | 'game' | 'match' }) {
    const texts = useTexts();
    return (
        <Shell title={texts.notFound.title}>
            <div className={styles.page}>
                <div className={styles.court} aria-hidden="true" />
                <h1 className={ui.pageTitle}>{texts.notFound.title}</h1>
                <p className={ui.lead}>{what ? texts.notFound[what] : texts.notFound.text}</p>
                <p>
                    <Link className={ui.secondary} href={what === 'room' ? '/rooms' : '/'}>
                        {what === 'room' ? texts.room.toRooms : texts.notFound.back}
                    </Link>
                </p>
            </div>
        </Shell>
    );
}
