// The picture of a game: its own icon on a ground of one colour, always the same for the same id. A
// game that is not there any more has the ground alone.
import type { Game } from '../lib/types';
import styles from './GameArt.module.css';

/* FNV-1a, as a small source of choices. */
function hashOf(text: string): number {
    let hash = 0x811c9dc5;
    for (const character of text) {
        hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    return hash;
}

const GROUNDS = [styles.green, styles.clay, styles.blue, styles.night];

/** Where the icon's file is: `icon` is a path under the same folder as `client`. */
export function iconAddress({ client, icon }: Pick<Game, 'client' | 'icon'>): string {
    return client.replace(/client\/$/, '') + icon;
}

interface Props {
    id: string;
    game: Game | null;
}

export function GameArt({ id, game }: Props) {
    const ground = GROUNDS[(hashOf(id) >>> 3) % GROUNDS.length];
    return (
        <div className={`${styles.art} ${ground}`} aria-hidden="true">
            <GameIcon game={game} className={styles.icon} />
        </div>
    );
}

interface IconProps {
    game: Game | null;
    className: string | undefined;
}

export function GameIcon({ game, className }: IconProps) {
    if (!game) return null;
    // biome-ignore lint/performance/noImgElement: a small drawing needs no optimising, and next/image refuses SVG
    return <img className={className} src={iconAddress(game)} alt="" width="96" height="96" />;
}
