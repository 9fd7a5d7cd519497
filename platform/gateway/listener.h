/*
 * The gateway's one port: the WebSocket at /ws (handshake, messages in, closing) and, for the
 * inside only, /healthz, /readyz and /metrics. The only file that libwebsockets calls.
 */
#ifndef GATEWAY_LISTENER_H
#define GATEWAY_LISTENER_H

#include "gateway/state.h"

/* Binds gateway->address. ERROR_UNAVAILABLE, logged with the reason. */
must_use enum error listener_create(struct gateway *gateway);
void listener_destroy(struct gateway *gateway);

#endif
