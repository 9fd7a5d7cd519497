#include "gateway/handshake.h"

#include <stdio.h>
#include <string.h>

#define BEARER_PROTOCOL "bearer."

bool origin_is_own(const char *origin, const char *own_origins)
{
    size_t bytes = strlen(origin);
    if (bytes == 0 || !strcmp(origin, "null"))
        return false;
    for (const char *at = own_origins; *at;) {
        at += strspn(at, ", ");
        size_t one = strcspn(at, ", ");
        if (one == bytes && !memcmp(at, origin, bytes))
            return true;
        at += one;
    }
    return false;
}

/* A browser sends its cookies by itself, from wherever it was led here: with a cookie the Origin
 * must be there and be ours. A token that the caller had to know needs none, but a foreign page
 * is refused all the same. */
enum error handshake_token(const struct handshake *handshake, const char *own_origins,
                           const char **ret_token)
{
    if (handshake->has_origin && !origin_is_own(handshake->origin, own_origins))
        return ERROR_ORIGIN_REFUSED;
    if (*handshake->bearer_token)
        *ret_token = handshake->bearer_token;
    else if (*handshake->protocol_token)
        *ret_token = handshake->protocol_token;
    else if (!*handshake->cookie_token)
        return ERROR_UNAUTHENTICATED;
    else if (!handshake->has_origin)
        return ERROR_ORIGIN_REFUSED;
    else
        *ret_token = handshake->cookie_token;
    return OK;
}

void handshake_protocol_token(const char *protocols, char ret_token[TOKEN_BYTES_MAX])
{
    ret_token[0] = 0;
    for (const char *at = protocols; *at;) {
        at += strspn(at, ", ");
        size_t bytes = strcspn(at, ", ");
        size_t prefix = strlen(BEARER_PROTOCOL);
        if (bytes > prefix && bytes - prefix < TOKEN_BYTES_MAX &&
            !strncmp(at, BEARER_PROTOCOL, prefix)) {
            snprintf(ret_token, TOKEN_BYTES_MAX, "%.*s", (int)(bytes - prefix), at + prefix);
            return;
        }
        at += bytes;
    }
}
