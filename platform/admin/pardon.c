/* `game pardon ID SHA`: POST /api/games/ID/pardon. */
#include <stdio.h>

#include "admin/commands.h"

enum admin_exit command_pardon(struct connection *connection, char **words)
{
    json_t *answer = NULL;
    const char *path =
        arena_printf(connection->arena, "/api/games/%s/pardon", path_part(connection, words[0]));
    enum admin_exit status =
        connection_ask(connection, "POST", path, json_pack("{s:s}", "sha", words[1]), &answer);
    if (status == ADMIN_DONE)
        printf("%s %s (%.*s) is out of quarantine, and may be put live again.\n", words[0],
               answer_text(answer, "version"), SHA_SHOWN, answer_text(answer, "sha"));
    json_decref(answer);
    return status;
}
