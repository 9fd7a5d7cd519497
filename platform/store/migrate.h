/*
 * Forward migrations, run with the owner's login by `transcendence migrate` and by `serve` before
 * the services start: one schema and one login role per service, the role limited to its own
 * schema. Runs under an advisory lock; each migration in a transaction of its own.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "core/error.h"
#include "store/sql.h"

struct schema {
    const char *name;                        /* of the schema; the role is transcendence_<name> */
    const struct migration_list *migrations; /* borrowed */
};

/* Creates or updates schema and role (with `role_password`) and applies what is missing. Logs each
 * step; on failure the sentence is in the log. */
must_use enum error migrate_schema(const char *owner_url, const struct schema *schema,
                                   const char *role_password);
/* The number of the last applied migration; a service refuses to start with another than its own.*/
must_use enum error migrate_version(const char *url, int *ret_number);

#endif
