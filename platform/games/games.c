/*
 * The games service: its routes, its schema, and the parts that live beside the routes: the
 * catalogue of games, the supervisor of the workers, the door for frame streams, the results.
 */
#include "games/games.h"

#include <stdlib.h>

#include "games/figures.h"
#include "games/frames_listener.h"
#include "games/operations.h"
#include "games/posture.h"
#include "games/queries.h"
#include "games/state.h"

static const struct route routes[] = {
    {"GET", "/api/games", ACCESS_PUBLIC, NULL, games_list},
    {"GET", "/api/games/{id}", ACCESS_PUBLIC, NULL, game_get},
    {"GET", "/api/games/matches/{id}", ACCESS_PUBLIC, NULL, match_show},
    {"GET", "/api/games/users/{id}/matches", ACCESS_PUBLIC, NULL, user_match_list},
    {"GET", "/api/games/users/{id}/stats", ACCESS_PUBLIC, NULL, user_stats_show},
    {"POST", "/internal/games/{id}/options", ACCESS_SERVICE, "games:start", game_options_judge},
    {"POST", "/internal/games/matches", ACCESS_SERVICE, "games:start", match_start_for_room},
    {"POST", "/internal/games/matches/{id}/seats", ACCESS_SERVICE, "games:start",
     match_seat_for_room},
    {"GET", "/internal/games/matches/{id}/placement", ACCESS_SERVICE, "games:frames",
     match_placement},
};

static enum error start(struct service_context *context);
static void stop(struct service_context *context);
static void on_admitted(void *context, struct image *image);

const struct service games_service = {
    .name = "games",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .schema = {.name = "games", .migrations = &games_migrations},
    .address_offset = offsetof(struct settings, games_address),
    .start = start,
    .stop = stop,
};

static enum error start(struct service_context *context)
{
    struct games *games = calloc(1, sizeof *games);
    if (!games)
        return ERROR_INTERNAL;
    struct id run = id_new();
    id_text(&run, games->run);
    context->state = games;
    figures_add();
    games->placements = placements_create();
    enum error error = games->placements ? OK : ERROR_INTERNAL;
    bool is_safe = posture_find(context->settings, &games->program) == OK;
    if (error == OK)
        error = results_create(context, games->placements, &run, &games->results);
    if (error == OK)
        error = supervisor_create(context, games->placements, games->results, &games->program,
                                  &games->supervisor);
    if (error == OK && is_safe)
        supervisor_adopt(games->supervisor);
    if (error == OK)
        results_sweep(games->results);
    if (error == OK && is_safe) /* or there are no games, and all else goes on */
        error = catalog_create(context->settings, &games->program, on_admitted, games->supervisor,
                               &games->catalog);
    if (error == OK)
        error = frames_listener_create(context, games->supervisor, &games->frames);
    if (error != OK)
        stop(context);
    return error;
}

/* The other way round: nothing new comes in, what is played ends, its results are kept. */
static void stop(struct service_context *context)
{
    struct games *games = context->state;
    if (!games)
        return;
    frames_listener_destroy(games->frames);
    catalog_destroy(games->catalog);
    supervisor_destroy(games->supervisor);
    results_destroy(games->results);
    placements_destroy(games->placements);
    free(games);
    context->state = NULL;
}

static void on_admitted(void *context, struct image *image)
{
    supervisor_admit(context, image);
}
