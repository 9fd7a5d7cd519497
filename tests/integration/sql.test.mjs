// The SQL of every service against a database that the migrations have just made: every named query
// is good SQL for the role that runs it, and no role has a right that its service does not need.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { read } from './documents.mjs';
import { start_platform } from './harness.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const services = fs
    .readdirSync(path.join(root, 'platform'))
    .filter((name) => fs.existsSync(path.join(root, 'platform', name, 'sql')));
const every_right = 'select, insert, update, delete, truncate, references, trigger';
const quoted = (names) => names.map((name) => `'${name}'`).join(',');

// {name, text} of each query, read as cmake/embed_sql.awk does.
function queries_of(service) {
    const [, ...parts] = read(`platform/${service}/sql/queries.sql`).split(/^-- name: /m);
    return parts.map((part) => ({
        name: part.match(/^\w+/)[0],
        text: part.slice(part.indexOf('\n')).replaceAll(/^\s*--.*$/gm, ''),
    }));
}

describe('a fresh database', () => {
    let platform;
    before(async () => (platform = await start_platform()));
    after(() => platform?.stop());

    test('has a schema of each service that has SQL, and no other', async () => {
        const schemas = await platform.sql(
            `select nspname as name from pg_namespace
             where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')
             order by nspname`,
        );
        assert.deepEqual(
            schemas.map(({ name }) => name),
            services,
        );
    });

    for (const service of services) {
        test(`has every migration of ${service}, in order`, async () => {
            const files = fs
                .readdirSync(path.join(root, 'platform', service, 'sql'))
                .filter((file) => /^\d/.test(file));
            const applied = await platform.sql(
                `select * from ${service}.schema_migrations order by number`,
            );
            assert.deepEqual(
                applied.map(({ name }) => `${name}.sql`),
                files,
            );
        });

        for (const { name, text } of queries_of(service))
            test(`prepares ${name} as ${service}`, () =>
                platform.sql(`prepare ${name} as ${text}`, { as: service }));

        test(`gives the role of ${service} its own schema to use, nothing to make`, async () => {
            const role = `transcendence_${service}`;
            const schemas = await platform.sql(
                `select nspname as schema, has_schema_privilege('${role}', oid, 'usage') as uses,
                        has_schema_privilege('${role}', oid, 'create') as makes
                 from pg_namespace where nspname in (${quoted([...services, 'public'])})`,
            );
            assert.equal(schemas.length, services.length + 1);
            for (const { schema, uses, makes } of schemas) {
                if (schema !== 'public') assert.equal(uses, schema === service, schema);
                assert.equal(makes, false, schema);
            }
        });

        test(`gives the role of ${service} no right on what is another's`, async () => {
            const role = `transcendence_${service}`;
            const others = quoted(services.filter((name) => name !== service));
            const rights = await platform.sql(
                `select relname as name from pg_class
                 where relnamespace::regnamespace::text in (${others}) and case relkind
                     when 'S' then has_sequence_privilege('${role}', oid, 'usage, select, update')
                     when 'r' then has_table_privilege('${role}', oid, '${every_right}')
                     when 'v' then has_table_privilege('${role}', oid, '${every_right}')
                     else false end`,
            );
            assert.deepEqual(rights, []);
        });

        test(`makes the role of ${service} an ordinary one`, async () => {
            const [role] = await platform.sql(
                `select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
                 from pg_roles where rolname = 'transcendence_${service}'`,
            );
            for (const [right, has] of Object.entries(role)) assert.equal(has, false, right);
            const members = await platform.sql(
                `select 1 from pg_auth_members where member = 'transcendence_${service}'::regrole`,
            );
            assert.deepEqual(members, []);
        });
    }
});
