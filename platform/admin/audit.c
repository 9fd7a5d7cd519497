/* `game audit [ID]`: GET /api/games/audit, the newest last, where a terminal shows it. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/table.h"

#define ENTRIES_MAX 50

static void add_entry(struct table *table, const json_t *entry);

enum admin_exit command_audit(struct connection *connection, char **words)
{
    static const char *const headings[] = {"WHEN",    "BY",  "ACTION",  "GAME",
                                           "VERSION", "SHA", "OUTCOME", "REASON"};
    json_t *entries = NULL;
    struct table table;
    const char *path = words[0] ? arena_printf(connection->arena, "/api/games/audit?game=%s",
                                               path_part(connection, words[0]))
                                : "/api/games/audit";
    enum admin_exit status = connection_list(connection, path, ENTRIES_MAX, &entries);
    if (status != ADMIN_DONE)
        return status;
    table_init(&table, 8, headings);
    for (size_t i = json_array_size(entries); i-- > 0;)
        add_entry(&table, json_array_get(entries, i));
    table_print(&table);
    json_decref(entries);
    return ADMIN_DONE;
}

static void add_entry(struct table *table, const json_t *entry)
{
    char sha[SHA_SHOWN + 1], reason[512];
    const char *code = answer_text(entry, "code");
    snprintf(sha, sizeof sha, "%s", answer_text(entry, "sha"));
    snprintf(reason, sizeof reason, "%s%s%s", code, code[0] ? ": " : "",
             answer_text(entry, "reason"));
    table_cell(table, answer_text(entry, "at"));
    table_cell(table, answer_text(json_object_get(entry, "by"), "name"));
    table_cell(table, answer_text(entry, "action"));
    table_cell(table, answer_text(entry, "game"));
    table_cell(table, answer_text(entry, "version"));
    table_cell(table, sha);
    table_cell(table, answer_text(entry, "outcome"));
    table_cell(table, reason);
}
