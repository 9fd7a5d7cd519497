import { Shell } from '../components/Shell';
import { useTexts } from '../lib/text';
import ui from '../styles/ui.module.css';

export default function Page500() {
    const texts = useTexts();
    return (
        <Shell title={texts.broken.title}>
            <h1 className={ui.pageTitle}>{texts.broken.title}</h1>
            <p className={ui.lead}>{texts.broken.text}</p>
        </Shell>
    );
}
