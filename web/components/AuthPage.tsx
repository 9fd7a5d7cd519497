// The frame of the log-in and the registration page, and the way back to where one came from.
import type { ReactNode } from 'react';
import styles from './AuthPage.module.css';
import { Shell } from './Shell';

export function AuthPage({ title, children }: { title: string; children: ReactNode }) {
    return (
        <Shell title={title}>
            <div className={styles.page}>
                <h1 className={styles.title}>{title}</h1>
                {children}
            </div>
        </Shell>
    );
}

/** `?next=` only leads to our own pages. */
export function nextOf(query: string | string[] | undefined): string {
    const path = typeof query === 'string' ? query : '/';
    return /^\/(?![/\\])[^\\\s]*$/.test(path) ? path : '/';
}
