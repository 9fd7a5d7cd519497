/*
 * POST /internal/games/matches/{id}/seats: rooms has let somebody in while the match is played. He
 * gets a bot's seat or one that nobody had, in the worker first and then in `match_players` and
 * `playing`; both are his again when it is asked twice. He alone hears game:started. The match
 * cannot end between the two: its row is held.
 */
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "games/match_store.h"
#include "games/operations.h"
#include "games/order.h"
#include "games/playing.h"
#include "games/state.h"
#include "wire/events.h"

struct wish {
    char user[ID_TEXT_BYTES], name[USERNAME_BYTES];
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, user, 36, 36),
    JSON_TEXT(struct wish, name, 1, USERNAME_BYTES - 1),
};

static enum error decode(struct call *call, struct wish *wish, struct seat_wish *ret_seat);
static enum error proceed(struct call *call, const struct wish *wish, struct seat_wish *seat,
                          json_t **ret_match);

enum error match_seat_for_room(struct call *call)
{
    struct service_context *context = call->context;
    struct wish wish = {.user = ""};
    struct seat_wish seat = {.player.slot = 0};
    char channel[WIRE_CHANNEL_BYTES_MAX];
    json_t *match = NULL;
    enum error error = decode(call, &wish, &seat);
    if (error == OK)
        error = proceed(call, &wish, &seat, &match);
    if (error != OK)
        return error;
    log_info("somebody came late and plays", "match", call->params[0], "user", wish.user, "slot",
             log_number(seat.player.slot), NULL);
    playing_set(context, &seat.player.user, &seat.match);
    snprintf(channel, sizeof channel, WIRE_CHANNEL_USER "%s", wish.user);
    match_tell_started(context, channel, match);
    json_decref(match);
    call_reply(call, 201,
               json_pack("{s:i,s:i}", "slot", seat.player.slot, "team", seat.player.team));
    return OK;
}

static enum error decode(struct call *call, struct wish *wish, struct seat_wish *ret_seat)
{
    enum error error = call_decode(call, wish_fields, 2, wish);
    if (error != OK)
        return error;
    if (!id_parse(wish->user, &ret_seat->player.user))
        return call_complain(call, ERROR_VALIDATION, "user", "This is no id.");
    memcpy(ret_seat->player.name, wish->name, sizeof ret_seat->player.name);
    return id_parse(call->params[0], &ret_seat->match) ? OK : ERROR_MATCH_NOT_FOUND;
}

static enum error proceed(struct call *call, const struct wish *wish, struct seat_wish *seat,
                          json_t **ret_match)
{
    struct service_context *context = call->context;
    const char *match = call->params[0];
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_begin(database);
    if (error == OK)
        error = match_store_admit(database, match, wish->user);
    if (error == OK)
        error = supervisor_seat(games_of(context)->supervisor, seat);
    if (error == OK)
        error = match_store_seat(database, match, &seat->player);
    if (error == OK)
        error = match_store_get(database, match, ret_match);
    if (error != OK)
        return error;
    error = database_commit(database);
    if (error != OK)
        json_decref(*ret_match);
    return error;
}
