/* The routes' handlers, one file each. On a pool's thread. */
#ifndef GAMES_OPERATIONS_H
#define GAMES_OPERATIONS_H

#include "games/state.h"
#include "service/service.h"

enum error games_list(struct call *call);
enum error game_get(struct call *call);
enum error version_list(struct call *call);
enum error version_upload(struct call *call);
enum error game_swap(struct call *call);
enum error game_drain(struct call *call);
enum error game_rollback(struct call *call);
enum error game_enable(struct call *call);
enum error game_disable(struct call *call);
enum error version_pardon(struct call *call);
enum error game_states(struct call *call);
enum error game_state(struct call *call);
enum error audit_list(struct call *call);
enum error worker_list(struct call *call);
enum error match_list(struct call *call);
enum error match_show(struct call *call);
enum error match_replay(struct call *call);
enum error game_options_judge(struct call *call);
enum error match_start_for_room(struct call *call);
enum error match_seat_for_room(struct call *call);
enum error match_placement(struct call *call);
enum error user_match_list(struct call *call);
enum error user_stats_show(struct call *call);

/* A row of version_get or versions_page as docs/protocol.md has it. */
json_t *version_json(const struct rows *rows, int row);
/* A game as docs/protocol.md has it. */
json_t *game_json_of(const struct games *games, const struct image *image);
/* Publishes game:started for a match as match_store_get gives it. */
void match_tell_started(struct service_context *context, const char *channel, const json_t *match);

#endif
