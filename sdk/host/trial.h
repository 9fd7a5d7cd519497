/*
 * One question to a game, asked twice: on two copies of the state at different addresses, with
 * different garbage on the stack and in the registers. A pure function gives one answer, changes
 * both copies alike, or neither, and writes nowhere else. The heart of the probe (probe.h).
 */
#ifndef HOST_TRIAL_H
#define HOST_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gamekit/game.h"
#include "host/callback.h"
#include "host/probe.h"

#define TRIAL_TEXT_BYTES 4096 /* of explain */

/* What the callback is given beside the state; each uses what it needs. */
struct question {
    enum game_callback callback;
    uint32_t slot;     /* or GK_SPECTATOR */
    uint32_t detail;   /* leave: the reason, bot: the difficulty, migrate: the old schema */
    const void *bytes; /* init: struct gk_match, tick: struct gk_inputs, input and migrate: bytes */
    uint32_t count;    /* of those bytes */
};

struct answer {
    uint32_t value;
    uint32_t bytes; /* of `data`, that the game has answered */
    uint8_t *data;
};

struct trial {
    struct gk_manifest manifest;
    struct gk_game game;
    struct probe_report *report; /* gets the hash of each answer */
    uint32_t tick;               /* under which */
    uint8_t *states[2], *before; /* equal between two questions */
    struct answer answers[2];
};

/* Allocates what the manifest needs; nothing is allocated later. False: there is no memory. */
bool trial_init(struct trial *trial);

/* The state that the next question is about, and a way to set it. */
static inline const uint8_t *trial_state(const struct trial *trial)
{
    return trial->states[0];
}
/* NULL: all zero. */
void trial_set_state(struct trial *trial, const uint8_t *state);

/* PROBE_FINE: the answer is in trial->answers[0], and the state is what the game made of it. */
enum probe_verdict trial_ask(struct trial *trial, const struct question *question);

#endif
