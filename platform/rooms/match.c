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
static enum error find_match(struct service_context *context, struct arena *arena,
                             const struct room *room, char ret_match[ID_TEXT_BYTES]);
static bool is_live_match_of(const json_t *match, const char *room, char ret_match[ID_TEXT_BYTES]);
static const struct room_member *first_player(const struct room *room);
static json_t *roster_json(const struct room *room);
static enum error for_the_player(struct call *call, enum error error);
static void write_late_player(struct service_context *context, const char *match, const char *user);
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
    if (error == ERROR_TIMED_OUT && find_match(context, arena, room, match) == OK)
        error = OK; /* only the answer was lost */
    if (error == OK)
        return write_beginning(context, arena, room, match);
    log_warn("no match for this room; it is open again", "room", room->id, "game", room->game,
             "error", error_code(error), NULL);
    give_up(context, arena, room);
    return for_the_player(call, error);
}

enum error room_match_seat(struct call *call, const struct room *room, const char *user,
                           const char *name)
{
    struct service_context *context = call->context;
    enum error error = service_ask_as_service(
        context, call, context->settings->games_address, "POST",
        arena_printf(call->arena, "/internal/games/matches/%s/seats", room->match), "games:start",
        json_pack("{s:s, s:s}", "user", user, "name", name), NULL);
    if (error == OK)
        write_late_player(context, room->match, user);
    if (error == OK || error == ERROR_MATCH_OVER)
        return OK; /* over: he is there for the next one */
    bool is_his = error == ERROR_ROOM_FULL || error == ERROR_ROOM_IN_MATCH;
    return is_his ? error : for_the_player(call, error);
}

enum error room_match_mend(struct service_context *context, struct arena *arena, struct room *room)
{
    char match[ID_TEXT_BYTES];
    enum error error = find_match(context, arena, room, match);
    if (error == OK) {
        log_warn("a start was forgotten; its match is there", "room", room->id, "match", match,
                 NULL);
        return write_beginning(context, arena, room, match);
    }
    if (error != ERROR_MATCH_NOT_FOUND)
        return error;
    log_warn("a start was forgotten; there is no match", "room", room->id, NULL);
    give_up(context, arena, room);
    return OK;
}

enum error room_match_end(struct service_context *context, struct arena *arena, const char *id,
                          const char *match, int64_t now_unix_ms)
{
    char now[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms, now);
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = room_begin(context, arena, id, &database, &room);
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
    json_t *body = json_pack("{s:s, s:s, s:s, s:o, s:i, s:i, s:o}", "room", room->id, "game",
                             room->game, "mode", room->mode, "players", roster_json(room), "seats",
                             room_slot_count(room), "bots", room->settings.bots, "options",
                             json_loads(room->settings.options, 0, NULL));
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

/* The live match that games has for this room; ERROR_MATCH_NOT_FOUND. A player has one live match
 * at most, and it is his newest. */
static enum error find_match(struct service_context *context, struct arena *arena,
                             const struct room *room, char ret_match[ID_TEXT_BYTES])
{
    const struct room_member *player = first_player(room);
    if (player == NULL)
        return ERROR_MATCH_NOT_FOUND;
    struct http_question question = {
        .method = "GET",
        .addresses = context->settings->games_address,
        .path = arena_printf(arena, "/api/games/users/%s/matches?limit=1", player->user),
        .timeout_ms = (int)context->settings->request_timeout_ms,
    };
    json_t *page = NULL;
    enum error error = http_call_json(arena, &question, &page);
    if (error != OK)
        return error;
    json_t *newest = json_array_get(json_object_get(page, "items"), 0);
    bool found = is_live_match_of(newest, room->id, ret_match);
    json_decref(page);
    return found ? OK : ERROR_MATCH_NOT_FOUND;
}

static bool is_live_match_of(const json_t *match, const char *room, char ret_match[ID_TEXT_BYTES])
{
    const char *id = json_string_value(json_object_get(match, "id"));
    const char *of = json_string_value(json_object_get(match, "room"));
    const char *state = json_string_value(json_object_get(match, "state"));
    struct id parsed;
    if (id == NULL || of == NULL || state == NULL || strcmp(of, room) != 0 ||
        strcmp(state, "live") != 0 || !id_parse(id, &parsed))
        return false;
    id_text(&parsed, ret_match);
    return true;
}

static const struct room_member *first_player(const struct room *room)
{
    for (int i = 0; i < room->member_count; i++)
        if (room->members[i].role == ROOM_PLAYER)
            return &room->members[i];
    return NULL;
}

static json_t *roster_json(const struct room *room)
{
    int slots[ROOM_MEMBERS_MAX];
    json_t *players = json_array();
    room_deal_slots(room, slots);
    for (int i = 0; i < room->member_count; i++)
        if (slots[i] >= 0)
            json_array_append_new(players,
                                  json_pack("{s:s, s:s, s:i}", "user", room->members[i].user,
                                            "name", room->members[i].name, "slot", slots[i]));
    return players;
}

/* What games may say to the one who pressed start; everything else is our own trouble. */
static enum error for_the_player(struct call *call, enum error error)
{
    switch (error) {
    case ERROR_VALIDATION: /* what was fine when it was chosen is so no more */
        return call_complain(call, error, NULL,
                             "The game has a new version: look at the room's settings again.");
    case ERROR_ALREADY_IN_MATCH:
    case ERROR_GAME_NOT_FOUND:
    case ERROR_GAME_DISABLED:
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
    enum error error = room_begin(context, arena, room->id, &database, &current);
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

/* Only his own history lacks it when this fails. */
static void write_late_player(struct service_context *context, const char *match, const char *user)
{
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &rooms_insert_match_player, NULL, match, user, DATABASE_END);
    if (error != OK)
        log_warn("a late player's history lacks this match", "match", match, "user", user, "error",
                 error_code(error), NULL);
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
    enum error error = room_begin(context, arena, reserved->id, &database, &room);
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
