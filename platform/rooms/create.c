/*
 * POST /api/rooms: makes a room with the caller as host and first player. Tables: rooms, members.
 * Asks games for the mode; orders the caller's sockets to hear room:ID. It must never let one user
 * sit in more than ROOMS_PER_USER_MAX rooms.
 */
#include <string.h>

#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"
#include "rooms/settings.h"

struct wish {
    struct settings_wish settings;
    char game[64], mode[64];
    char name[ROOM_NAME_BYTES], visibility[16];
    bool has_name, has_visibility;
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, game, 1, 63),
    JSON_TEXT(struct wish, mode, 1, 63),
    JSON_TEXT_OPTIONAL(struct wish, name, has_name, 1, ROOM_NAME_CHARS_MAX),
    JSON_TEXT_OPTIONAL(struct wish, visibility, has_visibility, 1, 15),
    SETTINGS_FIELDS,
};

static enum error check(struct call *call, struct room *ret_room);
static enum error proceed(struct call *call, struct room *room, int64_t now_unix_ms);

enum error room_create(struct call *call)
{
    struct room room = {0};
    enum error error = check(call, &room);
    if (error == OK)
        error = proceed(call, &room, clock_unix_ms());
    if (error != OK)
        return error;
    room_subscribe(call->context, call->caller.user_id, room.id);
    room_tell(call->context, &room);
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
    bool is_private = wish.has_visibility && strcmp(wish.visibility, "private") == 0;
    if (wish.has_visibility && !is_private && strcmp(wish.visibility, "public") != 0)
        return call_complain(call, ERROR_VALIDATION, "visibility", "Must be public or private.");
    struct room room = {.is_private = is_private};
    if (!room_choose_name(wish.has_name ? wish.name : NULL, call->caller.name, room.name))
        return call_complain(call, ERROR_VALIDATION, "name", "Must not be blank.");
    struct game_mode mode;
    char options[ROOM_OPTIONS_BYTES];
    error = settings_ask(call, wish.game, wish.mode, &wish.settings, true, &mode, options);
    if (error == OK)
        error = settings_put(call, &wish.settings, &mode, options, &room);
    if (error != OK)
        return error;
    /* games knows both, so they fit */
    memcpy(room.game, wish.game, strlen(wish.game) + 1);
    memcpy(room.mode, wish.mode, strlen(wish.mode) + 1);
    *ret_room = room;
    return OK;
}

static enum error proceed(struct call *call, struct room *room, int64_t now_unix_ms)
{
    struct id id = id_new();
    id_text(&id, room->id);
    struct room_member maker = {
        .guest = call->caller.guest, .role = ROOM_PLAYER, .team = ROOM_TEAM_NONE};
    memcpy(maker.user, call->caller.user_id, sizeof maker.user);
    memcpy(maker.name, call->caller.name, sizeof maker.name);
    clock_rfc3339(now_unix_ms, maker.joined_at);

    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *count = NULL;
    enum error error = room_begin_without(call->context, &database);
    if (error == OK)
        error = database_run(database, &rooms_lock_user, NULL, maker.user, DATABASE_END);
    if (error == OK)
        error =
            database_run(database, &rooms_count_rooms_of_user, &count, maker.user, DATABASE_END);
    if (error == OK && rows_int(count, 0, "rooms") >= ROOMS_PER_USER_MAX)
        return ERROR_ROOM_LIMIT;
    if (error == OK)
        error = room_insert(database, room, ROOM_OPEN, maker.user, maker.joined_at, NULL);
    if (error == OK)
        error = room_put_member(database, room, &maker);
    if (error == OK)
        error = room_commit(database, call->arena, room);
    return error;
}
