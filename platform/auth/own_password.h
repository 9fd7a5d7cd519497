/* Proving once more who one is, before something that a borrowed session must not do. */
#ifndef AUTH_OWN_PASSWORD_H
#define AUTH_OWN_PASSWORD_H

#include "auth/account.h"

/* ERROR_WRONG_PASSWORD names `field`. Wrong ones count like wrong logins. On a pool thread, without
 * a database connection in hand. */
must_use enum error own_password_check(struct call *call, const struct account *account,
                                       const char *field, const char *password);

#endif
