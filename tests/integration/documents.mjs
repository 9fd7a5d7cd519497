// The documents as the tests read them: docs/openapi.yaml, and platform/core/error.def as the list of
// all codes. Judges what the platform answers and what its sockets hear: whatever the documents do
// not say is a violation, in one sentence that names the request and the place in the document.
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import Ajv from 'ajv/dist/2020.js';
import add_formats from 'ajv-formats';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '../..');
export const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
export const openapi = parse(read('docs/openapi.yaml'));

// By code: {status, sentence}.
export const errors = new Map(
    [...read('platform/core/error.def').matchAll(/^X\(\w+, (\d+), "(\w+)", "(.*)"\)$/gm)].map(
        ([, status, code, sentence]) => [code, { status: +status, sentence }],
    ),
);

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const DOCUMENT = 'openapi.yaml';
const DIFFERENCES_MAX = 3; // told of one answer
const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
add_formats(ajv);
ajv.addSchema(openapi, DOCUMENT);

const escaped = (word) => word.replaceAll('~', '~0').replaceAll('/', '~1');
const step = (at, ...words) => [at, ...words.map((word) => escaped(String(word)))].join('/');

// Every operation of the document: {method, path, at, operation, pattern}.
export const operations = Object.entries(openapi.paths).flatMap(([url, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
        method: method.toUpperCase(),
        path: url,
        at: step('#/paths', url, method),
        operation: item[method],
        pattern: new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    })),
);

// What `node` at `at` is, behind a $ref: [node, at].
function follow(node, at) {
    if (!node?.$ref) return [node, at];
    const words = node.$ref.slice(2).split('/');
    return [words.reduce((found, word) => found[word], openapi), node.$ref];
}

// How `value` differs from the schema at `at`, as text; '' when it does not.
function differs(at, value) {
    const validate = ajv.getSchema(DOCUMENT + at) ?? ajv.compile({ $ref: DOCUMENT + at });
    if (validate(value)) return '';
    return validate.errors
        .slice(0, DIFFERENCES_MAX)
        .map(({ instancePath, message, params }) => {
            const names = Object.values(params).filter((name) => typeof name === 'string');
            return `${instancePath || 'the whole'} ${message} (${names.join(', ')})`;
        })
        .join('; ');
}

// A path that a browser would send as it is, and that a service sees so.
const is_plain = (url) => /^\/(api|internal)(\/[^/?]+)*(\?|$)/.test(url) && !/\.\.|%2f/i.test(url);

export function find_operation(method, url) {
    const pathname = url.split('?')[0];
    const fitting = operations.filter((one) => one.method === method && one.pattern.test(pathname));
    const parts = (one) => one.path.split('{').length;
    return fitting.sort((one, other) => parts(one) - parts(other))[0];
}

// What is wrong with an answer by HTTP, or ''.
export function judge_answer(method, url, { status, headers, body }) {
    if (!is_plain(url) || method === 'HEAD') return '';
    const what = `${method} ${url.split('?')[0]} answered ${status}`;
    if (status >= 400) return judge_problem(what, status, headers, body);
    const found = find_operation(method, url);
    if (!found) return `${what}, but docs/openapi.yaml has no such route`;
    const at = step(found.at, 'responses', status);
    if (!found.operation.responses[status]) return `${what}, but ${at} is not documented`;
    const [response, response_at] = follow(found.operation.responses[status], at);
    if (!response.content) return body ? `${what} with a body, but ${response_at} has none` : '';
    const type = Object.keys(response.content)[0];
    if (headers['content-type'] !== type)
        return `${what} as ${headers['content-type']}, but ${response_at} says ${type}`;
    const how = differs(step(response_at, 'content', type, 'schema'), body);
    return how && `${what}, but not as ${response_at} says: ${how}`;
}

function judge_problem(what, status, headers, body) {
    if (headers['content-type'] !== 'application/problem+json')
        return `${what} as ${headers['content-type']}, but every error is application/problem+json`;
    const how = differs('#/components/schemas/Problem', body);
    if (how) return `${what}, but not as #/components/schemas/Problem says: ${how}`;
    const known = errors.get(body.code);
    if (!known) return `${what} with the code ${body.code}, which error.def does not have`;
    const wanted = { status: known.status, title: known.sentence };
    if (status !== known.status || !isDeepStrictEqual({ ...body, ...wanted }, body))
        return `${what}, but ${body.code} is ${known.status} "${known.sentence}"`;
    if (status === 429 && !(headers['retry-after'] > 0)) return `${what} without Retry-After`;
    if (status === 405 && !headers.allow) return `${what} without Allow`;
    return '';
}

// What is wrong with an event, or ''.
export function judge_event({ type, ch, seq, data, ...more }) {
    const what = `the event ${type} on ${ch}`;
    const at = step('#/x-events', type);
    const known = openapi['x-events'][type];
    if (!known) return `${what} came, but ${at} is not documented`;
    if (Object.keys(more).length) return `${what} has also ${Object.keys(more)}`;
    const is_on_channel = known.channels.includes(ch === null ? 'none' : ch?.replace(/:.*/, ':ID'));
    if (!is_on_channel) return `${what}, but ${at} says ${known.channels}`;
    const is_numbered =
        Number.isInteger(seq) && (type.startsWith('session:') ? seq === 0 : seq > 0);
    if (!is_numbered) return `${what} has the number ${seq}`;
    const how = differs(step(at, 'data'), data);
    return how && `${what} is not as ${at} says: ${how}`;
}

// Where the answer of each command is described: with the command, or with its route.
export function command_answer_at(type) {
    const command = openapi['x-commands'][type];
    if (!command?.route) return command && step('#/x-commands', type, 'answer');
    const [method, url] = command.route.split(' ');
    const found = operations.find((one) => one.method === method && one.path === url);
    const status = Object.keys(found.operation.responses).find((one) => one < '300');
    const [response, at] = follow(
        found.operation.responses[status],
        step(found.at, 'responses', status),
    );
    return response.content ? step(at, 'content', 'application/json', 'schema') : '';
}

// What is wrong with the answer to a command, or ''.
export function judge_command(type, { id, ok, data, error, ...more }) {
    const what = `the answer to ${type}`;
    const keys = Object.keys(more);
    if (!Number.isInteger(id) || typeof ok !== 'boolean' || keys.length)
        return `${what} is no answer: ${JSON.stringify({ id, ok, ...more })}`;
    if (!ok) {
        const how = differs('#/components/schemas/CommandError', error);
        if (how) return `${what} is not as #/components/schemas/CommandError says: ${how}`;
        return errors.has(error.code) ? '' : `${what} has an unknown error, ${error.code}`;
    }
    const at = command_answer_at(type);
    if (at === undefined)
        return `${what} came, but ${step('#/x-commands', type)} is not documented`;
    if (at === '') return data === null ? '' : `${what} has data, but its route answers none`;
    const how = differs(at, data);
    return how && `${what} is not as ${at} says: ${how}`;
}
