/*
 * POST /api/rooms/{id}/ready: a player says that he is ready, or not any more. Tables: rooms,
 * members. It must never start anything: that is the host's.
 */
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"

struct wish {
    bool ready;
};
static const struct json_field wish_fields[] = {
    JSON_BOOL(struct wish, ready),
};

enum error room_ready(struct call *call)
{
    const char *user = call->caller.user_id;
    struct wish wish = {0};
    enum error error = call_decode(call, wish_fields, 1, &wish);
    if (error != OK)
        return error;
    AUTO_DATABASE *database = NULL;
    struct room room;
    error = room_begin(call->context, call->arena, call->params[0], &database, &room);
    if (error == OK)
        error = room_may_ready(&room, user);
    if (error == OK)
        error = database_run(database, &rooms_set_member_ready, NULL, room.id, user,
                             database_bool(wish.ready), DATABASE_END);
    if (error == OK)
        error = room_commit(database, call->arena, &room);
    if (error != OK)
        return error;
    room_tell(call->context, &room);
    call_reply(call, 200, room_json(&room));
    return OK;
}
