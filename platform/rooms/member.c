/*
 * GET /internal/rooms/{id}/members/{user}: what somebody is in a room, for social. Tables: rooms,
 * members. 404 `room_not_found` without the room, 404 `not_found` without the member.
 */
#include "rooms/operations.h"
#include "rooms/room.h"

enum error room_member_role(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = room_load(database, call->arena, call->params[0], &room);
    if (error != OK)
        return error;
    const struct room_member *member = room_find_member(&room, call->params[1]);
    if (member == NULL)
        return ERROR_NOT_FOUND;
    call_reply(call, 200, json_pack("{s:s}", "role", room_role_text(member->role)));
    return OK;
}
