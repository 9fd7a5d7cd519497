#include "serve/restart.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define SERVICE_NAME_BYTES CHILD_NAME_BYTES

struct restart {
    struct master *master; /* borrowed */
    struct restart_handlers handlers;
    struct child *children[MASTER_CHILDREN_MAX]; /* borrowed, in their order */
    int count, at;
    bool is_gone; /* the present one was told to go */
    int starts, ends;
    int64_t since_ms;
    struct event *timer; /* owned */
};

static void choose(struct restart *restart, const char *name);
static void on_timer(evutil_socket_t unused, short events, void *context);
static void let_go(struct restart *restart, struct child *child);
static void await(struct restart *restart, struct child *child);
static bool others_are_ready(const struct restart *restart, const struct child *child);
static void service_of(const struct child *child, char ret_name[SERVICE_NAME_BYTES]);
static void give_up(struct restart *restart, enum error error, const struct child *child,
                    const char *why);

enum error restart_create(struct master *master, const char *name,
                          const struct restart_handlers *handlers, struct restart **ret_restart)
{
    struct restart *restart = calloc(1, sizeof *restart);
    assert(restart);
    restart->master = master;
    restart->handlers = *handlers;
    choose(restart, name);
    if (restart->count == 0) {
        free(restart);
        return ERROR_NOT_FOUND;
    }
    restart->since_ms = clock_monotonic_ms();
    restart->timer = event_new(master->base, -1, EV_PERSIST, on_timer, restart);
    assert(restart->timer);
    struct timeval every = {.tv_usec = MASTER_POLL_MS * 1000};
    event_add(restart->timer, &every);
    *ret_restart = restart;
    return OK;
}

void restart_destroy(struct restart *restart)
{
    if (!restart)
        return;
    event_free(restart->timer);
    free(restart);
}

static void choose(struct restart *restart, const char *name)
{
    const struct master *master = restart->master;
    bool is_all = strcmp(name, RESTART_ALL) == 0;
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        for (int i = 0; i < master->child_count; i++) {
            struct child *child = master->children[i].child;
            if ((int)master->children[i].stage == stage && child_renewal(child) != CHILD_STAYS &&
                (is_all || master_is_named(child, name)))
                restart->children[restart->count++] = child;
        }
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    (void)unused, (void)events;
    struct restart *restart = context;
    if (restart->at == restart->count) {
        event_del(restart->timer);
        restart->handlers.ended(restart->handlers.context, OK, "");
        return; /* it may be destroyed */
    }
    struct child *child = restart->children[restart->at];
    if (restart->is_gone)
        await(restart, child);
    else
        let_go(restart, child);
}

static void let_go(struct restart *restart, struct child *child)
{
    int64_t now_ms = clock_monotonic_ms();
    if (!others_are_ready(restart, child)) {
        if (now_ms - restart->since_ms > MASTER_READY_MS_MAX)
            give_up(restart, ERROR_UNAVAILABLE, child,
                    "stays, for another one of its service is not ready");
        return;
    }
    restart->starts = child_starts(child);
    restart->ends = child_ends(child);
    restart->since_ms = now_ms;
    restart->is_gone = true;
    child_renew(child);
}

static void await(struct restart *restart, struct child *child)
{
    int64_t ran_ms = clock_monotonic_ms() - restart->since_ms;
    bool is_new = child_renewal(child) == CHILD_RELOADS || child_starts(child) > restart->starts;
    if (is_new && child_is_ready(child)) {
        restart->handlers.done(restart->handlers.context, child_name(child), ran_ms);
        restart->at++;
        restart->is_gone = false;
        restart->since_ms = clock_monotonic_ms();
    } else if (child_ends(child) - restart->ends >= MASTER_START_ENDS_MAX) {
        give_up(restart, ERROR_UNAVAILABLE, child, "ends again and again");
    } else if (ran_ms > MASTER_READY_MS_MAX) {
        give_up(restart, ERROR_TIMED_OUT, child, "does not get ready");
    }
}

static bool others_are_ready(const struct restart *restart, const struct child *child)
{
    const struct master *master = restart->master;
    char service[SERVICE_NAME_BYTES];
    service_of(child, service);
    for (int i = 0; i < master->child_count; i++) {
        const struct child *other = master->children[i].child;
        if (other != child && master_is_named(other, service) && !child_is_ready(other))
            return false;
    }
    return true;
}

/* "gateway" of "gateway-g1", see services.c. */
static void service_of(const struct child *child, char ret_name[SERVICE_NAME_BYTES])
{
    snprintf(ret_name, SERVICE_NAME_BYTES, "%s", child_name(child));
    ret_name[strcspn(ret_name, "-")] = 0;
}

static void give_up(struct restart *restart, enum error error, const struct child *child,
                    const char *why)
{
    char sentence[RESTART_SENTENCE_SIZE];
    snprintf(sentence, sizeof sentence, "%s %s; what comes after it is as it was",
             child_name(child), why);
    event_del(restart->timer);
    restart->handlers.ended(restart->handlers.context, error, sentence);
}
