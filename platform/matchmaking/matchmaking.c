/*
 * The matchmaking service: its routes and its matching thread. What each operation does stands in
 * the file of its name; who waits is in Redis (queue.h).
 */
#include "matchmaking/matchmaking.h"

#include "matchmaking/operations.h"
#include "matchmaking/queries.h"
#include "service/background.h"

#define MATCH_STEP_MS 500

static const struct route routes[] = {
    {"POST", "/api/matchmaking/ticket", ACCESS_USER, NULL, ticket_create},
    {"GET", "/api/matchmaking/ticket", ACCESS_USER, NULL, ticket_get},
    {"DELETE", "/api/matchmaking/ticket", ACCESS_USER, NULL, ticket_delete},
};

static enum error start(struct service_context *context);
static void stop(struct service_context *context);

const struct service matchmaking_service = {
    .name = "matchmaking",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .schema = {.name = "matchmaking", .migrations = &matchmaking_migrations},
    .address_offset = offsetof(struct settings, matchmaking_address),
    .start = start,
    .stop = stop,
};

static enum error start(struct service_context *context)
{
    struct background *matching = NULL;
    enum error error = background_start(context, matchmaking_step, MATCH_STEP_MS, &matching);
    if (error == OK)
        context->state = matching;
    return error;
}

static void stop(struct service_context *context)
{
    background_stop(context->state);
}
