/*
 * The match of a room, see match.h. Tables: rooms, members, matches, match_players. Asks games
 * (POST /internal/games/matches). It must never hold a lock while it asks.
 */
#include "rooms/match.h"

#include <string.h>

#include "core/log.h"
#include "rooms/queries.h"

static enum error ask_games(struct service_context *context, struct call *call,
                            const struct room *room, char ret_match[ID_TEXT_BYTES]);
static json_t *roster_json(const struct room *room);
static enum error for_the_player(enum error error);
static enum error write_beginning(struct service_context *context, struct arena *arena,
                                  struct room *room, const char *match);
static enum error write_match(struct database *database, const struct room *roster,
                              const char *match, const char *now, bool *ret_is_over);
static enum error back_to_open(struct database *database, const struct room *room,
                               int64_t now_unix_ms);
static void give_up(struct service_context *context, struct arena *arena,
                    const struct room *reserved);
static bool is_same_start(const struct room *reserved, const struct room *now);
static enum error end_without_room(struct service_context *context, const char *id,
                                   const char *match, const char *now);

enum error room_match_reserve(struct database *database, struct arena *arena, struct room *room,
                              int64_t now_unix_ms)
{
    enum error error = room_put_state(database, room, ROOM_STARTING, NULL, now_unix_ms);
    if (error != OK)
        return error;
    return room_commit(database, arena, room);
}

enum error room_match_run(struct service_context *context, struct call *call, struct arena *arena,
                          struct room *room)
{
    char match[ID_TEXT_BYTES];
    enum error error = ask_games(context, call, room, match);
    if (error == OK)
        return write_beginning(context, arena, room, match);
    log_warn("no match for this room; it is open again", "room", room->id, "game", room->game,
             "error", error_code(error), NULL);
    give_up(context, arena, room);
    return for_the_player(error);
}

enum error room_match_end(struct service_context *context, struct arena *arena, const char *id,
                          const char *match, int64_t now_unix_ms)
{
    char now[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms, now);
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = room_begin(context, arena, id, now_unix_ms, &database, &room);
    if (error == ERROR_ROOM_NOT_FOUND)
        return end_without_room(context, id, match, now);
    if (error != OK)
        return error;
    error = database_run(database, &rooms_end_match, NULL, match, room.id, room.game, room.mode,
                         now, DATABASE_END);
    if (error != OK)
        return error;
    if (room.state != ROOM_PLAYING || strcmp(room.match, match) != 0)
        return database_commit(database);

    error = back_to_open(database, &room, now_unix_ms);
    if (error == OK)
        error = room_commit(database, arena, &room);
    if (error == OK)
        room_tell(context, &room);
    return error;
}

static enum error ask_games(struct service_context *context, struct call *call,
                            const struct room *room, char ret_match[ID_TEXT_BYTES])
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:o}", "room", room->id, "game", room->game, "mode",
                             room->mode, "players", roster_json(room));
    json_t *answer = NULL;
    enum error error =
        service_ask_as_service(context, call, context->settings->games_address, "POST",
                               "/internal/games/matches", "games:start", body, &answer);
    if (error != OK)
        return error;
    const char *text = json_string_value(json_object_get(answer, "id"));
    struct id match;
    bool understood = text != NULL && id_parse(text, &match);
    json_decref(answer);
    if (!understood)
        return ERROR_INTERNAL;
    id_text(&match, ret_match);
    return OK;
}

/* By seat: the order of the slots. */
static json_t *roster_json(const struct room *room)
{
    json_t *players = json_array();
    for (int seat = 0; seat < room->players_max; seat++) {
        for (int i = 0; i < room->member_count; i++) {
            const struct room_member *member = &room->members[i];
            if (member->seat == seat)
                json_array_append_new(
                    players, json_pack("{s:s, s:s}", "user", member->user, "name", member->name));
        }
    }
    return players;
}

/* What games may say to the one who pressed start; everything else is our own trouble. */
static enum error for_the_player(enum error error)
{
    switch (error) {
    case ERROR_ALREADY_IN_MATCH:
    case ERROR_GAME_NOT_FOUND:
    case ERROR_MODE_NOT_FOUND:
    case ERROR_OVERLOADED:
    case ERROR_TIMED_OUT:
        return error;
    default:
        return ERROR_UNAVAILABLE;
    }
}

static enum error write_beginning(struct service_context *context, struct arena *arena,
                                  struct room *room, const char *match)
{
    int64_t now_unix_ms = clock_unix_ms();
    char now[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms, now);
    AUTO_DATABASE *database = NULL;
    struct room current;
    enum error error = room_begin(context, arena, room->id, now_unix_ms, &database, &current);
    if (error != OK)
        return error;
    if (!is_same_start(room, &current))
        return ERROR_UNAVAILABLE;
    bool is_over = false;
    error = write_match(database, room, match, now, &is_over);
    if (error != OK)
        return error;
    error = is_over ? back_to_open(database, &current, now_unix_ms)
                    : room_put_state(database, &current, ROOM_PLAYING, match, now_unix_ms);
    if (error == OK)
        error = room_commit(database, arena, &current);
    if (error != OK)
        return error;
    log_info("room plays", "room", current.id, "match", match, "game", current.game, NULL);
    room_tell(context, &current);
    *room = current;
    return OK;
}

static enum error write_match(struct database *database, const struct room *roster,
                              const char *match, const char *now, bool *ret_is_over)
{
    AUTO_ROWS *begun = NULL;
    enum error error = database_run(database, &rooms_begin_match, &begun, match, roster->id,
                                    roster->game, roster->mode, now, DATABASE_END);
    for (int i = 0; i < roster->member_count && error == OK; i++)
        if (roster->members[i].role == ROOM_PLAYER)
            error = database_run(database, &rooms_insert_match_player, NULL, match,
                                 roster->members[i].user, DATABASE_END);
    if (error == OK)
        *ret_is_over = rows_count(begun) == 0;
    return error;
}

static enum error back_to_open(struct database *database, const struct room *room,
                               int64_t now_unix_ms)
{
    enum error error = room_put_state(database, room, ROOM_OPEN, NULL, now_unix_ms);
    if (error == OK)
        error = database_run(database, &rooms_unready_members, NULL, room->id, DATABASE_END);
    return error;
}

/* Failing here is not the caller's trouble: the sweep opens the room a little later. */
static void give_up(struct service_context *context, struct arena *arena,
                    const struct room *reserved)
{
    int64_t now_unix_ms = clock_unix_ms();
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = room_begin(context, arena, reserved->id, now_unix_ms, &database, &room);
    if (error == OK && !is_same_start(reserved, &room))
        return;
    if (error == OK)
        error = room_put_state(database, &room, ROOM_OPEN, NULL, now_unix_ms);
    if (error == OK)
        error = room_commit(database, arena, &room);
    if (error == OK)
        room_tell(context, &room);
    else if (error != ERROR_ROOM_NOT_FOUND)
        log_warn("room left in starting; the sweep will open it", "room", reserved->id, "error",
                 error_code(error), NULL);
}

static bool is_same_start(const struct room *reserved, const struct room *now)
{
    return now->state == ROOM_STARTING && strcmp(now->state_since, reserved->state_since) == 0;
}

static enum error end_without_room(struct service_context *context, const char *id,
                                   const char *match, const char *now)
{
    struct id parsed;
    if (!id_parse(id, &parsed))
        return ERROR_ROOM_NOT_FOUND;
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error != OK)
        return error;
    return database_run(database, &rooms_end_match_without_room, NULL, match, id, now,
                        DATABASE_END);
}
