// Bringing a version as a tar archive. What is refused says why and what to do; nobody plays what is
// admitted before it is put live.
import { type FormEvent, useId, useRef, useState } from 'react';
import { ARCHIVE_BYTES_MAX, ARCHIVE_TYPE, shortSha } from '../lib/admin';
import { api } from '../lib/api';
import { Failure, failureOf } from '../lib/failure';
import { failureText, fill, useTexts } from '../lib/text';
import type { GameVersion } from '../lib/types';
import ui from '../styles/ui.module.css';
import { Field } from './Field';
import styles from './UploadVersion.module.css';

interface Props {
    /** null: the form asks for it. */
    game: string | null;
    /** The sha of the version that is live. */
    live?: string | null | undefined;
    onBrought(): void;
}

export function UploadVersion({ game, live, onBrought }: Props) {
    const texts = useTexts();
    const words = texts.admin.upload;
    const file = useId();
    const hint = useId();
    const [busy, setBusy] = useState(false);
    const [brought, setBrought] = useState<GameVersion | null>(null);
    const [failure, setFailure] = useState<Failure | null>(null);
    const form = useRef<HTMLFormElement>(null);

    function submit(event: FormEvent<HTMLFormElement>): void {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        const id = game ?? String(values.get('game'));
        setBusy(true);
        setBrought(null);
        setFailure(null);
        upload(id, values.get('archive'))
            .then((version) => {
                setBrought(version);
                form.current?.reset();
            })
            .catch((error) => setFailure(failureOf(error)))
            .finally(() => {
                setBusy(false);
                onBrought();
            });
    }

    return (
        <form className={styles.form} ref={form} onSubmit={submit}>
            <p className={styles.hint} id={hint}>
                {words.hint}
            </p>
            <div className={styles.fields}>
                {game === null && (
                    <Field
                        label={words.game}
                        name="game"
                        pattern="[a-z][a-z0-9\-]{0,30}"
                        autoComplete="off"
                        required
                    />
                )}
                <div className={styles.file}>
                    <label htmlFor={file}>{words.file}</label>
                    <input
                        id={file}
                        type="file"
                        name="archive"
                        accept=".tar,application/x-tar"
                        aria-describedby={hint}
                        required
                    />
                </div>
                <button type="submit" className={ui.secondary} disabled={busy}>
                    {busy ? words.busy : words.submit}
                </button>
            </div>
            <p className={styles.done} role="status">
                {brought &&
                    (brought.state === 'current' || brought.sha !== live) &&
                    broughtText(texts.admin.outcome, brought, game !== null)}
            </p>
            {failure && <Refusal failure={failure} />}
        </form>
    );
}

async function upload(game: string, archive: FormDataEntryValue | null): Promise<GameVersion> {
    if (!(archive instanceof File)) throw new Failure('bad_request', 'No file was chosen.');
    if (archive.size > ARCHIVE_BYTES_MAX)
        throw new Failure('payload_too_large', 'The file is too large.');
    const path = `/api/games/${encodeURIComponent(game)}/versions`;
    return api.upload<GameVersion>(path, ARCHIVE_TYPE, archive);
}

function broughtText(
    words: { uploaded: string; uploadedFirst: string; uploadedLive: string },
    version: GameVersion,
    isOnItsPage: boolean,
): string {
    const text = isOnItsPage ? words.uploaded : words.uploadedFirst;
    return fill(version.state === 'current' ? words.uploadedLive : text, {
        version: version.version ?? '–',
        sha: shortSha(version.sha),
    });
}

/* The service's sentence says what is wrong and what to do about it; it begins with its code. */
function Refusal({ failure }: { failure: Failure }) {
    const texts = useTexts();
    const words = texts.admin.upload;
    const said =
        failure.code === 'version_refused' ? /^(\w+): (.*)$/s.exec(failure.detail ?? '') : null;
    return (
        <div className={styles.refusal} role="alert">
            <p className={ui.error}>
                {said ? fill(words.refused, { code: said[1] ?? '' }) : failureText(texts, failure)}
            </p>
            {failure.detail && <p lang="en">{said ? said[2] : failure.detail}</p>}
            {said && <p className={styles.hint}>{words.remedy}</p>}
        </div>
    );
}
