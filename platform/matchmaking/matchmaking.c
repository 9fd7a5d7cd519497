#include "matchmaking/matchmaking.h"

#include "matchmaking/queries.h"

const struct service matchmaking_service = {
    .name = "matchmaking",
    .schema = {.name = "matchmaking", .migrations = &matchmaking_migrations},
    .address_offset = offsetof(struct settings, matchmaking_address),
};
