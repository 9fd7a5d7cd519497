/* GET /api/games/matches/{id}: a match, live or over, from `matches` and `match_players`, whether
 * there is a replay of it, and from `match_versions` what it can be played back with. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "games/match_store.h"
#include "games/operations.h"
#include "games/queries.h"

static const char *replay_state(const struct service_context *context, const struct call *call,
                                bool is_live);
static json_t *versions_json(const char *data_dir, const char *game, const struct rows *versions);
static bool has_rules(const char *data_dir, const char *game, const char *sha);

enum error match_show(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *versions = NULL;
    json_t *match = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = match_store_get(database, call->params[0], &match);
    if (error == OK)
        error =
            database_run(database, &match_versions_get, &versions, call->params[0], DATABASE_END);
    if (error != OK) {
        json_decref(match);
        return error;
    }
    const char *game = json_string_value(json_object_get(match, "game"));
    bool is_live = strcmp(json_string_value(json_object_get(match, "state")), "live") == 0;
    json_object_set_new(match, "replay", json_string(replay_state(context, call, is_live)));
    json_object_set_new(match, "versions",
                        versions_json(context->settings->data_dir, game, versions));
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

static json_t *versions_json(const char *data_dir, const char *game, const struct rows *versions)
{
    json_t *list = json_array();
    for (int row = 0; row < rows_count(versions); row++) {
        const char *sha = rows_text(versions, row, "sha");
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b}", "sha", sha, "version",
                                              rows_text(versions, row, "version"), "image",
                                              rows_text(versions, row, "image"), "rules",
                                              (int)has_rules(data_dir, game, sha)));
    }
    return list;
}

/* As nginx serves it, see bundle_store.h. */
static bool has_rules(const char *data_dir, const char *game, const char *sha)
{
    char path[CONFIG_TEXT_BYTES + 160];
    snprintf(path, sizeof path, "%s/games/%s/%s/game.wasm", data_dir, game, sha);
    return access(path, R_OK) == 0;
}
