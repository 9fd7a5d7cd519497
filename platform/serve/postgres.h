/*
 * The private PostgreSQL: a cluster in <data_dir>/postgres, on loopback only, scram passwords, the
 * owner's one generated. initdb and postgres refuse to run as root: then they run in a user
 * namespace in which our files belong to another user, or, where namespaces are not allowed, as
 * Debian's user postgres. Never touches a cluster that it has not made.
 */
#ifndef SERVE_POSTGRES_H
#define SERVE_POSTGRES_H

#include "serve/master.h"

#define POSTGRES_CONNECTIONS_MAX 200
#define POSTGRES_COMMAND_MAX     12 /* arguments before the program's own */

struct postgres {
    const struct master *master;     /* borrowed */
    char programs[FILES_PATH_BYTES]; /* folder of initdb and postgres */
    char cluster[FILES_PATH_BYTES];
    char *as_user[POSTGRES_COMMAND_MAX + 1]; /* what stands before a command to run it as its user;
                                                static or in user_texts */
    char user_texts[2][32];
    int64_t port;
};

/* Finds the programs and makes the cluster when there is none yet; says what is wrong. */
must_use enum error postgres_prepare(struct postgres *postgres, const struct master *master);
void postgres_start(struct postgres *postgres, struct master *master);
bool postgres_is_ready(void *postgres);

/* The owner's login. */
must_use enum error postgres_url(const struct postgres *postgres, char ret_url[CONFIG_TEXT_BYTES]);

#endif
