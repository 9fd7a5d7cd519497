/*
 * POST /internal/rooms/{id}/match-ended: games says that a match of this room is over. Tables:
 * rooms, members, matches. Idempotent; also for a room that is gone, and before the beginning was
 * written down (see match.h).
 */
#include "rooms/match.h"
#include "rooms/operations.h"

struct news {
    char match[ID_TEXT_BYTES];
};
static const struct json_field news_fields[] = {
    JSON_TEXT(struct news, match, ID_TEXT_BYTES - 1, ID_TEXT_BYTES - 1),
};

enum error room_match_ended(struct call *call)
{
    struct news news = {0};
    enum error error = call_decode(call, news_fields, 1, &news);
    if (error != OK)
        return error;
    struct id match;
    if (!id_parse(news.match, &match))
        return call_complain(call, ERROR_VALIDATION, "match", "This is no id.");
    error =
        room_match_end(call->context, call->arena, call->params[0], news.match, clock_unix_ms());
    if (error == OK)
        call_reply_empty(call, 204);
    return error;
}
