// The life of a replay on a page: the frame in which its rules run, and the player that asks it.
import { type RefObject, useLayoutEffect, useState, useSyncExternalStore } from 'react';
import { Failure } from './failure';
import { type Opened, ReplayPlayer, type ReplaySnapshot } from './replayPlayer';
import { RulesFrame } from './rulesFrame';
import type { Match } from './types';

export type Replay =
    | { state: 'opening' }
    | { state: 'failed'; failure: Failure }
    | { state: 'open'; opened: Opened; player: ReplayPlayer };

const timing = {
    now: () => performance.now(),
    onFrame(work: (now: number) => void) {
        const frame = requestAnimationFrame(() => work(performance.now()));
        return () => cancelAnimationFrame(frame);
    },
};

/** `frame` holds the iframe of /replay-frame, made together with the component that asks. */
export function useReplay(frame: RefObject<HTMLIFrameElement | null>, match: Match): Replay {
    const [replay, setReplay] = useState<Replay>({ state: 'opening' });
    // biome-ignore lint/correctness/useExhaustiveDependencies: a match that is over does not change
    useLayoutEffect(() => {
        const element = frame.current;
        if (!element) return;
        let player: ReplayPlayer | null = null;
        const rules = new RulesFrame(element, match, {
            opened(opened) {
                if (!opened.isPlayable) {
                    setReplay({ state: 'failed', failure: new Failure('no_rules', '') });
                    return;
                }
                player = new ReplayPlayer(opened, (step) => rules.show(step), timing);
                setReplay({ state: 'open', opened, player });
            },
            heard: (message) => player?.heard(message),
            failed: (failure) => setReplay({ state: 'failed', failure }),
        });
        return () => {
            player?.close();
            rules.close();
        };
    }, [match.id]);
    return replay;
}

export function useReplayState(player: ReplayPlayer): ReplaySnapshot {
    return useSyncExternalStore(player.subscribe, player.getSnapshot, player.getSnapshot);
}
