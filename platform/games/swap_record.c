/* A queue in the order of the calls; each entry is one transaction. */
#include "games/swap_record.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/log.h"
#include "games/audit.h"
#include "games/queries.h"
#include "games/state.h"
#include "service/background.h"

struct entry {
    struct swap_report report;
    bool is_bad;
    struct entry *next; /* owned */
};

struct swap_records {
    struct service_context *context; /* borrowed */
    struct background *background;
    pthread_mutex_t lock;
    struct entry *first, **last; /* under the lock; where the next one goes */
};

static void step(struct service_context *context, int64_t now_unix_ms);
static enum error write_down(struct service_context *context, const struct entry *entry);
static enum error find_before(struct service_context *context, struct database *database,
                              const struct swap_report *report, struct image **ret_image);

enum error swap_records_create(struct service_context *context, struct swap_records **ret_records)
{
    struct swap_records *records = calloc(1, sizeof *records);
    if (!records)
        return ERROR_INTERNAL;
    records->context = context;
    records->last = &records->first;
    pthread_mutex_init(&records->lock, NULL);
    *ret_records = records; /* the steps find it through the service's state */
    enum error error = background_start(context, step, SWAP_RECORDS_STEP_MS, &records->background);
    if (error != OK) {
        *ret_records = NULL;
        pthread_mutex_destroy(&records->lock);
        free(records);
    }
    return error;
}

void swap_records_destroy(struct swap_records *records)
{
    if (!records)
        return;
    background_stop(records->background);
    step(records->context, 0);
    while (records->first) {
        struct entry *next = records->first->next;
        log_error("what became of a change of version is not written down", "game",
                  records->first->report.game, "reason", records->first->report.reason, NULL);
        free(records->first);
        records->first = next;
    }
    pthread_mutex_destroy(&records->lock);
    free(records);
}

void swap_records_put(struct swap_records *records, const struct swap_report *report, bool is_bad)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry) {
        log_error("no memory for what became of a change of version", "game", report->game, NULL);
        return;
    }
    entry->report = *report;
    entry->is_bad = is_bad;
    pthread_mutex_lock(&records->lock);
    *records->last = entry;
    records->last = &entry->next;
    pthread_mutex_unlock(&records->lock);
    background_wake(records->background);
}

/* Only this thread takes away, so it may look at the first one without the lock. */
static void step(struct service_context *context, int64_t now_unix_ms)
{
    struct swap_records *records = games_of(context)->swap_records;
    (void)now_unix_ms;
    for (;;) {
        pthread_mutex_lock(&records->lock);
        struct entry *entry = records->first;
        pthread_mutex_unlock(&records->lock);
        if (!entry || write_down(context, entry) != OK)
            return;
        pthread_mutex_lock(&records->lock);
        records->first = entry->next;
        if (!records->first)
            records->last = &records->first;
        pthread_mutex_unlock(&records->lock);
        free(entry);
    }
}

/* Where the version was not on trial, the tables know what was live before it. Nobody waits here
 * for the loop, which may be at its end. */
static enum error write_down(struct service_context *context, const struct entry *entry)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *moved = NULL;
    struct image *before = NULL;
    const struct swap_report *report = &entry->report;
    const struct audit_entry news = {.actor = ACTOR_PLATFORM,
                                     .action = report->outcome == SWAP_BACK ? "back" : "off",
                                     .game = report->game,
                                     .version = report->to_version,
                                     .sha = report->to_sha,
                                     .outcome = AUDIT_DONE,
                                     .reason = report->reason};
    enum error error = database_open(context->database, &database);
    if (error == OK && !report->from_sha[0])
        error = find_before(context, database, report, &before);
    if (error == OK)
        error = database_begin(database);
    if (error == OK && entry->is_bad)
        error = database_run(database, &version_quarantine, NULL, report->game, report->to_sha,
                             report->reason, DATABASE_END);
    if (error == OK && (before || report->from_sha[0]))
        error = database_run(database, &catalog_current_back, &moved, report->game, report->to_sha,
                             before ? before->sha_text : report->from_sha, DATABASE_END);
    if (error == OK)
        error = audit_write(database, &news);
    if (error == OK)
        error = database_commit(database);
    if (error == OK && before && rows_count(moved) > 0) /* or somebody has put another one live */
        supervisor_admit(games_of(context)->supervisor, before, SWAP_LIVE);
    image_release(before);
    return error;
}

/* NULL: there is none that can be played. */
static enum error find_before(struct service_context *context, struct database *database,
                              const struct swap_report *report, struct image **ret_image)
{
    AUTO_ROWS *rows = NULL;
    struct admission admission = {.image = -1};
    struct image *image = NULL;
    enum error error =
        database_run(database, &version_before, &rows, report->game, report->to_sha, DATABASE_END);
    if (error != OK)
        return error;
    if (rows_count(rows) > 0)
        image = admit_stored(&games_of(context)->means, report->game, rows_text(rows, 0, "sha"),
                             &admission);
    if (!image)
        log_error("a game has no version to go back to; it waits for another one", "game",
                  report->game, NULL);
    admission_finish(&admission);
    *ret_image = image;
    return OK;
}
