/*
 * POST /api/rooms/{id}/start: the host asks for the match. First the room is reserved and that is
 * committed, then games is asked (see match.h). Tables: rooms, members, matches, match_players.
 * It must never ask games twice for one start.
 */
#include "rooms/match.h"
#include "rooms/operations.h"

static enum error reserve(struct call *call, struct room *ret_room);

enum error room_start(struct call *call)
{
    struct room room;
    enum error error = call_decode_nothing(call);
    if (error == OK)
        error = reserve(call, &room);
    if (error == OK)
        error = room_match_run(call->context, call, call->arena, &room);
    if (error == OK)
        call_reply(call, 200, room_json(&room));
    return error;
}

/* The connection goes back before games is asked. */
static enum error reserve(struct call *call, struct room *ret_room)
{
    int64_t now_unix_ms = clock_unix_ms();
    AUTO_DATABASE *database = NULL;
    struct room room;
    enum error error = room_begin(call->context, call->arena, call->params[0], &database, &room);
    if (error == OK)
        error = room_may_start(&room, call->caller.user_id);
    if (error == OK)
        error = room_match_reserve(database, call->arena, &room, now_unix_ms);
    if (error == OK)
        *ret_room = room;
    return error;
}
