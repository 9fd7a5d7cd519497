// The page's side of the frame in which the rules of a recorded match run again (docs/protocol.md,
// "The replay frame"): fetches the file and the rules of each version, for the frame itself reaches
// nothing, and hands both over. Rules are a stranger's code: they run in that frame and never here.
import { Failure, failureOfProblem } from './failure';
import type { Opened, Progress, View } from './replayPlayer';
import type { Match, MatchVersion } from './types';

export const READY_MS_MAX = 15_000;

export interface RulesFrameHandlers {
    opened(opened: Opened): void;
    heard(message: View | Progress): void;
    failed(failure: Failure): void;
}

export class RulesFrame {
    private readonly frame: HTMLIFrameElement;
    private readonly match: Match;
    private readonly handlers: RulesFrameHandlers;
    private readonly late: ReturnType<typeof setTimeout>;
    private readonly away = new AbortController();
    private port: MessagePort | null = null;
    private isReady = false;

    constructor(frame: HTMLIFrameElement, match: Match, handlers: RulesFrameHandlers) {
        this.frame = frame;
        this.match = match;
        this.handlers = handlers;
        window.addEventListener('message', this.greeted);
        this.late = setTimeout(() => {
            if (!this.isReady) this.fail(new Failure('internal', 'The frame did not answer.'));
        }, READY_MS_MAX);
    }

    show(step: number): void {
        this.port?.postMessage({ t: 'show', step });
    }

    close(): void {
        clearTimeout(this.late);
        window.removeEventListener('message', this.greeted);
        this.away.abort();
        this.port?.close();
        this.port = null;
    }

    private readonly greeted = (event: MessageEvent): void => {
        if (event.source !== this.frame.contentWindow || this.isReady) return;
        if (event.data?.gamekit !== 1 || event.data.ready !== true) return;
        this.isReady = true;
        this.handOver().catch((error) => this.fail(error));
    };

    private async handOver(): Promise<void> {
        const { id, versions } = this.match;
        const [replay, ...rules] = await Promise.all([
            this.bytes(`/api/games/matches/${id}/replay`),
            ...(versions ?? []).filter((one) => one.rules).map((one) => this.rules(one)),
        ]);
        const channel = new MessageChannel();
        this.port = channel.port1;
        this.port.onmessage = (event) => this.heard(event.data);
        const bytes = rules.map((one) => one.bytes);
        // The frame has an opaque origin, so it can only be addressed as '*'; its window was checked.
        this.frame.contentWindow?.postMessage({ gamekit: 1, replay, rules }, '*', [
            channel.port2,
            replay,
            ...bytes,
        ]);
    }

    private async rules({
        sha,
        image,
    }: MatchVersion): Promise<{ image: string; bytes: ArrayBuffer }> {
        return { image, bytes: await this.bytes(`/games/${this.match.game}/${sha}/game.wasm`) };
    }

    private async bytes(path: string): Promise<ArrayBuffer> {
        const response = await fetch(path, { signal: this.away.signal }).catch(() => {
            throw new Failure('offline', 'The server could not be reached.');
        });
        if (response.ok) return response.arrayBuffer();
        throw failureOfProblem(response.status, await response.json().catch(() => null));
    }

    private heard(data: unknown): void {
        const message = data as Opened | Progress | View | { t: 'refused'; code: string } | null;
        if (message?.t === 'opened') this.handlers.opened(message);
        else if (message?.t === 'refused')
            this.fail(new Failure(message.code, 'The file cannot be read.'));
        else if (message?.t === 'progress' || message?.t === 'view') this.handlers.heard(message);
    }

    private fail(error: unknown): void {
        if (this.away.signal.aborted) return;
        const failure = error instanceof Failure ? error : new Failure('internal', String(error));
        this.close();
        this.handlers.failed(failure);
    }
}

/** The version that plays each part of a match, by what the match says it was played with; null where
 *  it does not know. Versions may share their rules, and then they follow in this order. */
export function versionsOf(
    parts: { image: string }[],
    versions: MatchVersion[],
): (MatchVersion | null)[] {
    let before: MatchVersion | null = null;
    return parts.map(({ image }) => {
        const fits = versions.filter((one) => one.image === image);
        const next: MatchVersion | null = fits.find((one) => one !== before) ?? fits[0] ?? null;
        before = next;
        return next;
    });
}
