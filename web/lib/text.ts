// The words of the page in the visitor's language, and the formats that go with them.
import { useRouter } from 'next/router';
import { en } from '../locales/en';
import { fr } from '../locales/fr';
import type { Failure } from './failure';
import type { Game, GameTexts } from './types';

export type Texts = typeof en;
export type Locale = 'en' | 'fr';

const dictionaries: Record<Locale, Texts> = { en, fr };

export function useLocale(): Locale {
    return useRouter().locale === 'fr' ? 'fr' : 'en';
}

export function useTexts(): Texts {
    return dictionaries[useLocale()];
}

/** `fill('{count} waiting', { count: 3 })` */
export function fill(text: string, values: Record<string, string | number>): string {
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function gameTexts(game: Game, locale: Locale): GameTexts {
    const empty = { title: game.title, summary: '', controls: '' };
    return game.texts[locale] ?? game.texts.en ?? empty;
}

export function modeName(texts: Texts, mode: string): string {
    return (texts.modes as Record<string, string | undefined>)[mode] ?? mode;
}

export function failureText(texts: Texts, failure: Failure): string {
    return (texts.failures as Record<string, string | undefined>)[failure.code] ?? failure.message;
}

/** To the second, in UTC: the same on the server and in the browser. */
export function timeText(locale: Locale, time: string): string {
    return new Intl.DateTimeFormat(locale, {
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
        timeZone: 'UTC',
    }).format(new Date(time));
}

/* The server and the browser may stand in different time zones: the day is all that is said, in UTC. */
export function dayText(locale: Locale, time: string): string {
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(
        new Date(time),
    );
}
