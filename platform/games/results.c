/*
 * The thread of the results. A result that is in `waiting` exists in memory only, for the moment
 * that the disk needs; from then on it is a file, from the commit on a row and an outbox row.
 * Never called from the loop except for results_push.
 */
#include "games/results.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/figures.h"
#include "games/match_store.h"
#include "games/outbox.h"
#include "games/playing.h"
#include "games/queries.h"
#include "games/state.h"
#include "service/background.h"
#include "wire/events.h"

struct waiting {
    struct match_result result;
    struct waiting *next; /* owned */
};

struct changing {
    struct match_change change;
    struct changing *next; /* owned */
};

struct results {
    struct service_context *context; /* borrowed */
    struct placements *placements;   /* borrowed */
    struct background *background;
    char folder[CONFIG_TEXT_BYTES + 16];
    char run[ID_TEXT_BYTES];
    pthread_mutex_t lock;
    struct waiting *waiting;           /* under the lock */
    struct changing *changing, **last; /* under the lock, in order; where the next one goes */
    _Atomic bool to_sweep;             /* what an earlier run left over */
    struct id *adopted;                /* owned: placed when the sweep was asked for */
    size_t adopted_count, adopted_known;
    int64_t refreshed_unix_ms;
};

static void step(struct service_context *context, int64_t now_unix_ms);
static void spool_waiting(struct results *results);
static void tell_changes(struct results *results);
static void tell_change(struct service_context *context, const struct match_change *change);
static bool take_spooled(void *context, const struct match_result *result);
static bool stop_unknown(struct results *results);
static bool sweep_left_over(struct results *results, int64_t now_unix_ms);
static bool settle_left_over(struct results *results, const struct match_result *aborted);

enum error results_create(struct service_context *context, struct placements *placements,
                          const struct id *run, struct results **ret_results)
{
    struct results *results = calloc(1, sizeof *results);
    if (!results)
        return ERROR_INTERNAL;
    results->context = context;
    results->placements = placements;
    id_text(run, results->run);
    snprintf(results->folder, sizeof results->folder, "%s/spool", context->settings->data_dir);
    pthread_mutex_init(&results->lock, NULL);
    results->last = &results->changing;
    *ret_results = results; /* the steps find it through the service's state */
    enum error error = spool_open(results->folder);
    if (error == OK)
        error = background_start(context, step, RESULTS_STEP_MS, &results->background);
    if (error != OK) {
        *ret_results = NULL;
        free(results);
        return error;
    }
    background_wake(results->background);
    return OK;
}

void results_destroy(struct results *results)
{
    if (!results)
        return;
    background_stop(results->background);
    step(results->context, clock_unix_ms());
    pthread_mutex_destroy(&results->lock);
    free(results->adopted);
    free(results);
}

void results_sweep(struct results *results)
{
    struct placement placement;
    results->adopted = calloc(PLACEMENTS_MAX, sizeof *results->adopted);
    while (results->adopted && results->adopted_count < PLACEMENTS_MAX &&
           placements_at(results->placements, results->adopted_count, &placement))
        results->adopted[results->adopted_count++] = placement.match;
    atomic_store(&results->to_sweep, true);
    background_wake(results->background);
}

void results_push(struct results *results, const struct match_result *result)
{
    struct waiting *waiting = malloc(sizeof *waiting);
    if (!waiting) {
        log_error("no memory for a result; the match will count as aborted", NULL);
        return;
    }
    waiting->result = *result;
    pthread_mutex_lock(&results->lock);
    waiting->next = results->waiting;
    results->waiting = waiting;
    pthread_mutex_unlock(&results->lock);
    background_wake(results->background);
}

void results_changed(struct results *results, const struct match_change *change)
{
    struct changing *changing = calloc(1, sizeof *changing);
    if (!changing) {
        log_error("no memory to tell of a change of version; pages show the old one", NULL);
        return;
    }
    changing->change = *change;
    pthread_mutex_lock(&results->lock);
    *results->last = changing;
    results->last = &changing->next;
    pthread_mutex_unlock(&results->lock);
    background_wake(results->background);
}

static void step(struct service_context *context, int64_t now_unix_ms)
{
    struct results *results = games_of(context)->results;
    tell_changes(results);
    spool_waiting(results);
    metric_set(&figure_results_spooled,
               (int64_t)spool_each(results->folder, take_spooled, results));
    if (atomic_load(&results->to_sweep) && stop_unknown(results) &&
        sweep_left_over(results, now_unix_ms))
        atomic_store(&results->to_sweep, false);
    outbox_deliver(context);
    if (now_unix_ms - results->refreshed_unix_ms >= PLAYING_REFRESH_MS ||
        now_unix_ms < results->refreshed_unix_ms) {
        playing_refresh(context, results->placements);
        results->refreshed_unix_ms = now_unix_ms;
    }
}

static void tell_changes(struct results *results)
{
    pthread_mutex_lock(&results->lock);
    struct changing *changing = results->changing;
    results->changing = NULL;
    results->last = &results->changing;
    pthread_mutex_unlock(&results->lock);
    while (changing) {
        struct changing *next = changing->next;
        tell_change(results->context, &changing->change);
        free(changing);
        changing = next;
    }
}

