/* Who may open a WebSocket: the token by cookie, header or subprotocol, and the Origin. */
#ifndef GATEWAY_HANDSHAKE_H
#define GATEWAY_HANDSHAKE_H

#include "gateway/socket.h"

#define ORIGIN_BYTES_MAX 256

/* Every way a token may come, as the request has it; "" when it is not there. */
struct handshake {
    char origin[ORIGIN_BYTES_MAX];
    char cookie_token[TOKEN_BYTES_MAX];
    char bearer_token[TOKEN_BYTES_MAX];
    char protocol_token[TOKEN_BYTES_MAX];
    bool has_origin;
};

/* Is this Origin one of the list? `null` never is. Pure. */
bool origin_is_own(const char *origin, const char *own_origins);

/* Which token counts, or why none does: ERROR_UNAUTHENTICATED, ERROR_ORIGIN_REFUSED. Pure. */
must_use enum error handshake_token(const struct handshake *handshake, const char *own_origins,
                                    const char **ret_token);

/* The token in the subprotocols `transcendence.v1, bearer.TOKEN`; "" without one. Pure. */
void handshake_protocol_token(const char *protocols, char ret_token[TOKEN_BYTES_MAX]);

#endif
