// The document: language and theme stand in the markup itself, so that nothing flashes and no
// inline script is needed.
import Document, {
    type DocumentContext,
    type DocumentInitialProps,
    Head,
    Html,
    Main,
    NextScript,
} from 'next/document';
import { cookieIn, THEME_COOKIE } from '../lib/cookies';

interface Props extends DocumentInitialProps {
    theme: string | null;
}

export default class Page extends Document<Props> {
    static override async getInitialProps(context: DocumentContext): Promise<Props> {
        const rendered = await Document.getInitialProps(context);
        const theme = cookieIn(context.req?.headers.cookie, THEME_COOKIE);
        return { ...rendered, theme: theme === 'light' || theme === 'dark' ? theme : null };
    }

    override render() {
        return (
            <Html lang={this.props.locale} data-theme={this.props.theme ?? undefined}>
                <Head>
                    <meta name="color-scheme" content="light dark" />
                </Head>
                <body>
                    <Main />
                    <NextScript />
                </body>
            </Html>
        );
    }
}
