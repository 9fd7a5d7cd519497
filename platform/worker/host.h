/* What the worker offers to the game: `struct gk_host`. Logging goes to the supervisor. */
#ifndef WORKER_HOST_H
#define WORKER_HOST_H

#include <string.h>

#include "worker/worker.h"

/* Before the first callback; the game's table keeps a pointer to it. */
void host_init(struct worker *worker);

/* Notes in the arena which callback of which match runs, and about which slot or viewer (0, where
 * it is about none), for the crash report. */
static inline void host_enter(struct worker *worker, uint32_t match, enum game_callback callback,
                              uint32_t slot)
{
    atomic_store_explicit(&worker->arena->match_now, match, memory_order_relaxed);
    atomic_store_explicit(&worker->arena->slot_now, slot, memory_order_relaxed);
    atomic_store_explicit(&worker->arena->callback_now, callback, memory_order_relaxed);
}
static inline void host_leave(struct worker *worker)
{
    atomic_store_explicit(&worker->arena->callback_now, GAME_CALL_NONE, memory_order_relaxed);
}
/* Before host_enter: what the callback is given of a browser or a bot. */
static inline void host_note(struct worker *worker, const uint8_t *bytes, uint32_t count)
{
    worker->arena->said_count = count < ARENA_SAID_BYTES_MAX ? count : ARENA_SAID_BYTES_MAX;
    if (count > 0)
        memcpy(worker->arena->said, bytes, worker->arena->said_count);
}

#endif
