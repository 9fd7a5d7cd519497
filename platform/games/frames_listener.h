/*
 * The door for the frame streams of the gateways: takes a connection, reads exactly one
 * RECORD_HELLO (bounded in bytes and time), checks the service token (scope games:frames), and
 * hands the socket to the worker it names. No frame ever passes through here. Loop's thread only.
 */
#ifndef GAMES_FRAMES_LISTENER_H
#define GAMES_FRAMES_LISTENER_H

#include "games/supervisor.h"
#include "service/service.h"

#define FRAMES_HELLO_MS_MAX 2000
#define FRAMES_GUESTS_MAX   128 /* connections whose hello is not complete */
#define FRAMES_SCOPE        "games:frames"

struct frames_listener;
/* Binds settings->frames_address; ERROR_UNAVAILABLE, logged, when it cannot. */
must_use enum error frames_listener_create(struct service_context *context,
                                           struct supervisor *supervisor,
                                           struct frames_listener **ret_listener);
void frames_listener_destroy(struct frames_listener *listener); /* NULL is fine */

#endif
