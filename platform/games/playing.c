/* A lost key is a detail: everything here is tried once and left to the next refresh. */
#include "games/playing.h"

#include <stdio.h>

#include "games/results.h"
#include "wire/events.h"

void playing_set(struct service_context *context, const struct id *user, const struct id *match)
{
    char user_text[ID_TEXT_BYTES], match_text[ID_TEXT_BYTES];
    id_text(user, user_text);
    id_text(match, match_text);
    enum error error = redis_run(context->redis, NULL, "SET " WIRE_PLAYING_PREFIX "%s %s EX %d",
                                 user_text, match_text, PLAYING_TTL_S);
    (void)error; /* logged by the store */
}

void playing_refresh(struct service_context *context, struct placements *placements)
{
    struct placement placement;
    for (size_t i = 0; placements_at(placements, i, &placement); i++)
        for (int player = 0; player < placement.player_count; player++)
            playing_set(context, &placement.players[player], &placement.match);
}

void playing_clear(struct service_context *context, const char *user, const char *match)
{
    static struct redis_script script = {
        .name = "playing_clear",
        .text = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) "
                "end return 0",
    };
    char key[ID_TEXT_BYTES + sizeof WIRE_PLAYING_PREFIX];
    snprintf(key, sizeof key, WIRE_PLAYING_PREFIX "%s", user);
    const char *arguments[] = {key, match};
    enum error error = redis_run_script(context->redis, &script, 1, 2, arguments, NULL);
    (void)error; /* logged by the store */
}
