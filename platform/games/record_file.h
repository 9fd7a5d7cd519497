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

struct record_file {
    /* Set by the caller before the first write. */
    char path[RECORD_FILE_PATH_BYTES]; /* of the .part */
    struct replay_head head;           /* its seats are those of now, see record_file_seat */
    uint64_t bytes_max;
    bool is_resumed;     /* the file may be there, and goes on where the match does */
    uint64_t resumed_at; /* the commit at which the match stood then */
    /* What the file says of the version that entries name as `image`; false: there is none. */
    bool (*find_image)(void *context, const uint8_t image[8], struct replay_image *ret_image);
    void *context; /* borrowed */
    int fd;        /* -1 */

    bool is_begun;
    uint8_t image[8];     /* as arena_entry.image: of the last entry; zero: not known */
    uint8_t game_sha[32]; /* of the game.so that plays, in the file */
    uint64_t commit;      /* of the last entry in the file */
    uint64_t joined, left, bytes;
    struct replay_writer writer;
    uint8_t buffer[RECORD_BUFFER_BYTES];
};

/* FOLDER/DAY/MATCH`suffix`; the day is that of the id. */
void record_file_path(const char *folder, const struct id *match, const char *suffix,
                      char ret_path[RECORD_FILE_PATH_BYTES]);
void record_day(int64_t unix_ms, char ret_day[RECORD_DAY_BYTES]);

/* Writes whole entries. A file that is resumed goes on at the first of them, whatever it had behind
 * that. NULL, or why there can be no file, as the rest of a sentence. */
const char *record_file_write(struct record_file *file, const uint8_t *entries, size_t count);
/* The match goes on from `commit`, which is not behind the last entry: what came after it is cut
 * off. NULL, or why there can be no file. */
const char *record_file_back(struct record_file *file, uint64_t commit);
/* Somebody else sits at `slot` from here on; nothing happens when he does already. NULL, or why
 * there can be no file. */
const char *record_file_seat(struct record_file *file, uint32_t slot,
                             const struct replay_seat *seat);
/* Ends the file, makes it last and gives it its name. NULL, or why not. */
const char *record_file_end(struct record_file *file, const struct match_result *over);
/* There is none. */
void record_file_drop(struct record_file *file);

/* Gives a .part that nobody writes any more its name, up to its last whole step; or removes it. */
void record_file_close_left(const char *path, uint64_t bytes_max);

#endif
