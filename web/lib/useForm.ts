// Sending a form once at a time, and where its failure belongs: to a field or to the whole form.
import { type FormEvent, useState } from 'react';
import { type Failure, failureOf } from './failure';
import { failureText, useTexts } from './text';

export interface FormState {
    busy: boolean;
    done: boolean;
    /** The text for one field, if the failure names it. */
    errorOf(field: string): string | null;
    /** The text for the whole form, if the failure names none of `fields`. */
    error: string | null;
    submit(event: FormEvent<HTMLFormElement>): void;
}

const FIELD_OF_CODE: Record<string, string | undefined> = {
    username_taken: 'username',
    email_taken: 'email',
    wrong_password: 'oldPassword',
};

export function useForm(
    fields: string[],
    send: (values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>,
): FormState {
    const texts = useTexts();
    const [busy, setBusy] = useState(false);
    const [done, setDone] = useState(false);
    const [failure, setFailure] = useState<Failure | null>(null);

    const named = failure && (failure.field ?? FIELD_OF_CODE[failure.code] ?? null);
    const field = named !== null && fields.includes(named) ? named : null;
    const text = failure && failureText(texts, failure);

    function submit(event: FormEvent<HTMLFormElement>): void {
        event.preventDefault();
        if (busy) return;
        const form = event.currentTarget;
        const values: Record<string, string> = {};
        for (const [name, value] of new FormData(form)) values[name] = String(value);
        setBusy(true);
        setDone(false);
        setFailure(null);
        send(values, form)
            .then(() => setDone(true))
            .catch((error) => setFailure(failureOf(error)))
            .finally(() => setBusy(false));
    }

    return {
        busy,
        done,
        error: field === null ? text : null,
        errorOf: (name) => (name === field ? text : null),
        submit,
    };
}
