/* GET /api/games/matches/{id}/replay: the recorded match, once it is over, from DATA/replays, see
 * records.h. nginx sends the file (X-Accel-Redirect): it never comes through this process. */
#include <stdio.h>
#include <string.h>

#include "games/match_store.h"
#include "games/operations.h"

enum error match_replay(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    json_t *match = NULL;
    struct id id;
    char path[RECORD_PATH_BYTES], place[RECORD_PATH_BYTES + 16], name[ID_TEXT_BYTES + 64];
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = match_store_get(database, call->params[0], &match);
    if (error != OK)
        return error;
    bool is_live = strcmp(json_string_value(json_object_get(match, "state")), "live") == 0;
    json_decref(match);
    if (is_live)
        return call_complain(call, ERROR_REPLAY_NOT_FOUND, NULL, "The match is being played.");
    if (!id_parse(call->params[0], &id) || !record_find(context->settings->data_dir, &id, path))
        return ERROR_REPLAY_NOT_FOUND;
    snprintf(place, sizeof place, "/_replays/%s", path);
    snprintf(name, sizeof name, "attachment; filename=\"%s.gkreplay\"", call->params[0]);
    call_header(call, "X-Accel-Redirect", place);
    call_header(call, "Content-Disposition", name);
    call_reply_text(call, 200, "application/octet-stream", "");
    return OK;
}
