/* Asks games: GET /api/games/{id} behind a cache, POST /internal/games/{id}/options. */
#include "rooms/settings.h"

#include <stdlib.h>
#include <string.h>

static enum error ask_mode(struct call *call, const char *game, const char *mode,
                           struct game_mode *ret_mode);
static enum error ask_options(struct call *call, const char *game, const struct settings_wish *wish,
                              char ret_options[ROOM_OPTIONS_BYTES]);
static enum error take_options(struct call *call, const json_t *answer,
                               char ret_options[ROOM_OPTIONS_BYTES]);

enum error settings_ask(struct call *call, const char *game, const char *mode,
                        const struct settings_wish *wish, bool is_new, struct game_mode *ret_mode,
                        char ret_options[ROOM_OPTIONS_BYTES])
{
    enum error error = ask_mode(call, game, mode, ret_mode);
    if (error != OK)
        return error;
    if (wish->has_options || (is_new && ret_mode->has_options))
        return ask_options(call, game, wish, ret_options);
    strcpy(ret_options, is_new ? "{}" : "");
    return OK;
}

enum error settings_put(struct call *call, const struct settings_wish *wish,
                        const struct game_mode *mode, const char *options, struct room *room)
{
    struct room_settings settings = room->settings;
    const char *field, *sentence;
    if (options[0] != '\0')
        strcpy(settings.options, options);
    if (wish->has_bots)
        settings.bots = (int)wish->bots;
    if (wish->has_seats)
        settings.seats = (int)wish->seats;
    if (wish->has_lateJoin)
        settings.late_join = wish->lateJoin;
    if (settings.seats == 0)
        settings.seats = mode->players_max;
    enum error error = room_may_have(room, &settings, mode, &field, &sentence);
    if (error != OK)
        return call_complain(call, error, field, "%s", sentence);
    room->settings = settings;
    room->players_min = mode->players_min;
    room->players_max = mode->players_max;
    room->teams = mode->teams;
    room->open_seats = mode->has_open_seats;
    return OK;
}

static enum error ask_mode(struct call *call, const char *game, const char *mode,
                           struct game_mode *ret_mode)
{
    enum error error = game_mode_get(call->context, call->request_id, game, mode, ret_mode);
    if (error == ERROR_MODE_NOT_FOUND)
        return call_complain(call, error, "mode", "The game has no mode of this name.");
    if (error == ERROR_GAME_NOT_FOUND)
        return call_complain(call, error, "game", "No game of this name is installed.");
    return error;
}

static enum error ask_options(struct call *call, const char *game, const struct settings_wish *wish,
                              char ret_options[ROOM_OPTIONS_BYTES])
{
    struct service_context *context = call->context;
    json_t *answer = NULL;
    enum error error = service_ask_as_service(
        context, call, context->settings->games_address, "POST",
        arena_printf(call->arena, "/internal/games/%s/options", game), "games:start",
        json_pack("{s:O?}", "options", wish->has_options ? wish->options : NULL), &answer);
    if (error == OK)
        error = take_options(call, answer, ret_options);
    json_decref(answer);
    return error;
}

/* {"options":{...}|null,"field":...,"sentence":...} */
static enum error take_options(struct call *call, const json_t *answer,
                               char ret_options[ROOM_OPTIONS_BYTES])
{
    const json_t *options = json_object_get(answer, "options");
    const char *field = json_string_value(json_object_get(answer, "field"));
    const char *sentence = json_string_value(json_object_get(answer, "sentence"));
    if (field != NULL && sentence != NULL)
        return call_complain(call, ERROR_VALIDATION, arena_printf(call->arena, "options.%s", field),
                             "%s", sentence);
    char *text = json_is_object(options) ? json_dumps(options, JSON_COMPACT) : NULL;
    bool fits = text != NULL && strlen(text) < ROOM_OPTIONS_BYTES;
    if (fits)
        strcpy(ret_options, text);
    free(text);
    return fits ? OK : ERROR_INTERNAL;
}
