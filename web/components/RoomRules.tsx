// The rules of a room, for everybody to read; its host changes them while nobody plays.
import { useState } from 'react';
import { botsPossible, hasRules, labelOf, playersOf, rulesFrom, valueText } from '../lib/rules';
import { socket } from '../lib/socket';
import { useLocale, useTexts } from '../lib/text';
import type { Game, GameMode, Room } from '../lib/types';
import { useForm } from '../lib/useForm';
import ui from '../styles/ui.module.css';
import { Dialog } from './Dialog';
import styles from './RoomRules.module.css';
import { RulesFields } from './RulesFields';

interface Props {
    room: Room;
    game: Game;
    me: string | null;
    take(room: Room): void;
}

export function RoomRules({ room, game, me, take }: Props) {
    const texts = useTexts().rules;
    const locale = useLocale();
    const [changing, setChanging] = useState(false);
    const mode = game.modes.find((one) => one.id === room.mode);
    if (!mode || !hasRules(game, mode)) return null;
    const rows = game.options.map((option) => [
        labelOf(option, locale),
        valueText(option, room.options[option.id], locale, texts),
    ]);
    if (botsPossible(game, mode)) rows.push([texts.bots, texts.botLevels[room.bots] ?? '']);
    if (room.lateJoin) rows.push([texts.lateJoinShort, texts.on]);
    return (
        <section className={styles.rules} aria-labelledby="rules">
            <div className={styles.head}>
                <h2 id="rules">{texts.title}</h2>
                {me === room.host && room.state === 'open' && (
                    <button type="button" className={ui.textual} onClick={() => setChanging(true)}>
                        {texts.change}
                    </button>
                )}
            </div>
            <dl className={styles.list}>
                {rows.map(([label, value]) => (
                    <div key={label}>
                        <dt>{label}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
            </dl>
            {changing && (
                <Dialog title={texts.title} onClose={() => setChanging(false)}>
                    <Form
                        room={room}
                        game={game}
                        mode={mode}
                        done={(next) => {
                            if (next) take(next);
                            setChanging(false);
                        }}
                    />
                </Dialog>
            )}
        </section>
    );
}

function Form(props: { room: Room; game: Game; mode: GameMode; done(room: Room | null): void }) {
    const { room, game, mode, done } = props;
    const texts = useTexts();
    const fields = ['seats', 'bots', ...game.options.map(({ id }) => `options.${id}`)];
    const form = useForm(fields, async (values) => {
        const rules = rulesFrom(game, mode, values);
        done(await socket.command<Room>('room:update', { room: room.id, ...rules }));
    });
    return (
        <form className={styles.form} onSubmit={form.submit}>
            <RulesFields
                game={game}
                mode={mode}
                rules={room}
                seatsMin={playersOf(room).length}
                errorOf={form.errorOf}
            />
            <p className={styles.hint}>{texts.rules.readyAgain}</p>
            {form.error && (
                <p className={ui.error} role="alert">
                    {form.error}
                </p>
            )}
            <div className={ui.row}>
                <button type="submit" className={ui.primary} disabled={form.busy}>
                    {texts.rules.save}
                </button>
                <button type="button" className={ui.quiet} onClick={() => done(null)}>
                    {texts.rooms.cancel}
                </button>
            </div>
        </form>
    );
}
