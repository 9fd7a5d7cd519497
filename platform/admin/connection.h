/*
 * Asking the platform as an admin: by the token of the settings, or logged in with the password
 * file of this machine for as long as the command takes. Whatever goes wrong is said on standard
 * error here, in one or two lines; the callers pass the exit status on. Blocking.
 */
#ifndef ADMIN_CONNECTION_H
#define ADMIN_CONNECTION_H

#include <jansson.h>

#include "admin/admin.h"
#include "core/arena.h"
#include "core/error.h"

#define ADMIN_ASK_MS_MAX 60000 /* a probe takes seconds, a swap waits for a worker */

struct connection {
    const struct settings *settings; /* borrowed */
    struct arena *arena;             /* owned */
    const char *token;               /* of the arena or the settings */
    bool is_own_session;             /* ends with the command */
};

enum admin_exit connection_open(const struct settings *settings, struct connection *ret_connection);
void connection_close(struct connection *connection);

/* `body` is stolen; NULL: none. The caller json_decrefs `*ret_answer`. */
enum admin_exit connection_ask(struct connection *connection, const char *method, const char *path,
                               json_t *body, json_t **ret_answer);
enum admin_exit connection_send(struct connection *connection, const char *path,
                                const char *content_type, const void *bytes, size_t count,
                                json_t **ret_answer);
/* The same, but a refusal with `tolerated` is not said: it gives ADMIN_DONE and no answer. */
enum admin_exit connection_ask_tolerant(struct connection *connection, const char *method,
                                        const char *path, json_t *body, enum error tolerated,
                                        json_t **ret_answer);

/* Every item of a list, all pages of it, at most `items_max`; the caller json_decrefs the array. */
enum admin_exit connection_list(struct connection *connection, const char *path, size_t items_max,
                                json_t **ret_items);

/* Says on standard error what is wrong. */
enum admin_exit admin_complain(enum admin_exit status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
