/*
 * Those who play when nobody does: bots, random input, hostile bytes, who come and go as chance
 * has it. The same seed does the same, so that a measurement, a test and a finding can be had
 * again. Pure but for its run; the thread of its run.
 */
#ifndef HOST_CROWD_H
#define HOST_CROWD_H

#include "host/game_options.h"
#include "host/run.h"

#define CROWD_INPUT_BYTES  64
#define CROWD_INPUTS_KNOWN 16

enum crowd_manner {
    CROWD_BOTS,    /* all are there; bots, and random input where the game has no bot */
    CROWD_MIXED,   /* some are bots, some have random input, some are away for a while */
    CROWD_HOSTILE, /* nobody stays, nobody means well */
};

struct crowd {
    enum crowd_manner manner;
    uint64_t random;
    uint32_t steps_idle; /* of a turn-based game, in which nobody moved */
    uint64_t bots;       /* seats that play by the game's bot */
    /* Bytes that the game took for an input: better than chance, where inputs are long. */
    struct {
        uint8_t bytes[CROWD_INPUT_BYTES];
        uint32_t count;
    } known[CROWD_INPUTS_KNOWN];
    uint32_t known_count;
};

void crowd_init(struct crowd *crowd, enum crowd_manner manner, uint64_t seed);

/* Match number `index`: one mode after the other, the options as declared, at their ends, or by
 * chance. `options` may be NULL: they stay zero. */
void crowd_choose_match(struct crowd *crowd, const struct gk_manifest *manifest,
                        const struct game_options *options, uint32_t index,
                        struct gk_match *ret_match);

/* A match begins: who is what. After run_begin. */
void crowd_sit_down(struct crowd *crowd, const struct run *run);

/* What they do until the next step. Before run_step. */
void crowd_play(struct crowd *crowd, struct run *run);

/* A number of 0..bound-1. */
uint32_t crowd_chance(struct crowd *crowd, uint32_t bound);

#endif
