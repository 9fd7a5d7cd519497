/*
 * What the gateway needs from auth: the public keys that verify tokens, and a service token of its
 * own for the games service. Both are fetched in the background until they are there and are
 * renewed before they end.
 */
#ifndef GATEWAY_KEYS_H
#define GATEWAY_KEYS_H

#include "gateway/state.h"

#define KEYS_SCOPE "games:frames"

must_use enum error keys_create(struct gateway *gateway);
void keys_destroy(struct gateway *gateway);

/* token_verify; an unknown key is fetched for the next time. */
must_use enum error keys_verify(struct gateway *gateway, const char *token,
                                struct caller *ret_caller);
/* Our own token for KEYS_SCOPE; NULL while there is none (one is asked for). */
const char *keys_service_token(struct gateway *gateway);
/* The service did not take it: get another. */
void keys_drop_service_token(struct gateway *gateway);

#endif
