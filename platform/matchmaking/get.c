/* GET /api/matchmaking/ticket: what the caller waits for. Redis: one script of queue.h. It must
 * never change anything. */
#include "matchmaking/operations.h"
#include "matchmaking/ticket.h"

enum error ticket_get(struct call *call)
{
    struct ticket ticket;
    enum error error = queue_find(call->context, call->caller.user_id, &ticket);
    if (error == OK)
        call_reply(call, 200, ticket_json(&ticket));
    return error;
}
