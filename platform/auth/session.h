/*
 * Sessions: one row a login, from which both tokens are made. Table sessions. Ending one orders the
 * gateways to close its sockets; the access token that is still out runs off by itself.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "auth/account.h"
#include "auth/state.h"

#define SESSIONS_PER_USER_MAX    32    /* past that the least used one ends */
#define SESSION_REFRESH_GRACE_MS 10000 /* the refresh token before the current one still counts */

struct session {
    struct id id;
    uint32_t generation;
};

/* For an account whose password was just checked against `account->password_hash`. Ends the least
 * used ones past SESSIONS_PER_USER_MAX. ERROR_WRONG_CREDENTIALS when the password was changed or
 * the account deleted meanwhile. */
must_use enum error session_create(struct call *call, struct database *database,
                                   const struct account *account, struct session *ret_session);

/* The next generation for the holder of `presented`: see
 * docs/adr/0003-refresh-tokens-are-derived.md. ERROR_SESSION_ENDED when it has ended, or ends now
 * because an old token came back. */
must_use enum error session_refresh(struct call *call, struct database *database,
                                    const struct session *presented, struct account *ret_account,
                                    struct session *ret_session);

/* The next generation of the caller's own session, whatever its token. ERROR_SESSION_ENDED. */
must_use enum error session_renew_own(struct call *call, struct database *database,
                                      struct session *ret_session);

/* Fine when it has ended already. */
must_use enum error session_end_own(struct call *call, struct database *database);
/* Within the caller's transaction: gives the ids to order away after the commit. */
must_use enum error session_end_others(struct call *call, struct database *database,
                                       struct rows **ret_ended);
void session_order_away(struct call *call, const char *user_id, const struct rows *ended);
/* All of the user, whatever their number. */
void session_order_away_all(struct call *call, const char *user_id);

/* Answers the protocol's session object with fresh tokens, and sets the cookies. */
must_use enum error session_reply(struct call *call, int status, const struct account *account,
                                  const struct session *session);
/* Only the access cookie, for a caller that came with it: its claims have changed. */
must_use enum error session_renew_cookie(struct call *call, const struct account *account);

#endif
