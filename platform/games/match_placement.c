/* GET /internal/games/matches/{id}/placement: where a gateway finds the frames of a live match.
 * From memory: the database may be away. */
#include "games/operations.h"
#include "games/state.h"

enum error match_placement(struct call *call)
{
    struct service_context *context = call->context;
    struct placement placement;
    struct id match;
    char text[ID_TEXT_BYTES];
    if (!id_parse(call->params[0], &match) ||
        !placements_find(games_of(context)->placements, &match, &placement))
        return ERROR_MATCH_NOT_FOUND;
    id_text(&match, text);
    call_reply(call, 200,
               json_pack("{s:s,s:s,s:s,s:s,s:s}", "match", text, "game", placement.game, "sha",
                         placement.sha_text, "worker", placement.worker, "frames",
                         context->settings->frames_address));
    return OK;
}
