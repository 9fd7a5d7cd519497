/* The public keys that verify access tokens (RFC 7517). Touches nothing. */
#include "auth/operations.h"
#include "auth/state.h"

#define CACHE_SECONDS "60"

enum error auth_jwks(struct call *call)
{
    call_header(call, "Cache-Control", "public, max-age=" CACHE_SECONDS);
    call_reply_text(call, 200, "application/json", signer_jwks(auth_of(call)->signer));
    return OK;
}
