// The documents and the program say the same: `transcendence routes` against docs/openapi.yaml and
// docs/protocol.md, both ways. What the platform answers is held against them by every other test,
// see harness.mjs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
    errors,
    judge_answer,
    judge_command,
    judge_event,
    openapi,
    operations,
    read,
} from './documents.mjs';
import { program } from './harness.mjs';

const { routes, commands } = JSON.parse(execFileSync(program, ['routes'], { encoding: 'utf8' }));
const protocol = read('docs/protocol.md');
const root = path.resolve(import.meta.dirname, '../..');

const name_of = ({ method, path: url }) => `${method} ${url}`;
const sorted = (list) => [...list].sort();
const sources = fs
    .readdirSync(path.join(root, 'platform'), { recursive: true })
    .filter((file) => /\.[ch]$/.test(file))
    .map((file) => read(path.join('platform', file)).replaceAll(/\/\*[\s\S]*?\*\//g, ''))
    .join('\n')
    .replaceAll(/#define \w+_KEY .*/g, ''); // of Redis

// Reading protocol.md

// The rows of the table whose first heading is `heading`, in the section `title`; as lists of cells.
function table(title, heading) {
    const start = protocol.search(new RegExp(`^#+ ${title}`, 'm'));
    assert.ok(start >= 0, `protocol.md has the section ${title}`);
    const rest = protocol.slice(start).split('\n').slice(1);
    const end = rest.findIndex((line) => /^##/.test(line));
    const lines = end < 0 ? rest : rest.slice(0, end);
    const from = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
    assert.ok(from >= 0, `${title} has a table of ${heading}`);
    const rows = [];
    for (const line of lines.slice(from + 2)) {
        if (!line.startsWith('|')) break;
        rows.push(
            line
                .slice(1, -1)
                .split(/(?<!\\)\|/)
                .map((cell) => cell.replaceAll('\\|', '|').trim()),
        );
    }
    return rows;
}

// `{game,mode,name?,players:[{user}]}` as {game: {optional, inner}, ...}; null when there is none.
function shape(text) {
    const at = text.search(/[[{]/);
    if (at < 0) return null;
    let rest = text.slice(at);
    const take = (pattern) => {
        const found = rest.match(pattern);
        if (found) rest = rest.slice(found[0].length);
        return found;
    };
    const value = () => {
        if (take(/^\[/)) {
            const inner = value();
            take(/^[^\]]*\]/);
            return inner;
        }
        if (!take(/^\{\s*/)) {
            take(/^(?:"[^"]*"|[^,}\]"[{]|\[[^\]{]*\])*/);
            return null;
        }
        const fields = {};
        while (!take(/^\s*\}/)) {
            const [, name, optional] = take(/^"?(\w+)"?(\??)/) ?? assert.fail(`${text}: ${rest}`);
            const inner = take(/^:\s*/) ? value() : null;
            take(/^(?:[^,{}"]|"[^"]*")*/); // what stands behind, as in `text|null`
            fields[name] = { optional: optional === '?', inner };
            take(/^,\s*/);
        }
        return fields;
    };
    return value();
}

const follow = (node) =>
    node?.$ref
        ? follow(
              node.$ref
                  .slice(2)
                  .split('/')
                  .reduce((found, word) => found[word], openapi),
          )
        : node;

// What a value is that may also be null.
const unless_null = (node) =>
    follow(node)?.oneOf?.find((one) => one.type !== 'null') ?? follow(node);

// Asserts that a shape of protocol.md and a schema have the same fields, as deep as the shape goes.
function same_fields(what, fields, schema) {
    const full = follow(unless_null(schema));
    if (full.type === 'array') return same_fields(what, fields, full.items);
    if (!full.properties && Object.keys(fields).length > 0 && full.additionalProperties)
        return same_fields(what, Object.values(fields)[0].inner, full.additionalProperties);
    assert.deepEqual(sorted(Object.keys(fields)), sorted(Object.keys(full.properties ?? {})), what);
    for (const [name, { optional, inner }] of Object.entries(fields)) {
        assert.equal(!full.required?.includes(name), optional, `${what}: is ${name} optional?`);
        if (inner) same_fields(`${what}.${name}`, inner, full.properties[name]);
    }
}

const AREAS = ['auth', 'rooms', 'social', 'matchmaking', 'games'];
const INSIDE = 'Inside only';

// The rows of all tables of routes: {method, path, who, scope, body, answer}, paths as the program
// writes them but for the names of their {parts}.
const rest_rows = [...AREAS, INSIDE].flatMap((area) =>
    table(area, 'route').map(([route, ...cells]) => {
        const [, method, url] = route.match(/^`(\w+) ((?:\{[^}]*\}|[^ ?`])+)/);
        const has_body = cells.length === 3;
        return {
            method,
            path: url.replaceAll(/\{[^}]*\}/g, '{}'),
            is_inside: area === INSIDE,
            who: cells[0],
            body: has_body ? cells[1] : '',
            answer: cells.at(-1),
        };
    }),
);
const row_of = ({ method, path: url }) =>
    rest_rows.find((row) => row.method === method && row.path === url.replaceAll(/\{\w+\}/g, '{}'));

const operation_of = ({ method, path: url }) =>
    operations.find((one) => one.method === method && one.path === url)?.operation;
const success_of = (operation) => Object.keys(operation.responses).filter((one) => one < '300');

// Reading openapi.yaml

// public, user, admin or service, as `transcendence routes` says it.
function access_of({ security = openapi.security }) {
    if (security.length === 0 || security.some((one) => Object.keys(one).length === 0))
        return 'public';
    if (security.some((one) => one.service)) return 'service';
    return security.some((one) => one.bearer?.includes('admin')) ? 'admin' : 'user';
}

describe('docs/openapi.yaml', () => {
    test('is a valid OpenAPI 3.1 document', async () => {
        const { valid, errors: wrong } = await new Validator().validate(structuredClone(openapi));
        assert.ok(valid, JSON.stringify(wrong, null, 2));
    });

    test('has every route that there is, and no other', () =>
        assert.deepEqual(sorted(operations.map(name_of)), sorted(routes.map(name_of))));

    for (const route of routes)
        test(`says who may ask ${name_of(route)}`, () => {
            const operation = operation_of(route);
            assert.equal(access_of(operation), route.access);
            assert.deepEqual(
                (operation.security ?? []).flatMap((one) => one.service ?? []),
                route.scope ? [route.scope] : [],
            );
            if (route.scope) assert.ok(operation.summary.includes(`(scope ${route.scope})`));
            const is_inside = route.path.startsWith('/internal/');
            assert.deepEqual(operation.tags, [is_inside ? 'inside' : route.service]);
        });

    test('names every {part} of a path as a parameter', () => {
        for (const { path: url, operation } of operations) {
            const parameters = [
                ...(openapi.paths[url].parameters ?? []),
                ...(operation.parameters ?? []),
            ].map(follow);
            assert.deepEqual(
                sorted(parameters.filter((one) => one.in === 'path').map((one) => one.name)),
                sorted([...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)),
                url,
            );
        }
    });

    test('answers each route in one way when it is well, and with a problem when not', () => {
        for (const one of operations) {
            assert.equal(success_of(one.operation).length, 1, name_of(one));
            assert.deepEqual(
                one.operation.responses.default,
                { $ref: '#/components/responses/Problem' },
                name_of(one),
            );
        }
    });

    test('lets no object of an answer have fields that it does not name', () => {
        const look = (node, at) => {
            if (node === null || typeof node !== 'object') return;
            if (node.type === 'object')
                assert.notEqual(node.additionalProperties ?? true, true, at);
            for (const [name, inner] of Object.entries(node)) look(inner, `${at}/${name}`);
        };
        look(openapi, '#');
    });

    test('leaves no field of an answer or an event out: what is absent is null', () => {
        const look = (node, at) => {
            if (node === null || typeof node !== 'object') return;
            if (node.properties)
                assert.deepEqual(
                    sorted(node.required ?? []),
                    sorted(Object.keys(node.properties)),
                    at,
                );
            for (const [name, inner] of Object.entries(node)) look(inner, `${at}/${name}`);
        };
        for (const part of ['x-commands', 'x-events']) look(openapi[part], part);
        look(openapi.components.schemas, 'schemas');
        for (const { at, operation } of operations) look(operation.responses, at);
    });

    test('has every command, each with the route that it becomes', () => {
        const described = Object.entries(openapi['x-commands']).map(([type, { route }]) => [
            type,
            route?.replaceAll(/\{\w+\}/g, '{}') ?? null,
        ]);
        const real = commands.map((one) => [
            one.type,
            one.method && name_of(one).replaceAll(/\{\w+\}/g, '{}'),
        ]);
        assert.deepEqual(sorted(described), sorted(real));
    });

    test('has every event that the program speaks of, and no other', () => {
        const types = new Set(commands.map((one) => one.type));
        const scopes = new Set(routes.map((one) => one.scope));
        const said = /"((?:session|chat|room|matchmaking|game):[a-zA-Z]+)\\?"/g;
        const spoken = [...sources.matchAll(said)]
            .map(([, type]) => type)
            .filter((type) => !types.has(type) && !scopes.has(type));
        assert.deepEqual(sorted(Object.keys(openapi['x-events'])), sorted(new Set(spoken)));
    });
});

describe('docs/protocol.md', () => {
    test('has every route that there is, and no other', () => {
        const plain = (one) => name_of(one).replaceAll(/\{\w+\}/g, '{}');
        assert.deepEqual(sorted(rest_rows.map(name_of)), sorted(routes.map(plain)));
    });

    for (const route of routes)
        test(`says the same of ${name_of(route)} as openapi.yaml`, () => {
            const row = row_of(route);
            const operation = operation_of(route);
            assert.equal(row.is_inside, route.path.startsWith('/internal/'));
            if (route.scope) assert.match(row.who, new RegExp(`^\`${route.scope}\``));
            else if (!row.is_inside)
                assert.equal(/^(anybody|refresh cookie)/.test(row.who), route.access === 'public');
            assert.equal(row.who === 'admin', route.access === 'admin');
            assert.deepEqual([row.answer.match(/^\d+/)?.[0]], success_of(operation));
            const schema = follow(operation.requestBody)?.content['application/json']?.schema;
            same_fields(name_of(route), shape(row.body) ?? {}, schema ?? {});
        });

    test('has the query parameters of openapi.yaml', () => {
        for (const [, method, url, query] of protocol.matchAll(
            /^\| `(\w+) ([^ ?`]+)\?([^`]+)`/gm,
        )) {
            const named = query.split('&').map((part) => part.split('=')[0]);
            const route = { method, path: url };
            const parameters = operation_of(route).parameters.map(follow);
            const own = parameters.filter((one) => one.in === 'query').map((one) => one.name);
            const without_paging = (names) =>
                sorted(names.filter((name) => name !== 'limit' && name !== 'cursor'));
            assert.deepEqual(without_paging(named), without_paging(own), name_of(route));
        }
    });

    for (const [, name, text] of protocol.matchAll(
        /^ {4}(\w+): +(\{[\s\S]*?)(?=\n {4}\w+: |\n\n)/gm,
    )) {
        const schema = openapi.components.schemas[name[0].toUpperCase() + name.slice(1)];
        if (!schema) continue; // of the page and its frame
        test(`gives ${name} the fields of openapi.yaml`, () =>
            same_fields(name, shape(text), schema));
    }

    test('has every command, with its fields and what it becomes', () => {
        const rows = table('WebSocket', 'command');
        assert.deepEqual(
            sorted(rows.map(([type]) => type.slice(1, -1))),
            sorted(commands.map((one) => one.type)),
        );
        for (const [type, data, becomes] of rows) {
            const command = commands.find((one) => `\`${one.type}\`` === type);
            const fields = Object.entries(shape(data) ?? {});
            assert.deepEqual(
                sorted(fields.map(([name, { optional }]) => name + (optional ? '?' : ''))),
                sorted(command.fields.map((one) => one.name + (one.optional ? '?' : ''))),
                type,
            );
            if (command.method) assert.equal(becomes, name_of(command));
            else {
                assert.doesNotMatch(becomes, /^(GET|POST|DELETE) /, type);
                const { answer } = openapi['x-commands'][command.type];
                const told = becomes.match(/answer `([^`]*)`/)[1];
                if (answer.type === 'null') assert.equal(told, 'null');
                else same_fields(type, shape(told), answer);
            }
        }
    });

    test('has every event, with its channel and its data', () => {
        const rows = table('WebSocket', 'event');
        assert.deepEqual(
            sorted(rows.map(([type]) => type.slice(1, -1))),
            sorted(Object.keys(openapi['x-events'])),
        );
        for (const [type, channel, data] of rows) {
            const event = openapi['x-events'][type.slice(1, -1)];
            for (const name of event.channels) assert.ok(channel.includes(name), type);
            if (data.startsWith('`{'))
                same_fields(type, shape(data.slice(0, data.indexOf('`', 1))), event.data);
            else {
                const [name] = data.match(/^\w+/);
                const wanted = `#/components/schemas/${name[0].toUpperCase()}${name.slice(1)}`;
                assert.equal(event.data.$ref, wanted, type);
            }
        }
    });

    test('has every error, with its status and its sentence, and no other', () => {
        const rows = table('Errors', 'code').map(([code, status, sentence]) => [
            code.slice(1, -1),
            { status: +status, sentence },
        ]);
        assert.deepEqual(rows, [...errors]);
    });

    test('names every code with which a connection is closed', () => {
        const section = protocol.slice(protocol.indexOf('Close codes'));
        const [paragraph] = section.split('\n\n');
        const named = paragraph.match(/\b(4\d\d\d|1012)\b/g);
        const real = [...sources.matchAll(/\bCLOSE_\w+ = (\d{4})\b/g)].map(([, code]) => code);
        assert.deepEqual(sorted(new Set(named)), sorted(real));
    });
});

describe('deploy/nginx', () => {
    test('refuses in the words that the services have', () => {
        const template = read('deploy/nginx/nginx.conf.template');
        const problems = [...template.matchAll(/return (\d+) '(\{"type".*\})'/g)];
        assert.ok(problems.length >= 5);
        for (const [, status, text] of problems) {
            const problem = JSON.parse(text);
            const { status: wanted, sentence } = errors.get(problem.code);
            assert.equal(+status, wanted);
            assert.deepEqual(problem, {
                type: 'about:blank',
                title: sentence,
                status: wanted,
                code: problem.code,
                detail: null,
                field: null,
            });
        }
    });
});

describe('an answer that the documents do not have is told by route and place', () => {
    const json = { 'content-type': 'application/json' };
    const problem = { 'content-type': 'application/problem+json' };
    const full = { type: 'about:blank', detail: null, field: null };
    const not_found = { ...full, title: 'There is nothing here.', status: 404, code: 'not_found' };
    const keys = { keys: [] };
    const answers = [
        ['/api/auth/jwks.json', 200, json, keys, ''],
        ['/api/auth/jwks.json?a=1', 404, problem, not_found, ''],
        ['/api/auth/jwks.json', 200, json, { ...keys, more: 1 }, /jwks.json.*additional.*more/],
        ['/api/auth/jwks.json', 200, { 'content-type': 'text/html' }, '', /as text\/html/],
        ['/api/auth/jwks.json', 201, json, keys, /responses\/201 is not documented/],
        ['/api/auth/none', 200, json, keys, /no such route/],
        ['/api/auth/none', 404, { 'content-type': 'text/html' }, '', /every error is/],
        ['/api/auth/none', 404, problem, { ...not_found, code: 'gone' }, /the code gone/],
        ['/api/auth/none', 403, problem, { ...not_found, status: 403 }, /not_found is 404/],
        ['/api/auth/none', 404, problem, { ...not_found, more: 1 }, /schemas\/Problem.*more/],
    ];
    for (const [url, status, headers, body, wanted] of answers)
        test(`GET ${url} with ${status} and ${JSON.stringify(body)}`, () => {
            const told = judge_answer('GET', url, { status, headers, body });
            if (wanted === '') assert.equal(told, '');
            else assert.match(told, wanted);
        });

    test('an event', () => {
        const event = { type: 'session:resync', ch: null, seq: 0, data: {} };
        assert.equal(judge_event(event), '');
        assert.match(
            judge_event({ ...event, data: { more: 1 } }),
            /x-events\/session:resync.*more/,
        );
        assert.match(judge_event({ ...event, seq: 1 }), /the number 1/);
        assert.match(judge_event({ ...event, ch: 'match:1' }), /says none,global,user:ID,room:ID/);
        assert.match(judge_event({ ...event, type: 'room:gone' }), /room:gone is not documented/);
    });

    test('the answer to a command', () => {
        const answer = { id: 1, ok: true, data: null };
        const error = { code: 'room_full', message: 'The room is full.', field: null };
        assert.equal(judge_command('room:leave', answer), '');
        assert.equal(judge_command('room:join', { id: 1, ok: false, error }), '');
        assert.match(judge_command('room:join', answer), /responses\/Room.*must be object/);
        assert.match(judge_command('room:leave', { ...answer, data: {} }), /answers none/);
        const unknown = { id: 1, ok: false, error: { ...error, code: 'gone' } };
        assert.match(judge_command('room:join', unknown), /unknown error, gone/);
    });
});
