// One's own account: keep a guest, change name, e-mail and password, log out, delete.
import Link from 'next/link';
import { useRouter } from 'next/router';
import { type ReactNode, useState } from 'react';
import { api } from '../lib/api';
import { useSession } from '../lib/session';
import { socket } from '../lib/socket';
import { useTexts } from '../lib/text';
import type { Account } from '../lib/types';
import { type FormState, useForm } from '../lib/useForm';
import ui from '../styles/ui.module.css';
import styles from './AccountSettings.module.css';
import { Dialog } from './Dialog';
import { Field } from './Field';

export function AccountSettings({ user }: { user: Account }) {
    const texts = useTexts().profile;
    return (
        <section className={ui.section} aria-labelledby="account">
            <h2 id="account">{texts.settings}</h2>
            {user.guest ? (
                <Upgrade />
            ) : (
                <div className={styles.forms}>
                    <NameForm user={user} />
                    <EmailForm user={user} />
                    <PasswordForm />
                </div>
            )}
            <div className={ui.row}>
                {user.admin && <AdminLink />}
                <LogoutButton guest={user.guest} />
                {!user.guest && <DeleteButton />}
            </div>
        </section>
    );
}

function AdminLink() {
    return (
        <Link className={ui.secondary} href="/admin/games">
            {useTexts().admin.title}
        </Link>
    );
}

function Upgrade() {
    const texts = useTexts().profile;
    return (
        <div className={ui.note}>
            <p>{texts.upgradeText}</p>
            <Link className={ui.primary} href="/register">
                {texts.upgrade}
            </Link>
        </div>
    );
}

function Form({
    form,
    submit,
    children,
}: {
    form: FormState;
    submit: string;
    children: ReactNode;
}) {
    const texts = useTexts().profile;
    return (
        <form className={styles.form} onSubmit={form.submit}>
            {children}
            {form.error && (
                <p className={ui.error} role="alert">
                    {form.error}
                </p>
            )}
            <div className={ui.row}>
                <button type="submit" className={ui.secondary} disabled={form.busy}>
                    {submit}
                </button>
                <span role="status">{form.done && texts.saved}</span>
            </div>
        </form>
    );
}

function NameForm({ user }: { user: Account }) {
    const texts = useTexts();
    const router = useRouter();
    const { adopt } = useSession();
    const form = useForm(['username'], async ({ username }) => {
        const account = await api.patch<Account>('/api/auth/me', { username });
        adopt(account);
        await router.replace(`/users/${account.username}`, undefined, { scroll: false });
    });
    return (
        <Form form={form} submit={texts.profile.changeName}>
            <Field
                label={texts.profile.username}
                hint={texts.register.usernameHint}
                name="username"
                defaultValue={user.username}
                autoComplete="username"
                pattern="[A-Za-z0-9_\-]{3,20}"
                required
                error={form.errorOf('username')}
            />
        </Form>
    );
}

function EmailForm({ user }: { user: Account }) {
    const texts = useTexts().profile;
    const { adopt } = useSession();
    const form = useForm(['email', 'oldPassword'], async ({ email, oldPassword }, element) => {
        adopt(await api.patch<Account>('/api/auth/me', { email, oldPassword }));
        element.reset();
    });
    return (
        <Form form={form} submit={texts.changeEmail}>
            <Field
                key={user.email}
                label={texts.email}
                name="email"
                type="email"
                defaultValue={user.email ?? ''}
                autoComplete="email"
                required
                error={form.errorOf('email')}
            />
            <OldPassword form={form} />
        </Form>
    );
}

function PasswordForm() {
    const texts = useTexts();
    const { adopt } = useSession();
    const form = useForm(
        ['password', 'oldPassword'],
        async ({ password, oldPassword }, element) => {
            adopt(await api.patch<Account>('/api/auth/me', { password, oldPassword }));
            element.reset();
        },
    );
    return (
        <Form form={form} submit={texts.profile.changePassword}>
            <Field
                label={texts.profile.newPassword}
                hint={texts.register.passwordHint}
                name="password"
                type="password"
                autoComplete="new-password"
                minLength={8}
                maxLength={128}
                required
                error={form.errorOf('password')}
            />
            <OldPassword form={form} />
        </Form>
    );
}

function OldPassword({ form }: { form: FormState }) {
    const texts = useTexts().profile;
    return (
        <Field
            label={texts.oldPassword}
            name="oldPassword"
            type="password"
            autoComplete="current-password"
            required
            error={form.errorOf('oldPassword')}
        />
    );
}

function LogoutButton({ guest }: { guest: boolean }) {
    const texts = useTexts().profile;
    const { logout } = useSession();
    const [asking, setAsking] = useState(false);
    return (
        <>
            <button
                type="button"
                className={ui.secondary}
                onClick={() => (guest ? setAsking(true) : void logout())}
            >
                {texts.logout}
            </button>
            {asking && (
                <Dialog title={texts.logout} onClose={() => setAsking(false)}>
                    <p>{texts.logoutGuest}</p>
                    <div className={ui.row}>
                        <button type="button" className={ui.danger} onClick={() => void logout()}>
                            {texts.logout}
                        </button>
                        <button type="button" className={ui.quiet} onClick={() => setAsking(false)}>
                            {texts.cancel}
                        </button>
                    </div>
                </Dialog>
            )}
        </>
    );
}

function DeleteButton() {
    const texts = useTexts();
    const router = useRouter();
    const { adopt } = useSession();
    const [asking, setAsking] = useState(false);
    const form = useForm(['password'], async ({ password }) => {
        await api.delete('/api/auth/me', { password });
        socket.disconnect();
        adopt(null);
        await router.push('/');
    });
    return (
        <>
            <button type="button" className={ui.danger} onClick={() => setAsking(true)}>
                {texts.profile.remove}
            </button>
            {asking && (
                <Dialog title={texts.profile.removeTitle} onClose={() => setAsking(false)}>
                    <form className={styles.form} onSubmit={form.submit}>
                        <p>{texts.profile.removeText}</p>
                        <Field
                            label={texts.login.password}
                            name="password"
                            type="password"
                            autoComplete="current-password"
                            required
                            error={form.errorOf('password') ?? form.error}
                        />
                        <div className={ui.row}>
                            <button type="submit" className={ui.danger} disabled={form.busy}>
                                {texts.profile.removeConfirm}
                            </button>
                            <button
                                type="button"
                                className={ui.quiet}
                                onClick={() => setAsking(false)}
                            >
                                {texts.profile.cancel}
                            </button>
                        </div>
                    </form>
                </Dialog>
            )}
        </>
    );
}
