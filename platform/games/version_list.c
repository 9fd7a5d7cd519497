/* GET /api/games/versions?game=&limit=&cursor=: every version that was ever brought, last brought
 * first. Tables versions and catalog. */
#include "games/operations.h"
#include "games/page.h"
#include "games/queries.h"

enum error version_list(struct call *call)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    struct page page;
    enum error error = page_read(call, &page);
    if (error == OK)
        error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &versions_page, &rows, page.game, page.cursor,
                             database_number(page.limit + 1), DATABASE_END);
    if (error == OK)
        page_reply(call, &page, rows, version_json);
    return error;
}

json_t *version_json(const struct rows *rows, int row)
{
    const char *state =
        rows_bool(rows, row, "is_current") ? "current" : rows_text(rows, row, "state");
    return json_pack(
        "{s:s,s:s,s:o,s:s,s:o,s:o,s:o,s:s,s:o,s:b}", "game", rows_text(rows, row, "game"), "sha",
        rows_text(rows, row, "sha"), "version", text_or_null(rows, row, "version"), "state", state,
        "code", text_or_null(rows, row, "code"), "reason", text_or_null(rows, row, "reason"), "by",
        actor_json(rows, row), "broughtAt", rows_text(rows, row, "brought_at"), "liveAt",
        text_or_null(rows, row, "live_at"), "enabled", (int)rows_bool(rows, row, "enabled"));
}
