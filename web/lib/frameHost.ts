// The page's side of a sandboxed game frame, as docs/protocol.md has it: waits for the frame to be
// ready, hands over the entry, the start and one port, then carries states to it and inputs from
// it. Trusts nothing that comes from the frame: it can at most send inputs and a line of text.
import type { Failure } from './failure';
import type { MatchLinkHandlers } from './matchLink';
import { reducedMotion, sound, subscribePreferences, theme } from './preferences';
import type { Game, Match } from './types';

export const STATUS_CHARACTERS_MAX = 200;
export const STATUS_MS_MIN = 500;
export const READY_MS_MAX = 15_000;

/** What there is to know of a running match before it is shown. */
export interface LiveMatch {
    id: string;
    game: string;
    sha: string;
    mode: string;
    players: { user: string | null; name: string; slot: number; team: number; bot: number }[];
}

/** Where the states come from and the inputs go: a live match (matchLink.ts), or a replay. */
export interface GameLink {
    input(bytes: ArrayBuffer): void;
    whole(): void;
    close(): void;
}

export type Connect = (handlers: MatchLinkHandlers) => GameLink;

export interface FrameHostHandlers {
    attached(slot: number | null): void;
    running(): void;
    link(up: boolean): void;
    status(text: string): void;
    escape(): void;
    failed(reason: string): void;
    refused(failure: Failure): void;
}

export class FrameHost {
    private readonly frame: HTMLIFrameElement;
    private readonly live: LiveMatch;
    private readonly game: Game;
    private readonly locale: string;
    private readonly handlers: FrameHostHandlers;
    private readonly link: GameLink;
    private readonly unsubscribe: () => void;
    private readonly late: ReturnType<typeof setTimeout>;
    private port: MessagePort | null = null;
    private ready = false;
    private slot: number | null | undefined = undefined;
    private result: Match | null = null;
    private said = '';
    private saying: ReturnType<typeof setTimeout> | null = null;

    constructor(
        frame: HTMLIFrameElement,
        live: LiveMatch,
        game: Game,
        locale: string,
        connect: Connect,
        handlers: FrameHostHandlers,
    ) {
        this.frame = frame;
        this.live = live;
        this.game = game;
        this.locale = locale;
        this.handlers = handlers;
        window.addEventListener('message', this.greeted);
        this.unsubscribe = subscribePreferences(() => {
            this.post({ t: 'sound', on: sound() });
            this.post({ t: 'theme', theme: theme() });
        });
        this.late = setTimeout(() => {
            if (!this.ready) handlers.failed('The frame did not answer.');
        }, READY_MS_MAX);
        this.link = connect({
            attached: (slot) => this.attached(slot),
            frame: (state) => this.port?.postMessage(state, [state]),
            latency: (ms) => this.post({ t: 'latency', ms }),
            link: (up) => {
                this.post({ t: 'link', up });
                handlers.link(up);
            },
            failed: (failure) => handlers.refused(failure),
        });
    }

    /** Somebody has come late. */
    playersChanged(players: LiveMatch['players']): void {
        if (this.port) this.post({ t: 'players', players: seatsOf(players) });
    }

    ended(result: Match): void {
        this.result = result;
        this.post({ t: 'ended', result });
    }

    close(): void {
        clearTimeout(this.late);
        if (this.saying !== null) clearTimeout(this.saying);
        window.removeEventListener('message', this.greeted);
        this.unsubscribe();
        this.link.close();
        this.port?.close();
        this.port = null;
    }

    private readonly greeted = (event: MessageEvent): void => {
        if (event.source !== this.frame.contentWindow || this.ready) return;
        if (event.data?.gamekit !== 1 || event.data.ready !== true) return;
        this.ready = true;
        this.handOver();
    };

    private attached(slot: number | null): void {
        this.slot = slot;
        this.handlers.attached(slot);
        this.handOver();
    }

    /* Once, when the frame listens and the seat is known. */
    private handOver(): void {
        if (!this.ready || this.slot === undefined || this.port !== null) return;
        const { id, game, sha, mode, players } = this.live;
        const channel = new MessageChannel();
        this.port = channel.port1;
        this.port.onmessage = (event) => this.heard(event.data);
        const start = {
            match: id,
            game,
            mode,
            slot: this.slot,
            players: seatsOf(players),
            tickHz: this.game.tickHz,
            turnSeconds: this.game.turnSeconds,
            locale: this.locale,
            theme: theme(),
            reducedMotion: reducedMotion(),
            sound: sound(),
            bindings: bindingsOf(this.game.input),
        };
        const entry = `/games/${game}/${sha}/client/main.js`;
        // The frame has an opaque origin, so it can only be addressed as '*'; its window was checked.
        this.frame.contentWindow?.postMessage({ gamekit: 1, entry, start }, '*', [channel.port2]);
        this.handlers.running();
        this.link.whole();
        if (this.result) this.post({ t: 'ended', result: this.result });
    }

    private heard(data: unknown): void {
        if (data instanceof ArrayBuffer) {
            this.link.input(data);
            return;
        }
        const said = data as { t?: unknown; text?: unknown; message?: unknown } | null;
        if (said?.t === 'status' && typeof said.text === 'string') this.say(said.text);
        else if (said?.t === 'escape') this.handlers.escape();
        else if (said?.t === 'error') this.handlers.failed(String(said.message ?? ''));
    }

    /* The frame is not trusted to hold back: at most one line a while, and the newest is never lost. */
    private say(text: string): void {
        this.said = text.slice(0, STATUS_CHARACTERS_MAX);
        if (this.saying !== null) return;
        this.handlers.status(this.said);
        const last = this.said;
        this.saying = setTimeout(() => {
            this.saying = null;
            if (this.said !== last) this.say(this.said);
        }, STATUS_MS_MIN);
    }

    private post(message: object): void {
        this.port?.postMessage(message);
    }
}

function seatsOf(players: LiveMatch['players']) {
    return players.map(({ name, slot, team }) => ({ name, slot, team }));
}

/** The keys of each action, as the game's game.json lists them: `{actions: [{id, codes}]}`. */
export function bindingsOf(input: unknown): Record<string, string[]> {
    const actions = (input as { actions?: unknown } | null)?.actions;
    const bindings: Record<string, string[]> = {};
    for (const action of Array.isArray(actions) ? actions : []) {
        const { id, keys } = action as { id?: unknown; keys?: unknown };
        if (typeof id === 'string' && Array.isArray(keys)) {
            bindings[id] = keys.filter((key) => typeof key === 'string');
        }
    }
    return bindings;
}
