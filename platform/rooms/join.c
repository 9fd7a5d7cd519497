/*
 * POST /api/rooms/{id}/join: takes a seat, or a place to watch; a member may change from one to
 * the other. Tables: rooms, members, kicked. The room's row is locked from the check to the
 * commit, so the last seat has one taker. It must never let one back in who was put out.
 */
#include <string.h>

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

enum error room_join(struct call *call)
{
    int64_t now_unix_ms = clock_unix_ms();
    const char *user = call->caller.user_id;
    struct wish wish = {0};
    enum room_role role = ROOM_PLAYER;
    enum error error = decode(call, &wish, &role);
    if (error != OK)
        return error;
    AUTO_DATABASE *database = NULL;
    struct room room;
    error = room_begin_without(call->context, &database);
    if (error == OK)
        error = database_run(database, &rooms_lock_user, NULL, user, DATABASE_END);
    if (error == OK)
        error = room_lock(database, call->arena, call->params[0], &room);
    if (error == OK)
        error = check(database, &room, user, role, wish.has_role);
    if (error == OK)
        error = proceed(database, call, &room, role, now_unix_ms);
    if (error != OK)
        return error;
    room_subscribe(call->context, user, room.id);
    room_tell(call->context, &room);
    call_reply(call, 200, room_json(&room));
    return OK;
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
