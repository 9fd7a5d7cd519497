/* What Redis brings: events to the sockets of a channel, orders to the gateway itself. */
#ifndef GATEWAY_EVENTS_H
#define GATEWAY_EVENTS_H

#include "gateway/state.h"

/* Handlers for redis_events_create; `context` is the gateway. */
void events_message(void *context, const char *channel, const char *payload, size_t count);
void events_subscribed(void *context, const char *channel);
void events_connected(void *context, bool connected);

#endif
