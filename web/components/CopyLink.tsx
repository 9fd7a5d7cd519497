// Copies the address of this page. Without the clipboard (http, refused) it shows it to be copied.
import { useState } from 'react';
import { useTexts } from '../lib/text';
import ui from '../styles/ui.module.css';
import styles from './CopyLink.module.css';

export function CopyLink() {
    const texts = useTexts();
    const [done, setDone] = useState(false);
    const [shown, setShown] = useState<string | null>(null);

    function copy(): void {
        const address = location.href.split(/[?#]/)[0] as string;
        const write = navigator.clipboard?.writeText(address) ?? Promise.reject();
        write.then(() => setDone(true)).catch(() => setShown(address));
    }

    return (
        <div className={styles.copy}>
            <span className={styles.done} role="status">
                {done && texts.room.linkDone}
            </span>
            <button type="button" className={ui.secondary} onClick={copy}>
                {texts.room.link}
            </button>
            {shown !== null && (
                <input
                    className={ui.select}
                    aria-label={texts.room.link}
                    value={shown}
                    readOnly
                    ref={(input) => input?.select()}
                />
            )}
        </div>
    );
}
