/* The address of the database as one service's own role sees it. Pure. */
#ifndef SERVE_DATABASE_URL_H
#define SERVE_DATABASE_URL_H

#include "core/error.h"
#include "settings/settings.h"

/* `owner_url` with user and password replaced. Only postgresql:// and postgres:// URIs can be
 * rewritten: ERROR_VALIDATION for all else. `role` and `password` need no escaping. */
must_use enum error database_url_for_role(const char *owner_url, const char *role,
                                          const char *password, char ret_url[CONFIG_TEXT_BYTES]);

#endif
