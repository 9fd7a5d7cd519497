/*
 * POST /api/rooms/{id}/join: takes a seat, or a place to watch; a member may change from one to
 * the other. Tables: rooms, members, kicked. The room's row is locked from the check to the
 * commit, so the last seat has one taker. Who comes while a match is played is a member first, then
 * games is asked for a seat in it, without a lock, and a refusal makes him what he was before. It
 * must never let one back in who was put out.
 */
#include <string.h>

#include "core/log.h"
#include "rooms/match.h"
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"

struct wish {
    char role[16];
    bool has_role;
};
static const struct json_field wish_fields[] = {
    JSON_TEXT_OPTIONAL(struct wish, role, has_role, 1, 15),
};

static enum error decode(struct call *call, struct wish *ret_wish, enum room_role *ret_role);
static enum error check(struct database *database, const struct room *room, const char *user,
                        enum room_role role, bool role_asked);
static enum error check_limit(struct database *database, const char *user);
static enum error proceed(struct database *database, struct call *call, struct room *room,
                          enum room_role role, int64_t now_unix_ms);

static enum error enter(struct call *call, enum room_role role, bool role_asked,
                        bool *ret_was_member, struct room *ret_room);
static enum error take_seat(struct call *call, struct room *room, bool was_member);
static enum error step_back(struct call *call, struct room *room, bool was_member);

enum error room_join(struct call *call)
{
    struct wish wish = {0};
    enum room_role role = ROOM_PLAYER;
    bool was_member = false;
    struct room room;
    enum error error = decode(call, &wish, &role);
    if (error == OK)
        error = enter(call, role, wish.has_role, &was_member, &room);
    if (error != OK)
        return error;
    room_subscribe(call->context, call->caller.user_id, room.id);
    if (role == ROOM_PLAYER && room.state == ROOM_PLAYING)
        error = take_seat(call, &room, was_member);
    if (error != OK)
        return error;
    room_tell(call->context, &room);
    call_reply(call, 200, room_json(&room));
    return OK;
}

static enum error enter(struct call *call, enum room_role role, bool role_asked,
                        bool *ret_was_member, struct room *ret_room)
{
    const char *user = call->caller.user_id;
    AUTO_DATABASE *database = NULL;
    enum error error = room_begin_without(call->context, &database);
    if (error == OK)
        error = database_run(database, &rooms_lock_user, NULL, user, DATABASE_END);
    if (error == OK)
        error = room_lock(database, call->arena, call->params[0], ret_room);
    if (error == OK)
        error = check(database, ret_room, user, role, role_asked);
    if (error != OK)
        return error;
    *ret_was_member = room_find_member(ret_room, user) != NULL;
    return proceed(database, call, ret_room, role, clock_unix_ms());
}

static enum error decode(struct call *call, struct wish *ret_wish, enum room_role *ret_role)
{
    enum error error = call_decode(call, wish_fields, 1, ret_wish);
    if (error != OK)
        return error;
    bool spectator = ret_wish->has_role && strcmp(ret_wish->role, "spectator") == 0;
    if (ret_wish->has_role && !spectator && strcmp(ret_wish->role, "player") != 0)
        return call_complain(call, ERROR_VALIDATION, "role", "Must be player or spectator.");
    *ret_role = spectator ? ROOM_SPECTATOR : ROOM_PLAYER;
    return OK;
}

static enum error check(struct database *database, const struct room *room, const char *user,
                        enum room_role role, bool role_asked)
{
    AUTO_ROWS *kicked = NULL;
    enum error error =
        database_run(database, &rooms_select_kicked, &kicked, room->id, user, DATABASE_END);
    if (error == OK)
        error = room_may_join(room, user, role, role_asked, rows_count(kicked) > 0);
    if (error == OK && room_find_member(room, user) == NULL)
        error = check_limit(database, user);
    return error;
}

static enum error check_limit(struct database *database, const char *user)
{
    AUTO_ROWS *count = NULL;
    enum error error =
        database_run(database, &rooms_count_rooms_of_user, &count, user, DATABASE_END);
    if (error == OK && rows_int(count, 0, "rooms") >= ROOMS_PER_USER_MAX)
        return ERROR_ROOM_LIMIT;
    return error;
}

static enum error proceed(struct database *database, struct call *call, struct room *room,
                          enum room_role role, int64_t now_unix_ms)
{
    struct room_member member = {
        .guest = call->caller.guest,
        .role = role,
        .seat = role == ROOM_PLAYER ? room_free_seat(room) : ROOM_SEAT_NONE,
        .team = ROOM_TEAM_NONE,
    };
    memcpy(member.user, call->caller.user_id, sizeof member.user);
    memcpy(member.name, call->caller.name, sizeof member.name);
    clock_rfc3339(now_unix_ms, member.joined_at);

    enum error error;
    if (room_find_member(room, member.user) == NULL)
        error = room_put_member(database, room, &member);
    else
        error = database_run(
            database, &rooms_set_member_role, NULL, room->id, member.user, room_role_text(role),
            role == ROOM_PLAYER ? database_number(member.seat) : NULL, DATABASE_END);
    if (error == OK)
        error = room_commit(database, call->arena, room);
    return error;
}

/* `room` is read again when it does not work out. */
static enum error take_seat(struct call *call, struct room *room, bool was_member)
{
    const char *user = call->caller.user_id;
    enum error refusal = room_match_seat(call, room, user, call->caller.name);
    if (refusal == OK)
        return OK;
    enum error error = step_back(call, room, was_member);
    if (error != OK && error != ERROR_ROOM_NOT_FOUND)
        log_warn("who got no seat stays in the room until he leaves", "room", room->id, "user",
                 user, "error", error_code(error), NULL);
    return refusal;
}

static enum error step_back(struct call *call, struct room *room, bool was_member)
{
    const char *user = call->caller.user_id;
    AUTO_DATABASE *database = NULL;
    bool closed = false;
    enum error error = room_begin(call->context, call->arena, call->params[0], &database, room);
    if (error != OK || room_find_member(room, user) == NULL)
        return error;
    if (was_member) {
        error = database_run(database, &rooms_set_member_role, NULL, room->id, user,
                             room_role_text(ROOM_SPECTATOR), NULL, DATABASE_END);
        return error == OK ? room_commit(database, call->arena, room) : error;
    }
    error = room_remove_member(database, call->arena, room, user, &closed);
    if (error != OK)
        return error;
    room_unsubscribe(call->context, user, room->id);
    if (closed)
        room_tell_closed(call->context, room->id);
    else
        room_tell(call->context, room);
    return OK;
}
