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
#define ROOM_TEAM_NONE      (-1)
#define ROOM_BOTS_MAX       3    /* difficulties */
#define ROOM_OPTIONS_BYTES  2048 /* of a JSON object of all options of a game */

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
    int seat; /* of a player, else ROOM_SEAT_NONE; says who comes before whom */
    int team; /* that he wishes to be in, or ROOM_TEAM_NONE */
    char joined_at[CLOCK_RFC3339_BYTES];
};

/* How the matches of a room are played; changed as a whole, while nothing is played. */
struct room_settings {
    char options[ROOM_OPTIONS_BYTES]; /* JSON object, as games has judged it */
    int bots;                         /* 0: none; 1-3: these play the seats that nobody has */
    int seats;                        /* players_min..players_max */
    bool late_join;                   /* people may come while a match is played */
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
    int64_t version;                     /* grows with every change */
    int players_min, players_max, teams; /* of the mode, as open_seats: */
    bool open_seats;                     /* a match may begin with seats that nobody has */
    struct room_settings settings;
    char match[ID_TEXT_BYTES]; /* "" unless ROOM_PLAYING */
    char created_at[CLOCK_RFC3339_BYTES];
    struct room_member *members; /* borrowed; in the order of arrival */
    int member_count;
};

/* NULL when `user` is not in the room. */
const struct room_member *room_find_member(const struct room *room, const char *user);
int room_count_role(const struct room *room, enum room_role role);
/* The lowest seat that nobody has, or ROOM_SEAT_NONE when all are taken. */
int room_free_seat(const struct room *room);
/* Whoever has been there longest besides `leaving`; NULL when nobody is left. */
const struct room_member *room_next_host(const struct room *room, const char *leaving);

/* OK, or why not. `role_asked`: the caller named a role; without, a member is simply a member. */
must_use enum error room_may_join(const struct room *room, const char *user, enum room_role role,
                                  bool role_asked, bool was_kicked);
must_use enum error room_may_leave(const struct room *room, const char *user);
must_use enum error room_may_ready(const struct room *room, const char *user);
must_use enum error room_may_choose_team(const struct room *room, const char *user, int team);
must_use enum error room_may_update(const struct room *room, const char *user);
/* Whether `settings` fit the mode and the room, but for the options: ERROR_VALIDATION and the field
 * with a sentence. */
must_use enum error room_may_have(const struct room *room, const struct room_settings *settings,
                                  const struct game_mode *mode, const char **ret_field,
                                  const char **ret_sentence);
must_use enum error room_may_start(const struct room *room, const char *user);
must_use enum error room_may_kick(const struct room *room, const char *user, const char *target);
must_use enum error room_may_delete(const struct room *room, const char *user);

/* How many slots a match of this room has now: those of the players, or all seats when the others
 * are played by bots or may be taken later. */
int room_slot_count(const struct room *room);
/* The slot of each member, -1 for who watches: in the order of the seats, first those who wish for
 * a team, as long as it has room, then the others. */
void room_deal_slots(const struct room *room, int ret_slots[ROOM_MEMBERS_MAX]);

/* The name to show: `wanted` without blanks around it, else "NAME's room". False when nothing
 * would be left to see. */
bool room_choose_name(const char *wanted, const char *maker, char ret_name[ROOM_NAME_BYTES]);

#endif
