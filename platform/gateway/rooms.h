/* Which rooms a new connection hears: asks the rooms service with the player's own token. */
#ifndef GATEWAY_ROOMS_H
#define GATEWAY_ROOMS_H

#include "gateway/socket.h"

/* Joins the rooms' channels, then settles the socket. When the service is down the socket goes on
 * without, and the question is asked again in the background until it is answered. */
void rooms_ask(struct gateway *gateway, struct socket *socket);

#endif
