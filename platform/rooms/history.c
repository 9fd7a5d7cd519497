/*
 * GET /api/rooms/history?limit=&cursor=: the matches that the caller has played in rooms, newest
 * first. Tables: matches, match_players. It must never show another user's.
 */
#include "rooms/cursor.h"
#include "rooms/operations.h"
#include "rooms/queries.h"

static json_t *page_json(const struct rows *rows, int64_t limit);
static json_t *item_json(const struct rows *rows, int row);

enum error room_history(struct call *call)
{
    struct service_context *context = call->context;
    int64_t limit = 0;
    enum error error = call_query_limit(call, &limit);
    if (error != OK)
        return error;
    const char *text = call_query(call, "cursor", NULL);
    struct cursor cursor;
    if (text != NULL && !cursor_parse(text, &cursor))
        return call_complain(call, ERROR_VALIDATION, "cursor", "This is no cursor of ours.");

    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &rooms_list_history, &rows, call->caller.user_id,
                             text != NULL ? cursor.moment : NULL, text != NULL ? cursor.id : NULL,
                             database_number(limit + 1), DATABASE_END);
    if (error == OK)
        call_reply(call, 200, page_json(rows, limit));
    return error;
}

static json_t *page_json(const struct rows *rows, int64_t limit)
{
    bool has_more = rows_count(rows) > limit;
    int count = has_more ? (int)limit : rows_count(rows);
    json_t *items = json_array();
    for (int row = 0; row < count; row++)
        json_array_append_new(items, item_json(rows, row));
    char next[CURSOR_BYTES];
    if (has_more)
        cursor_print(rows_int(rows, count - 1, "started_ms"), rows_text(rows, count - 1, "match"),
                     next);
    return json_pack("{s:o, s:s?}", "items", items, "next", has_more ? next : NULL);
}

static json_t *item_json(const struct rows *rows, int row)
{
    bool is_over = !rows_is_null(rows, row, "ended_at");
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?}", "room", rows_text(rows, row, "room"),
                     "game", rows_text(rows, row, "game"), "mode", rows_text(rows, row, "mode"),
                     "match", rows_text(rows, row, "match"), "startedAt",
                     rows_text(rows, row, "started_at"), "endedAt",
                     is_over ? rows_text(rows, row, "ended_at") : NULL);
}
