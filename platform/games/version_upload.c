/*
 * POST /api/games/{id}/versions: an admin brings a version, as a tar archive of the bundle. It is
 * judged, stored and written down; nobody plays it before it is put live. Tables versions, catalog,
 * audit.
 */
#include "games/operations.h"
#include "games/page.h"
#include "games/queries.h"
#include "games/version_bring.h"
#include "service/game_mode.h"

static enum error refuse_archive(struct call *call, const char *code, const char *reason);
static enum error reply(struct call *call, const char *game, const char *sha);

enum error version_upload(struct call *call)
{
    struct service_context *context = call->context;
    struct bundle *bundle = NULL;
    struct image *image = NULL;
    struct admission admission;
    char reason[BUNDLE_REASON_BYTES];
    if (!game_id_is_plausible(call->params[0]))
        return ERROR_GAME_NOT_FOUND;
    if (!games_of(context)->is_safe)
        return ERROR_UNAVAILABLE;
    enum bundle_refusal refusal =
        bundle_unpack((const uint8_t *)call->body, call->body_bytes, &bundle, reason);
    if (refusal != BUNDLE_FINE)
        return refuse_archive(call, bundle_refusal_code(refusal), reason);

    const struct bringing bringing = {.means = &games_of(context)->means,
                                      .actor = actor_of(call),
                                      .action = "upload",
                                      .game = call->params[0],
                                      .bundle = bundle};
    enum error error = version_bring(context, &bringing, &admission, &image);
    if (error == OK)
        error = reply(call, call->params[0], bundle->sha_text);
    else if (error == ERROR_VERSION_QUARANTINED)
        error = call_complain(call, error, NULL, "%s", admission.reason);
    else if (error == ERROR_VERSION_REFUSED)
        error = call_complain(call, error, NULL, "%s: %s", admission.code, admission.reason);
    image_release(image);
    admission_finish(&admission);
    bundle_destroy(bundle);
    return error;
}

/* What has no hash is no version, but the audit has it. */
static enum error refuse_archive(struct call *call, const char *code, const char *reason)
{
    const struct audit_entry entry = {.actor = actor_of(call),
                                      .action = "upload",
                                      .game = call->params[0],
                                      .outcome = AUDIT_REFUSED,
                                      .code = code,
                                      .reason = reason};
    audit_note(call->context, &entry);
    return call_complain(call, ERROR_VERSION_REFUSED, NULL, "%s: %s", code, reason);
}

static enum error reply(struct call *call, const char *game, const char *sha)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &version_get, &rows, game, sha, DATABASE_END);
    if (error == OK && rows_count(rows) == 0)
        error = ERROR_INTERNAL;
    if (error == OK)
        call_reply(call, 201, version_json(rows, 0));
    return error;
}
