/*
 * The step in which a match killed its worker, copied out of the arena before the match goes on:
 * what it began with, what it was played with, and which callback died. crash_bundle.h makes a
 * folder of it. Loop's thread only.
 */
#ifndef GAMES_FATAL_STEP_H
#define GAMES_FATAL_STEP_H

#include "host/crash_step.h"
#include "wire/arena.h"

struct worker;
struct live_match;
struct death;

struct fatal_step {
    struct crash_step step;
    uint32_t state_bytes; /* 0: it died in init */
    uint8_t *state;       /* owned: of the commit that the step began with */
    uint32_t input_bytes;
    uint8_t *inputs;     /* owned: a canonical input of each player */
    uint32_t said_count; /* of `said` */
    uint8_t said[ARENA_SAID_BYTES_MAX];
};

/* Of a worker without a process; the caller frees it. NULL: there is no memory, or the step was one
 * of another version's that was run again (worker/rerun.h), whose inputs are not kept. */
struct fatal_step *fatal_step_note(struct worker *worker, const struct live_match *match,
                                   const struct death *death);
void fatal_step_free(struct fatal_step *fatal);

#endif
