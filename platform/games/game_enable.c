/* POST /api/games/{id}/{enable,disable}: a disabled game is not listed and gets no new matches;
 * live ones go on to their end. Tables catalog and audit. Asking again changes nothing. */
#include "games/audit.h"
#include "games/operations.h"
#include "games/queries.h"
#include "service/game_mode.h"

static enum error change(struct call *call, bool enabled);
static enum error write_down(struct call *call, bool enabled);

enum error game_enable(struct call *call)
{
    return change(call, true);
}

enum error game_disable(struct call *call)
{
    return change(call, false);
}

static enum error change(struct call *call, bool enabled)
{
    enum error error = call_decode_nothing(call);
    if (error != OK)
        return error;
    if (!game_id_is_plausible(call->params[0]))
        return ERROR_GAME_NOT_FOUND;
    error = write_down(call, enabled);
    if (error == OK)
        error = catalog_enable(games_of(call->context)->catalog, call->params[0], enabled);
    if (error == OK)
        call_reply(call, 200,
                   json_pack("{s:s,s:b}", "game", call->params[0], "enabled", (int)enabled));
    return error;
}

static enum error write_down(struct call *call, bool enabled)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    const char *game = call->params[0];
    const struct audit_entry entry = {
        .actor = actor_of(call), .action = enabled ? "enable" : "disable", .game = game};
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_begin(database);
    if (error == OK)
        error = database_run(database, &catalog_enabled_set, &rows, game, database_bool(enabled),
                             DATABASE_END);
    if (error == OK && rows_affected(rows) == 0)
        return ERROR_GAME_NOT_FOUND;
    if (error == OK)
        error = audit_write(database, &entry);
    return error == OK ? database_commit(database) : error;
}
