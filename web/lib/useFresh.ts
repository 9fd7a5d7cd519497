// Data that the server rendered and the page asks for again while it is looked at, because no event
// tells of it. A failed try keeps what there is; `stale` says so.
import { useCallback, useEffect, useState } from 'react';
import { api } from './api';

interface Fresh<T> {
    data: T;
    stale: boolean;
    /** Now, and not only when it is time. */
    again(): void;
}

export function useFresh<T>(path: string, rendered: T, everyMs: number): Fresh<T> {
    const [data, setData] = useState(rendered);
    const [seen, setSeen] = useState(rendered);
    const [stale, setStale] = useState(false);
    const [turn, setTurn] = useState(0);
    if (rendered !== seen) {
        setSeen(rendered);
        setData(rendered);
    }
    useEffect(() => {
        let shown = true;
        let busy = false;
        const look = () => {
            if (busy || document.visibilityState !== 'visible') return;
            busy = true;
            api.get<T>(path)
                .then((answer) => {
                    if (!shown) return;
                    setData(answer);
                    setStale(false);
                })
                .catch(() => shown && setStale(true))
                .finally(() => {
                    busy = false;
                });
        };
        if (turn > 0) look();
        const timer = setInterval(look, everyMs);
        return () => {
            shown = false;
            clearInterval(timer);
        };
    }, [path, everyMs, turn]);
    const again = useCallback(() => setTurn((old) => old + 1), []);
    return { data, stale, again };
}
