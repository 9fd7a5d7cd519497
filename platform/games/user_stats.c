/* GET /api/games/users/{id}/stats: how often somebody has played, won, lost and drawn, by game. */
#include "games/operations.h"
#include "games/queries.h"

enum error user_stats_show(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    struct id user;
    if (!id_parse(call->params[0], &user))
        return ERROR_USER_NOT_FOUND;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &user_stats, &rows, call->params[0], DATABASE_END);
    if (error != OK)
        return error;
    json_t *items = json_array();
    for (int i = 0; i < rows_count(rows); i++)
        json_array_append_new(items,
                              json_pack("{s:s,s:I,s:I,s:I,s:I}", "game", rows_text(rows, i, "game"),
                                        "played", (json_int_t)rows_int(rows, i, "played"), "won",
                                        (json_int_t)rows_int(rows, i, "won"), "lost",
                                        (json_int_t)rows_int(rows, i, "lost"), "drawn",
                                        (json_int_t)rows_int(rows, i, "drawn")));
    call_reply(call, 200, json_pack("{s:o}", "items", items));
    return OK;
}
