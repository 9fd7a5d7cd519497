/*
 * Queries and migrations as data. The build turns each service's sql/queries.sql and
 * sql/NNNN_name.sql into tables of these (see embed_sql.awk); a test prepares every query on a
 * fresh database.
 *
 *   -- name: room_get            in sql/queries.sql, one statement up to the next name
 *   select ... where id = $1;
 *
 * becomes `extern const struct sql room_get;` in the generated header "SERVICE/queries.h", and all
 * of them the list `SERVICE_queries`; the migrations become `SERVICE_migrations`.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <stddef.h>

struct sql {
    const char *name; /* also the name of the prepared statement */
    const char *text;
};

struct sql_list {
    const struct sql *const *items;
    size_t count;
};

struct migration {
    int number;
    const char *name;
    const char *text;
};

struct migration_list {
    const struct migration *items; /* in order, numbered from 1 without holes */
    size_t count;
};

#endif
