/*
 * POST /api/rooms/{id}/leave: out of the room; the house goes to whoever has been there longest,
 * and closes behind the last one. A seat in a running match stays the player's. Tables: rooms,
 * members. It must never touch a match.
 */
#include "rooms/operations.h"
#include "rooms/room.h"

enum error room_leave(struct call *call)
{
    enum error error = call_decode_nothing(call);
    if (error == OK)
        error = room_leave_as(call->context, call->arena, call->caller.user_id, call->params[0]);
    if (error == OK)
        call_reply_empty(call, 204);
    return error;
}

enum error room_leave_as(struct service_context *context, struct arena *arena, const char *user,
                         const char *id)
{
    AUTO_DATABASE *database = NULL;
    struct room room;
    bool closed = false;
    enum error error = room_begin(context, arena, id, &database, &room);
    if (error == OK)
        error = room_may_leave(&room, user);
    if (error == OK)
        error = room_remove_member(database, arena, &room, user, &closed);
    if (error != OK)
        return error;
    if (closed)
        room_tell_closed(context, room.id);
    else
        room_tell(context, &room);
    room_unsubscribe(context, user, room.id);
    return OK;
}
