/*
 * The private PostgreSQL: a cluster in <data_dir>/postgres, on loopback only, scram passwords, the
 * owner's one generated. initdb and postgres refuse to run as root: then they run as Debian's user
 * postgres, which may have no way into the folders above the cluster (/root is closed), so that
 * they get the cluster as an open descriptor. Never touches a cluster that it has not made.
 */
#ifndef SERVE_POSTGRES_H
#define SERVE_POSTGRES_H

#include "serve/master.h"

#define POSTGRES_CONNECTIONS_MAX 200

struct postgres {
    const struct master *master;     /* borrowed */
    char programs[FILES_PATH_BYTES]; /* folder of initdb and postgres */
    char cluster[FILES_PATH_BYTES];
    int descriptor;            /* of the cluster; open until the master ends */
    const struct passwd *user; /* whose the cluster is; static; NULL: ours */
    int64_t port;
};

/* Finds the programs and makes the cluster when there is none yet; says what is wrong. */
must_use enum error postgres_prepare(struct postgres *postgres, const struct master *master);
void postgres_start(struct postgres *postgres, struct master *master);
bool postgres_is_ready(void *postgres);

/* The owner's login. */
must_use enum error postgres_url(const struct postgres *postgres, char ret_url[CONFIG_TEXT_BYTES]);

#endif
