// The fields of a form with which a room's rules are chosen: see lib/rules.ts for their names.
import { useId, useState } from 'react';
import { BOT_LEVELS, botsPossible, fieldOf, hasSizes, labelOf, type Rules } from '../lib/rules';
import { useLocale, useTexts } from '../lib/text';
import type { Game, GameMode, GameOption, OptionValues } from '../lib/types';
import ui from '../styles/ui.module.css';
import { Field } from './Field';
import styles from './RulesFields.module.css';

interface Props {
    game: Game;
    mode: GameMode;
    rules: Rules;
    /** No fewer seats than players who sit already. */
    seatsMin?: number;
    errorOf(field: string): string | null;
}

export function RulesFields({ game, mode, rules, seatsMin = 1, errorOf }: Props) {
    const texts = useTexts().rules;
    const [bots, setBots] = useState(rules.bots);
    const lateJoinPossible = bots > 0 || (game.openSeats && mode.playersMax > 1);
    return (
        <div className={styles.rules}>
            {game.options.map((option) => (
                <OptionField
                    key={option.id}
                    option={option}
                    value={rules.options[option.id]}
                    error={errorOf(fieldOf(option))}
                />
            ))}
            {hasSizes(mode) && (
                <Field
                    label={texts.seats}
                    name="seats"
                    type="number"
                    min={Math.max(mode.playersMin, seatsMin)}
                    max={mode.playersMax}
                    defaultValue={rules.seats}
                    required
                    error={errorOf('seats')}
                />
            )}
            {botsPossible(game, mode) && (
                <Choice
                    label={texts.bots}
                    name="bots"
                    value={String(bots)}
                    onChange={(value) => setBots(Number(value))}
                    values={[0, ...BOT_LEVELS].map((level) => ({
                        id: String(level),
                        text: texts.botLevels[level] ?? String(level),
                    }))}
                />
            )}
            {lateJoinPossible && (
                <label className={styles.tick}>
                    <input type="checkbox" name="lateJoin" defaultChecked={rules.lateJoin} />
                    {texts.lateJoin}
                </label>
            )}
        </div>
    );
}

function OptionField(props: {
    option: GameOption;
    value: OptionValues[string] | undefined;
    error: string | null;
}) {
    const { option, value, error } = props;
    const locale = useLocale();
    const label = labelOf(option, locale);
    const name = fieldOf(option);
    if (option.type === 'switch') {
        return (
            <label className={styles.tick}>
                <input type="checkbox" name={name} defaultChecked={value === true} />
                {label}
            </label>
        );
    }
    if (option.type === 'integer') {
        return (
            <Field
                label={label}
                name={name}
                type="number"
                min={option.min}
                max={option.max}
                step={option.step}
                defaultValue={Number(value ?? option.default)}
                required
                error={error}
            />
        );
    }
    return (
        <Choice
            label={label}
            name={name}
            value={String(value ?? option.default)}
            values={option.values.map((one) => ({ id: one.id, text: one.label[locale] }))}
        />
    );
}

function Choice(props: {
    label: string;
    name: string;
    value: string;
    values: { id: string; text: string }[];
    onChange?(value: string): void;
}) {
    const { label, name, value, values, onChange } = props;
    const id = useId();
    return (
        <div className={styles.choice}>
            <label htmlFor={id}>{label}</label>
            <select
                className={ui.select}
                id={id}
                name={name}
                defaultValue={value}
                onChange={(event) => onChange?.(event.target.value)}
            >
                {values.map((one) => (
                    <option key={one.id} value={one.id}>
                        {one.text}
                    </option>
                ))}
            </select>
        </div>
    );
}
