#include "games/games.h"

#include "games/queries.h"

const struct service games_service = {
    .name = "games",
    .schema = {.name = "games", .migrations = &games_migrations},
    .address_offset = offsetof(struct settings, games_address),
};
