/*
 * What becomes of a match in whose callback its worker died. Each time that it dies again about
 * where it died before it goes one rung on:
 *   1 the same inputs once more: a death may have had nothing to do with them
 *   2 neutral inputs for that step; whose inputs they were is logged
 *   3 a second or two back, alone in a worker of its own, so that no other match pays
 *   4 no contest, with a bundle that reproduces the death offline, see crash_bundle.h
 * A game whose matches die too often gets no more of them, see game_died(). Loop's thread only.
 */
#ifndef GAMES_LADDER_H
#define GAMES_LADDER_H

#include <stdbool.h>

#include "games/fatal_step.h"
#include "wire/arena.h"

#define LADDER_DEATHS_MAX     8    /* of one match, wherever it dies */
#define LADDER_PASSED_COMMITS 128  /* so far behind its last death a match has left it behind */
#define LADDER_LOOK_MS        1000 /* between two checkpoints of a match */
#define LADDER_LOOK_BYTES_MAX (2u << 20) /* copied at one look, so that the loop stays quick */

enum ladder_rung { RUNG_NONE, RUNG_SAME_INPUTS, RUNG_NEUTRAL_INPUTS, RUNG_STEP_BACK, RUNG_OFF };

/* A commit, kept here. */
struct checkpoint {
    struct arena_block block; /* commit 0: there is none */
    void *state;              /* owned, state_bytes; or NULL */
};

struct ladder {
    enum ladder_rung rung;
    int deaths;
    uint64_t died_at;         /* the commit at which it began to die */
    struct fatal_step *fatal; /* owned; that death, or NULL */
    struct checkpoint back[2];
    int64_t checkpoint_ms;
};

void ladder_finish(struct ladder *ladder);

/* Takes a checkpoint when it is time, of at most `bytes_left`, from which it is taken off. */
void ladder_look(struct worker *worker, struct live_match *match, int64_t now_ms,
                 size_t *bytes_left);

/* The worker's process has died in a callback of this match, and the arena is as it was. The match
 * may end, or move to another worker. */
void ladder_died(struct worker *worker, struct live_match *match, const struct death *death);

#endif
