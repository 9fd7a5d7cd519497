/*
 * Secrets of this installation: one file each in <data_dir>/secrets, mode 0600, made on first use
 * and kept for ever. They never go to a log or to a command line.
 */
#ifndef SERVE_SECRETS_H
#define SERVE_SECRETS_H

#include "core/error.h"
#include "core/id.h"

#define SECRET_DATABASE_OWNER "database-owner"
#define SECRET_REDIS          "redis"
#define SECRET_ADMIN_PASSWORD "admin-password" /* auth makes the first admin with it */
/* and "database-NAME", "service-NAME" of each service */

#define SECRETS_NAME_BYTES 64

/* Also makes the folder. */
must_use enum error secrets_get(const char *data_dir, const char *name,
                                char ret_secret[RANDOM_TOKEN_BYTES]);
/* The same for "KIND-SERVICE". */
must_use enum error secrets_get_of(const char *data_dir, const char *kind, const char *service,
                                   char ret_secret[RANDOM_TOKEN_BYTES]);

#endif
