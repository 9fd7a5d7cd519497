/* GET /api/games/audit?game=&limit=&cursor=: who did what to which game, newest first. Table audit.
 */
#include "games/operations.h"
#include "games/page.h"
#include "games/queries.h"

static json_t *entry_json(const struct rows *rows, int row);

enum error audit_list(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    struct page page;
    enum error error = page_read(call, &page);
    if (error == OK)
        error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &audit_page, &rows, page.game, page.cursor,
                             database_number(page.limit + 1), DATABASE_END);
    if (error == OK)
        page_reply(call, &page, rows, entry_json);
    return error;
}

static json_t *entry_json(const struct rows *rows, int row)
{
    return json_pack(
        "{s:s,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:s,s:o,s:o}", "id", rows_text(rows, row, "id"), "at",
        rows_text(rows, row, "at"), "by", actor_json(rows, row), "action",
        rows_text(rows, row, "action"), "game", rows_text(rows, row, "game"), "version",
        text_or_null(rows, row, "version"), "sha", text_or_null(rows, row, "sha"), "request",
        text_or_null(rows, row, "request"), "outcome", rows_text(rows, row, "outcome"), "code",
        text_or_null(rows, row, "code"), "reason", text_or_null(rows, row, "reason"));
}
