/*
 * The settings of a room as people send them: decoded with the rest of a body, judged by games (the
 * options) and by the rules (the rest), then put into the room. Games is asked before anything is
 * locked. Pool threads.
 */
#ifndef ROOMS_SETTINGS_H
#define ROOMS_SETTINGS_H

#include "rooms/rules.h"

struct settings_wish {
    json_t *options; /* borrowed from the call */
    int64_t bots, seats;
    bool lateJoin;
    bool has_options, has_bots, has_seats, has_lateJoin;
};
/* The rows of a body's table of fields; its struct has a settings_wish as its first member. */
#define SETTINGS_FIELDS                                                                            \
    JSON_OBJECT_OPTIONAL(struct settings_wish, options, has_options),                              \
        JSON_INT_OPTIONAL(struct settings_wish, bots, has_bots, 0, ROOM_BOTS_MAX),                 \
        JSON_INT_OPTIONAL(struct settings_wish, seats, has_seats, 1, GAME_PLAYERS_MAX),            \
        JSON_BOOL_OPTIONAL(struct settings_wish, lateJoin, has_lateJoin)

/* What games says: how the mode is, and what the options come to, "" when they stay as they are.
 * With the complaint. `is_new`: there are none yet. */
must_use enum error settings_ask(struct call *call, const char *game, const char *mode,
                                 const struct settings_wish *wish, bool is_new,
                                 struct game_mode *ret_mode, char ret_options[ROOM_OPTIONS_BYTES]);
/* Puts them into `room`, with what the mode is now. ERROR_VALIDATION with the complaint: the room
 * is as before. */
must_use enum error settings_put(struct call *call, const struct settings_wish *wish,
                                 const struct game_mode *mode, const char *options,
                                 struct room *room);

#endif
