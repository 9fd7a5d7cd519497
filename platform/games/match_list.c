/* GET /api/games/matches?live=1&limit=&cursor=: the matches that are played now, or all, newest
 * first. Tables matches and match_players. The cursor is the last match of the page. */
#include "games/match_store.h"
#include "games/operations.h"
#include "games/page.h"
#include "games/queries.h"

enum error match_list(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    struct page page;
    int64_t live = 0;
    enum error error = page_read(call, &page);
    if (error == OK)
        error = call_query_int(call, "live", 0, 1, 0, &live);
    if (error == OK)
        error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &matches_page, &rows, database_bool(live == 1), page.game,
                             page.cursor, database_number(page.limit + 1), DATABASE_END);

    json_t *items = json_array();
    for (int i = 0; error == OK && i < rows_count(rows) && i < page.limit; i++) {
        json_t *match = NULL;
        error = match_store_get(database, rows_text(rows, i, "id"), &match);
        if (error == OK)
            json_array_append_new(items, match);
    }
    if (error != OK) {
        json_decref(items);
        return error;
    }
    const char *next =
        rows_count(rows) > page.limit ? rows_text(rows, (int)page.limit - 1, "id") : NULL;
    call_reply(call, 200, json_pack("{s:o,s:s?}", "items", items, "next", next));
    return OK;
}
