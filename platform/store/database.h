/*
 * PostgreSQL for straight-line code: a bounded pool of connections, prepared statements only,
 * parameters as text, time-outs on everything. A service logs in with its own role, whose search
 * path is its own schema.
 *
 * A connection is used by one thread at a time: database_open, work, database_close. Within it at
 * most one transaction; closing without commit rolls back.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "store/sql.h"

#define DATABASE_PARAMS_MAX           24
#define DATABASE_CONNECT_TIMEOUT_S    3
#define DATABASE_STATEMENT_TIMEOUT_MS 5000
#define DATABASE_WAIT_MS_MAX          2000 /* for a free connection */

struct database_pool;
struct database; /* one connection, taken from the pool */
struct rows;     /* a result, owned by the caller */

/* Does not connect yet. `url` is libpq's URI or conninfo. */
struct database_pool *database_pool_create(const char *url, int connections_max);
void database_pool_destroy(struct database_pool *pool);
bool database_pool_answers(struct database_pool *pool); /* for /readyz */

/* ERROR_UNAVAILABLE when PostgreSQL does not answer, ERROR_OVERLOADED when none gets free. */
must_use enum error database_open(struct database_pool *pool, struct database **ret_database);
void database_close(struct database *database); /* NULL is fine */

must_use enum error database_begin(struct database *database);
must_use enum error database_commit(struct database *database);
void database_rollback(struct database *database);

/*
 * Runs a prepared query with text parameters (NULL is SQL null): database_run(db, &room_get, &rows,
 * id, DATABASE_END). Format numbers with database_number(). `ret_rows` may be NULL.
 * Constraint violations come as ERROR_BAD_REQUEST with database_constraint() naming the constraint,
 * serialization failures and dead connections as ERROR_UNAVAILABLE; all else is logged and
 * ERROR_INTERNAL.
 */
extern const char database_end[]; /* the sentinel behind the last parameter */
#define DATABASE_END database_end
must_use enum error database_run(struct database *database, const struct sql *sql,
                                 struct rows **ret_rows, ...);
const char *database_constraint(struct database *database); /* "" when none */
bool database_constraint_is(struct database *database, const char *name);

/* Valid until the 16th next call on this thread. */
const char *database_number(int64_t number);
const char *database_bool(bool value);

int rows_count(const struct rows *rows);
int64_t rows_affected(const struct rows *rows);
bool rows_is_null(const struct rows *rows, int row, const char *column);
const char *rows_text(const struct rows *rows, int row, const char *column); /* "" for null */
int64_t rows_int(const struct rows *rows, int row, const char *column);      /* 0 for null */
double rows_real(const struct rows *rows, int row, const char *column);
bool rows_bool(const struct rows *rows, int row, const char *column);
void rows_free(struct rows *rows); /* NULL is fine */

static inline void database_cleanup(struct database **database)
{
    database_close(*database);
}
static inline void rows_cleanup(struct rows **rows)
{
    rows_free(*rows);
}
#define AUTO_DATABASE __attribute__((cleanup(database_cleanup))) struct database
#define AUTO_ROWS     __attribute__((cleanup(rows_cleanup))) struct rows

#endif
