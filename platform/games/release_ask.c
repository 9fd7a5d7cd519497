/* POST /api/games/{id}/{swap,drain,rollback}: an admin puts a version of the store live, see
 * release.h. Without a sha: the one that was brought last, or, of a rollback, the one before. */
#include <string.h>

#include "games/operations.h"
#include "games/release.h"
#include "service/game_mode.h"

struct wish {
    char sha[SHA_TEXT_BYTES];
    bool has_sha;
};
static const struct json_field wish_fields[] = {
    JSON_TEXT_OPTIONAL(struct wish, sha, has_sha, RELEASE_SHA_BYTES_MIN, SHA_TEXT_BYTES - 1),
};

static enum error release(struct call *call, enum release_how how);

enum error game_swap(struct call *call)
{
    return release(call, RELEASE_SWAP);
}

enum error game_drain(struct call *call)
{
    return release(call, RELEASE_DRAIN);
}

enum error game_rollback(struct call *call)
{
    return release(call, RELEASE_ROLLBACK);
}

static enum error release(struct call *call, enum release_how how)
{
    struct wish wish = {.has_sha = false};
    struct released released;
    char detail[RELEASE_DETAIL_BYTES] = "";
    enum error error = call_decode(call, wish_fields, 1, &wish);
    if (error != OK)
        return error;
    if (wish.has_sha && wish.sha[strspn(wish.sha, "0123456789abcdef")] != '\0')
        return call_complain(call, ERROR_VALIDATION, "sha", "A sha is made of 0-9 and a-f.");
    if (!game_id_is_plausible(call->params[0]))
        return ERROR_GAME_NOT_FOUND;
    const struct release ask = {.how = how,
                                .actor = actor_of(call),
                                .game = call->params[0],
                                .sha = wish.has_sha ? wish.sha : NULL};
    error = release_version(call->context, &ask, &released, detail);
    if (error != OK)
        return detail[0] ? call_complain(call, error, NULL, "%s", detail) : error;
    call_reply(call, 200,
               json_pack("{s:s,s:s?,s:s,s:s,s:s,s:I,s:s?,s:b}", "game", ask.game, "from",
                         released.from[0] ? released.from : NULL, "to", released.to, "version",
                         released.version, "outcome", swap_outcome_text(released.report.outcome),
                         "matches", (json_int_t)released.report.matches, "reason",
                         released.report.reason[0] ? released.report.reason : NULL, "recorded",
                         (int)released.is_recorded));
    return OK;
}
