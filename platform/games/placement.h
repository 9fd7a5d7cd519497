/*
 * Where the live matches of this service are: written by the loop, read by the pool's threads and
 * by the thread that keeps the `playing:` keys alive. Ids only, bounded, any thread.
 */
#ifndef GAMES_PLACEMENT_H
#define GAMES_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/id.h"
#include "games/image.h"

#define PLACEMENTS_MAX    16384
#define WORKER_NAME_BYTES 64

struct placement {
    struct id match;
    char game[32];
    char sha_text[SHA_TEXT_BYTES];
    char worker[WORKER_NAME_BYTES];
    int player_count; /* people, not bots */
    struct id players[GK_PLAYERS_MAX];
};

struct placements;
struct placements *placements_create(void);
void placements_destroy(struct placements *placements);

/* False when there are PLACEMENTS_MAX. */
bool placements_put(struct placements *placements, const struct placement *placement);
/* One more plays there. */
void placements_seat(struct placements *placements, const struct id *match, const struct id *user);
/* It goes on elsewhere, or under another version; does nothing when it is over. */
void placements_move(struct placements *placements, const struct id *match, const char *worker,
                     const char *sha_text);
void placements_remove(struct placements *placements, const struct id *match);
bool placements_find(struct placements *placements, const struct id *match,
                     struct placement *ret_placement);
/* Entry `index` counted from 0, in no order that lasts; false behind the last. */
bool placements_at(struct placements *placements, size_t index, struct placement *ret_placement);
/* How many play `game` now, in this version of it; `sha_text` NULL: in any. */
int placements_playing(struct placements *placements, const char *game, const char *sha_text);

#endif
