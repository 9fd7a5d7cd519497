#include "auth/auth.h"

#include "auth/queries.h"

const struct service auth_service = {
    .name = "auth",
    .schema = {.name = "auth", .migrations = &auth_migrations},
    .address_offset = offsetof(struct settings, auth_address),
};
