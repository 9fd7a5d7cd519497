// Where something needs an account: one click makes a guest, one more logs in.
import Link from 'next/link';
import { useRouter } from 'next/router';
import { useState } from 'react';
import { type Failure, failureOf } from '../lib/failure';
import { useSession } from '../lib/session';
import { failureText, useTexts } from '../lib/text';
import ui from '../styles/ui.module.css';
import styles from './GuestInvitation.module.css';

export function GuestInvitation() {
    const texts = useTexts();
    const { ensureUser, pending } = useSession();
    const { asPath } = useRouter();
    const [failure, setFailure] = useState<Failure | null>(null);
    if (pending) return null; // it is just being found out
    return (
        <div className={styles.invitation}>
            <p>{texts.chat.anonymous}</p>
            <div className={ui.row}>
                <button
                    type="button"
                    className={ui.secondary}
                    onClick={() => {
                        ensureUser().catch((error) => setFailure(failureOf(error)));
                    }}
                >
                    {texts.chat.asGuest}
                </button>
                <Link href={`/login?next=${encodeURIComponent(asPath)}`}>{texts.nav.login}</Link>
            </div>
            {failure && (
                <p className={ui.error} role="alert">
                    {failureText(texts, failure)}
                </p>
            )}
        </div>
    );
}
