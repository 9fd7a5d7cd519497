// What this browser prefers: theme (a cookie, so that the server can render it) and sound (local).
// Small stores that components and the game frame follow.
import { useSyncExternalStore } from 'react';
import { cookie, setCookie, THEME_COOKIE } from './cookies';

export type Theme = 'light' | 'dark';
export type ThemeChoice = Theme | 'system';

const SOUND_KEY = 'transcendence.sound';
const watchers = new Set<() => void>();

function tell(): void {
    for (const watcher of watchers) watcher();
}

export function subscribePreferences(watcher: () => void): () => void {
    watchers.add(watcher);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', watcher);
    return () => {
        watchers.delete(watcher);
        system.removeEventListener('change', watcher);
    };
}

export function themeChoice(): ThemeChoice {
    const value = cookie(THEME_COOKIE);
    return value === 'light' || value === 'dark' ? value : 'system';
}

/** What is really shown now. */
export function theme(): Theme {
    const choice = themeChoice();
    if (choice !== 'system') return choice;
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function setThemeChoice(choice: ThemeChoice): void {
    setCookie(THEME_COOKIE, choice === 'system' ? null : choice);
    applyTheme();
    tell();
}

/** For pages that were rendered without the cookie (404, 500). */
export function applyTheme(): void {
    const choice = themeChoice();
    if (choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
}

export function sound(): boolean {
    try {
        return localStorage.getItem(SOUND_KEY) !== 'off';
    } catch {
        return true; // storage is forbidden here
    }
}

export function setSound(on: boolean): void {
    try {
        localStorage.setItem(SOUND_KEY, on ? 'on' : 'off');
    } catch {
        // lasts as long as the page then
    }
    tell();
}

export function reducedMotion(): boolean {
    return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

export function useThemeChoice(): ThemeChoice {
    return useSyncExternalStore(subscribePreferences, themeChoice, () => 'system' as const);
}

export function useTheme(): Theme {
    return useSyncExternalStore(subscribePreferences, theme, () => 'light' as const);
}

export function useSound(): boolean {
    return useSyncExternalStore(subscribePreferences, sound, () => true);
}
