// The messages of one channel, oldest first: fetched, paged backwards, and followed by events.
import { useCallback, useEffect, useState } from 'react';
import { api } from './api';
import { type Failure, failureOf } from './failure';
import { socket, useEvent, useResync } from './socket';
import type { List, Message } from './types';

const PAGE = 50;
const KEPT_MAX = 500;

export interface Messages {
    items: Message[];
    loaded: boolean;
    failure: Failure | null;
    more: boolean;
    older(): void;
    reload(): void;
    send(text: string): Promise<void>;
}

export function useMessages(channel: string): Messages {
    const [items, setItems] = useState<Message[]>([]);
    const [next, setNext] = useState<string | null>(null);
    const [loaded, setLoaded] = useState(false);
    const [failure, setFailure] = useState<Failure | null>(null);

    const load = useCallback(
        (cursor: string | null) => {
            const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
            const path = `/api/social/messages?channel=${encodeURIComponent(channel)}&limit=${PAGE}${from}`;
            api.get<List<Message>>(path)
                .then((list) => {
                    setFailure(null);
                    setLoaded(true);
                    setNext(list.next);
                    setItems((old) => merged(old, list.items));
                })
                .catch((error) => setFailure(failureOf(error)));
        },
        [channel],
    );

    useEffect(() => load(null), [load]);
    useResync(() => load(null), channel);
    useEvent<Message>('chat:message', (event) => {
        if (event.data.channel === channel) setItems((old) => merged(old, [event.data]));
    });

    return {
        items,
        loaded,
        failure,
        more: next !== null,
        older: () => load(next),
        reload: () => load(null),
        async send(text) {
            const message = await socket.command<Message>('chat:sendMessage', { channel, text });
            setItems((old) => merged(old, [message]));
        },
    };
}

/** Each message once, by time; the oldest fall off when there are too many. */
export function merged(old: Message[], added: Message[]): Message[] {
    const byId = new Map(old.map((message) => [message.id, message]));
    for (const message of added) byId.set(message.id, message);
    return [...byId.values()]
        .sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))
        .slice(-KEPT_MAX);
}
