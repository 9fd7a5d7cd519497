/* What Redis brings: events to the sockets of a channel, orders to the gateway itself. */
#ifndef GATEWAY_EVENTS_H
#define GATEWAY_EVENTS_H

#include "gateway/socket.h"

/* Handlers for redis_events_create; `context` is the gateway. */
void events_message(void *context, const char *channel, const char *payload, size_t count);
void events_subscribed(void *context, const char *channel);
void events_connected(void *context, bool connected);

/* Sends one connection an event of a channel that it hears, unless it had it or a later one
 * already. False when nothing was sent. `payload` as events_message() gets it. */
bool events_send_again(struct gateway *gateway, struct socket *socket, const char *channel,
                       const char *payload, size_t bytes);

#endif
