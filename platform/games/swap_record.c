/* A queue in the order of the calls; each entry is one transaction. */
#include "games/swap_record.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/audit.h"
#include "games/queries.h"
#include "games/state.h"
#include "service/background.h"

/* A release that is done, and whose transaction was lost. */
struct late {
    struct id line; /* of the audit */
    bool is_newly_live;
    char action[16];
    char user_id[ID_TEXT_BYTES], user_name[USERNAME_BYTES]; /* "": no user */
    char request_id[HTTP_REQUEST_ID_BYTES];                 /* "": nobody asked */
};

struct entry {
    struct swap_report report; /* of a late release: the game, and what it went to */
    bool is_bad;
    struct late *late;  /* owned; NULL: nobody waited for it */
    struct entry *next; /* owned */
};

struct swap_records {
    struct service_context *context; /* borrowed */
    struct background *background;
    pthread_mutex_t lock;
    pthread_cond_t written;      /* of an entry */
    struct entry *first, **last; /* under the lock; where the next one goes */
};

static void put(struct swap_records *records, const struct entry *entry);
static void step(struct service_context *context, int64_t now_unix_ms);
static void entry_free(struct entry *entry);
static enum error write_down(struct service_context *context, const struct entry *entry);
static bool has_to_find_before(const struct entry *entry);
static enum error find_before(struct service_context *context, struct database *database,
                              const struct swap_report *report, struct image **ret_image);
static enum error write_change(struct database *database, const struct entry *entry,
                               const struct image *before, struct rows **ret_moved);
static enum error write_late(struct service_context *context, struct database *database,
                             const struct entry *entry);
static bool is_played(struct service_context *context, const struct swap_report *report);
static struct audit_entry line_of(const struct entry *entry);

enum error swap_records_create(struct service_context *context, struct swap_records **ret_records)
{
    struct swap_records *records = calloc(1, sizeof *records);
    if (!records)
        return ERROR_INTERNAL;
    records->context = context;
    records->last = &records->first;
    pthread_mutex_init(&records->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&records->written, &attributes);
    pthread_condattr_destroy(&attributes);
    *ret_records = records; /* the steps find it through the service's state */
    enum error error = background_start(context, step, SWAP_RECORDS_STEP_MS, &records->background);
    if (error != OK) {
        *ret_records = NULL;
        pthread_cond_destroy(&records->written);
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
        entry_free(records->first);
        records->first = next;
    }
    pthread_cond_destroy(&records->written);
    pthread_mutex_destroy(&records->lock);
    free(records);
}

void swap_records_put(struct swap_records *records, const struct swap_report *report, bool is_bad)
{
    const struct entry entry = {.report = *report, .is_bad = is_bad};
    put(records, &entry);
}

void swap_records_put_release(struct swap_records *records, const struct audit_entry *line,
                              bool is_newly_live)
{
    struct entry entry = {.late = calloc(1, sizeof *entry.late)};
    struct late *late = entry.late;
    if (!late) {
        log_error("no memory for what was put live", "game", line->game, NULL);
        return;
    }
    late->line = *line->id;
    late->is_newly_live = is_newly_live;
    snprintf(late->action, sizeof late->action, "%s", line->action);
    snprintf(late->user_name, sizeof late->user_name, "%s", line->actor.name);
    if (line->actor.user_id)
        snprintf(late->user_id, sizeof late->user_id, "%s", line->actor.user_id);
    if (line->actor.request_id)
        snprintf(late->request_id, sizeof late->request_id, "%s", line->actor.request_id);
    snprintf(entry.report.game, sizeof entry.report.game, "%s", line->game);
    snprintf(entry.report.to_sha, sizeof entry.report.to_sha, "%s", line->sha);
    snprintf(entry.report.to_version, sizeof entry.report.to_version, "%s", line->version);
    put(records, &entry);
}

bool swap_records_wait(struct swap_records *records, const char *game)
{
    int64_t until_ns = clock_monotonic_ns() + (int64_t)SWAP_RECORDS_WAIT_MS_MAX * 1000000;
    struct timespec until = {until_ns / 1000000000, until_ns % 1000000000};
    int waited = 0;
    struct entry *found;
    pthread_mutex_lock(&records->lock);
    do {
        for (found = records->first; found && strcmp(found->report.game, game) != 0;)
            found = found->next;
        if (found)
            waited = pthread_cond_timedwait(&records->written, &records->lock, &until);
    } while (found && waited == 0);
    pthread_mutex_unlock(&records->lock);
    return !found;
}

