/*
 * The pool of PostgreSQL connections and the one function that runs a query. Connections are made
 * when first needed and again after they died; each remembers which statements it has prepared.
 */
#include "store/database.h"

#include <assert.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/log.h"

#define CONNECTIONS_MAX        64
#define STATEMENTS_MAX         128 /* prepared on one connection */
#define CONSTRAINT_BYTES       64
#define ANSWER_MS_MAX          (DATABASE_STATEMENT_TIMEOUT_MS + 1000)
#define CONNECT_FAILURE_MS_MIN 200 /* do not hammer a database that is down */

struct database {
    struct database_pool *pool; /* borrowed */
    PGconn *connection;         /* owned; NULL: not connected */
    bool busy;
    bool in_transaction;
    const struct sql *prepared[STATEMENTS_MAX]; /* borrowed, all static */
    int prepared_count;
    char constraint[CONSTRAINT_BYTES];
};

struct database_pool {
    char *url; /* owned */
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int count;
    int64_t failed_at_ms; /* of the last failed connect; 0: none */
    struct database connections[CONNECTIONS_MAX];
};

struct rows {
    PGresult *result; /* owned */
};

const char database_end[] = "";

static struct database *take_free(struct database_pool *pool);
static enum error connect_if_needed(struct database *database);
static enum error run(struct database *database, const struct sql *sql, int parameter_count,
                      const char *const *parameters, struct rows **ret_rows);
static enum error prepare(struct database *database, const struct sql *sql);
static enum error run_plain(struct database *database, const char *text);
static PGresult *await_result(struct database *database);
static enum error judge(struct database *database, const PGresult *result, const char *name);
static void disconnect(struct database *database);

struct database_pool *database_pool_create(const char *url, int connections_max)
{
    assert(connections_max > 0 && connections_max <= CONNECTIONS_MAX);
    struct database_pool *pool = calloc(1, sizeof(*pool));
    assert(pool);
    pool->url = strdup(url);
    assert(pool->url);
    pool->count = connections_max;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->freed, &attributes);
    pthread_condattr_destroy(&attributes);
    for (int i = 0; i < pool->count; i++)
        pool->connections[i].pool = pool;
    return pool;
}

void database_pool_destroy(struct database_pool *pool)
{
    if (!pool)
        return;
    for (int i = 0; i < pool->count; i++) {
        assert(!pool->connections[i].busy);
        disconnect(&pool->connections[i]);
    }
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->url);
    free(pool);
}

bool database_pool_answers(struct database_pool *pool)
{
    AUTO_DATABASE *database = NULL;
    if (database_open(pool, &database) != OK)
        return false;
    return run_plain(database, "select 1") == OK;
}

enum error database_open(struct database_pool *pool, struct database **ret_database)
{
    struct database *database = take_free(pool);
    if (!database)
        return ERROR_OVERLOADED;
    enum error error = connect_if_needed(database);
    if (error != OK) {
        database_close(database);
        return error;
    }
    *ret_database = database;
    return OK;
}

