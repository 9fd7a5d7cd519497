// A part of a page whose service did not answer: says so, and offers to ask again.
import { useRouter } from 'next/router';
import { useTexts } from '../lib/text';
import ui from '../styles/ui.module.css';

export function Unavailable() {
    const texts = useTexts();
    const router = useRouter();
    return (
        <div className={ui.note} role="status">
            <p>
                <strong>{texts.unavailable.title}.</strong> {texts.unavailable.text}
            </p>
            <button
                type="button"
                className={ui.secondary}
                onClick={() => void router.replace(router.asPath, undefined, { scroll: false })}
            >
                {texts.unavailable.retry}
            </button>
        </div>
    );
}
