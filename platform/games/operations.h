/* The routes' handlers, one file each. On a pool's thread. */
#ifndef GAMES_OPERATIONS_H
#define GAMES_OPERATIONS_H

#include "games/image.h"
#include "service/service.h"

enum error games_list(struct call *call);
enum error game_get(struct call *call);
enum error match_show(struct call *call);
enum error game_options_judge(struct call *call);
enum error match_start_for_room(struct call *call);
enum error match_seat_for_room(struct call *call);
enum error match_placement(struct call *call);
enum error user_match_list(struct call *call);
enum error user_stats_show(struct call *call);

/* A game as docs/protocol.md has it. */
json_t *game_json_of(const struct image *image, int playing);
/* Publishes game:started for a match as match_store_get gives it. */
void match_tell_started(struct service_context *context, const char *channel, const json_t *match);

#endif
