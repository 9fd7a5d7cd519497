/* GET /api/games/matches/{id}: a match, live or over, from `matches` and `match_players`. */
#include "games/match_store.h"
#include "games/operations.h"

enum error match_show(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    json_t *match = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = match_store_get(database, call->params[0], &match);
    if (error == OK)
        call_reply(call, 200, match);
    return error;
}
