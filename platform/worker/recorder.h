/*
 * What a step was played with goes into the match's journal in the arena, from which the games
 * service writes the replay of the match. A copy of some bytes, now and then a hash of the state;
 * nothing is allocated, nobody is told.
 */
#ifndef WORKER_RECORDER_H
#define WORKER_RECORDER_H

#include "wire/arena.h"

/* After the step to `block`, before its commit. `inputs` are those of the step, if it ticked. There
 * is a hash in it as `hash_of` wishes (after a step only when it was a tick), and every
 * ARENA_JOURNAL_TICKS ticks. */
void recorder_note(const struct arena_head *arena, struct arena_match *match,
                   struct arena_block *block, const struct gk_inputs *inputs,
                   enum arena_hash hash_of);

#endif
