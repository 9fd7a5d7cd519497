/*
 * What has happened in a match: for every step what was done in it, and for some moments the state.
 * From those any moment can be computed again. Bounded: when it grows over its limit, first every
 * second one of the kept states goes (the oldest first), then the oldest steps. Knows no game and
 * no process. Pure.
 */
#ifndef TOOL_PLAY_HISTORY_H
#define TOOL_PLAY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAY_HISTORY_BYTES_MAX (128u << 20)
#define PLAY_HISTORY_KEEP      60   /* a state is kept every so many steps */
#define PLAY_HISTORY_KEEP_MAX  3840 /* and at least every so many */

/* A place in the match, between two steps, and what the game has been told until then. */
struct play_moment {
    uint32_t step;  /* steps done; 0: the match has just begun */
    uint32_t tick;  /* ticks among them */
    uint32_t image; /* that has the word from here on: an index of the owner's */
    uint32_t reserved;
    uint64_t joined, left; /* slots */
};

/* How the sizes of an image are: they may change with it. */
struct play_sizes {
    uint32_t state_bytes, input_bytes;
};

/* What was done from one moment to the next. */
struct play_step {
    uint64_t joined, left; /* after it */
    uint64_t present;      /* slots with an input */
    bool ticks;            /* false: only came and went, in a turn-based game */
    const uint8_t *inputs; /* borrowed; slot after slot, also those without, GK_PLAYERS_MAX of
                            * input_bytes at most */
};

struct play_history;

struct play_history *play_history_create(uint32_t player_count, size_t bytes_max);
void play_history_destroy(struct play_history *history);

/* Forgets everything; the match begins at `moment`, as `state`. False without memory. */
bool play_history_begin(struct play_history *history, const struct play_moment *moment,
                        const uint8_t *state, struct play_sizes sizes);
/* The next step, which led to `moment` and `state`. */
bool play_history_add(struct play_history *history, const struct play_step *step,
                      const struct play_moment *moment, const uint8_t *state);
/* At the newest moment another image took over, with `state`. */
bool play_history_turn(struct play_history *history, const struct play_moment *moment,
                       const uint8_t *state, struct play_sizes sizes);
/* Forgets what came after `step`. */
void play_history_cut(struct play_history *history, uint32_t step);

uint32_t play_history_first(const struct play_history *history); /* step that can be gone back to */
uint32_t play_history_newest(const struct play_history *history);
size_t play_history_bytes(const struct play_history *history);

/* The last kept state at or before `step`, which is from first to newest. Borrowed until the
 * history is changed. */
const uint8_t *play_history_find(const struct play_history *history, uint32_t step,
                                 struct play_moment *ret_moment, struct play_sizes *ret_sizes);
/* What was done from `step`, which is from first to newest - 1, to the next. `inputs` has room for
 * player_count * input_bytes; ret_step->inputs is it. */
void play_history_read(const struct play_history *history, uint32_t step, uint8_t *inputs,
                       struct play_step *ret_step);

#endif
