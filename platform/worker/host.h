/* What the worker offers to the game: `struct gk_host`. Logging goes to the supervisor. */
#ifndef WORKER_HOST_H
#define WORKER_HOST_H

#include "worker/worker.h"

/* Before the first callback; the game's table keeps a pointer to it. */
void host_init(struct worker *worker);

/* Notes in the arena which callback of which match runs, for the crash report. */
static inline void host_enter(struct worker *worker, uint32_t match, enum game_callback callback)
{
    atomic_store_explicit(&worker->arena->match_now, match, memory_order_relaxed);
    atomic_store_explicit(&worker->arena->callback_now, callback, memory_order_relaxed);
}
static inline void host_leave(struct worker *worker)
{
    atomic_store_explicit(&worker->arena->callback_now, GAME_CALL_NONE, memory_order_relaxed);
}

#endif
