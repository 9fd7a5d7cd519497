/*
 * Restarting while people play: one child after the other, in the order of the stages, so the
 * gateways last. A child goes only when all others of its service are ready, and the next one only
 * when it is back and ready itself; when one does not come back, nothing more is touched. The
 * stores stay: everybody would notice. Loop's thread only.
 */
#ifndef SERVE_RESTART_H
#define SERVE_RESTART_H

#include "serve/master.h"

#define RESTART_ALL           "all"
#define RESTART_SENTENCE_SIZE 160

struct restart_handlers {
    /* Child `name` is ready again, so long after it was told to go. */
    void (*done)(void *context, const char *name, int64_t duration_ms);
    /* The last call: OK with an empty sentence, or why it was given up. */
    void (*ended)(void *context, enum error error, const char *sentence);
    void *context;
};

struct restart;

/* Begins with every child of `name`, or with RESTART_ALL. ERROR_NOT_FOUND: there is none that may
 * be restarted. The handlers are called from the loop, never from inside this call. */
must_use enum error restart_create(struct master *master, const char *name,
                                   const struct restart_handlers *handlers,
                                   struct restart **ret_restart);
/* Also in the middle: the rest stays as it is. NULL is fine. */
void restart_destroy(struct restart *restart);

#endif
