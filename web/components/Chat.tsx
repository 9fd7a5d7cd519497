// A chat channel: the log, paging backwards, a line to write. Only for somebody who may read it.
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { failureOf } from '../lib/failure';
import { useSession } from '../lib/session';
import { failureText, useLocale, useTexts } from '../lib/text';
import type { Message } from '../lib/types';
import { useMessages } from '../lib/useMessages';
import ui from '../styles/ui.module.css';
import styles from './Chat.module.css';

const TEXT_CHARACTERS_MAX = 500;

export function Chat({ channel }: { channel: string }) {
    const texts = useTexts();
    const messages = useMessages(channel);
    return (
        <div className={styles.chat}>
            <Log messages={messages.items} more={messages.more} older={messages.older} />
            {messages.loaded && messages.items.length === 0 && (
                <p className={styles.empty}>{texts.chat.empty}</p>
            )}
            {messages.failure && (
                <p className={styles.empty} role="status">
                    {texts.chat.unavailable}{' '}
                    <button type="button" className={ui.textual} onClick={messages.reload}>
                        {texts.chat.retry}
                    </button>
                </p>
            )}
            <Line send={messages.send} />
        </div>
    );
}

function Log(props: { messages: Message[]; more: boolean; older(): void }) {
    const { messages, more, older } = props;
    const texts = useTexts();
    const locale = useLocale();
    const me = useSession().user?.id;
    const log = useRef<HTMLDivElement>(null);
    const atEnd = useRef(true);
    const last = messages.at(-1)?.id;

    // Follows the newest line, unless somebody is reading further up.
    // biome-ignore lint/correctness/useExhaustiveDependencies: the newest line is the reason
    useEffect(() => {
        if (atEnd.current) log.current?.scrollTo({ top: log.current.scrollHeight });
    }, [last]);

    const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
    return (
        <div
            className={styles.log}
            ref={log}
            role="log"
            aria-label={texts.chat.log}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
            tabIndex={0}
            onScroll={({ currentTarget: box }) => {
                atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
            }}
        >
            {more && (
                <button type="button" className={ui.textual} onClick={older}>
                    {texts.chat.older}
                </button>
            )}
            {messages.map((message) => (
                <p
                    className={message.from.id === me ? styles.mine : styles.message}
                    key={message.id}
                >
                    <span className={styles.from}>{message.from.username}</span>
                    <time className={styles.time} dateTime={message.createdAt}>
                        {time.format(new Date(message.createdAt))}
                    </time>
                    <span className={styles.text}>{message.text}</span>
                </p>
            ))}
        </div>
    );
}

function Line({ send }: { send(text: string): Promise<void> }) {
    const texts = useTexts();
    const [text, setText] = useState('');
    const [error, setError] = useState<string | null>(null);

    function submit(event: FormEvent): void {
        event.preventDefault();
        const line = text.trim();
        if (line === '') return;
        setText('');
        setError(null);
        send(line).catch((failure) => {
            setText((now) => (now === '' ? line : now));
            setError(failureText(texts, failureOf(failure)));
        });
    }

    return (
        <form className={styles.line} onSubmit={submit}>
            <input
                className={styles.input}
                value={text}
                onChange={(event) => setText(event.target.value)}
                maxLength={TEXT_CHARACTERS_MAX}
                aria-label={texts.chat.label}
                placeholder={texts.chat.placeholder}
                autoComplete="off"
                enterKeyHint="send"
            />
            <button type="submit" className={ui.secondary}>
                {texts.chat.send}
            </button>
            {error && (
                <p className={`${ui.error} ${styles.error}`} role="alert">
                    {error}
                </p>
            )}
        </form>
    );
}
