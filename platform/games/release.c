/* The order: lock the game's row, find the version, load it, write, act, commit. When acting fails
 * nothing was written; when the commit fails, it is left to swap_record.c, which writes the same
 * down as soon as it can. */
#include "games/release.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "games/admit.h"
#include "games/game_board.h"
#include "games/queries.h"
#include "games/swap_record.h"

/* One release under way. */
struct work {
    struct service_context *context;
    const struct release *release;
    struct database *database;
    struct image *image; /* owned */
    bool is_known;       /* the game is, so that the audit takes what becomes of it */
    struct id line;      /* of the audit, when it is done */
    struct released released;
    char *detail;
};

static const char *action_of(enum release_how how);
static enum error run(struct work *work);
static void leave_to_records(const struct work *work);
static enum error lock_game(struct work *work);
static enum error find_version(struct work *work);
static enum error find_row(struct work *work, struct rows **ret_rows);
static enum error judge_row(struct work *work, const struct rows *rows);
static bool is_live(const struct work *work);
static enum error load(struct work *work);
static enum error write_down(struct work *work);
static enum error act(struct work *work);
static struct audit_entry entry_of(const struct work *work);
static void note_refusal(struct work *work, enum error error);

enum error release_version(struct service_context *context, const struct release *release,
                           struct released *ret_released, char ret_detail[RELEASE_DETAIL_BYTES])
{
    AUTO_DATABASE *database = NULL;
    struct work work = {.context = context, .release = release, .detail = ret_detail};
    ret_detail[0] = '\0';
    enum error error = games_of(context)->is_safe ? OK : ERROR_UNAVAILABLE;
    if (error == OK && !swap_records_wait(games_of(context)->swap_records, release->game))
        error = ERROR_UNAVAILABLE;
    if (error == OK)
        error = database_open(context->database, &database);
    work.database = database;
    if (error == OK)
        error = run(&work);
    if (error == OK)
        *ret_released = work.released;
    else if (work.is_known)
        note_refusal(&work, error);
    image_release(work.image);
    return error;
}

static const char *action_of(enum release_how how)
{
    static const char *const actions[] = {"swap", "drain", "rollback"};
    return actions[how];
}

static enum error run(struct work *work)
{
    enum error error = lock_game(work);
    if (error == OK)
        error = find_version(work);
    if (error == OK)
        error = load(work);
    if (error == OK)
        error = write_down(work);
    if (error == OK)
        error = act(work);
    if (error != OK) {
        database_rollback(work->database);
        return error;
    }
    work->released.is_recorded = database_commit(work->database) == OK;
    if (!work->released.is_recorded)
        leave_to_records(work);
    return OK;
}

/* It is done, whatever the database knows of it. */
static void leave_to_records(const struct work *work)
{
    struct audit_entry entry = entry_of(work);
    entry.id = &work->line;
    log_error("a version is live, and the database has gone: it is written down when it is back",
              "game", entry.game, "sha", entry.sha, NULL);
    swap_records_put_release(games_of(work->context)->swap_records, &entry,
                             work->release->how != RELEASE_ROLLBACK);
}

static enum error lock_game(struct work *work)
{
    AUTO_ROWS *rows = NULL;
    enum error error = database_begin(work->database);
    if (error == OK)
        error = database_run(work->database, &transaction_may_wait, NULL,
                             database_number(RELEASE_MS_MAX), DATABASE_END);
    if (error == OK)
        error =
            database_run(work->database, &catalog_lock, &rows, work->release->game, DATABASE_END);
    if (error == OK && rows_count(rows) == 0)
        return ERROR_GAME_NOT_FOUND;
    if (error == OK) {
        work->is_known = true;
        snprintf(work->released.from, SHA_TEXT_BYTES, "%s", rows_text(rows, 0, "current"));
    }
    return error;
}

static enum error find_version(struct work *work)
{
    AUTO_ROWS *rows = NULL;
    enum error error = find_row(work, &rows);
    return error == OK ? judge_row(work, rows) : error;
}

static enum error find_row(struct work *work, struct rows **ret_rows)
{
    const struct release *release = work->release;
    if (release->sha)
        return database_run(work->database, &version_by_prefix, ret_rows, release->game,
                            release->sha, DATABASE_END);
    if (release->how == RELEASE_ROLLBACK)
        return database_run(work->database, &version_before, ret_rows, release->game,
                            work->released.from, DATABASE_END);
    return database_run(work->database, &version_newest, ret_rows, release->game, DATABASE_END);
}

