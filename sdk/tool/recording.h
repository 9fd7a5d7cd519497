/* The recording of a match, in memory that grows; and how crowds make one. */
#ifndef TOOL_RECORDING_H
#define TOOL_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/crowd.h"
#include "host/replay.h"
#include "tool/game.h"

#define RECORDING_BUFFER_BYTES 65536

struct recording {
    uint8_t *bytes; /* owned */
    size_t count, capacity;
    struct replay_writer writer;
    uint8_t buffer[RECORDING_BUFFER_BYTES];
};

/* Whose views were computed, and how large they were. */
struct view_sizes {
    uint64_t views, bytes;
    uint32_t bytes_max;
};

struct recording *recording_create(void); /* NULL: no memory */
void recording_destroy(struct recording *recording);

/* Plays match number `index` of the crowd for at most `ticks_max` ticks, shows every seat and the
 * spectators each tick what they see, and records it. `sizes` are added to. False when the game
 * did something wrong (see `run`), or memory ran out. */
bool recording_make(struct recording *recording, struct run *run, const struct game *game,
                    struct crowd *crowd, uint32_t index, uint32_t ticks_max, uint32_t hash_ticks,
                    struct view_sizes *sizes);

#endif
