// What no route may do, asked of every route that there is: take a request without the right, take a
// field or a body that docs/openapi.yaml does not name, answer nonsense with anything but a problem.
// A new route is asked too, without a line here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { openapi, operations } from './documents.mjs';
import { program, start_platform } from './harness.mjs';
import { ask_inside, NOBODY, refused, service_token } from './lobby.mjs';

const PORTS = { auth: 0, social: 1, rooms: 2, matchmaking: 3, games: 4 };
const HOLDERS = {
    'rooms:match': 'matchmaking',
    'rooms:result': 'games',
    'rooms:read': 'social',
    'games:start': 'rooms',
    'games:frames': 'gateway',
};
const NONSENSE = ['nonsense', "';--", '%F0%9F%8F%93', '%C3', '%0A', '%25', '.', 'x'.repeat(300)];

const { routes } = JSON.parse(execFileSync(program, ['routes'], { encoding: 'utf8' }));
const follow = (node) =>
    node?.$ref
        ? node.$ref
              .slice(2)
              .split('/')
              .reduce((found, word) => found[word], openapi)
        : node;
const all = routes.map((route) => {
    const { operation } = operations.find(
        (one) => one.method === route.method && one.path === route.path,
    );
    const body = follow(operation.requestBody)?.content['application/json']?.schema;
    const parameters = (operation.parameters ?? []).map(follow);
    return {
        ...route,
        name: `${route.method} ${route.path}`,
        url: route.path.replaceAll(/\{\w+\}/g, NOBODY),
        fields: body && Object.keys(body.properties ?? {}),
        objects: Object.entries(body?.properties ?? {})
            .filter(([, schema]) => follow(schema).type === 'object')
            .map(([field]) => field),
        queries: parameters.filter((one) => one.in === 'query').map((one) => one.name),
    };
});

describe('every route', () => {
    let platform;
    let person;
    let admin;
    before(async () => {
        platform = await start_platform();
        person = await platform.register();
        admin = await platform.admin();
    });
    after(() => platform?.stop());

    const token_for = ({ access, scope }) =>
        access === 'service'
            ? service_token(platform, HOLDERS[scope], scope)
            : { user: person, public: person, admin }[access].token;

    // Of the service itself, where nginx lets nothing through.
    const ask = (route, { url = route.url, ...options } = {}) =>
        url.startsWith('/internal/')
            ? ask_inside(platform, PORTS[route.service], route.method, url, options)
            : platform.api(route.method, url, options);

    for (const route of all.filter((one) => one.access !== 'public'))
        test(`${route.name} is for those who may ask it`, async () => {
            const body = route.fields ? {} : undefined;
            refused(await ask(route, { body }), 401, 'unauthenticated');
            refused(await ask(route, { body, token: 'a.b.c' }), 401, 'token_invalid');
            if (route.access === 'user') return;
            refused(await ask(route, { body, token: person.token }), 403, 'forbidden');
            if (route.access === 'admin') return;
            const [other] = Object.keys(HOLDERS).filter((scope) => scope !== route.scope);
            const wrong = await service_token(platform, HOLDERS[other], other);
            refused(await ask(route, { body, token: wrong }), 403, 'forbidden');
        });

    for (const route of all.filter((one) => one.access !== 'service' && one.method !== 'GET')) {
        if (route.path.startsWith('/internal/')) continue;
        test(`${route.name} does not act for another site's page`, async () => {
            const { cookies } = route.access === 'admin' ? admin : person;
            const body = route.fields ? {} : undefined;
            for (const origin of ['https://evil.example', 'null', undefined])
                refused(await ask(route, { body, cookies, origin }), 403, 'origin_refused');
        });
    }

    for (const route of all.filter((one) => one.fields)) {
        test(`${route.name} takes its fields and no other`, async () => {
            const token = await token_for(route);
            const more = await ask(route, { token, body: { nonsense: 1 } });
            assert.equal(more.status, 422, JSON.stringify(more.body));
            for (const field of route.fields) {
                const value = route.objects.includes(field) ? 'nonsense' : { nonsense: 1 };
                const wrong = await ask(route, { token, body: { [field]: value } });
                assert.equal(wrong.status, 422, `${field}: ${JSON.stringify(wrong.body)}`);
                assert.ok(route.fields.includes(wrong.body.field), `${field}: ${wrong.body.field}`);
            }
        });

        test(`${route.name} reads JSON only`, async () => {
            const token = await token_for(route);
            const headers = { 'Content-Type': 'text/plain' };
            const wrong_type = await ask(route, { token, body: '{}', headers });
            refused(wrong_type, 415, 'unsupported_media_type');
            for (const body of ['{', '{"a":1,"a":2}', '{} {}', '\u0000', '{"a":NaN}'])
                refused(await ask(route, { token, body }), 400, 'malformed_json');
            for (const body of ['[]', '7', 'null', '"text"']) {
                const { status } = await ask(route, { token, body });
                assert.ok(status === 400 || status === 422, `${body}: ${status}`);
            }
        });
    }

    for (const route of all.filter((one) => one.fields?.length === 0))
        test(`${route.name} may be asked without a body`, async () => {
            const { token } = await platform.guest();
            const { body } = await ask(route, { token });
            assert.ok(!['bad_request', 'malformed_json', 'validation_failed'].includes(body?.code));
        });

    for (const route of all.filter((one) => /\{/.test(one.path)))
        test(`${route.name} finds nothing under nonsense`, async () => {
            const token = await token_for(route);
            const body = route.fields ? {} : undefined;
            for (const part of NONSENSE) {
                const url = route.path.replaceAll(/\{\w+\}/g, part);
                const { status } = await ask(route, { url, token, body });
                assert.ok(status >= 400 && status < 500, `${part}: ${status}`);
            }
        });

    for (const route of all.filter((one) => one.queries.includes('limit')))
        test(`${route.name} refuses a page that cannot be`, async () => {
            const more = route.queries.includes('channel') ? '&channel=global' : '';
            for (const [name, value] of [
                ['limit', '0'],
                ['limit', '101'],
                ['limit', '-1'],
                ['limit', 'many'],
                ['limit', '99999999999999999999'],
                ['cursor', 'nonsense'],
                ['cursor', "';--"],
            ]) {
                const url = `${route.url}?${name}=${encodeURIComponent(value)}${more}`;
                const answer = await ask(route, { url, token: await token_for(route) });
                refused(answer, 422, 'validation_failed', name);
            }
        });
});
