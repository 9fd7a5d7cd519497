/*
 * Says in Redis who has a connection here: `online:USER` (wire/events.h), one field a gateway,
 * refreshed in bulk. Fire and forget: a lost write is made good by the next refresh.
 */
#ifndef GATEWAY_PRESENCE_H
#define GATEWAY_PRESENCE_H

#include "gateway/state.h"

must_use enum error presence_create(struct gateway *gateway);
void presence_destroy(struct gateway *gateway);

void presence_online(struct gateway *gateway, const char *user_id);
/* After a connection of this user ended and left its channels. */
void presence_offline(struct gateway *gateway, const char *user_id);
/* Everybody at once: Redis is back. */
void presence_refresh(struct gateway *gateway);

#endif
