// One labelled input with its hint and its error, tied together for screen readers.
import { type InputHTMLAttributes, useId } from 'react';
import styles from './Field.module.css';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
    label: string;
    hint?: string;
    error?: string | null;
}

export function Field({ label, hint, error, ...input }: Props) {
    const id = useId();
    const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
    return (
        <div className={styles.field}>
            <label className={styles.label} htmlFor={id}>
                {label}
            </label>
            <input
                {...input}
                className={styles.input}
                id={id}
                aria-invalid={error ? true : undefined}
                aria-describedby={described || undefined}
            />
            {hint && (
                <p className={styles.hint} id={`${id}-hint`}>
                    {hint}
                </p>
            )}
            {error && (
                <p className={styles.error} id={`${id}-error`}>
                    {error}
                </p>
            )}
        </div>
    );
}
