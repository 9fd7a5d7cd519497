// A picture for any game, drawn from its id: a court with its lines, two paddles and a ball. Always
// the same for the same id, so that a game keeps its face without bringing a file.
import styles from './GameArt.module.css';

/* FNV-1a, as a small source of choices. */
function hashOf(text: string): number {
    let hash = 0x811c9dc5;
    for (const character of text) {
        hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    return hash;
}

const COURTS = [styles.green, styles.clay, styles.blue, styles.night];

export function GameArt({ id }: { id: string }) {
    const hash = hashOf(id);
    const ballX = 70 + (hash % 180);
    const ballY = 40 + ((hash >>> 8) % 100);
    const left = 30 + ((hash >>> 12) % 90);
    const right = 30 + ((hash >>> 18) % 90);
    const circle = 26 + ((hash >>> 22) % 20);
    const trail = [1, 2, 3, 4].map((step) => ({
        x: ballX - step * 15,
        y: ballY + step * (((hash >>> 5) & 1) === 0 ? 9 : -9),
        r: 8 - step * 1.5,
    }));
    return (
        <svg
            className={`${styles.art} ${COURTS[(hash >>> 3) % COURTS.length]}`}
            viewBox="0 0 320 180"
            preserveAspectRatio="xMidYMid slice"
            aria-hidden="true"
        >
            <rect className={styles.ground} width="320" height="180" />
            <rect className={styles.line} x="14" y="14" width="292" height="152" />
            <line className={styles.net} x1="160" y1="14" x2="160" y2="166" />
            <circle className={styles.line} cx="160" cy="90" r={circle} />
            <rect className={styles.paddle} x="26" y={left} width="9" height="46" rx="4.5" />
            <rect className={styles.paddle} x="285" y={right} width="9" height="46" rx="4.5" />
            {trail.map((dot) => (
                <circle className={styles.trail} key={dot.x} cx={dot.x} cy={dot.y} r={dot.r} />
            ))}
            <circle className={styles.ball} cx={ballX} cy={ballY} r="9" />
        </svg>
    );
}
