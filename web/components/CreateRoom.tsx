// The button and the dialog that open a room. A visitor without an account becomes a guest first.
import { useRouter } from 'next/router';
import { useId, useState } from 'react';
import { api } from '../lib/api';
import { defaultsOf, hasRules, rulesFrom } from '../lib/rules';
import { useSession } from '../lib/session';
import { gameTexts, modeName, useLocale, useTexts } from '../lib/text';
import type { Game, Room } from '../lib/types';
import { useForm } from '../lib/useForm';
import ui from '../styles/ui.module.css';
import styles from './CreateRoom.module.css';
import { Dialog } from './Dialog';
import { Field } from './Field';
import { RulesFields } from './RulesFields';

const NAME_CHARACTERS_MAX = 60;

interface Props {
    games: Game[];
    /** The game that is chosen at first. */
    game?: string;
    className?: string;
}

export function CreateRoom({ games, game, className }: Props) {
    const texts = useTexts();
    const [open, setOpen] = useState(false);
    if (games.length === 0) return null;
    return (
        <>
            <button
                type="button"
                className={className ?? ui.secondary}
                onClick={() => setOpen(true)}
            >
                {texts.game.createRoom}
            </button>
            {open && (
                <Dialog title={texts.rooms.createTitle} onClose={() => setOpen(false)}>
                    <Form games={games} game={game} onCancel={() => setOpen(false)} />
                </Dialog>
            )}
        </>
    );
}

function Form(props: { games: Game[]; game: string | undefined; onCancel(): void }) {
    const { games, onCancel } = props;
    const texts = useTexts();
    const locale = useLocale();
    const router = useRouter();
    const { ensureUser } = useSession();
    const [chosen, setChosen] = useState(props.game ?? games[0]?.id ?? '');
    const game = games.find((one) => one.id === chosen);
    const [chosenMode, setChosenMode] = useState('');
    const mode = game?.modes.find((one) => one.id === chosenMode) ?? game?.modes[0];
    const gameField = useId();
    const modeField = useId();
    const fields = ['name', 'seats', ...(game?.options ?? []).map(({ id }) => `options.${id}`)];

    const form = useForm(fields, async (values) => {
        if (!game || !mode) return;
        await ensureUser();
        const name = values.name?.trim() ?? '';
        const { visibility } = values;
        const asked = {
            game: game.id,
            mode: mode.id,
            visibility,
            ...(name !== '' && { name }),
            ...rulesFrom(game, mode, values),
        };
        const room = await api.post<Room>('/api/rooms', asked);
        await router.push(`/rooms/${room.id}`);
    });

    return (
        <form className={styles.form} onSubmit={form.submit}>
            <div className={styles.field}>
                <label htmlFor={gameField}>{texts.rooms.filter}</label>
                <select
                    className={ui.select}
                    id={gameField}
                    value={chosen}
                    onChange={(event) => setChosen(event.target.value)}
                >
                    {games.map((one) => (
                        <option key={one.id} value={one.id}>
                            {gameTexts(one, locale).title}
                        </option>
                    ))}
                </select>
            </div>
            <div className={styles.field}>
                <label htmlFor={modeField}>{texts.play.mode}</label>
                <select
                    className={ui.select}
                    id={modeField}
                    value={mode?.id}
                    onChange={(event) => setChosenMode(event.target.value)}
                >
                    {game?.modes.map((one) => (
                        <option key={one.id} value={one.id}>
                            {modeName(texts, one.id)}
                        </option>
                    ))}
                </select>
            </div>
            <Field
                label={texts.rooms.name}
                hint={texts.rooms.nameHint}
                name="name"
                maxLength={NAME_CHARACTERS_MAX}
                autoComplete="off"
                error={form.errorOf('name')}
            />
            <fieldset className={styles.choice}>
                <legend>{texts.rooms.visibility}</legend>
                <label>
                    <input type="radio" name="visibility" value="public" defaultChecked />
                    {texts.rooms.public}
                </label>
                <label>
                    <input type="radio" name="visibility" value="private" />
                    {texts.rooms.private}
                </label>
            </fieldset>
            {game && mode && hasRules(game, mode) && (
                <details className={styles.rules}>
                    <summary>{texts.rules.title}</summary>
                    <RulesFields
                        key={`${game.id}/${mode.id}`}
                        game={game}
                        mode={mode}
                        rules={defaultsOf(game, mode)}
                        errorOf={form.errorOf}
                    />
                </details>
            )}
            {form.error && (
                <p className={ui.error} role="alert">
                    {form.error}
                </p>
            )}
            <div className={ui.row}>
                <button type="submit" className={ui.primary} disabled={form.busy}>
                    {texts.rooms.submit}
                </button>
                <button type="button" className={ui.quiet} onClick={onCancel}>
                    {texts.rooms.cancel}
                </button>
            </div>
        </form>
    );
}
