/*
 * What a probe asks: matches in every mode, with every number of players and options of all values,
 * of people who come, go and send anything, and of the computer; old states for migrate. Always the
 * same for the same game. Inside the walls: nothing is allocated here.
 */
#ifndef HOST_PROBE_PLAY_H
#define HOST_PROBE_PLAY_H

#include "host/trial.h"

#define PROBE_MATCH_TICKS_FIRST 240 /* of the first match, then it is left for another one */
#define PROBE_MATCH_TICKS       60  /* of each later one */
#define PROBE_OLD_BYTES         GK_STATE_BYTES_MAX
#define PROBE_SCHEMAS_MAX       8 /* the newest of the old ones */

/* Two blocks of PROBE_OLD_BYTES, of zero and of anything; what lies behind them cannot be read. */
struct probe_old {
    const uint8_t *ends[2];
};

/* The matches; `old` is used when there is something to migrate from. */
enum probe_verdict probe_play(struct trial *trial, const struct probe_old *old);

#endif
