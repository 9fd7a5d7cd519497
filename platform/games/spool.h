/*
 * Results on disk: one file a match, DATA/spool/MATCH-EPOCH.result, written aside, synced and
 * renamed, so that a file is whole or not there. It stays until the database has taken the result.
 * A file that does not check out is set aside as .bad, never believed.
 */
#ifndef GAMES_SPOOL_H
#define GAMES_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/id.h"
#include "gamekit/game.h"

#define SPOOL_REASON_FINISHED 0
#define SPOOL_REASON_FORFEIT  1
#define SPOOL_REASON_ABORTED  2

/* What a match came to. `result.reason` is one of the above; of an aborted match nothing else in
 * `result` counts. */
struct match_result {
    struct id match;
    uint32_t epoch;
    uint64_t ticks;
    uint64_t state_hash;
    int64_t ended_unix_ms;
    struct gk_result result;
};

#define SPOOL_RECORD_BYTES (8 + 16 + 4 + 4 + 8 + 8 + 8 + sizeof(struct gk_result) + 8)

/* The file's bytes, and back. False for bytes that are no whole record. Pure. */
void spool_encode(const struct match_result *result, uint8_t ret_bytes[SPOOL_RECORD_BYTES]);
bool spool_decode(const uint8_t *bytes, size_t count, struct match_result *ret_result);

/* Makes the folder. */
must_use enum error spool_open(const char *folder);
must_use enum error spool_write(const char *folder, const struct match_result *result);
/* Calls `take` for every record; where it returns true the file is removed. Returns how many
 * stay. */
size_t spool_each(const char *folder,
                  bool (*take)(void *context, const struct match_result *result), void *context);

#endif
