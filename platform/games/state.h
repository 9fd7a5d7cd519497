/* What the parts of the games service share: made by its start(), found from every call. */
#ifndef GAMES_STATE_H
#define GAMES_STATE_H

#include <stdatomic.h>

#include "games/admit.h"
#include "games/placement.h"
#include "games/results.h"
#include "games/supervisor.h"
#include "games/worker_process.h"

struct drops;
struct swap_records;
struct frames_listener;

struct games {
    struct worker_program program;
    _Atomic bool is_started; /* start() is done: the loop answers */
    bool is_safe; /* every wall of the sandbox stands; else no game is judged or played */
    struct placements *placements;
    struct results *results;
    struct records *records;
    struct supervisor *supervisor;
    struct frames_listener *frames;
    struct catalog *catalog;
    struct admit_means means;
    struct drops *drops;
    struct swap_records *swap_records;
    char run[ID_TEXT_BYTES]; /* tells this run of the service from others, see results.h */
};

static inline struct games *games_of(const struct service_context *context)
{
    return context->state;
}

#endif
