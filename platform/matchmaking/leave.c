/*
 * DELETE /api/matchmaking/ticket: waits no longer. Redis: one script of queue.h. Whose match is
 * already being made waits no longer either: `not_queued`, and `matchmaking:found` follows.
 */
#include "matchmaking/operations.h"
#include "matchmaking/queue.h"

enum error ticket_delete(struct call *call)
{
    enum error error = call_decode_nothing(call);
    if (error == OK)
        error = queue_leave(call->context, call->caller.user_id);
    if (error == OK)
        call_reply_empty(call, 204);
    return error;
}
