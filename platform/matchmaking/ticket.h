/* A ticket as its owner sees it. Pure. */
#ifndef MATCHMAKING_TICKET_H
#define MATCHMAKING_TICKET_H

#include "matchmaking/queue.h"

/* The caller owns the result. */
json_t *ticket_json(const struct ticket *ticket);

#endif