/* The rows are for whoever looks later: without the database only that is lost. */
static void tell_change(struct service_context *context, const struct match_change *change)
{
    AUTO_DATABASE *database = NULL;
    char match[ID_TEXT_BYTES], room[ID_TEXT_BYTES], channel[WIRE_CHANNEL_BYTES_MAX];
    id_text(&change->match, match);
    id_text(&change->room, room);
    if (database_open(context->database, &database) != OK ||
        database_run(database, &match_change_version, NULL, match, change->version,
                     change->sha_text, DATABASE_END) != OK ||
        database_run(database, &match_version_add, NULL, match, change->sha_text, change->version,
                     change->game_sha_text, DATABASE_END) != OK)
        log_warn("the version of a match is not written down", "match", match, NULL);
    const char *const prefixes[] = {WIRE_CHANNEL_ROOM, WIRE_CHANNEL_MATCH};
    const char *const ids[] = {room, match};
    for (int i = 0; i < 2; i++) {
        snprintf(channel, sizeof channel, "%s%s", prefixes[i], ids[i]);
        service_publish(context, channel, "game:swapped",
                        json_pack("{s:s,s:s,s:s,s:s,s:s}", "match", match, "room", room, "game",
                                  change->game, "sha", change->sha_text, "version",
                                  change->version));
    }
}

/* What the disk does not take now stays in memory for the next step. */
static void spool_waiting(struct results *results)
{
    pthread_mutex_lock(&results->lock);
    struct waiting *waiting = results->waiting;
    results->waiting = NULL;
    pthread_mutex_unlock(&results->lock);
    while (waiting) {
        struct waiting *next = waiting->next;
        if (spool_write(results->folder, &waiting->result) == OK) {
            free(waiting);
        } else {
            pthread_mutex_lock(&results->lock);
            waiting->next = results->waiting;
            results->waiting = waiting;
            pthread_mutex_unlock(&results->lock);
        }
        waiting = next;
    }
}

/* True when the database has it, or will never want it. */
static bool take_spooled(void *context, const struct match_result *result)
{
    struct results *results = context;
    bool accepted = false;
    char match[ID_TEXT_BYTES];
    id_text(&result->match, match);
    if (match_store_end(results->context, result, &accepted) != OK)
        return false;
    if (!accepted) {
        log_warn("a result came too late or twice and is dropped", "match", match, NULL);
        return true;
    }
    bool aborted = result->result.reason == SPOOL_REASON_ABORTED;
    metric_add(aborted ? &figure_matches_aborted : &figure_matches_ended, 1);
    log_info("match over", "match", match, "reason", match_reason_text(result->result.reason),
             "ticks", log_number((int64_t)result->ticks), NULL);
    return true;
}

/* Taken up though they had ended, or had never begun: their rows know it. False: try again. */
static bool stop_unknown(struct results *results)
{
    for (; results->adopted_known < results->adopted_count; results->adopted_known++) {
        AUTO_DATABASE *database = NULL;
        AUTO_ROWS *rows = NULL;
        const struct id *match = &results->adopted[results->adopted_known];
        char text[ID_TEXT_BYTES];
        id_text(match, text);
        if (database_open(results->context->database, &database) != OK ||
            database_run(database, &match_get, &rows, text, DATABASE_END) != OK)
            return false;
        if (rows_count(rows) == 0 || strcmp(rows_text(rows, 0, "state"), "live") != 0) {
            log_warn("a match that was taken up is not live; it is stopped", "match", text, NULL);
            supervisor_stop_match(games_of(results->context)->supervisor, match);
        }
    }
    return true;
}

/* False: there is more, or it did not work. */
static bool sweep_left_over(struct results *results, int64_t now_unix_ms)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    if (database_open(results->context->database, &database) != OK ||
        database_run(database, &matches_left_over, &rows, results->context->settings->instance,
                     results->run, DATABASE_END) != OK)
        return false;
    database_close(database);
    database = NULL;
    bool all = true;
    for (int i = 0; i < rows_count(rows); i++) {
        struct match_result result = {.epoch = (uint32_t)rows_int(rows, i, "epoch"),
                                      .ended_unix_ms = now_unix_ms,
                                      .result.reason = SPOOL_REASON_ABORTED};
        bool known = id_parse(rows_text(rows, i, "id"), &result.match);
        all = known && settle_left_over(results, &result) && all;
    }
    return all && rows_count(rows) < 500;
}

/* One that was taken up is this run's now, and ends by its own result. Another one has no worker
 * any more; its spooled result was taken before. */
static bool settle_left_over(struct results *results, const struct match_result *aborted)
{
    AUTO_DATABASE *database = NULL;
    char match[ID_TEXT_BYTES];
    id_text(&aborted->match, match);
    size_t i = 0;
    while (i < results->adopted_count && !id_equal(&results->adopted[i], &aborted->match))
        i++;
    if (i == results->adopted_count)
        return take_spooled(results, aborted);
    log_info("match taken up from an earlier run", "match", match, NULL);
    return database_open(results->context->database, &database) == OK &&
           database_run(database, &match_take_up, NULL, match, results->run, DATABASE_END) == OK;
}
