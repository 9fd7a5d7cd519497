#include "social/social.h"

#include "social/queries.h"

const struct service social_service = {
    .name = "social",
    .schema = {.name = "social", .migrations = &social_migrations},
    .address_offset = offsetof(struct settings, social_address),
};
