/*
 * DELETE /api/rooms/{id}: the host closes the room for everybody. Tables: rooms and what hangs on
 * it; matches that were played stay. It must never close a room in which a match is played.
 */
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"

enum error room_delete(struct call *call)
{
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = room_begin(call->context, call->arena, call->params[0], &database, &room);
    if (error == OK)
        error = room_may_delete(&room, call->caller.user_id);
    if (error == OK)
        error = database_run(database, &rooms_delete_room, NULL, room.id, DATABASE_END);
    if (error == OK)
        error = database_commit(database);
    if (error != OK)
        return error;
    room_tell_closed(call->context, room.id);
    for (int i = 0; i < room.member_count; i++)
        room_unsubscribe(call->context, room.members[i].user, room.id);
    call_reply_empty(call, 204);
    return OK;
}
