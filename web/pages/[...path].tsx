// Any other address, rendered with the visitor's theme and name, which the static 404 cannot know.
import { NotFound } from '../components/NotFound';
import { page } from '../lib/page';

export const getServerSideProps = page(async (_asker, context) => {
    context.res.statusCode = 404;
    return {};
});

export default function Anywhere() {
    return <NotFound />;
}
