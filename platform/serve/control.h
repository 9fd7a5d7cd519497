/*
 * How `transcendence restart` reaches the master that runs: a Unix socket in data_dir, for its
 * owner alone. One line asks, lines of progress come back, the last one begins with "ok" or
 * "failed". Both ends are here. The master restarts one thing at a time and tells a second asker
 * so.
 */
#ifndef SERVE_CONTROL_H
#define SERVE_CONTROL_H

#include <stdio.h>

#include "serve/master.h"

#define CONTROL_SOCKET         "control"
#define CONTROL_LINE_BYTES_MAX 256
#define CONTROL_ASKERS_MAX     4
#define CONTROL_ANSWER_MS_MAX  300000 /* between two lines of progress */

struct control;

/* ERROR_UNAVAILABLE when the socket cannot be made (said). */
must_use enum error control_create(struct master *master, struct control **ret_control);
/* NULL is fine. */
void control_destroy(struct control *control);

/* The other end: asks the master of `data_dir` to restart `name` and copies its progress to `out`.
 * ERROR_NOT_FOUND: nothing of that name; ERROR_UNAVAILABLE: no master, or it did not go well. Every
 * failure is said on standard error. Blocks. */
must_use enum error control_ask(const char *data_dir, const char *name, FILE *out);

#endif
