/*
 * What becomes of a match that is over, on a thread of its own: spooled to disk first, then written
 * once to `matches` and `match_players` (only from state live and of its epoch), then told: event
 * game:ended on room:ID, and POST /internal/rooms/ID/match-ended until rooms has heard it. Each
 * step is tried again until it works, also after a restart. The same thread writes down changes of
 * version and refreshes the keys playing:USER.
 */
#ifndef GAMES_RESULTS_H
#define GAMES_RESULTS_H

#include "games/placement.h"
#include "games/spool.h"
#include "service/service.h"

#define RESULTS_STEP_MS     1000 /* between two tries while something is left */
#define RESULTS_WAITING_MAX PLACEMENTS_MAX
#define PLAYING_TTL_S       60
#define PLAYING_REFRESH_MS  (PLAYING_TTL_S * 1000 / 3)

struct results;

/* `run` tells this run of the service from earlier ones. */
must_use enum error results_create(struct service_context *context, struct placements *placements,
                                   const struct id *run, struct results **ret_results);
/* One last try of everything, then frees. What the database has not taken stays spooled. */
void results_destroy(struct results *results);

/* Once all live matches that could be taken up from an earlier run are placed: they are of this run
 * from now on, and the other ones of the same instance become aborted. One that is placed but not
 * live in the database (any more) is stopped. */
void results_sweep(struct results *results);

/* A live match goes on under another version of its game. */
struct match_change {
    struct id match, room;
    char game[32], sha_text[SHA_TEXT_BYTES], version[24];
    char game_sha_text[SHA_TEXT_BYTES]; /* of its game.so */
};

/* Any thread; never blocks for long. Writes the version into its row and publishes game:swapped on
 * room:ID and match:ID; in the order of the calls. */
void results_changed(struct results *results, const struct match_change *change);

/* Any thread; never blocks for long. */
void results_push(struct results *results, const struct match_result *result);

#endif
