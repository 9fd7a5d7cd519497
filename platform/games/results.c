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

struct waiting {
    struct match_result result;
    struct waiting *next; /* owned */
};

struct results {
    struct service_context *context; /* borrowed */
    struct placements *placements;   /* borrowed */
    struct background *background;
    char folder[CONFIG_TEXT_BYTES + 16];
    char run[ID_TEXT_BYTES];
    pthread_mutex_t lock;
    struct waiting *waiting; /* under the lock */
    bool swept;              /* what an earlier run left over is done */
    int64_t refreshed_unix_ms;
};

static void step(struct service_context *context, int64_t now_unix_ms);
static void spool_waiting(struct results *results);
static bool take_spooled(void *context, const struct match_result *result);
static void sweep_left_over(struct results *results, int64_t now_unix_ms);

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
    free(results);
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

static void step(struct service_context *context, int64_t now_unix_ms)
{
    struct results *results = games_of(context)->results;
    spool_waiting(results);
    metric_set(&figure_results_spooled,
               (int64_t)spool_each(results->folder, take_spooled, results));
    if (!results->swept)
        sweep_left_over(results, now_unix_ms);
    outbox_deliver(context);
    if (now_unix_ms - results->refreshed_unix_ms >= PLAYING_REFRESH_MS ||
        now_unix_ms < results->refreshed_unix_ms) {
        playing_refresh(context, results->placements);
        results->refreshed_unix_ms = now_unix_ms;
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

/* Live matches of an earlier run have no worker any more. Their spooled results were taken before.
 */
static void sweep_left_over(struct results *results, int64_t now_unix_ms)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    if (database_open(results->context->database, &database) != OK ||
        database_run(database, &matches_left_over, &rows, results->context->settings->instance,
                     results->run, DATABASE_END) != OK)
        return;
    database_close(database);
    database = NULL;
    bool all = true;
    for (int i = 0; i < rows_count(rows); i++) {
        struct match_result result = {.epoch = (uint32_t)rows_int(rows, i, "epoch"),
                                      .ended_unix_ms = now_unix_ms,
                                      .result.reason = SPOOL_REASON_ABORTED};
        bool known = id_parse(rows_text(rows, i, "id"), &result.match);
        all = known && take_spooled(results, &result) && all;
    }
    results->swept = all && rows_count(rows) < 500;
}
