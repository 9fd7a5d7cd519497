import Link from 'next/link';
import { useRouter } from 'next/router';
import { AuthPage, nextOf } from '../components/AuthPage';
import { Field } from '../components/Field';
import { api } from '../lib/api';
import { page } from '../lib/page';
import { useSession } from '../lib/session';
import { useTexts } from '../lib/text';
import type { SessionAnswer } from '../lib/types';
import { useForm } from '../lib/useForm';
import ui from '../styles/ui.module.css';

export const getServerSideProps = page(async () => ({}));

export default function Login() {
    const texts = useTexts();
    const router = useRouter();
    const { adopt } = useSession();
    const next = nextOf(router.query.next);
    const form = useForm(['login', 'password'], async ({ login, password }) => {
        const { user } = await api.post<SessionAnswer>('/api/auth/login', { login, password });
        adopt(user);
        await router.push(next);
    });
    return (
        <AuthPage title={texts.login.title}>
            <form onSubmit={form.submit}>
                <Field
                    label={texts.login.login}
                    name="login"
                    autoComplete="username"
                    autoCapitalize="none"
                    required
                    error={form.errorOf('login')}
                />
                <Field
                    label={texts.login.password}
                    name="password"
                    type="password"
                    autoComplete="current-password"
                    required
                    error={form.errorOf('password')}
                />
                {form.error && (
                    <p className={ui.error} role="alert">
                        {form.error}
                    </p>
                )}
                <button type="submit" className={ui.primary} disabled={form.busy}>
                    {texts.login.submit}
                </button>
            </form>
            <p>
                {texts.login.other}{' '}
                <Link href={{ pathname: '/register', query: next === '/' ? {} : { next } }}>
                    {texts.login.otherLink}
                </Link>
            </p>
        </AuthPage>
    );
}
