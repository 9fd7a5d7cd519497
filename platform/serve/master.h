/*
 * The master: the loop, the children in the stages in which they stop, the signals. It knows no
 * service; serve.c tells it what to start, in which order, and what to wait for.
 */
#ifndef SERVE_MASTER_H
#define SERVE_MASTER_H

#include <event2/event.h>
#include <stdbool.h>

#include "core/error.h"
#include "serve/child.h"
#include "serve/files.h"
#include "settings/settings.h"

#define MASTER_EVENTS         4
#define MASTER_CHILDREN_MAX   64
#define MASTER_READY_MS_MAX   60000 /* of one thing to get ready */
#define MASTER_POLL_MS        20    /* between two looks while waiting for it */
#define MASTER_START_ENDS_MAX 3     /* a child that ends so often while starting fails the start */

/* Stopped from the last to the first, all of a stage at once. */
enum stage {
    STAGE_STORES,
    STAGE_AUTH,
    STAGE_SERVICES,
    STAGE_WEB,
    STAGE_NGINX,
    STAGE_GATEWAYS, /* first, while nginx still carries their goodbye to the browsers */
    STAGE_COUNT
};

struct master {
    const struct settings *settings; /* borrowed */
    char program[FILES_PATH_BYTES];  /* our own, which the services run too */
    char log_folder[FILES_PATH_BYTES];
    struct event_base *base; /* owned */
    struct {
        struct child *child; /* owned */
        enum stage stage;
    } children[MASTER_CHILDREN_MAX];
    int child_count;
    bool stop_requested;
    struct event *events[MASTER_EVENTS]; /* owned: SIGCHLD, SIGINT, SIGTERM, the log trimmer */
};

must_use enum error master_init(struct master *master, const struct settings *settings);
/* Stops every child, last stage first, and frees. */
void master_finish(struct master *master);

/* Starts a child and keeps it alive. */
void master_start(struct master *master, enum stage stage, const struct child_options *options);

/* Runs the loop until `is_ready` says so, and prints how long it took. ERROR_TIMED_OUT;
 * ERROR_UNAVAILABLE when a child ends again and again (said, with its last lines) or a stop is
 * asked for. */
typedef bool master_ready(void *context);
must_use enum error master_wait(struct master *master, const char *what, master_ready *is_ready,
                                void *context);

/* The same for the children of a name, as they say themselves. */
must_use enum error master_wait_child(struct master *master, const char *name);

/* Is `child` of this name, "gateway-g1" or of all those, "gateway"? */
bool master_is_named(const struct child *child, const char *name);
/* Is every child of this name ready? */
bool master_is_ready(const struct master *master, const char *name);

/* Runs the loop until SIGTERM or SIGINT. */
void master_run(struct master *master);

/* One line of progress for the person at the terminal. */
void master_say(const char *what, const char *state, long long duration_ms);

#endif
