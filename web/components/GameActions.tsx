// What an administrator does to a game, each behind a question that says what will happen to how many
// live matches. One of them at a time.
import { useState } from 'react';
import { type Act, consequence, outcomeText, shortSha, type VersionAct } from '../lib/admin';
import { api } from '../lib/api';
import { type Failure, failureOf } from '../lib/failure';
import { failureText, fill, type Texts, useTexts } from '../lib/text';
import type { GameState, Released } from '../lib/types';
import ui from '../styles/ui.module.css';
import { Dialog } from './Dialog';

export async function perform(texts: Texts, game: string, act: Act): Promise<string> {
    const path = `/api/games/${encodeURIComponent(game)}/${act.kind}`;
    if (!('version' in act)) {
        await api.post(path);
        return texts.admin.outcome[act.kind];
    }
    const { sha, version } = act.version;
    if (act.kind === 'pardon') {
        await api.post(path, { sha });
        return fill(texts.admin.outcome.pardon, { version });
    }
    return outcomeText(texts, await api.work<Released>(path, { sha }));
}

interface Props {
    state: GameState;
    act: Act;
    /** With what came of it, or null when it was not done after all. */
    onClose(outcome: string | null): void;
}

export function ActDialog({ state, act, onClose }: Props) {
    const texts = useTexts();
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<Failure | null>(null);
    const version = 'version' in act ? act.version.version : '';

    function confirm(): void {
        setBusy(true);
        setFailure(null);
        perform(texts, state.game, act)
            .then(onClose)
            .catch((error) => {
                setFailure(failureOf(error));
                setBusy(false);
            });
    }

    return (
        <Dialog title={fill(texts.admin.ask[act.kind], { version })} onClose={() => onClose(null)}>
            <p>{consequence(texts, state, act)}</p>
            {failure && <FailureNote failure={failure} />}
            <div className={ui.row}>
                <button
                    type="button"
                    className={act.kind === 'disable' ? ui.danger : ui.primary}
                    disabled={busy}
                    onClick={confirm}
                >
                    {wordOf(texts, act)}
                </button>
                <button type="button" className={ui.quiet} onClick={() => onClose(null)}>
                    {texts.admin.cancel}
                </button>
            </div>
        </Dialog>
    );
}

function wordOf(texts: Texts, act: Act): string {
    if (!('version' in act)) return texts.admin[act.kind];
    return texts.admin.act[act.kind];
}

export function actLabel(texts: Texts, act: VersionAct): string {
    return fill(texts.admin.actLabel[act.kind], {
        version: act.version.version,
        sha: shortSha(act.version.sha),
    });
}

/** The sentence in the reader's language, and what the service has to say about this case. */
export function FailureNote({ failure }: { failure: Failure }) {
    const texts = useTexts();
    return (
        <div role="alert">
            <p className={ui.error}>{failureText(texts, failure)}</p>
            {failure.detail && <p lang="en">{failure.detail}</p>}
        </div>
    );
}
