/*
 * Schemas, roles and migrations. Works on a plain connection of the owner, outside the pool: DDL
 * takes no parameters, so names and passwords go through libpq's own escaping.
 */
#include "store/migrate.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

#define ADVISORY_LOCK   "8316291734001"
#define STATEMENT_BYTES 2048
#define NAME_BYTES      64

static enum error prepare_schema(PGconn *owner, const struct schema *schema, const char *password);
static enum error apply_missing(PGconn *owner, const struct schema *schema);
static enum error apply(PGconn *owner, const char *schema, const struct migration *migration);
static enum error connect_to(const char *url, PGconn **ret_connection);
static enum error execute(PGconn *connection, const char *what, const char *statement);
static enum error execute_format(PGconn *connection, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool read_number(PGconn *connection, const char *query, int *ret_number);

enum error migrate_schema(const char *owner_url, const struct schema *schema,
                          const char *role_password)
{
    PGconn *owner;
    enum error error = connect_to(owner_url, &owner);
    if (error != OK)
        return error;
    error = execute(owner, schema->name, "select pg_advisory_lock(" ADVISORY_LOCK ")");
    if (error == OK)
        error = prepare_schema(owner, schema, role_password);
    if (error == OK)
        error = apply_missing(owner, schema);
    PQfinish(owner); /* gives the lock back */
    return error;
}

enum error migrate_version(const char *url, int *ret_number)
{
    PGconn *connection;
    enum error error = connect_to(url, &connection);
    if (error != OK)
        return error;
    bool found = read_number(connection, "select coalesce(max(number), 0) from schema_migrations",
                             ret_number);
    PQfinish(connection);
    return found ? OK : ERROR_INTERNAL;
}

/* Each step may be run again: a later start mends what an earlier one left half done. */
static enum error prepare_schema(PGconn *owner, const struct schema *schema, const char *password)
{
    char name[NAME_BYTES], role[NAME_BYTES];
    snprintf(name, sizeof(name), "%s", schema->name);
    snprintf(role, sizeof(role), "transcendence_%s", schema->name);
    int exists;
    char query[STATEMENT_BYTES];
    snprintf(query, sizeof(query), "select count(*) from pg_roles where rolname = '%s'", role);
    if (!read_number(owner, query, &exists))
        return ERROR_UNAVAILABLE;

    /* Hashed here, so that the password is in no log of the server. */
    char *verifier = PQencryptPasswordConn(owner, password, role, "scram-sha-256");
    char *literal = verifier ? PQescapeLiteral(owner, verifier, strlen(verifier)) : NULL;
    enum error error = ERROR_INTERNAL;
    if (literal)
        error = execute_format(owner, schema->name,
                               "%s role %s login nosuperuser nocreatedb nocreaterole noreplication "
                               "password %s",
                               exists ? "alter" : "create", role, literal);
    PQfreemem(literal);
    PQfreemem(verifier);
    if (error != OK)
        return error;
    return execute_format(
        owner, schema->name,
        "create schema if not exists %1$s;"
        "do $$ begin execute format('revoke all on database %%I from public', current_database());"
        "  execute format('grant connect on database %%I to %2$s', current_database()); end $$;"
        "revoke all on schema public from public;"
        "revoke all on schema %1$s from public;"
        "grant usage on schema %1$s to %2$s;"
        "alter role %2$s set search_path = %1$s;"
        "alter default privileges in schema %1$s"
        "  grant select, insert, update, delete on tables to %2$s;"
        "alter default privileges in schema %1$s grant usage, select on sequences to %2$s;"
        "create table if not exists %1$s.schema_migrations (number int primary key,"
        "  name text not null, applied_at timestamptz not null default now());"
        "revoke insert, update, delete on %1$s.schema_migrations from %2$s",
        name, role);
}

static enum error apply_missing(PGconn *owner, const struct schema *schema)
{
    char query[STATEMENT_BYTES];
    snprintf(query, sizeof(query), "select coalesce(max(number), 0) from %s.schema_migrations",
             schema->name);
    int applied;
    if (!read_number(owner, query, &applied))
        return ERROR_UNAVAILABLE;
    if (applied > (int)schema->migrations->count) {
        log_error("the database is newer than this program", "schema", schema->name, "database",
                  log_number(applied), "program", log_number((int64_t)schema->migrations->count),
                  NULL);
        return ERROR_INTERNAL;
    }
    for (size_t i = (size_t)applied; i < schema->migrations->count; i++) {
        enum error error = apply(owner, schema->name, &schema->migrations->items[i]);
        if (error != OK)
            return error;
    }
    return OK;
}

static enum error apply(PGconn *owner, const char *schema, const struct migration *migration)
{
    enum error error = execute(owner, migration->name, "begin");
    if (error == OK)
        error = execute_format(owner, migration->name, "set local search_path = %s", schema);
    if (error == OK)
        error = execute(owner, migration->name, migration->text);
    if (error == OK)
        error = execute_format(owner, migration->name,
                               "insert into %s.schema_migrations (number, name) values (%d, '%s')",
                               schema, migration->number, migration->name);
    if (error == OK)
        error = execute(owner, migration->name, "commit");
    if (error != OK)
        return error; /* the connection is closed by the caller, which rolls back */
    log_info("migration applied", "schema", schema, "migration", migration->name, NULL);
    return OK;
}

static void swallow_notice(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static enum error connect_to(const char *url, PGconn **ret_connection)
{
    const char *const keys[] = {"dbname", "connect_timeout", "client_encoding", NULL};
    const char *const values[] = {url, "5", "UTF8", NULL};
    PGconn *connection = PQconnectdbParams(keys, values, 1);
    if (PQstatus(connection) != CONNECTION_OK) {
        log_warn("database does not answer", "reason", PQerrorMessage(connection), NULL);
        PQfinish(connection);
        return ERROR_UNAVAILABLE;
    }
    PQsetNoticeProcessor(connection, swallow_notice, NULL);
    *ret_connection = connection;
    return OK;
}

static enum error execute(PGconn *connection, const char *what, const char *statement)
{
    PGresult *result = PQexec(connection, statement);
    ExecStatusType status = PQresultStatus(result);
    enum error error = OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        const char *reason = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        log_error("migration failed", "step", what, "reason",
                  reason ? reason : PQerrorMessage(connection), NULL);
        error = ERROR_INTERNAL;
    }
    PQclear(result);
    return error;
}

static enum error execute_format(PGconn *connection, const char *what, const char *format, ...)
{
    char statement[STATEMENT_BYTES];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(statement, sizeof(statement), format, list);
    va_end(list);
    assert(length > 0 && (size_t)length < sizeof(statement));
    enum error error = execute(connection, what, statement);
    explicit_bzero(statement, sizeof(statement));
    return error;
}

static bool read_number(PGconn *connection, const char *query, int *ret_number)
{
    PGresult *result = PQexec(connection, query);
    bool found = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    if (found)
        *ret_number = atoi(PQgetvalue(result, 0, 0));
    else
        log_error("migration state cannot be read", "reason", PQerrorMessage(connection), NULL);
    PQclear(result);
    return found;
}
