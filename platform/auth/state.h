/* What the auth service holds while it runs: made by its start, read-only after, shared by all
 * threads. */
#ifndef AUTH_STATE_H
#define AUTH_STATE_H

#include "auth/password.h"
#include "auth/refresh_token.h"
#include "auth/sign.h"
#include "service/background.h"
#include "service/service.h"

struct auth {
    struct signer *signer; /* owned */
    struct refresh_key refresh_key;
    struct password_cost password_cost;
    struct background *sweep;               /* owned */
    char nobodys_hash[PASSWORD_HASH_BYTES]; /* of no password: what an unknown name is checked with
                                             */
};

static inline struct service_context *context_of(const struct call *call)
{
    return call->context;
}

static inline const struct auth *auth_of(const struct call *call)
{
    return context_of(call)->state;
}

#endif
