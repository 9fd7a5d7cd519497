/*
 * What a room is and what may happen in it. Pure: no clock, no store, no chance; the operations
 * load a room, ask here, and write down what follows. Any thread.
 */
#ifndef ROOMS_RULES_H
#define ROOMS_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/id.h"
#include "core/token.h"
#include "service/game_mode.h"

#define ROOM_NAME_CHARS_MAX 60
#define ROOM_NAME_BYTES     (4 * ROOM_NAME_CHARS_MAX + 1)
#define ROOM_SPECTATORS_MAX 32
#define ROOM_MEMBERS_MAX    (GAME_PLAYERS_MAX + ROOM_SPECTATORS_MAX)
#define ROOMS_PER_USER_MAX  5 /* of those that users made */
#define ROOM_SEAT_NONE      (-1)

enum room_state {
    ROOM_OPEN,     /* people come, go and get ready */
    ROOM_STARTING, /* games has been asked for a match; shown as playing, without a match */
    ROOM_PLAYING,  /* `match` is being played */
};

enum room_role { ROOM_PLAYER, ROOM_SPECTATOR };

struct room_member {
    char user[ID_TEXT_BYTES];
    char name[USERNAME_BYTES];
    bool guest;
    enum room_role role;
    bool ready;
    int seat; /* of a player, else ROOM_SEAT_NONE */
    char joined_at[CLOCK_RFC3339_BYTES];
};

struct room {
    char id[ID_TEXT_BYTES];
    char name[ROOM_NAME_BYTES];
    char game[GAME_ID_BYTES];
    char mode[GAME_MODE_BYTES];
    bool is_private, is_matchmade;
    enum room_state state;
    char state_since[CLOCK_RFC3339_BYTES];
    char host[ID_TEXT_BYTES];
    int64_t version; /* grows with every change */
    int players_min, players_max;
    char match[ID_TEXT_BYTES]; /* "" unless ROOM_PLAYING */
    char created_at[CLOCK_RFC3339_BYTES];
    struct room_member *members; /* borrowed; in the order of arrival */
    int member_count;
};

/* NULL when `user` is not in the room. */
const struct room_member *room_find_member(const struct room *room, const char *user);
int room_count_role(const struct room *room, enum room_role role);
/* The lowest seat that nobody has, or ROOM_SEAT_NONE. */
int room_free_seat(const struct room *room);
/* Whoever has been there longest besides `leaving`; NULL when nobody is left. */
const struct room_member *room_next_host(const struct room *room, const char *leaving);

/* OK, or why not. `role_asked`: the caller named a role; without, a member is simply a member. */
must_use enum error room_may_join(const struct room *room, const char *user, enum room_role role,
                                  bool role_asked, bool was_kicked);
must_use enum error room_may_leave(const struct room *room, const char *user);
must_use enum error room_may_ready(const struct room *room, const char *user);
must_use enum error room_may_start(const struct room *room, const char *user);
must_use enum error room_may_kick(const struct room *room, const char *user, const char *target);
must_use enum error room_may_delete(const struct room *room, const char *user);

/* The name to show: `wanted` without blanks around it, else "NAME's room". False when nothing
 * would be left to see. */
bool room_choose_name(const char *wanted, const char *maker, char ret_name[ROOM_NAME_BYTES]);

#endif
