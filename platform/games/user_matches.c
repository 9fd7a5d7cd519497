/* GET /api/games/users/{id}/matches: what somebody has played, newest first. The cursor is the last
 * match of the page: ids are in the order of starting. */
#include "games/match_store.h"
#include "games/operations.h"
#include "games/queries.h"

enum error user_match_list(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    struct id user, after;
    int64_t limit;
    const char *cursor = call_query(call, "cursor", NULL);
    if (!id_parse(call->params[0], &user))
        return ERROR_USER_NOT_FOUND;
    if (cursor && !id_parse(cursor, &after))
        return call_complain(call, ERROR_VALIDATION, "cursor", "This is no cursor of this list.");
    enum error error = call_query_limit(call, &limit);
    if (error == OK)
        error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &user_matches, &rows, call->params[0], cursor,
                             database_number(limit + 1), DATABASE_END);

    json_t *items = json_array();
    for (int i = 0; error == OK && i < rows_count(rows) && i < limit; i++) {
        json_t *match = NULL;
        error = match_store_get(database, rows_text(rows, i, "match"), &match);
        if (error == OK)
            json_array_append_new(items, match);
    }
    if (error != OK) {
        json_decref(items);
        return error;
    }
    json_t *next = rows_count(rows) > limit ? json_string(rows_text(rows, (int)limit - 1, "match"))
                                            : json_null();
    call_reply(call, 200, json_pack("{s:o,s:o}", "items", items, "next", next));
    return OK;
}
