/*
 * POST /api/matchmaking/ticket: waits for a match of a game and mode. Redis: one script of
 * queue.h. It must never let one user wait twice, nor one who plays.
 */
#include "core/clock.h"
#include "matchmaking/operations.h"
#include "matchmaking/ticket.h"
#include "service/background.h"

struct wish {
    char game[64], mode[64];
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, game, 1, 63),
    JSON_TEXT(struct wish, mode, 1, 63),
};

static enum error check(struct call *call, struct wish *wish);

enum error ticket_create(struct call *call)
{
    struct service_context *context = call->context;
    struct wish wish = {0};
    struct ticket ticket;
    enum error error = check(call, &wish);
    if (error == OK)
        error = queue_join(context, &call->caller, wish.game, wish.mode, clock_unix_ms(), &ticket);
    if (error != OK)
        return error;
    background_wake(context->state);
    call_reply(call, 201, ticket_json(&ticket));
    return OK;
}

static enum error check(struct call *call, struct wish *wish)
{
    struct game_mode mode;
    enum error error =
        call_decode(call, wish_fields, sizeof wish_fields / sizeof wish_fields[0], wish);
    if (error == OK)
        error = game_mode_get(call->context, call->request_id, wish->game, wish->mode, &mode);
    if (error == ERROR_MODE_NOT_FOUND)
        return call_complain(call, error, "mode", "The game has no mode of this name.");
    if (error == ERROR_GAME_NOT_FOUND)
        return call_complain(call, error, "game", "No game of this name is installed.");
    return error;
}
