// The three cookies that are ours to read: the theme, the language and the hint that this browser
// has a session (the tokens themselves are HttpOnly and never seen here).

export const THEME_COOKIE = 'transcendence_theme';
export const HINT_COOKIE = 'transcendence_hint';
export const LOCALE_COOKIE = 'NEXT_LOCALE';

const YEAR_S = 365 * 24 * 3600;

export function cookieIn(header: string | undefined, name: string): string | null {
    for (const part of (header ?? '').split(';')) {
        const [key, value] = part.trim().split('=', 2);
        if (key === name) return value ?? '';
    }
    return null;
}

export function cookie(name: string): string | null {
    return cookieIn(document.cookie, name);
}

export function setCookie(name: string, value: string | null): void {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    const life = value === null ? 0 : YEAR_S;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
    document.cookie = `${name}=${value ?? ''}; Path=/; Max-Age=${life}; SameSite=Lax${secure}`;
}
