/*
 * POST /api/games/{id}/pardon: an admin lets a version out of quarantine. It may be put live again,
 * and nothing more happens. What it did stays in the audit. Tables versions, catalog and audit.
 */
#include <stdio.h>
#include <string.h>

#include "games/audit.h"
#include "games/operations.h"
#include "games/queries.h"
#include "games/release.h"
#include "service/game_mode.h"

struct wish {
    char sha[SHA_TEXT_BYTES];
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, sha, RELEASE_SHA_BYTES_MIN, SHA_TEXT_BYTES - 1),
};

static enum error pardon(struct call *call, struct database *database, const char *prefix,
                         char ret_sha[SHA_TEXT_BYTES]);
static enum error note(struct call *call, struct database *database, const struct rows *rows);

enum error version_pardon(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    struct wish wish;
    char sha[SHA_TEXT_BYTES];
    enum error error = call_decode(call, wish_fields, 1, &wish);
    if (error != OK)
        return error;
    if (wish.sha[strspn(wish.sha, "0123456789abcdef")] != '\0')
        return call_complain(call, ERROR_VALIDATION, "sha", "A sha is made of 0-9 and a-f.");
    if (!game_id_is_plausible(call->params[0]))
        return ERROR_GAME_NOT_FOUND;
    error = database_open(context->database, &database);
    if (error == OK)
        error = database_begin(database);
    if (error == OK)
        error = pardon(call, database, wish.sha, sha);
    if (error == OK)
        error = database_commit(database);
    if (error == OK)
        error = database_run(database, &version_get, &rows, call->params[0], sha, DATABASE_END);
    if (error == OK)
        call_reply(call, 200, version_json(rows, 0));
    return error;
}

/* The game's row is locked, so that no change of version is under way that finds it bad. */
static enum error pardon(struct call *call, struct database *database, const char *prefix,
                         char ret_sha[SHA_TEXT_BYTES])
{
    AUTO_ROWS *game = NULL;
    AUTO_ROWS *rows = NULL;
    AUTO_ROWS *changed = NULL;
    const char *id = call->params[0];
    enum error error = database_run(database, &catalog_lock, &game, id, DATABASE_END);
    if (error == OK && rows_count(game) == 0)
        return ERROR_GAME_NOT_FOUND;
    if (error == OK)
        error = database_run(database, &version_by_prefix, &rows, id, prefix, DATABASE_END);
    if (error == OK && rows_count(rows) != 1)
        return call_complain(call, ERROR_VERSION_NOT_FOUND, NULL, "%s",
                             rows_count(rows) == 0 ? "No sha of it begins so."
                                                   : "Several begin so: give more digits.");
    if (error != OK)
        return error;
    snprintf(ret_sha, SHA_TEXT_BYTES, "%s", rows_text(rows, 0, "sha"));
    error = database_run(database, &version_pardon_set, &changed, id, ret_sha, DATABASE_END);
    if (error == OK && rows_affected(changed) == 0)
        return ERROR_VERSION_NOT_QUARANTINED;
    return error == OK ? note(call, database, rows) : error;
}

/* With the reason that it was in quarantine for, which nothing else remembers from now on. */
static enum error note(struct call *call, struct database *database, const struct rows *rows)
{
    const struct audit_entry entry = {.actor = actor_of(call),
                                      .action = "pardon",
                                      .game = call->params[0],
                                      .version = rows_text(rows, 0, "version"),
                                      .sha = rows_text(rows, 0, "sha"),
                                      .reason = rows_text(rows, 0, "reason")};
    return audit_write(database, &entry);
}
