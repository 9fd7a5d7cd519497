/* GET /api/games/matches/{id}: a match, live or over, from `matches` and `match_players`,
 * and whether there is a replay of it. */
#include <string.h>

#include "games/match_store.h"
#include "games/operations.h"

static const char *replay_state(const struct service_context *context, const struct call *call,
                                bool is_live);

enum error match_show(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    json_t *match = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = match_store_get(database, call->params[0], &match);
    if (error != OK)
        return error;
    bool is_live = strcmp(json_string_value(json_object_get(match, "state")), "live") == 0;
    json_object_set_new(match, "replay", json_string(replay_state(context, call, is_live)));
    call_reply(call, 200, match);
    return OK;
}

/* Its last bytes may be on their way when its row says that it is over. */
static const char *replay_state(const struct service_context *context, const struct call *call,
                                bool is_live)
{
    const char *data_dir = context->settings->data_dir;
    char path[RECORD_PATH_BYTES];
    struct id id;
    if (!id_parse(call->params[0], &id))
        return "none";
    if (is_live || record_is_open(data_dir, &id))
        return "pending";
    return record_find(data_dir, &id, path) ? "ready" : "none";
}