/* Takes what the entry owns. */
static void put(struct swap_records *records, const struct entry *entry)
{
    struct entry *copy = malloc(sizeof *copy);
    if (!copy) {
        log_error("no memory for what became of a change of version", "game", entry->report.game,
                  NULL);
        free(entry->late);
        return;
    }
    *copy = *entry;
    pthread_mutex_lock(&records->lock);
    *records->last = copy;
    records->last = &copy->next;
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
        pthread_cond_broadcast(&records->written);
        pthread_mutex_unlock(&records->lock);
        entry_free(entry);
    }
}

static void entry_free(struct entry *entry)
{
    free(entry->late);
    free(entry);
}

/* Nobody waits here for the loop, which may be at its end. */
static enum error write_down(struct service_context *context, const struct entry *entry)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *moved = NULL;
    struct image *before = NULL;
    const struct audit_entry line = line_of(entry);
    enum error error = database_open(context->database, &database);
    if (error == OK && has_to_find_before(entry))
        error = find_before(context, database, &entry->report, &before);
    if (error == OK)
        error = database_begin(database);
    if (error == OK)
        error = entry->late ? write_late(context, database, entry)
                            : write_change(database, entry, before, &moved);
    if (error == OK)
        error = audit_write(database, &line);
    if (error == OK)
        error = database_commit(database);
    if (error == OK && before && rows_count(moved) > 0) /* or somebody has put another one live */
        supervisor_admit(games_of(context)->supervisor, before, SWAP_LIVE);
    image_release(before);
    return error;
}

/* Where the version was not on trial, the tables know what was live before it. */
static bool has_to_find_before(const struct entry *entry)
{
    return entry->report.outcome == SWAP_BACK && !entry->report.from_sha[0];
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

static enum error write_change(struct database *database, const struct entry *entry,
                               const struct image *before, struct rows **ret_moved)
{
    const struct swap_report *report = &entry->report;
    enum error error = OK;
    if (entry->is_bad)
        error = database_run(database, &version_quarantine, NULL, report->game, report->to_sha,
                             report->reason, DATABASE_END);
    if (error == OK && report->outcome != SWAP_DONE && (before || report->from_sha[0]))
        error =
            database_run(database, &catalog_current_back, ret_moved, report->game, report->to_sha,
                         before ? before->sha_text : report->from_sha, DATABASE_END);
    return error;
}

/* Meanwhile it may have gone back; then only the audit tells of it. */
static enum error write_late(struct service_context *context, struct database *database,
                             const struct entry *entry)
{
    const struct swap_report *report = &entry->report;
    if (!is_played(context, report))
        return OK;
    enum error error = database_run(database, &catalog_current_set, NULL, report->game,
                                    report->to_sha, DATABASE_END);
    return error == OK
               ? database_run(database, &version_live_now, NULL, report->game, report->to_sha,
                              database_bool(entry->late->is_newly_live), DATABASE_END)
               : error;
}

static bool is_played(struct service_context *context, const struct swap_report *report)
{
    struct image *image = catalog_find(games_of(context)->catalog, report->game);
    bool same = image && strcmp(image->sha_text, report->to_sha) == 0;
    image_release(image);
    return same;
}

static struct audit_entry line_of(const struct entry *entry)
{
    const struct swap_report *report = &entry->report;
    const struct late *late = entry->late;
    struct audit_entry line = {.actor = ACTOR_PLATFORM,
                               .game = report->game,
                               .version = report->to_version,
                               .sha = report->to_sha,
                               .outcome = AUDIT_DONE};
    if (late) {
        line.id = &late->line;
        line.action = late->action;
        line.actor = (struct actor){late->user_id[0] ? late->user_id : NULL, late->user_name,
                                    late->request_id[0] ? late->request_id : NULL};
        return line;
    }
    line.reason = report->reason[0] ? report->reason : NULL;
    line.action = report->outcome == SWAP_BACK  ? "back"
                  : report->outcome == SWAP_OFF ? "off"
                  : report->mode == SWAP_DRAIN  ? "drained"
                                                : "passed";
    return line;
}
