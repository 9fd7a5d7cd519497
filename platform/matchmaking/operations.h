/* The operations of the matchmaking service, one file each; see docs/protocol.md. Pool threads,
 * but for the matching. */
#ifndef MATCHMAKING_OPERATIONS_H
#define MATCHMAKING_OPERATIONS_H

#include "service/service.h"

enum error ticket_create(struct call *call);
enum error ticket_get(struct call *call);
enum error ticket_delete(struct call *call);

/* One step of bringing together who waits; see match.c. On the background's thread. */
void matchmaking_step(struct service_context *context, int64_t now_unix_ms);

#endif
