/* `game swap|drain|rollback ID [SHA]`: POST /api/games/ID/ACTION. */
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"

static void say_outcome(const json_t *answer);

enum admin_exit command_swap(struct connection *connection, char **words)
{
    return release_ask(connection, "swap", words[0], words[1]);
}

enum admin_exit command_drain(struct connection *connection, char **words)
{
    return release_ask(connection, "drain", words[0], words[1]);
}

enum admin_exit command_rollback(struct connection *connection, char **words)
{
    return release_ask(connection, "rollback", words[0], words[1]);
}

enum admin_exit release_ask(struct connection *connection, const char *action, const char *game,
                            const char *sha)
{
    json_t *answer = NULL;
    const char *path =
        arena_printf(connection->arena, "/api/games/%s/%s", path_part(connection, game), action);
    enum admin_exit status =
        connection_ask(connection, "POST", path, json_pack("{s:s*}", "sha", sha), &answer);
    if (status != ADMIN_DONE)
        return status;
    const char *from = answer_text(answer, "from");
    printf("%s %s (%.*s) is live", game, answer_text(answer, "version"), SHA_SHOWN,
           answer_text(answer, "to"));
    if (from[0])
        printf("; it was %.*s", SHA_SHOWN, from);
    say_outcome(answer);
    if (json_is_false(json_object_get(answer, "recorded")))
        printf("The database went away just then: it is written down as soon as it is back.\n");
    json_decref(answer);
    return ADMIN_DONE;
}

static void say_outcome(const json_t *answer)
{
    const char *outcome = answer_text(answer, "outcome");
    const char *reason = answer_text(answer, "reason");
    if (strcmp(outcome, "on_trial") == 0)
        printf(
            ", and %d matches went over. It is on trial: `transcendence game audit` tells how it "
            "ends.\n",
            (int)json_integer_value(json_object_get(answer, "matches")));
    else if (strcmp(outcome, "draining") == 0)
        printf(". Matches that are played end on the version before%s%s.\n",
               reason[0] ? ", for " : "", reason);
    else if (strcmp(outcome, "waiting") == 0)
        printf(" as soon as the change before it is over.\n");
    else
        printf(".\n");
}
