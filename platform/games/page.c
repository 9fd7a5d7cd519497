/* Cursors are ids, checked before a query sees them. */
#include "games/page.h"

#include "service/game_mode.h"

enum error page_read(struct call *call, struct page *ret_page)
{
    struct page page = {call_query(call, "game", NULL), call_query(call, "cursor", NULL), 0};
    struct id id;
    if (page.game && !game_id_is_plausible(page.game))
        return call_complain(call, ERROR_VALIDATION, "game", "This is no name of a game.");
    if (page.cursor && !id_parse(page.cursor, &id))
        return call_complain(call, ERROR_VALIDATION, "cursor", "This is no cursor of this list.");
    enum error error = call_query_limit(call, &page.limit);
    if (error == OK)
        *ret_page = page;
    return error;
}

void page_reply(struct call *call, const struct page *page, const struct rows *rows,
                json_t *row_json(const struct rows *rows, int row))
{
    bool has_more = rows_count(rows) > page->limit;
    int count = has_more ? (int)page->limit : rows_count(rows);
    json_t *items = json_array();
    for (int row = 0; row < count; row++)
        json_array_append_new(items, row_json(rows, row));
    call_reply(call, 200,
               json_pack("{s:o,s:s?}", "items", items, "next",
                         has_more ? rows_text(rows, count - 1, "id") : NULL));
}

json_t *text_or_null(const struct rows *rows, int row, const char *column)
{
    return rows_is_null(rows, row, column) ? json_null()
                                           : json_string(rows_text(rows, row, column));
}

json_t *actor_json(const struct rows *rows, int row)
{
    return json_pack("{s:o,s:s}", "user", text_or_null(rows, row, "user_id"), "name",
                     rows_text(rows, row, "user_name"));
}
