/*
 * What heals by itself, a step every ROOM_SWEEP_MS in each instance. Steps of two instances may
 * meet: each change takes the room's lock and looks again. Three things:
 *
 *   a start that nobody finished    games is asked whether the match is there; else the
 *                                 room is open again, and closed if matchmaking made it
 *   a match whose end was not told  games is asked, and its word is taken
 *   an open room, nobody online     after room_idle_seconds it is closed
 *
 * Tables: rooms, members, matches. Reads online:USER. It must never take silence for an answer:
 * while games or Redis do not answer, rooms stay as they are.
 */
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "rooms/match.h"
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "wire/events.h"

#define SWEEP_ROOMS_MAX      64 /* of one kind in one step */
#define STARTING_SPARE_MS    2000
#define ANSWERS_OF_ONE_START 3 /* a token, the match, and a second look for it */

static struct redis_script any_online = {
    .name = "rooms_any_online",
    .text = "for _, key in ipairs(KEYS) do\n"
            "  for _, expiry in ipairs(redis.call('hvals', key)) do\n"
            "    if tonumber(expiry) > tonumber(ARGV[1]) then return 1 end\n"
            "  end\n"
            "end\n"
            "return 0\n",
};

static void sweep_starts(struct service_context *context, struct arena *arena, int64_t now_unix_ms);
static int64_t starting_ms_max(const struct service_context *context);
static enum error mend_start(struct service_context *context, struct arena *arena, const char *id);
static enum error load(struct service_context *context, struct arena *arena, const char *id,
                       struct room *ret_room);
static void sweep_matches(struct service_context *context, struct arena *arena,
                          int64_t now_unix_ms);
static enum error check_match(struct service_context *context, struct arena *arena, const char *id,
                              const char *match, int64_t now_unix_ms);
static enum error ask_whether_live(struct service_context *context, struct arena *arena,
                                   const char *match, bool *ret_live);
static void sweep_idle(struct service_context *context, struct arena *arena, int64_t now_unix_ms);
static enum error check_idle(struct service_context *context, struct arena *arena, const char *id,
                             const char *users, const char *idle_since, int64_t now_unix_ms);
static enum error ask_whether_online(struct service_context *context, struct arena *arena,
                                     const char *users, int64_t now_unix_ms, bool *ret_online);
static enum error close_open(struct service_context *context, struct arena *arena, const char *id);
static enum error close_room(struct service_context *context, struct database *database,
                             const struct room *room);
static enum error list(struct service_context *context, const struct sql *query,
                       int64_t latest_unix_ms, struct rows **ret_rows);
static enum error mark_checked(struct service_context *context, const char *id, int64_t now_unix_ms,
                               const char *idle_since);
static void report(const char *what, const char *id, enum error error);

void room_sweep(struct service_context *context, int64_t now_unix_ms)
{
    struct arena *arena = arena_create();
    sweep_starts(context, arena, now_unix_ms);
    sweep_matches(context, arena, now_unix_ms);
    sweep_idle(context, arena, now_unix_ms);
    arena_destroy(arena);
}

static void sweep_starts(struct service_context *context, struct arena *arena, int64_t now_unix_ms)
{
    AUTO_ROWS *rows = NULL;
    enum error error =
        list(context, &rooms_list_forgotten_starts, now_unix_ms - starting_ms_max(context), &rows);
    if (error != OK)
        return report("no sweep of starts now", "", error);
    for (int row = 0; row < rows_count(rows); row++) {
        const char *id = rows_text(rows, row, "id");
        report("start not mended; trying again", id, mend_start(context, arena, id));
    }
}

/* Whoever still asks is done by then. */
static int64_t starting_ms_max(const struct service_context *context)
{
    return ANSWERS_OF_ONE_START * context->settings->request_timeout_ms + STARTING_SPARE_MS;
}

static enum error mend_start(struct service_context *context, struct arena *arena, const char *id)
{
    struct room room;
    enum error error = load(context, arena, id, &room);
    if (error == OK && room.state == ROOM_STARTING)
        error = room_match_mend(context, arena, &room);
    if (error == OK && room.is_matchmade)
        error = load(context, arena, id, &room);
    if (error == OK && room.is_matchmade && room.state == ROOM_OPEN)
        error = close_open(context, arena, id);
    return error;
}

static enum error load(struct service_context *context, struct arena *arena, const char *id,
                       struct room *ret_room)
{
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    return error == OK ? room_load(database, arena, id, ret_room) : error;
}

static void sweep_matches(struct service_context *context, struct arena *arena, int64_t now_unix_ms)
{
    AUTO_ROWS *rows = NULL;
    enum error error = list(context, &rooms_list_unchecked_matches,
                            now_unix_ms - context->settings->room_check_ms, &rows);
    if (error != OK)
        return report("no sweep of matches now", "", error);
    for (int row = 0; row < rows_count(rows); row++) {
        const char *id = rows_text(rows, row, "id");
        error = check_match(context, arena, id, rows_text(rows, row, "match"), now_unix_ms);
        report("match not checked; trying again", id, error);
        if (error == ERROR_UNAVAILABLE || error == ERROR_TIMED_OUT)
            return; /* games does not answer: neither will it for the next one */
    }
}

