/* The first administrator, made at the first start when there is none. */
#ifndef AUTH_FIRST_ADMIN_H
#define AUTH_FIRST_ADMIN_H

#include "auth/state.h"

/* The password is the content of <data_dir>/secrets/admin-password, made when missing. It is never
 * logged; the log says where it lies. */
must_use enum error first_admin_make(struct service_context *context, const struct auth *auth);

#endif
