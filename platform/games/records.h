/*
 * The replays of matches: what the workers journal in their arenas becomes, on a thread of its own,
 * DATA/replays/DAY/MATCH.gkreplay (host/replay.h), MATCH.part while it is being played. A journal
 * is hostile bytes: a match whose journal makes no sense, was written over before it was read, or
 * grows over replay_bytes_max has no replay, which is logged; there is never a wrong file. What is
 * written survives the service at once, and a power cut from the end of the match on (fsync).
 * Replays go after replays_keep_days, the oldest also when all together are over replays_bytes_max.
 */
#ifndef GAMES_RECORDS_H
#define GAMES_RECORDS_H

#include "games/image.h"
#include "games/spool.h"
#include "service/service.h"
#include "wire/arena.h"

#define RECORDS_STEP_MS          250        /* between two writes of what was journaled */
#define RECORDS_SWEEP_MS         3600000    /* between two looks for what is too old */
#define RECORD_WAITING_BYTES_MAX (1u << 20) /* of a match, until the disk takes it */
#define RECORD_PATH_BYTES        64         /* DAY/MATCH.gkreplay */

struct records;
struct record; /* of one match */

must_use enum error records_create(struct service_context *context, struct records **ret_records);
/* Writes what is there, then frees, also the records of matches that are left to the next process.
 * NULL is fine. */
void records_destroy(struct records *records);
/* Once all matches of an earlier run that could be taken up have their records: the files that
 * other matches have left are closed, as far as they go. */
void records_sweep(struct records *records);

/* The loop's thread, or before it runs; a NULL record is fine, and does nothing. */

/* A match that has just begun. NULL: logged, it has no replay. */
struct record *record_begin(struct records *records, const struct image *image,
                            const struct control_match_start *start);
/* A match that was taken up, and stands as it does in `match`, which also says how much of the
 * journal its file had. */
struct record *record_resume(struct records *records, const struct image *image,
                             const struct control_match_start *start,
                             const struct arena_match *match);
/* Takes what was committed since the last look; more often than the journal takes to go round.
 * `image` plays now, `sizes` are those of its arena. */
void record_look(struct record *record, const struct image *image, const struct arena_head *sizes,
                 struct arena_match *match);
/* The match goes back to `commit`, up to which its journal has `journaled` bytes: what the replay
 * has behind that never was, and what is played from there follows. A match that begins anew has no
 * replay. */
void record_back(struct record *record, uint64_t commit, uint64_t journaled);
/* Who sits at a slot from here on. */
void record_seat(struct record *record, uint32_t slot, const struct control_slot *seat);
/* The match is over, after the last look. The record is gone. One without ticks and hash was ended
 * by us before it began: its replay has no end. */
void record_end(struct record *record, const struct match_result *over);

/* Any thread: where the replay of a match is, below DATA/replays. False when there is none. */
bool record_find(const char *data_dir, const struct id *match, char ret_path[RECORD_PATH_BYTES]);
/* True while it is still being written. */
bool record_is_open(const char *data_dir, const struct id *match);

#endif
