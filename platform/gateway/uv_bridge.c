#include "gateway/uv_bridge.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/clock.h"

#define RUNS_PER_TURN_MAX 8 /* then the others have their turn */
#define REST_MS           4 /* see on_readable() */
#define RESTS             8
#define CLOSE_RUNS_MAX    1000 /* at the end, for handles that close late */

struct uv_bridge {
    uv_loop_t loop;
    struct event *readable, *timer, *turn_end, *rested; /* owned */
    int64_t looked_ms;
    int rests_left;
};

static void on_due(evutil_socket_t descriptor, short what, void *context)
{
    (void)descriptor;
    (void)what;
    struct uv_bridge *bridge = context;
    int wait_ms;
    int runs = 0;
    do {
        uv_run(&bridge->loop, UV_RUN_NOWAIT);
        wait_ms = uv_backend_timeout(&bridge->loop);
    } while (wait_ms == 0 && ++runs < RUNS_PER_TURN_MAX);
    if (wait_ms < 0) {
        evtimer_del(bridge->timer);
        return;
    }
    struct timeval wait = {wait_ms / 1000, (wait_ms % 1000) * 1000};
    evtimer_add(bridge->timer, &wait);
}

static void rest(struct uv_bridge *bridge)
{
    struct timeval wait = {0, REST_MS * 1000};
    evtimer_add(bridge->rested, &wait);
}

/*
 * What one browser sends is small, and looking costs more than reading. When sockets become
 * readable quicker than every REST_MS, we stop watching: the next RESTS looks come every REST_MS
 * and read all there is in one go. With little to do, nobody waits.
 */
static void on_readable(evutil_socket_t descriptor, short what, void *context)
{
    struct uv_bridge *bridge = context;
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - bridge->looked_ms < REST_MS) {
        event_del(bridge->readable);
        bridge->rests_left = RESTS;
        rest(bridge);
    }
    bridge->looked_ms = now_ms;
    on_due(descriptor, what, context);
}

static void on_rested(evutil_socket_t descriptor, short what, void *context)
{
    struct uv_bridge *bridge = context;
    bridge->looked_ms = clock_monotonic_ms();
    if (--bridge->rests_left > 0)
        rest(bridge);
    else
        event_add(bridge->readable, NULL);
    on_due(descriptor, what, context);
}

struct uv_bridge *uv_bridge_create(struct event_base *base)
{
    struct uv_bridge *bridge = calloc(1, sizeof(*bridge));
    if (!bridge)
        return NULL;
    int failed = uv_loop_init(&bridge->loop);
    assert(!failed);
    bridge->readable =
        event_new(base, uv_backend_fd(&bridge->loop), EV_READ | EV_PERSIST, on_readable, bridge);
    bridge->timer = evtimer_new(base, on_due, bridge);
    bridge->turn_end = event_new(base, -1, 0, on_due, bridge);
    bridge->rested = evtimer_new(base, on_rested, bridge);
    event_add(bridge->readable, NULL);
    return bridge;
}

void uv_bridge_destroy(struct uv_bridge *bridge)
{
    if (!bridge)
        return;
    event_free(bridge->readable);
    event_free(bridge->timer);
    event_free(bridge->turn_end);
    event_free(bridge->rested);
    for (int runs = 0; uv_loop_close(&bridge->loop) == UV_EBUSY && runs < CLOSE_RUNS_MAX; runs++)
        uv_run(&bridge->loop, UV_RUN_NOWAIT);
    free(bridge);
}

uv_loop_t *uv_bridge_loop(struct uv_bridge *bridge)
{
    return &bridge->loop;
}

void uv_bridge_touch(struct uv_bridge *bridge)
{
    event_active(bridge->turn_end, EV_TIMEOUT, 0);
}
