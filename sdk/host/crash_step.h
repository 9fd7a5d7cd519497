/*
 * The step in which a game killed the process that played it, as a platform keeps it in a folder:
 * game.so; `state`, that the step began with (not there when the game died in init); `inputs`, a
 * canonical one of each player; `said`, what the callback was given of a browser or a bot; and
 * crash.json, which is written and read here only. Who reads it believes none of it. Pure, any
 * thread.
 */
#ifndef HOST_CRASH_STEP_H
#define HOST_CRASH_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gamekit/game.h"
#include "host/callback.h"

#define CRASH_FILE_JSON   "crash.json"
#define CRASH_FILE_GAME   "game.so"
#define CRASH_FILE_STATE  "state"
#define CRASH_FILE_INPUTS "inputs"
#define CRASH_FILE_SAID   "said"

#define CRASH_JSON_BYTES_MAX 8192
#define CRASH_REASON_BYTES   160

struct crash_step {
    char what[120]; /* how the process ended, for a person */
    char game[32], version[24];
    char sha[65]; /* of the bundle */
    char match_id[37];
    enum game_callback callback;
    uint32_t slot;  /* or viewer, where the callback is about one */
    uint32_t ticks; /* done before */
    struct gk_match match;
    uint64_t joined, left;        /* bit s: slot s, in the state */
    uint64_t came, went, gave_up; /* in this step; gave_up: for good */
    uint64_t present;             /* slots with an input */
    bool ticked;                  /* it has a tick; one of a turn-based game may have none */
};

/* The text of crash.json, which the caller frees; NULL: there is no memory. */
char *crash_step_encode(const struct crash_step *step);

/* False, with a sentence, when it is none; `ret_step` then stays as it is. What is fine has texts
 * that end, a callback of a step, players from 1 to GK_PLAYERS_MAX and no slot beyond them. */
bool crash_step_decode(const char *text, size_t bytes, struct crash_step *ret_step,
                       char ret_reason[CRASH_REASON_BYTES]);

#endif
