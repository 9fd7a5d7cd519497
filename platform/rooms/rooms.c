/*
 * The rooms service: its routes, its schema and its sweep. What each operation does stands in the
 * file of its name.
 */
#include "rooms/rooms.h"

#include <stdlib.h>

#include "rooms/operations.h"
#include "rooms/queries.h"
#include "service/background.h"

#define ROOM_SWEEP_MS  1000
#define ROOM_FORGET_MS (60 * 60 * 1000)

struct rooms {
    struct background *sweep, *forget; /* owned */
};

static const struct route routes[] = {
    {"POST", "/api/rooms", ACCESS_USER, NULL, room_create},
    {"GET", "/api/rooms", ACCESS_PUBLIC, NULL, room_list},
    {"GET", "/api/rooms/history", ACCESS_USER, NULL, room_history},
    {"GET", "/api/rooms/{id}", ACCESS_PUBLIC, NULL, room_get},
    {"PATCH", "/api/rooms/{id}", ACCESS_USER, NULL, room_update},
    {"DELETE", "/api/rooms/{id}", ACCESS_USER, NULL, room_delete},
    {"POST", "/api/rooms/{id}/join", ACCESS_USER, NULL, room_join},
    {"POST", "/api/rooms/{id}/leave", ACCESS_USER, NULL, room_leave},
    {"POST", "/api/rooms/{id}/ready", ACCESS_USER, NULL, room_ready},
    {"POST", "/api/rooms/{id}/team", ACCESS_USER, NULL, room_team},
    {"POST", "/api/rooms/{id}/start", ACCESS_USER, NULL, room_start},
    {"POST", "/api/rooms/{id}/kick", ACCESS_USER, NULL, room_kick},
    {"POST", "/internal/rooms", ACCESS_SERVICE, "rooms:match", room_for_match},
    {"POST", "/internal/rooms/{id}/match-ended", ACCESS_SERVICE, "rooms:result", room_match_ended},
    {"GET", "/internal/rooms/{id}/members/{user}", ACCESS_SERVICE, "rooms:read", room_member_role},
};

static enum error start(struct service_context *context);
static void stop(struct service_context *context);

const struct service rooms_service = {
    .name = "rooms",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .schema = {.name = "rooms", .migrations = &rooms_migrations},
    .address_offset = offsetof(struct settings, rooms_address),
    .start = start,
    .stop = stop,
};

static enum error start(struct service_context *context)
{
    struct rooms *rooms = calloc(1, sizeof *rooms);
    if (rooms == NULL)
        return ERROR_INTERNAL;
    context->state = rooms;
    enum error error = background_start(context, room_sweep, ROOM_SWEEP_MS, &rooms->sweep);
    if (error == OK)
        error = background_start(context, room_forget, ROOM_FORGET_MS, &rooms->forget);
    if (error != OK) {
        stop(context);
        return error;
    }
    background_wake(rooms->forget);
    return OK;
}

static void stop(struct service_context *context)
{
    struct rooms *rooms = context->state;
    background_stop(rooms->sweep);
    background_stop(rooms->forget);
    free(rooms);
    context->state = NULL;
}
