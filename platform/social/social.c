/*
 * The social service: its routes and its schema. What each operation does stands in the file of
 * its name.
 */
#include "social/social.h"

#include "social/operations.h"
#include "social/queries.h"

static const struct route routes[] = {
    {"GET", "/api/social/messages", ACCESS_USER, NULL, message_list},
    {"POST", "/api/social/messages", ACCESS_USER, NULL, message_send},
    {"GET", "/api/social/presence", ACCESS_PUBLIC, NULL, presence_get},
};

const struct service social_service = {
    .name = "social",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .schema = {.name = "social", .migrations = &social_migrations},
    .address_offset = offsetof(struct settings, social_address),
};
