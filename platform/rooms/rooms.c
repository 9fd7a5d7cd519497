#include "rooms/rooms.h"

#include "rooms/queries.h"

const struct service rooms_service = {
    .name = "rooms",
    .schema = {.name = "rooms", .migrations = &rooms_migrations},
    .address_offset = offsetof(struct settings, rooms_address),
};
