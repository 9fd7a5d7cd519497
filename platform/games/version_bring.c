/* The verdict first, then one transaction; what is quarantined is not even judged. */
#include "games/version_bring.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "games/figures.h"
#include "games/queries.h"

static enum error check_quarantine(struct service_context *context, const struct bringing *bringing,
                                   struct admission *admission);
static enum error write_down(struct service_context *context, const struct bringing *bringing,
                             const struct admission *admission, bool is_quarantined);
static enum error put_version(struct database *database, const struct bringing *bringing,
                              const struct admission *admission);

enum error version_bring(struct service_context *context, const struct bringing *bringing,
                         struct admission *ret_admission, struct image **ret_image)
{
    *ret_admission = (struct admission){.image = -1};
    enum error verdict = check_quarantine(context, bringing, ret_admission);
    struct image *image = NULL;
    if (verdict == OK) {
        image = admit_version(bringing->means, bringing->bundle, bringing->game, ret_admission);
        verdict = image                                ? OK
                  : admit_is_given_up(bringing->means) ? ERROR_UNAVAILABLE
                                                       : ERROR_VERSION_REFUSED;
    }
    if (verdict != OK && verdict != ERROR_VERSION_REFUSED && verdict != ERROR_VERSION_QUARANTINED)
        return verdict;

    enum error error =
        write_down(context, bringing, ret_admission, verdict == ERROR_VERSION_QUARANTINED);
    if (error != OK) {
        image_release(image);
        return error;
    }
    if (image) {
        log_info("game admitted", "game", bringing->game, "version", image->manifest.version, "sha",
                 image->sha_text, "by", bringing->actor.name, NULL);
        *ret_image = image;
    } else {
        metric_add(&figure_plugins_refused, 1);
        log_error("game refused; what was admitted before stays", "game", bringing->game, "by",
                  bringing->actor.name, "code", ret_admission->code, "reason",
                  ret_admission->reason, NULL);
    }
    return verdict;
}

static enum error check_quarantine(struct service_context *context, const struct bringing *bringing,
                                   struct admission *admission)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &version_by_prefix, &rows, bringing->game,
                             bringing->bundle->sha_text, DATABASE_END);
    if (error != OK || rows_count(rows) == 0 ||
        strcmp(rows_text(rows, 0, "state"), "quarantined") != 0)
        return error;
    admission->code = error_code(ERROR_VERSION_QUARANTINED);
    snprintf(admission->reason, sizeof admission->reason, "%s", rows_text(rows, 0, "reason"));
    return ERROR_VERSION_QUARANTINED;
}

static enum error write_down(struct service_context *context, const struct bringing *bringing,
                             const struct admission *admission, bool is_quarantined)
{
    AUTO_DATABASE *database = NULL;
    bool is_refused = admission->code != NULL;
    const struct audit_entry entry = {
        .actor = bringing->actor,
        .action = bringing->action,
        .game = bringing->game,
        .version = admission->manifest.size > 0 ? admission->manifest.version : NULL,
        .sha = bringing->bundle->sha_text,
        .outcome = is_refused ? AUDIT_REFUSED : AUDIT_DONE,
        .code = admission->code,
        .reason = is_refused ? admission->reason : NULL,
    };
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_begin(database);
    if (error == OK && !is_quarantined)
        error = put_version(database, bringing, admission);
    if (error == OK && !is_refused)
        error = bringing->is_drop
                    ? database_run(database, &catalog_dropped_set, NULL, entry.game, entry.sha,
                                   DATABASE_END)
                    : database_run(database, &catalog_add, NULL, entry.game, DATABASE_END);
    if (error == OK) /* a bad folder is found again at every start */
        error =
            bringing->is_drop ? audit_write_news(database, &entry) : audit_write(database, &entry);
    return error == OK ? database_commit(database) : error;
}

static enum error put_version(struct database *database, const struct bringing *bringing,
                              const struct admission *admission)
{
    char text[ID_TEXT_BYTES];
    struct id id = id_new();
    id_text(&id, text);
    return database_run(database, &version_put, NULL, text, bringing->game,
                        bringing->bundle->sha_text,
                        admission->manifest.size > 0 ? admission->manifest.version : NULL,
                        admission->code ? "refused" : "admitted", admission->code,
                        admission->code ? admission->reason : NULL, bringing->actor.user_id,
                        bringing->actor.name, DATABASE_END);
}
