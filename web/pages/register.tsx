// A new account; for a guest, the same form keeps the account it plays with.
import Link from 'next/link';
import { useRouter } from 'next/router';
import { AuthPage, nextOf } from '../components/AuthPage';
import { Field } from '../components/Field';
import { api } from '../lib/api';
import { page } from '../lib/page';
import { useSession } from '../lib/session';
import { fill, useTexts } from '../lib/text';
import type { Account, SessionAnswer } from '../lib/types';
import { useForm } from '../lib/useForm';
import ui from '../styles/ui.module.css';

const PASSWORD_CHARACTERS_MIN = 8;
const PASSWORD_CHARACTERS_MAX = 128;

export const getServerSideProps = page(async () => ({}));

export default function Register() {
    const texts = useTexts();
    const router = useRouter();
    const { user, adopt } = useSession();
    const next = nextOf(router.query.next);
    const guest = user?.guest ? user : null;
    const form = useForm(['username', 'email', 'password'], async (values) => {
        // The upgrade needs a living access token, which may have run out while the form was filled.
        if (guest) await api.get<Account>('/api/auth/me');
        const { username, email, password } = values;
        const asked = { username, email, password };
        const session = await api.post<SessionAnswer>('/api/auth/register', asked);
        adopt(session.user);
        await router.push(next);
    });
    const title = guest
        ? fill(texts.register.titleGuest, { name: guest.username })
        : texts.register.title;
    return (
        <AuthPage title={title}>
            {guest && <p>{texts.register.leadGuest}</p>}
            <form onSubmit={form.submit}>
                <Field
                    label={texts.register.username}
                    hint={texts.register.usernameHint}
                    name="username"
                    autoComplete="username"
                    autoCapitalize="none"
                    pattern="[A-Za-z0-9_\-]{3,20}"
                    maxLength={20}
                    required
                    error={form.errorOf('username')}
                />
                <Field
                    label={texts.register.email}
                    name="email"
                    type="email"
                    autoComplete="email"
                    required
                    error={form.errorOf('email')}
                />
                <Field
                    label={texts.register.password}
                    hint={texts.register.passwordHint}
                    name="password"
                    type="password"
                    autoComplete="new-password"
                    minLength={PASSWORD_CHARACTERS_MIN}
                    maxLength={PASSWORD_CHARACTERS_MAX}
                    required
                    error={form.errorOf('password')}
                />
                {form.error && (
                    <p className={ui.error} role="alert">
                        {form.error}
                    </p>
                )}
                <button type="submit" className={ui.primary} disabled={form.busy}>
                    {texts.register.submit}
                </button>
            </form>
            {!guest && (
                <p>
                    {texts.register.other}{' '}
                    <Link href={{ pathname: '/login', query: next === '/' ? {} : { next } }}>
                        {texts.register.otherLink}
                    </Link>
                </p>
            )}
        </AuthPage>
    );
}