static enum error check_match(struct service_context *context, struct arena *arena, const char *id,
                              const char *match, int64_t now_unix_ms)
{
    bool live = false;
    enum error error = ask_whether_live(context, arena, match, &live);
    if (error != OK)
        return error;
    if (live)
        return mark_checked(context, id, now_unix_ms, NULL);
    log_warn("the end of a match was not told; taking games' word", "room", id, "match", match,
             NULL);
    return room_match_end(context, arena, id, match, now_unix_ms);
}

static enum error ask_whether_live(struct service_context *context, struct arena *arena,
                                   const char *match, bool *ret_live)
{
    struct http_question question = {
        .method = "GET",
        .addresses = context->settings->games_address,
        .path = arena_printf(arena, "/api/games/matches/%s", match),
        .timeout_ms = (int)context->settings->request_timeout_ms,
    };
    json_t *answer = NULL;
    enum error error = http_call_json(arena, &question, &answer);
    if (error == ERROR_MATCH_NOT_FOUND) {
        *ret_live = false;
        return OK;
    }
    if (error != OK)
        return error;
    const char *state = json_string_value(json_object_get(answer, "state"));
    bool understood = state != NULL;
    bool live = understood && strcmp(state, "live") == 0;
    json_decref(answer);
    if (!understood)
        return ERROR_UNAVAILABLE;
    *ret_live = live;
    return OK;
}

static void sweep_idle(struct service_context *context, struct arena *arena, int64_t now_unix_ms)
{
    AUTO_ROWS *rows = NULL;
    enum error error = list(context, &rooms_list_unchecked_rooms,
                            now_unix_ms - context->settings->room_check_ms, &rows);
    if (error != OK)
        return report("no sweep of idle rooms now", "", error);
    for (int row = 0; row < rows_count(rows); row++) {
        const char *id = rows_text(rows, row, "id");
        const char *idle_since =
            rows_is_null(rows, row, "idle_since") ? NULL : rows_text(rows, row, "idle_since");
        report(
            "room not checked; trying again", id,
            check_idle(context, arena, id, rows_text(rows, row, "users"), idle_since, now_unix_ms));
    }
}

static enum error check_idle(struct service_context *context, struct arena *arena, const char *id,
                             const char *users, const char *idle_since, int64_t now_unix_ms)
{
    char now[CLOCK_RFC3339_BYTES], latest[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms, now);
    clock_rfc3339(now_unix_ms - context->settings->room_idle_seconds * 1000, latest);
    bool online = false;
    enum error error = ask_whether_online(context, arena, users, now_unix_ms, &online);
    if (error != OK)
        return error;
    if (online)
        return mark_checked(context, id, now_unix_ms, NULL);
    if (idle_since == NULL || strcmp(idle_since, latest) > 0)
        return mark_checked(context, id, now_unix_ms, idle_since != NULL ? idle_since : now);
    log_info("nobody has been here for long; closing the room", "room", id, NULL);
    return close_open(context, arena, id);
}

/* `users` is a list of ids separated by commas, at most ROOM_MEMBERS_MAX. */
static enum error ask_whether_online(struct service_context *context, struct arena *arena,
                                     const char *users, int64_t now_unix_ms, bool *ret_online)
{
    const char *arguments[ROOM_MEMBERS_MAX + 1];
    _Static_assert(ROOM_MEMBERS_MAX + 1 <= REDIS_ARGUMENTS_MAX, "one script asks for all");
    int count = 0;
    for (const char *user = users; *user != '\0' && count < ROOM_MEMBERS_MAX;) {
        size_t bytes = strcspn(user, ",");
        arguments[count++] = arena_printf(arena, WIRE_ONLINE_PREFIX "%.*s", (int)bytes, user);
        user += bytes + (user[bytes] == ',');
    }
    arguments[count] = arena_printf(arena, "%lld", (long long)now_unix_ms);
    redisReply *reply = NULL;
    enum error error =
        redis_run_script(context->redis, &any_online, count, count + 1, arguments, &reply);
    if (error == OK)
        *ret_online = reply->integer == 1;
    redis_free(reply);
    return error;
}

static enum error close_open(struct service_context *context, struct arena *arena, const char *id)
{
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = room_begin(context, arena, id, &database, &room);
    if (error != OK || room.state != ROOM_OPEN)
        return error;
    return close_room(context, database, &room);
}

static enum error close_room(struct service_context *context, struct database *database,
                             const struct room *room)
{
    enum error error = database_run(database, &rooms_delete_room, NULL, room->id, DATABASE_END);
    if (error == OK)
        error = database_commit(database);
    if (error != OK)
        return error;
    room_tell_closed(context, room->id);
    for (int i = 0; i < room->member_count; i++)
        room_unsubscribe(context, room->members[i].user, room->id);
    return OK;
}

static enum error list(struct service_context *context, const struct sql *query,
                       int64_t latest_unix_ms, struct rows **ret_rows)
{
    char latest[CLOCK_RFC3339_BYTES];
    clock_rfc3339(latest_unix_ms, latest);
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, query, ret_rows, latest, database_number(SWEEP_ROOMS_MAX),
                             DATABASE_END);
    return error;
}

static enum error mark_checked(struct service_context *context, const char *id, int64_t now_unix_ms,
                               const char *idle_since)
{
    char now[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms, now);
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &rooms_set_room_checked, NULL, id, now, idle_since,
                             DATABASE_END);
    return error;
}

/* The sweep is the outermost: failures end here, and the next step tries again. */
static void report(const char *what, const char *id, enum error error)
{
    if (error != OK && error != ERROR_ROOM_NOT_FOUND)
        log_warn(what, "room", id, "error", error_code(error), NULL);
}
