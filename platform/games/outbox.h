/* Telling that a match is over, from the table outbox: at least once each, in order of need. */
#ifndef GAMES_OUTBOX_H
#define GAMES_OUTBOX_H

#include "service/service.h"

/* Everything that is due now. Blocking; on the results' thread. */
void outbox_deliver(struct service_context *context);

#endif