static enum error judge_row(struct work *work, const struct rows *rows)
{
    const char *sha = work->release->sha;
    if (rows_count(rows) == 0) {
        snprintf(work->detail, RELEASE_DETAIL_BYTES, "%s",
                 sha                                      ? "No sha of it begins so."
                 : work->release->how == RELEASE_ROLLBACK ? "None was live before this one."
                                                          : "None was ever admitted.");
        return ERROR_VERSION_NOT_FOUND;
    }
    if (rows_count(rows) > 1) {
        snprintf(work->detail, RELEASE_DETAIL_BYTES, "Several begin so: give more digits.");
        return ERROR_VERSION_NOT_FOUND;
    }
    snprintf(work->released.to, SHA_TEXT_BYTES, "%s", rows_text(rows, 0, "sha"));
    snprintf(work->released.version, sizeof work->released.version, "%s",
             rows_text(rows, 0, "version"));
    const char *state = rows_text(rows, 0, "state");
    bool is_refused = strcmp(state, "refused") == 0;
    if (is_refused || strcmp(state, "quarantined") == 0) {
        snprintf(work->detail, RELEASE_DETAIL_BYTES, "%s%s%s", rows_text(rows, 0, "code"),
                 is_refused ? ": " : "", rows_text(rows, 0, "reason"));
        return is_refused ? ERROR_VERSION_REFUSED : ERROR_VERSION_QUARANTINED;
    }
    return is_live(work) ? ERROR_VERSION_CURRENT : OK;
}

/* Not, when it is the current one and could not be loaded at the start, or gets no matches. */
static bool is_live(const struct work *work)
{
    struct games *games = games_of(work->context);
    struct image *image = catalog_find(games->catalog, work->release->game);
    bool same = image && strcmp(image->sha_text, work->released.to) == 0;
    image_release(image);
    struct game_line line;
    return same &&
           !(supervisor_game(games->supervisor, work->release->game, &line) && line.is_closed);
}

static enum error load(struct work *work)
{
    struct admission admission = {.image = -1};
    if (work->release->image) {
        work->image = image_keep(work->release->image);
        return OK;
    }
    work->image = admit_stored(&games_of(work->context)->means, work->release->game,
                               work->released.to, &admission);
    if (!work->image)
        snprintf(work->detail, RELEASE_DETAIL_BYTES, "%s: %s", admission.code, admission.reason);
    admission_finish(&admission);
    return work->image ? OK : ERROR_VERSION_REFUSED;
}

static enum error write_down(struct work *work)
{
    const struct release *release = work->release;
    work->line = id_new(); /* in the order of the locks */
    struct audit_entry entry = entry_of(work);
    entry.id = &work->line;
    enum error error = database_run(work->database, &catalog_current_set, NULL, release->game,
                                    work->released.to, DATABASE_END);
    if (error == OK)
        error =
            database_run(work->database, &version_live_now, NULL, release->game, work->released.to,
                         database_bool(release->how != RELEASE_ROLLBACK), DATABASE_END);
    return error == OK ? audit_write(work->database, &entry) : error;
}

/* While the service starts, nobody plays here and the loop does not answer yet. */
static enum error act(struct work *work)
{
    struct games *games = games_of(work->context);
    enum swap_mode mode = work->release->how == RELEASE_DRAIN ? SWAP_DRAIN : SWAP_LIVE;
    struct swap_report *report = &work->released.report;
    if (!atomic_load(&games->is_started)) {
        *report = (struct swap_report){.outcome = SWAP_DONE};
        enum error error = catalog_put(games->catalog, work->image);
        if (error == OK)
            supervisor_admit(games->supervisor, work->image, mode);
        return error;
    }
    enum error error = supervisor_swap(games->supervisor, work->image, mode, report);
    if (error == OK && (report->outcome == SWAP_OFF || report->outcome == SWAP_BACK)) {
        snprintf(work->detail, RELEASE_DETAIL_BYTES, "%s", report->reason);
        return ERROR_VERSION_UNFIT;
    }
    return error;
}

static struct audit_entry entry_of(const struct work *work)
{
    return (struct audit_entry){
        .actor = work->release->actor,
        .action = action_of(work->release->how),
        .game = work->release->game,
        .version = work->released.version[0] ? work->released.version : NULL,
        .sha = work->released.to[0] ? work->released.to : NULL,
    };
}

static void note_refusal(struct work *work, enum error error)
{
    struct audit_entry entry = entry_of(work);
    entry.outcome = error_status(error) < 500 ? AUDIT_REFUSED : AUDIT_FAILED;
    entry.code = error_code(error);
    entry.reason = work->detail[0] ? work->detail : error_sentence(error);
    audit_note(work->context, &entry);
}
