import type { AppProps } from 'next/app';
import { useEffect } from 'react';
import type { PageProps } from '../lib/page';
import { applyTheme } from '../lib/preferences';
import { QuickMatchProvider } from '../lib/quickMatch';
import { SessionProvider } from '../lib/session';
import '../styles/global.css';

export default function App({ Component, pageProps }: AppProps<Partial<PageProps>>) {
    useEffect(applyTheme, []);
    return (
        <SessionProvider rendered={pageProps.session}>
            <QuickMatchProvider>
                <Component {...pageProps} />
            </QuickMatchProvider>
        </SessionProvider>
    );
}
