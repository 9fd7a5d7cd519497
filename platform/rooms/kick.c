/*
 * POST /api/rooms/{id}/kick: the host puts a member out, for as long as the room exists. Tables:
 * rooms, members, kicked. It must never put the host out.
 */
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"

struct wish {
    char user[ID_TEXT_BYTES];
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, user, 1, ID_TEXT_BYTES - 1),
};

static enum error check(struct call *call, const struct room *room, const char *target);

enum error room_kick(struct call *call)
{
    struct wish wish = {0};
    enum error error = call_decode(call, wish_fields, 1, &wish);
    if (error != OK)
        return error;
    AUTO_DATABASE *database = NULL;
    struct room room;
    bool closed = false;
    error = room_begin(call->context, call->arena, call->params[0], &database, &room);
    if (error == OK)
        error = check(call, &room, wish.user);
    if (error == OK)
        error =
            database_run(database, &rooms_insert_kicked, NULL, room.id, wish.user, DATABASE_END);
    if (error == OK)
        error = room_remove_member(database, call->arena, &room, wish.user, &closed);
    if (error != OK)
        return error;
    room_tell(call->context, &room);
    room_unsubscribe(call->context, wish.user, room.id);
    call_reply(call, 200, room_json(&room));
    return OK;
}

static enum error check(struct call *call, const struct room *room, const char *target)
{
    enum error error = room_may_kick(room, call->caller.user_id, target);
    if (error == ERROR_VALIDATION)
        return call_complain(call, error, "user", "Leave the room instead.");
    return error;
}
