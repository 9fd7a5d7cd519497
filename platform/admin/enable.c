/* `game enable|disable ID`: POST /api/games/ID/enable and .../disable. */
#include <stdio.h>

#include "admin/commands.h"

static enum admin_exit change(struct connection *connection, const char *game, const char *action,
                              const char *is_so);

enum admin_exit command_enable(struct connection *connection, char **words)
{
    return change(connection, words[0], "enable", "can be played");
}

enum admin_exit command_disable(struct connection *connection, char **words)
{
    return change(connection, words[0], "disable", "begins no new match; live ones go on");
}

static enum admin_exit change(struct connection *connection, const char *game, const char *action,
                              const char *is_so)
{
    json_t *answer = NULL;
    const char *path =
        arena_printf(connection->arena, "/api/games/%s/%s", path_part(connection, game), action);
    enum admin_exit status = connection_ask(connection, "POST", path, NULL, &answer);
    if (status == ADMIN_DONE)
        printf("%s %s.\n", game, is_so);
    json_decref(answer);
    return status;
}
