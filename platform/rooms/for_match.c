/*
 * POST /internal/rooms: a room for players whom matchmaking has brought together, with everybody
 * ready and the match started. Tables: all. The asker's `group` becomes the room's id, so asking
 * again after a lost answer finds the same room and never makes a second match. On failure the
 * room is gone again.
 */
#include <string.h>

#include "core/log.h"
#include "rooms/match.h"
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/settings.h"

struct wish {
    char group[ID_TEXT_BYTES];
    bool has_group;
    char game[GAME_ID_BYTES], mode[GAME_MODE_BYTES];
    json_t *players; /* borrowed from the call */
};
static const struct json_field wish_fields[] = {
    JSON_TEXT_OPTIONAL(struct wish, group, has_group, ID_TEXT_BYTES - 1, ID_TEXT_BYTES - 1),
    JSON_TEXT(struct wish, game, 1, GAME_ID_BYTES - 1),
    JSON_TEXT(struct wish, mode, 1, GAME_MODE_BYTES - 1),
    JSON_ARRAY(struct wish, players, 1, GAME_PLAYERS_MAX),
};

struct wished_player {
    char user[ID_TEXT_BYTES], name[USERNAME_BYTES];
    bool guest;
};
static const struct json_field player_fields[] = {
    JSON_TEXT(struct wished_player, user, ID_TEXT_BYTES - 1, ID_TEXT_BYTES - 1),
    JSON_TEXT(struct wished_player, name, 1, USERNAME_BYTES - 1),
    JSON_BOOL(struct wished_player, guest),
};

static enum error check(struct call *call, struct room *ret_room);
static enum error check_players(struct call *call, const json_t *players, struct room *room);
static enum error check_player(struct call *call, const json_t *item,
                               struct wished_player *ret_player);
static enum error find_or_make(struct call *call, struct room *room, bool *ret_must_run);
static enum error make(struct database *database, struct call *call, struct room *room,
                       bool *ret_made);
static enum error take_up(struct database *database, struct call *call, struct room *room,
                          bool *ret_must_run);
static void leave_old_rooms(struct call *call, const struct room *room);
static void leave_old_rooms_of(struct call *call, const char *user, const char *but_room);
static void close_again(struct call *call, const struct room *room);

enum error room_for_match(struct call *call)
{
    struct room room = {0};
    bool must_run = false;
    enum error error = check(call, &room);
    if (error == OK)
        error = find_or_make(call, &room, &must_run);
    if (error != OK)
        return error;
    if (must_run) {
        leave_old_rooms(call, &room);
        for (int i = 0; i < room.member_count; i++)
            room_subscribe(call->context, room.members[i].user, room.id);
        struct room reserved = room;
        error = room_match_run(call->context, call, call->arena, &room);
        if (error != OK) {
            close_again(call, &reserved);
            return error;
        }
    }
    call_reply(call, 201, room_json(&room));
    return OK;
}

static enum error check(struct call *call, struct room *ret_room)
{
    struct wish wish = {0};
    enum error error =
        call_decode(call, wish_fields, sizeof wish_fields / sizeof wish_fields[0], &wish);
    if (error != OK)
        return error;
    struct id id = id_new();
    if (wish.has_group && !id_parse(wish.group, &id))
        return call_complain(call, ERROR_VALIDATION, "group", "This is no id.");
    struct game_mode mode;
    struct settings_wish settings = {.options = NULL}; /* the usual ones */
    char options[ROOM_OPTIONS_BYTES];
    struct room room = {.is_private = true, .is_matchmade = true};
    error = settings_ask(call, wish.game, wish.mode, &settings, true, &mode, options);
    if (error == OK)
        error = settings_put(call, &settings, &mode, options, &room);
    if (error != OK)
        return error;
    id_text(&id, room.id);
    memcpy(room.game, wish.game, sizeof room.game);
    memcpy(room.mode, wish.mode, sizeof room.mode);
    error = check_players(call, wish.players, &room);
    if (error == OK)
        *ret_room = room;
    return error;
}

static enum error check_players(struct call *call, const json_t *players, struct room *room)
{
    int count = (int)json_array_size(players);
    if (count < room->players_min || count > room->players_max)
        return call_complain(call, ERROR_VALIDATION, "players", "The mode takes %d to %d players.",
                             room->players_min, room->players_max);
    room->members = arena_alloc(call->arena, (size_t)count * sizeof *room->members);
    for (int seat = 0; seat < count; seat++) {
        struct wished_player wished = {0};
        enum error error = check_player(call, json_array_get(players, (size_t)seat), &wished);
        if (error != OK)
            return error;
        if (room_find_member(room, wished.user) != NULL)
            return call_complain(call, ERROR_VALIDATION, "players", "A player is there twice.");
        struct room_member *member = &room->members[room->member_count++];
        memcpy(member->user, wished.user, sizeof member->user);
        memcpy(member->name, wished.name, sizeof member->name);
        member->guest = wished.guest;
        member->role = ROOM_PLAYER;
        member->ready = true;
        member->seat = seat;
        member->team = ROOM_TEAM_NONE;
    }
    memcpy(room->host, room->members[0].user, sizeof room->host);
    return room_choose_name(NULL, room->members[0].name, room->name) ? OK : ERROR_INTERNAL;
}

