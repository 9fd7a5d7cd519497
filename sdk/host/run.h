/*
 * One match of a loaded game, stepped by hand: what the tool replays, measures, fuzzes and plays
 * with. The order inside a step is the server's (platform/worker/match.c): who comes and who goes,
 * by slot; then the tick with the newest canonical input of each slot; then `check` and `result`.
 * Each block that a game may write is fenced, and under the address sanitizer the fence is poison.
 * One thread a match; nothing here knows a clock, a socket or a file.
 */
#ifndef HOST_RUN_H
#define HOST_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "gamekit/game.h"
#include "host/callback.h"
#include "host/replay.h"

/* What is wrong with a game. X(NAME, what the callback did, as the rest of a sentence) */
#define RUN_FAULTS(X)                                                                              \
    X(STATE_OVERRUN, "wrote behind its state")                                                     \
    X(ANSWER_OVERRUN, "wrote behind what it was given to fill")                                    \
    X(ANSWER_BYTES, "says it wrote more bytes than there is room for")                             \
    X(INPUTS_CHANGED, "changed the inputs that it was given to read")                              \
    X(STATE_CHANGED, "changed the state, which it may only read")                                  \
    X(IMPURE, "gave two answers to the same question")                                             \
    X(CHECK, "found an invariant broken")                                                          \
    X(RESULT, "gave a result that makes no sense")

enum run_fault {
    RUN_FINE = 0,
#define X(name, text) RUN_##name,
    RUN_FAULTS(X)
#undef X
};

const char *run_fault_text(enum run_fault fault);

/* The callback that runs, or ran last. It may lie in memory that is shared with a process which
 * wants to know it when this one has died. */
struct run_note {
    uint32_t callback; /* enum game_callback */
    uint32_t slot;     /* or viewer */
    uint32_t ticks;    /* done before */
    uint32_t count;    /* of `bytes`: the browser's, or the difficulty of a bot */
    uint64_t calls;    /* so far: while it grows, nothing hangs */
    uint8_t bytes[REPLAY_ASK_BYTES_MAX];
};

/* Memory that a game may read or write, with a fence behind its `count` bytes. */
struct run_block {
    uint8_t *bytes; /* owned */
    size_t count;
};

struct run {
    struct gk_manifest manifest;
    struct gk_game game;
    struct gk_host host; /* log and extension; set `log` for the game's words, see run_create */
    struct gk_match match;

    struct run_block state, view; /* the view: until the next one is asked for */
    struct run_block inputs;      /* player_count canonical inputs, for the next step */
    uint64_t inputs_present;      /* slots that have one */
    uint64_t present;             /* slots that are connected, as run_join and run_leave say */
    uint64_t leaving;             /* for good, in the next step */
    uint64_t joined, left;        /* what the game has been told */
    bool turn_is_over;
    uint32_t ticks;

    bool is_over; /* by `result`, or by a fault: no more steps */
    struct gk_result result;
    enum run_fault fault; /* of the callback in the note */

    /* Ask each question twice, on copies at two addresses, and see that nothing has changed that
     * the callback may only read. */
    bool repeats;
    struct run_note *note;          /* borrowed, or own_note */
    struct replay_writer *recorder; /* borrowed, or NULL; begun with the head of this match */

    struct run_block before, other, raw, answer, answer_other; /* its own */
    struct run_note own_note;
    void (*poison)(const volatile void *at, size_t bytes); /* NULL: no address sanitizer here */
    void (*unpoison)(const volatile void *at, size_t bytes);
};

/* Memory for matches of a loaded game, whose manifest was judged; NULL when there is none. `log`
 * does nothing until it is replaced. */
struct run *run_create(const struct gk_manifest *manifest, const struct gk_game *game);
void run_destroy(struct run *run);

/* Whether the game plays such a match: mode and player_count as its manifest says. (What its
 * options may be, game.json says.) */
bool run_match_fits(const struct gk_manifest *manifest, const struct gk_match *match);

/* Begins a match that fits, also after another one; everybody is away. */
void run_begin(struct run *run, const struct gk_match *match);

/* Goes on with a match that fits, from `state` and from who was there in it; who was there is still
 * connected. */
void run_resume(struct run *run, const struct gk_match *match, const uint8_t *state, uint32_t ticks,
                uint64_t joined, uint64_t left);
/* Fills the state from one of `schema` by the game's `migrate`, for such a match. False when the
 * game refuses it, has no `migrate`, or on a fault; then the match cannot go on. */
bool run_migrate(struct run *run, const struct gk_match *match, const uint8_t *old, uint32_t bytes,
                 uint32_t schema);

/* Goes on, between two steps, with the match that `from` plays with another version, which has the
 * same id and room for its players: from its state as it is when the schemas are equal (and then
 * the sizes are), else as run_migrate. The mode is the one that it began with, of that version. */
bool run_take_over(struct run *run, const struct run *from);

/* From the next step on, as the server has it: who is connected. Each slot is below player_count.
 * After GK_LEAVE_LEFT a slot stays empty and has no input. */
void run_join(struct run *run, uint32_t slot);
void run_leave(struct run *run, uint32_t slot, uint32_t reason);

/* The bytes of a browser (at most REPLAY_ASK_BYTES_MAX) through the game's `input`; the newest of a
 * step counts. False when the game refuses them. */
bool run_input(struct run *run, uint32_t slot, const uint8_t *bytes, uint32_t count);
/* A canonical input, as it is. */
void run_put_input(struct run *run, uint32_t slot, const uint8_t *input);
/* What the game's `bot` does now at `slot`; false when it has none or does nothing. */
bool run_bot(struct run *run, uint32_t slot, uint32_t difficulty);
/* Turn-based: turn_seconds are over, the next step ticks though nobody has moved. */
void run_end_turn(struct run *run);

/* One step. A ticking game ticks; a turn-based one when there is an input or the turn is over.
 * True while the match goes on. */
bool run_step(struct run *run);

/* What `viewer` (a slot or GK_SPECTATOR) sees, in run->view.bytes; returns how many bytes, 0 on a
 * fault. */
uint32_t run_view(struct run *run, uint32_t viewer);

/* `explain` as text, zero-terminated; empty when the game has none. */
void run_explain(struct run *run, char *ret_text, uint32_t capacity);

/* A question of a recording: calls `callback`, which changes no state, and drops the answer. */
void run_ask(struct run *run, enum game_callback callback, uint32_t slot, const uint8_t *bytes,
             uint32_t count);

uint64_t run_hash(const struct run *run);

/* The head of a recording of `match`; the seats stay empty. */
void run_head(const struct gk_manifest *manifest, const uint8_t sha[32],
              const struct gk_match *match, uint32_t hash_ticks, struct replay_head *ret_head);
/* Ends the recording, with the result if there is one. True when it is whole. */
bool run_end_recording(struct run *run);

#endif
