/*
 * The file of a match: how it began, who came and went, the inputs of each step, and hashes of the
 * state by which whoever runs it again knows that it is the same. docs/games/replay.md has the
 * format byte by byte. A writer never allocates and never blocks, so that it can work inside the
 * sandbox of a worker; a reader takes any bytes and believes none. Pure, any thread.
 */
#ifndef HOST_REPLAY_H
#define HOST_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gamekit/game.h"
#include "host/callback.h"

#define REPLAY_MAGIC          "GKREPLAY"
#define REPLAY_VERSION        1
#define REPLAY_BYTES_MAX      (256u << 20)
#define REPLAY_TICKS_MAX      100000000u /* more than nine days at GK_TICK_HZ_MAX */
#define REPLAY_ASK_BYTES_MAX  1024u
#define REPLAY_SENTENCE_BYTES 200

/* The image that plays. */
struct replay_image {
    uint8_t sha[32];  /* SHA-256 of game.so */
    char version[24]; /* as the manifest has it */
    uint16_t abi_major, abi_minor;
    uint32_t state_schema, state_bytes, input_bytes;
};
_Static_assert(sizeof(struct replay_image) == 72, "as in the file");

/* Who sat at a slot, as far as whoever recorded it wants to say. */
struct replay_seat {
    uint8_t user[16];       /* UUID, or zero */
    char name[24];          /* UTF-8, zero-terminated, or empty */
    uint8_t bot_difficulty; /* of a player of the computer: 1-3, else 0 */
    uint8_t reserved[7];
};
_Static_assert(sizeof(struct replay_seat) == 48, "as in the file");

struct replay_head {
    struct replay_image image;
    char game[32];       /* the manifest's id */
    uint32_t tick_hz;    /* the manifest's */
    uint32_t hash_ticks; /* there is a hash after every so many ticks; 0: only at the end */
    struct gk_match match;
    struct replay_seat seats[GK_PLAYERS_MAX]; /* match.player_count of them */
};

enum replay_record_type {
    REPLAY_JOIN = 1, /* `slot`, in the step that follows */
    REPLAY_LEAVE,    /* `slot`, `reason`, in the step that follows */
    REPLAY_TICK,     /* the end of a step: `inputs`; and so again, `ticks` times in all */
    REPLAY_AGAIN,    /* only in the file: a reader says REPLAY_TICK */
    REPLAY_MEET,  /* the end of a step without a tick: of a turn-based game in which nobody moved */
    REPLAY_HASH,  /* `hash`, of the state as it is now */
    REPLAY_ASK,   /* `callback` is called with `slot` and `bytes`: what a finding ends with */
    REPLAY_IMAGE, /* from here `image` plays */
    REPLAY_END,   /* `ticks` in all, `hash` of the last state, `result` (reason 2: none) */
    REPLAY_SEAT,  /* from here `seat` sits at `slot`; of what is played it changes nothing */
};

struct replay_record {
    enum replay_record_type type;
    uint32_t slot, reason, ticks;
    struct gk_inputs inputs; /* borrowed from the reader, until the next record */
    uint64_t hash;
    enum game_callback callback;
    const uint8_t *bytes; /* borrowed from the file */
    uint32_t count;
    struct replay_image image;
    struct replay_seat seat;
    struct gk_result result;
};

/* The writer. */

struct replay_reader;
struct replay_writer {
    uint8_t *buffer; /* borrowed */
    size_t capacity, used;
    /* Takes what is in the buffer, and false when it cannot. NULL: the buffer is all there is. */
    bool (*take)(void *context, const uint8_t *bytes, size_t count);
    void *context; /* borrowed */
    bool is_full;  /* something did not fit; nothing more is written, what is there is whole */
    uint32_t player_count, input_bytes, hash_ticks;
    uint32_t ticks, again; /* written or waiting; of these waiting, to be counted together */
    uint64_t check;        /* hash of every byte so far */
    uint64_t present;
    uint8_t inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX]; /* the last of each slot */
};

/* Begins a file. `take` may be NULL; then what does not fit into the buffer is left out, at the end
 * of a record, and the file has no end record. */
void replay_write_begin(struct replay_writer *writer, uint8_t *buffer, size_t capacity,
                        bool (*take)(void *context, const uint8_t *bytes, size_t count),
                        void *context, const struct replay_head *head);

