/*
 * The replay file of one match, made of the entries of its journal, which are judged one by one:
 * nothing that a game wrote there gets into the file but by the writer of host/replay.h, and before
 * the file has its name it is read once as a stranger's. One thread; blocking.
 */
#ifndef GAMES_RECORD_FILE_H
#define GAMES_RECORD_FILE_H

#include "core/config.h"
#include "core/id.h"
#include "games/spool.h"
#include "host/replay.h"
#include "wire/arena.h"

#define RECORD_SUFFIX          ".gkreplay"
#define RECORD_SUFFIX_PART     ".part" /* still being written */
#define RECORD_DAY_BYTES       11      /* 2026-01-31 */
#define RECORD_FILE_PATH_BYTES (CONFIG_TEXT_BYTES + 96)
#define RECORD_BUFFER_BYTES    4096

/* The version of a game that plays. */
struct record_image {
    uint8_t image[8]; /* as arena_entry.image */
    struct replay_image replay;
};

struct record_file {
    /* Set by the caller before the first write. */
    char path[RECORD_FILE_PATH_BYTES]; /* of the .part */
    struct replay_head head;
    uint8_t image[8]; /* as arena_entry.image: of the head, then of the last entry */
    uint64_t bytes_max;
    bool is_resumed; /* the file may be there */
    int fd;          /* -1 */

    bool is_begun;
    uint64_t commit; /* of the last entry in the file */
    uint64_t joined, left, bytes;
    struct replay_writer writer;
    uint8_t buffer[RECORD_BUFFER_BYTES];
};

/* FOLDER/DAY/MATCH`suffix`; the day is that of the id. */
void record_file_path(const char *folder, const struct id *match, const char *suffix,
                      char ret_path[RECORD_FILE_PATH_BYTES]);
void record_day(int64_t unix_ms, char ret_day[RECORD_DAY_BYTES]);

/* Writes whole entries; `next` plays from the first entry on that is not of the last version. NULL,
 * or why there can be no file, as the rest of a sentence. */
const char *record_file_write(struct record_file *file, const struct record_image *next,
                              const uint8_t *entries, size_t count);
/* Ends the file, makes it last and gives it its name. NULL, or why not. */
const char *record_file_end(struct record_file *file, const struct match_result *over);
/* There is none. */
void record_file_drop(struct record_file *file);

/* Gives a .part that nobody writes any more its name, up to its last whole step; or removes it. */
void record_file_close_left(const char *path, uint64_t bytes_max);

#endif