static enum error check_player(struct call *call, const json_t *item,
                               struct wished_player *ret_player)
{
    struct json_complaint complaint;
    struct id id;
    if (!json_is_object(item) ||
        json_decode(item, player_fields, sizeof player_fields / sizeof player_fields[0], ret_player,
                    &complaint) != OK ||
        !id_parse(ret_player->user, &id))
        return call_complain(call, ERROR_VALIDATION, "players", "A player is not acceptable.");
    id_text(&id, ret_player->user);
    return OK;
}

/* Afterwards the room is there, and reserved when `*ret_must_run`. */
static enum error find_or_make(struct call *call, struct room *room, bool *ret_must_run)
{
    AUTO_DATABASE *database = NULL;
    bool made = false;
    enum error error = room_begin_without(call->context, &database);
    if (error == OK)
        error = make(database, call, room, &made);
    if (error == OK && !made)
        return take_up(database, call, room, ret_must_run);
    if (error == OK)
        *ret_must_run = true;
    return error;
}

static enum error make(struct database *database, struct call *call, struct room *room,
                       bool *ret_made)
{
    char now[CLOCK_RFC3339_BYTES];
    clock_rfc3339(clock_unix_ms(), now);
    AUTO_ROWS *inserted = NULL;
    enum error error = room_insert(database, room, ROOM_STARTING, room->host, now, &inserted);
    if (error != OK)
        return error;
    if (rows_affected(inserted) == 0) {
        *ret_made = false;
        return OK;
    }
    for (int i = 0; i < room->member_count && error == OK; i++) {
        memcpy(room->members[i].joined_at, now, sizeof now);
        error = room_put_member(database, room, &room->members[i]);
    }
    if (error == OK)
        error = room_commit(database, call->arena, room);
    if (error == OK)
        *ret_made = true;
    return error;
}

/* The room is there from an earlier question of the same group: whatever became of it counts,
 * unless its start was forgotten. */
static enum error take_up(struct database *database, struct call *call, struct room *room,
                          bool *ret_must_run)
{
    int64_t now_unix_ms = clock_unix_ms();
    AUTO_ROWS *played = NULL;
    enum error error = room_lock(database, call->arena, room->id, room);
    if (error != OK)
        return error;
    if (room->state == ROOM_STARTING)
        return ERROR_TIMED_OUT; /* somebody is at it, or was and died: ask again later */
    error =
        database_run(database, &rooms_select_last_match_of_room, &played, room->id, DATABASE_END);
    if (error != OK || rows_count(played) > 0)
        return error;
    error = room_match_reserve(database, call->arena, room, now_unix_ms);
    if (error == OK)
        *ret_must_run = true;
    return error;
}

/* Nobody collects the rooms of matches long over. */
static void leave_old_rooms(struct call *call, const struct room *room)
{
    for (int i = 0; i < room->member_count; i++)
        leave_old_rooms_of(call, room->members[i].user, room->id);
}

static void leave_old_rooms_of(struct call *call, const char *user, const char *but_room)
{
    struct service_context *context = call->context;
    AUTO_ROWS *old = NULL;
    struct database *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error =
            database_run(database, &rooms_list_matchmade_rooms_of_user, &old, user, DATABASE_END);
    database_close(database);
    for (int row = 0; error == OK && row < rows_count(old); row++) {
        const char *room = rows_text(old, row, "room");
        if (strcmp(room, but_room) != 0)
            error = room_leave_as(context, call->arena, user, room);
        if (error == ERROR_ROOM_NOT_FOUND || error == ERROR_ROOM_NOT_MEMBER)
            error = OK;
    }
    if (error != OK)
        log_warn("old rooms stay until they are idle", "user", user, "error", error_code(error),
                 NULL);
}

/* The players go back to the queue; what cannot be closed now is closed by the sweep. */
static void close_again(struct call *call, const struct room *room)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &rooms_delete_room, NULL, room->id, DATABASE_END);
    if (error != OK) {
        log_warn("a room without match stays for the sweep", "room", room->id, "error",
                 error_code(error), NULL);
        return;
    }
    room_tell_closed(context, room->id);
    for (int i = 0; i < room->member_count; i++)
        room_unsubscribe(context, room->members[i].user, room->id);
}