void database_close(struct database *database)
{
    if (!database)
        return;
    if (database->in_transaction)
        database_rollback(database);
    struct database_pool *pool = database->pool;
    pthread_mutex_lock(&pool->lock);
    database->busy = false;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

enum error database_begin(struct database *database)
{
    assert(!database->in_transaction);
    enum error error = run_plain(database, "begin");
    database->in_transaction = error == OK;
    return error;
}

enum error database_commit(struct database *database)
{
    assert(database->in_transaction);
    database->in_transaction = false;
    /* After a failed statement PostgreSQL answers a commit with ROLLBACK: that is no success. */
    bool is_aborted = PQtransactionStatus(database->connection) == PQTRANS_INERROR;
    enum error error = run_plain(database, is_aborted ? "rollback" : "commit");
    return is_aborted && error == OK ? ERROR_INTERNAL : error;
}

void database_rollback(struct database *database)
{
    database->in_transaction = false;
    if (database->connection && run_plain(database, "rollback") != OK)
        disconnect(database);
}

enum error database_run(struct database *database, const struct sql *sql, struct rows **ret_rows,
                        ...)
{
    const char *parameters[DATABASE_PARAMS_MAX];
    int count = 0;
    va_list list;
    va_start(list, ret_rows);
    for (;;) {
        const char *parameter = va_arg(list, const char *);
        if (parameter == DATABASE_END)
            break;
        assert(count < DATABASE_PARAMS_MAX);
        parameters[count++] = parameter;
    }
    va_end(list);
    return run(database, sql, count, parameters, ret_rows);
}

const char *database_constraint(struct database *database)
{
    return database->constraint;
}

bool database_constraint_is(struct database *database, const char *name)
{
    return strcmp(database->constraint, name) == 0;
}

const char *database_number(int64_t number)
{
    static _Thread_local char ring[16][24];
    static _Thread_local unsigned next;
    char *text = ring[next++ % 16];
    snprintf(text, sizeof(ring[0]), "%lld", (long long)number);
    return text;
}

const char *database_bool(bool value)
{
    return value ? "true" : "false";
}

static int column_of(const struct rows *rows, const char *column)
{
    int number = PQfnumber(rows->result, column);
    assert(number >= 0); /* the query and its reader are written together */
    return number;
}

int rows_count(const struct rows *rows)
{
    return PQntuples(rows->result);
}

int64_t rows_affected(const struct rows *rows)
{
    return strtoll(PQcmdTuples(rows->result), NULL, 10);
}

bool rows_is_null(const struct rows *rows, int row, const char *column)
{
    return PQgetisnull(rows->result, row, column_of(rows, column));
}

const char *rows_text(const struct rows *rows, int row, const char *column)
{
    return PQgetvalue(rows->result, row, column_of(rows, column));
}

int64_t rows_int(const struct rows *rows, int row, const char *column)
{
    return strtoll(rows_text(rows, row, column), NULL, 10);
}

double rows_real(const struct rows *rows, int row, const char *column)
{
    return strtod(rows_text(rows, row, column), NULL);
}

bool rows_bool(const struct rows *rows, int row, const char *column)
{
    return rows_text(rows, row, column)[0] == 't';
}

void rows_free(struct rows *rows)
{
    if (!rows)
        return;
    PQclear(rows->result);
    free(rows);
}

static struct database *take_free(struct database_pool *pool)
{
    int64_t give_up_ns = clock_monotonic_ns() + DATABASE_WAIT_MS_MAX * INT64_C(1000000);
    struct timespec give_up = {give_up_ns / 1000000000, give_up_ns % 1000000000};
    struct database *taken = NULL;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        /* A connected one first: fewer connections at low load. */
        for (int i = 0; i < pool->count; i++) {
            struct database *database = &pool->connections[i];
            if (!database->busy && (!taken || (database->connection && !taken->connection)))
                taken = database;
        }
        if (taken || pthread_cond_timedwait(&pool->freed, &pool->lock, &give_up) == ETIMEDOUT)
            break;
    }
    if (taken)
        taken->busy = true;
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

static bool failed_just_now(struct database_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool just_now =
        pool->failed_at_ms && clock_monotonic_ms() - pool->failed_at_ms < CONNECT_FAILURE_MS_MIN;
    pthread_mutex_unlock(&pool->lock);
    return just_now;
}

static void note_connect(struct database_pool *pool, bool failed)
{
    pthread_mutex_lock(&pool->lock);
    pool->failed_at_ms = failed ? clock_monotonic_ms() : 0;
    pthread_mutex_unlock(&pool->lock);
}

static bool has_something_to_say(PGconn *connection)
{
    struct pollfd poll_one = {.fd = PQsocket(connection), .events = POLLIN};
    return poll(&poll_one, 1, 0) != 0;
}

/* An idle server that speaks says farewell, as a last message or by closing. Only TLS has words of
 * its own to be read first. */
static bool is_still_alive(PGconn *connection)
{
    if (PQstatus(connection) != CONNECTION_OK)
        return false;
    if (!has_something_to_say(connection))
        return true;
    return PQsslInUse(connection) && PQconsumeInput(connection) &&
           PQstatus(connection) == CONNECTION_OK && !has_something_to_say(connection);
}

static enum error connect_if_needed(struct database *database)
{
    database->constraint[0] = '\0';
    if (database->connection && is_still_alive(database->connection))
        return OK;
    disconnect(database);
    if (failed_just_now(database->pool))
        return ERROR_UNAVAILABLE;

    char timeout[16], options[128];
    snprintf(timeout, sizeof(timeout), "%d", DATABASE_CONNECT_TIMEOUT_S);
    snprintf(options, sizeof(options),
             "-c statement_timeout=%d -c idle_in_transaction_session_timeout=%d -c lock_timeout=%d",
             DATABASE_STATEMENT_TIMEOUT_MS, DATABASE_STATEMENT_TIMEOUT_MS,
             DATABASE_STATEMENT_TIMEOUT_MS);
    const char *const keys[] = {
        "dbname",          "connect_timeout",  "options", "application_name",
        "client_encoding", "tcp_user_timeout", NULL};
    const char *const values[] = {
        database->pool->url, timeout, options, "transcendence", "UTF8", "5000", NULL};
    database->connection = PQconnectdbParams(keys, values, 1);
    bool failed = PQstatus(database->connection) != CONNECTION_OK;
    note_connect(database->pool, failed);
    if (!failed)
        return OK;
    log_warn("database does not answer, next request tries again", "reason",
             PQerrorMessage(database->connection), NULL);
    disconnect(database);
    return ERROR_UNAVAILABLE;
}

static enum error run(struct database *database, const struct sql *sql, int parameter_count,
                      const char *const *parameters, struct rows **ret_rows)
{
    database->constraint[0] = '\0';
    if (!database->connection)
        return ERROR_UNAVAILABLE;
    enum error error = prepare(database, sql);
    if (error != OK)
        return error;
    if (!PQsendQueryPrepared(database->connection, sql->name, parameter_count, parameters, NULL,
                             NULL, 0))
        return judge(database, NULL, sql->name);
    PGresult *result = await_result(database);
    error = judge(database, result, sql->name);
    if (error != OK || !ret_rows) {
        PQclear(result);
        return error;
    }
    struct rows *rows = malloc(sizeof(*rows));
    assert(rows);
    rows->result = result;
    *ret_rows = rows;
    return OK;
}

static enum error prepare(struct database *database, const struct sql *sql)
{
    for (int i = 0; i < database->prepared_count; i++)
        if (database->prepared[i] == sql)
            return OK;
    assert(database->prepared_count < STATEMENTS_MAX);
    if (!PQsendPrepare(database->connection, sql->name, sql->text, 0, NULL))
        return judge(database, NULL, sql->name);
    PGresult *result = await_result(database);
    enum error error = judge(database, result, sql->name);
    PQclear(result);
    if (error == OK)
        database->prepared[database->prepared_count++] = sql;
    return error;
}

static enum error run_plain(struct database *database, const char *text)
{
    if (!database->connection)
        return ERROR_UNAVAILABLE;
    if (!PQsendQuery(database->connection, text))
        return judge(database, NULL, text);
    PGresult *result = await_result(database);
    enum error error = judge(database, result, text);
    PQclear(result);
    return error;
}

/* The last result of the command in flight, or NULL when the connection died or did not answer
 * within ANSWER_MS_MAX (libpq itself would wait for ever on a silent network). */
static PGresult *await_result(struct database *database)
{
    PGconn *connection = database->connection;
    int64_t give_up_ms = clock_monotonic_ms() + ANSWER_MS_MAX;
    PGresult *last = NULL;
    for (;;) {
        while (PQisBusy(connection)) {
            int64_t left_ms = give_up_ms - clock_monotonic_ms();
            struct pollfd poll_one = {.fd = PQsocket(connection), .events = POLLIN};
            if (left_ms <= 0 || (poll(&poll_one, 1, (int)left_ms) < 0 && errno != EINTR) ||
                !PQconsumeInput(connection)) {
                PQclear(last);
                return NULL;
            }
        }
        PGresult *next = PQgetResult(connection);
        if (!next)
            return last;
        PQclear(last);
        last = next;
    }
}

/* Serialization failure, deadlock, shutdown, crash, too many connections, timeouts: try again. */
static bool is_passing(const char *state)
{
    return strncmp(state, "40", 2) == 0 || strncmp(state, "57", 2) == 0 ||
           strncmp(state, "53", 2) == 0 || strncmp(state, "08", 2) == 0 ||
           strcmp(state, "55P03") == 0 || strcmp(state, "25P03") == 0;
}

static enum error judge(struct database *database, const PGresult *result, const char *name)
{
    ExecStatusType status = result ? PQresultStatus(result) : PGRES_FATAL_ERROR;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return OK;

    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *constraint = result ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : NULL;
    bool is_dead = !result || PQstatus(database->connection) != CONNECTION_OK;
    if (!is_dead && state && strncmp(state, "23", 2) == 0) {
        snprintf(database->constraint, sizeof(database->constraint), "%s",
                 constraint ? constraint : "");
        return ERROR_BAD_REQUEST;
    }
    /* The primary message only: the detail may hold a user's values. */
    const char *reason = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    log_warn("query failed", "query", name, "state", state ? state : "none", "reason",
             reason ? reason : "the connection was lost", NULL);
    if (is_dead)
        disconnect(database);
    return is_dead || (state && is_passing(state)) ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
}

static void disconnect(struct database *database)
{
    if (database->connection)
        PQfinish(database->connection);
    database->connection = NULL;
    database->prepared_count = 0;
    database->in_transaction = false;
}
