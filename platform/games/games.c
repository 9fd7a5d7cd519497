/*
 * The games service: its routes, its schema, and the parts that live beside the routes: the
 * catalogue of games, the supervisor of the workers, the door for frame streams, the results.
 */
#include "games/games.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/log.h"
#include "games/drops.h"
#include "games/figures.h"
#include "games/frames_listener.h"
#include "games/operations.h"
#include "games/posture.h"
#include "games/queries.h"
#include "games/state.h"
#include "games/swap_record.h"

static const struct route routes[] = {
    {"GET", "/api/games", ACCESS_PUBLIC, NULL, games_list},
    {"GET", "/api/games/{id}", ACCESS_PUBLIC, NULL, game_get},
    {"GET", "/api/games/versions", ACCESS_ADMIN, NULL, version_list},
    {"POST", "/api/games/{id}/versions", ACCESS_ADMIN, NULL, version_upload},
    {"POST", "/api/games/{id}/swap", ACCESS_ADMIN, NULL, game_swap},
    {"POST", "/api/games/{id}/drain", ACCESS_ADMIN, NULL, game_drain},
    {"POST", "/api/games/{id}/rollback", ACCESS_ADMIN, NULL, game_rollback},
    {"POST", "/api/games/{id}/enable", ACCESS_ADMIN, NULL, game_enable},
    {"POST", "/api/games/{id}/disable", ACCESS_ADMIN, NULL, game_disable},
    {"POST", "/api/games/{id}/pardon", ACCESS_ADMIN, NULL, version_pardon},
    {"GET", "/api/games/states", ACCESS_ADMIN, NULL, game_states},
    {"GET", "/api/games/{id}/state", ACCESS_ADMIN, NULL, game_state},
    {"GET", "/api/games/workers", ACCESS_ADMIN, NULL, worker_list},
    {"GET", "/api/games/audit", ACCESS_ADMIN, NULL, audit_list},
    {"GET", "/api/games/matches", ACCESS_ADMIN, NULL, match_list},
    {"GET", "/api/games/matches/{id}", ACCESS_PUBLIC, NULL, match_show},
    {"GET", "/api/games/matches/{id}/replay", ACCESS_PUBLIC, NULL, match_replay},
    {"GET", "/api/games/users/{id}/matches", ACCESS_PUBLIC, NULL, user_match_list},
    {"GET", "/api/games/users/{id}/stats", ACCESS_PUBLIC, NULL, user_stats_show},
    {"POST", "/internal/games/{id}/options", ACCESS_SERVICE, "games:start", game_options_judge},
    {"POST", "/internal/games/matches", ACCESS_SERVICE, "games:start", match_start_for_room},
    {"POST", "/internal/games/matches/{id}/seats", ACCESS_SERVICE, "games:start",
     match_seat_for_room},
    {"GET", "/internal/games/matches/{id}/placement", ACCESS_SERVICE, "games:frames",
     match_placement},
};

static const struct route_body bundle_body = {version_upload, "application/x-tar",
                                              BUNDLE_ARCHIVE_BYTES_MAX, "/api/games/workers"};

static enum error start(struct service_context *context);
static void stop(struct service_context *context);
static void on_chosen(void *context, struct image *image);
static void on_judged(void *context, const struct swap_report *report, bool is_bad);

const struct service games_service = {
    .name = "games",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .body = &bundle_body,
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
    games->catalog = catalog_create();
    games->means = (struct admit_means){context->settings, &games->program, games->catalog,
                                        eventfd(0, EFD_CLOEXEC)};
    enum error error =
        games->placements && games->catalog && games->means.stop >= 0 ? OK : ERROR_INTERNAL;
    games->is_safe = posture_find(context->settings, &games->program) == OK;
    if (error == OK)
        error = results_create(context, games->placements, &run, &games->results);
    if (error == OK)
        error = records_create(context, &games->records);
    if (error == OK)
        error = supervisor_create(context, games->placements, games->results, games->records,
                                  &games->program, &games->supervisor);
    if (error == OK)
        error = swap_records_create(context, &games->swap_records);
    if (error == OK)
        supervisor_listen(games->supervisor, on_chosen, on_judged, games);
    if (error == OK && games->is_safe)
        supervisor_adopt(games->supervisor);
    if (error == OK)
        results_sweep(games->results);
    if (error == OK)
        records_sweep(games->records);
    if (error == OK && games->is_safe) /* or there are no games, and all else goes on */
        error = drops_create(context, &games->drops);
    if (error == OK)
        error = frames_listener_create(context, games->supervisor, &games->frames);
    if (error != OK)
        stop(context);
    else
        atomic_store(&games->is_started, true);
    return error;
}

/* The other way round: nothing new comes in, what is played ends or waits for the process that
 * follows, results are kept. */
static void stop(struct service_context *context)
{
    struct games *games = context->state;
    if (!games)
        return;
    frames_listener_destroy(games->frames);
    drops_destroy(games->drops);
    swap_records_destroy(games->swap_records);
    games->swap_records = NULL;
    supervisor_destroy(games->supervisor);
    worker_groups_sweep(&games->program.groups);
    records_destroy(games->records);
    results_destroy(games->results);
    placements_destroy(games->placements);
    catalog_destroy(games->catalog);
    if (games->means.stop >= 0)
        close(games->means.stop);
    free(games);
    context->state = NULL;
}

static void on_chosen(void *context, struct image *image)
{
    struct games *games = context;
    if (catalog_put(games->catalog, image) != OK)
        log_error("a version is played that nobody can be offered", "sha", image->sha_text, NULL);
}

static void on_judged(void *context, const struct swap_report *report, bool is_bad)
{
    struct games *games = context;
    if (games->swap_records)
        swap_records_put(games->swap_records, report, is_bad);
}
