// A page that only an administrator has: everything that it shows is asked for in the visitor's name,
// and when the service refuses that there is no such page.
import type { GetServerSideProps, GetServerSidePropsContext } from 'next';
import { page } from './page';

/** Why there is nothing to show; null: there is. */
export type Wall = 'closed' | 'unavailable' | null;

/** `paths`: of the games service, by the name that the page has for the answer. */
export function adminPage<T extends object>(
    paths: (context: GetServerSidePropsContext) => Record<keyof T, string>,
): GetServerSideProps {
    return page<{ wall: Wall; loaded: T | null }>(async (asker, context) => {
        const asked = Object.entries<string>(paths(context));
        const answers = await Promise.all(asked.map(([, path]) => asker('games', path)));
        const loaded: Record<string, unknown> = {};
        for (const [i, answer] of answers.entries()) {
            const name = asked[i]?.[0] as string;
            if (answer.ok) loaded[name] = answer.data;
            else {
                const wall = answer.status >= 500 ? 'unavailable' : 'closed';
                context.res.statusCode = wall === 'unavailable' ? 503 : 404;
                return { wall, loaded: null };
            }
        }
        return { wall: null, loaded: loaded as T };
    });
}
