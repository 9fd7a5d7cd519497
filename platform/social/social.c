#include "social/social.h"

#include "social/queries.h"

const struct service social_service = {
    .name = "social",
    .schema = {.name = "social"},
    .address_offset = offsetof(struct settings, social_address),
};
