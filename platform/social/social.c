/*
 * The social service: its routes and its schema. What each operation does stands in the file of
 * its name.
 */
#include "social/social.h"

#include "social/operations.h"
#include "social/queries.h"
#include "social/sweep.h"

static const struct route routes[] = {
    {"GET", "/api/social/messages", ACCESS_USER, NULL, message_list},
    {"POST", "/api/social/messages", ACCESS_USER, NULL, message_send},
    {"GET", "/api/social/presence", ACCESS_PUBLIC, NULL, presence_get},
};

static enum error start(struct service_context *context);
static void stop(struct service_context *context);

const struct service social_service = {
    .name = "social",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .schema = {.name = "social", .migrations = &social_migrations},
    .address_offset = offsetof(struct settings, social_address),
    .start = start,
    .stop = stop,
};

static enum error start(struct service_context *context)
{
    struct background *sweep = NULL;
    enum error error = background_start(context, messages_sweep, MESSAGES_SWEEP_MS, &sweep);
    if (error != OK)
        return error;
    background_wake(sweep);
    context->state = sweep;
    return OK;
}

static void stop(struct service_context *context)
{
    background_stop(context->state);
}
