/*
 * `transcendence serve`: starts, watches, restarts with back-off and stops the whole platform on
 * this machine. It knows the services only as this list of names, addresses and schemas.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stddef.h>

#include "core/error.h"
#include "settings/settings.h"
#include "store/migrate.h"

#define SERVE_SERVICES_MAX 16

struct serve_service {
    const char *name;            /* of `transcendence service NAME` */
    const char *addresses;       /* list; one process an entry */
    const struct schema *schema; /* NULL: no database, as the gateway */
    const char *upload_path;     /* of the route with large bodies, {parts} and all; NULL: none */
    size_t upload_bytes_max;
    const char *upload_guard; /* a GET route that nginx asks first, in the name of the caller */
};

/* Runs until SIGTERM or SIGINT; the exit status of the process. `services` in start order, auth
 * first: the others fetch its keys. */
int serve_run(const struct settings *settings, const struct serve_service *services, size_t count);

/* `transcendence restart NAME`: asks the master that runs on this data_dir to restart its children
 * of this name, or with "all" everything but the stores, one by one; prints what it does. */
int serve_restart(const struct settings *settings, const char *name);

/* `transcendence migrate`: every schema of `services`, by the owner's login in database_url. */
int serve_migrate(const struct settings *settings, const struct serve_service *services,
                  size_t count);

#endif
