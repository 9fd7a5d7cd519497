/* The keys playing:USER in Redis (wire/events.h): set at the start, refreshed while the match is
 * live, taken away at its end unless the player is in a newer one. Blocking. */
#ifndef GAMES_PLAYING_H
#define GAMES_PLAYING_H

#include "games/placement.h"
#include "service/service.h"

void playing_set(struct service_context *context, const struct id *user, const struct id *match);
void playing_refresh(struct service_context *context, struct placements *placements);
/* By texts, as they come from the database. */
void playing_clear(struct service_context *context, const char *user, const char *match);

#endif
