/*
 * GET /api/rooms/{id}: one room, also a private one: who has the link may look. Tables: rooms,
 * members. It must never change anything.
 */
#include "rooms/operations.h"
#include "rooms/room.h"

enum error room_get(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = room_load(database, call->arena, call->params[0], &room);
    if (error == OK)
        call_reply(call, 200, room_json(&room));
    return error;
}
