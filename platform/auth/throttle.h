/*
 * How often one may guess. An attempt is counted before it is made, so that a hundred at once are a
 * hundred, and given back when it was none to be counted. Redis keys auth:throttle:*, with windows
 * and limits from the settings. ERROR_TOO_MANY_REQUESTS comes with Retry-After; without Redis
 * nobody may guess at all. Pool threads.
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "core/http_server.h"

#define THROTTLE_ADDRESS_BYTES 48

/* One more login to `account` (a user's id, or the name that nobody has). */
must_use enum error throttle_login_take(struct call *call, const char *account);
/* The password was right: the account's wrong ones are forgotten. */
void throttle_login_give_back(struct call *call, const char *account);

/* One more account or guest from this address. */
must_use enum error throttle_account_take(struct call *call);
/* None was made. */
void throttle_account_give_back(struct call *call);

/* What counts as one address: an IPv4 address, the /64 of an IPv6 one, or the text as it is. */
void throttle_address(const char *address, char ret_text[THROTTLE_ADDRESS_BYTES]);

#endif