/* Goes on with a file that `reader` has read up to reader->at, between two steps, and behind which
 * there were `again` more ticks with the same inputs: what is written from now on belongs there. */
void replay_write_resume(struct replay_writer *writer, uint8_t *buffer, size_t capacity,
                         bool (*take)(void *context, const uint8_t *bytes, size_t count),
                         void *context, const struct replay_reader *reader, uint32_t again);

/* In the order in which they happen; by slot within a step. */
void replay_write_join(struct replay_writer *writer, uint32_t slot);
void replay_write_leave(struct replay_writer *writer, uint32_t slot, uint32_t reason);
void replay_write_tick(struct replay_writer *writer, const struct gk_inputs *inputs);
void replay_write_meet(struct replay_writer *writer);

/* True when the tick before was one after which there is to be a hash. */
bool replay_wants_hash(const struct replay_writer *writer);
void replay_write_hash(struct replay_writer *writer, uint64_t hash);
void replay_write_ask(struct replay_writer *writer, enum game_callback callback, uint32_t slot,
                      const uint8_t *bytes, uint32_t count);
void replay_write_image(struct replay_writer *writer, const struct replay_image *image);
void replay_write_seat(struct replay_writer *writer, uint32_t slot, const struct replay_seat *seat);

/* Hands on what waits: for a recording that is left without an end. */
void replay_write_flush(struct replay_writer *writer);

/* Ends the file; `result` may be NULL. True when everything is in it. */
bool replay_write_end(struct replay_writer *writer, uint64_t hash, const struct gk_result *result);

/* The reader. */

/* Why a file is refused. X(NAME, stable code); docs/games/replay.md explains each. */
#define REPLAY_REFUSALS(X)                                                                         \
    X(SIZE, "replay_size")           /* larger than REPLAY_BYTES_MAX */                            \
    X(MAGIC, "replay_magic")         /* no replay */                                               \
    X(VERSION, "replay_version")     /* of a later format */                                       \
    X(TRUNCATED, "replay_truncated") /* it ends within the head or a record */                     \
    X(HEAD, "replay_head")           /* a field of the head is out of range */                     \
    X(RECORD, "replay_record")       /* a record that does not exist, or not in this place */      \
    X(NUMBER, "replay_number")       /* a number that is too large, or longer than it need be */   \
    X(SLOT, "replay_slot")           /* a slot that is not, or not in this order */                \
    X(INPUTS, "replay_inputs")       /* of slots that are not, or no change where one is said */   \
    X(TICKS, "replay_ticks") /* more than REPLAY_TICKS_MAX, or not as many as the end says */      \
    X(CHECK, "replay_check") /* a byte was changed after it was written */                         \
    X(TRAILING, "replay_trailing") /* something behind the end */

enum replay_refusal {
    REPLAY_FINE = 0,
    REPLAY_UNFINISHED, /* no refusal: the file ends after a whole record, without an end record */
#define X(name, code) REPLAY_REFUSED_##name,
    REPLAY_REFUSALS(X)
#undef X
};

struct replay_reader {
    const uint8_t *bytes; /* borrowed: the whole file */
    size_t count, at;
    struct replay_head head;
    struct replay_image image;                /* that plays now */
    struct replay_seat seats[GK_PLAYERS_MAX]; /* who sits where now */
    uint32_t ticks;                           /* so far */
    uint64_t joined, left;                    /* so far */
    uint32_t slot_next;                       /* within this step */
    bool has_ended;
    uint64_t present;
    uint8_t inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX]; /* the last of each slot */
    uint8_t given[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];  /* of this tick: zero where none is */
    char sentence[REPLAY_SENTENCE_BYTES];                /* of a refusal */
};

const char *replay_refusal_code(enum replay_refusal refusal);

/* Reads the head. `bytes` stay as they are while the reader is used. */
enum replay_refusal replay_read_begin(struct replay_reader *reader, const uint8_t *bytes,
                                      size_t count);

/* The next record. REPLAY_UNFINISHED when there is none and has been no end record; asked again
 * after the end record, it is REPLAY_UNFINISHED as well. */
enum replay_refusal replay_read_next(struct replay_reader *reader,
                                     struct replay_record *ret_record);

#endif
