// A native modal dialog with a heading. Escape and a click beside it close it.
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import styles from './Dialog.module.css';

interface Props {
    title: string;
    onClose(): void;
    children: ReactNode;
}

export function Dialog({ title, onClose, children }: Props) {
    const dialog = useRef<HTMLDialogElement>(null);
    const heading = useId();
    // Closed while it is still there: so the focus goes back to where it came from.
    useLayoutEffect(() => {
        const element = dialog.current;
        if (element && !element.open) element.showModal();
        return () => element?.close();
    }, []);
    return (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the dialog closes by Escape of itself
        <dialog
            className={styles.dialog}
            ref={dialog}
            aria-labelledby={heading}
            onCancel={(event) => {
                event.preventDefault();
                onClose();
            }}
            onClick={(event) => {
                if (event.target === dialog.current) onClose();
            }}
        >
            <div className={styles.body}>
                <h2 className={styles.title} id={heading}>
                    {title}
                </h2>
                {children}
            </div>
        </dialog>
    );
}
