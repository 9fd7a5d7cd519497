/* `game list [ID]`: GET /api/games/versions, the current version of each game first. */
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"
#include "admin/table.h"

#define VERSIONS_MAX 1000

static void add_version(struct table *table, const json_t *version);

enum admin_exit command_list(struct connection *connection, char **words)
{
    static const char *const headings[] = {"GAME",    "VERSION", "SHA",   "STATE",
                                           "BROUGHT", "BY",      "REASON"};
    json_t *versions = NULL, *version;
    size_t index;
    struct table table;
    const char *path = words[0] ? arena_printf(connection->arena, "/api/games/versions?game=%s",
                                               path_part(connection, words[0]))
                                : "/api/games/versions";
    enum admin_exit status = connection_list(connection, path, VERSIONS_MAX, &versions);
    if (status != ADMIN_DONE)
        return status;
    table_init(&table, 7, headings);
    for (int current = 1; current >= 0; current--)
        json_array_foreach(versions, index, version)
        {
            if ((strcmp(answer_text(version, "state"), "current") == 0) == (current == 1))
                add_version(&table, version);
        }
    table_print(&table);
    json_decref(versions);
    return ADMIN_DONE;
}

static void add_version(struct table *table, const json_t *version)
{
    char sha[SHA_SHOWN + 1], state[32];
    bool is_off = strcmp(answer_text(version, "state"), "current") == 0 &&
                  json_is_false(json_object_get(version, "enabled"));
    snprintf(sha, sizeof sha, "%s", answer_text(version, "sha"));
    snprintf(state, sizeof state, "%s%s", answer_text(version, "state"),
             is_off ? ", disabled" : "");
    table_cell(table, answer_text(version, "game"));
    table_cell(table, answer_text(version, "version"));
    table_cell(table, sha);
    table_cell(table, state);
    table_cell(table, answer_text(version, "broughtAt"));
    table_cell(table, answer_text(json_object_get(version, "by"), "name"));
    table_cell(table, answer_text(version, "reason"));
}
