/*
 * GET /internal/games/matches/{id}/placement: where a gateway finds the frames of a live match.
 * From memory, so also while the database is away; `matches` only tells why a match is not there.
 */
#include <string.h>

#include "games/match_store.h"
#include "games/operations.h"
#include "games/state.h"

static enum error why_not_placed(struct call *call);

enum error match_placement(struct call *call)
{
    struct service_context *context = call->context;
    struct placement placement;
    struct id match;
    char text[ID_TEXT_BYTES];
    if (!id_parse(call->params[0], &match))
        return ERROR_MATCH_NOT_FOUND;
    if (!placements_find(games_of(context)->placements, &match, &placement))
        return why_not_placed(call);
    id_text(&match, text);
    call_reply(call, 200,
               json_pack("{s:s,s:s,s:s,s:s,s:s}", "match", text, "game", placement.game, "sha",
                         placement.sha_text, "worker", placement.worker, "frames",
                         context->settings->frames_address));
    return OK;
}

/* Over, or not there at all; a live one will be placed, or ended, in a moment. */
static enum error why_not_placed(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    json_t *match = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = match_store_get(database, call->params[0], &match);
    if (error != OK)
        return error;
    const char *state = json_string_value(json_object_get(match, "state"));
    error = strcmp(state, "live") == 0 ? ERROR_UNAVAILABLE : ERROR_MATCH_OVER;
    json_decref(match);
    return error;
}
