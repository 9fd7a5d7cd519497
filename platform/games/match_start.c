/*
 * POST /internal/games/matches: rooms asks for a match. The row is written first (so that no match
 * runs unrecorded), then the worker starts it, then everybody hears game:started. When the worker
 * does not, the row is taken back.
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/match_store.h"
#include "games/operations.h"
#include "games/playing.h"
#include "games/state.h"
#include "wire/events.h"

struct wish {
    char room[ID_TEXT_BYTES], game[32], mode[16];
    json_t *players, *options;
    int64_t seats, bots, matches_per_worker;
    bool has_options, has_matches_per_worker;
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, room, 36, 36),
    JSON_TEXT(struct wish, game, 1, 31),
    JSON_TEXT(struct wish, mode, 1, 15),
    JSON_ARRAY(struct wish, players, 1, GK_PLAYERS_MAX),
    JSON_INT(struct wish, seats, 1, GK_PLAYERS_MAX),
    JSON_INT(struct wish, bots, 0, MATCH_BOT_DIFFICULTY_MAX),
    JSON_OBJECT_OPTIONAL(struct wish, options, has_options),
    {.name = "matchesPerWorker",
     .kind = JSON_KIND_INT,
     .offset = offsetof(struct wish, matches_per_worker),
     .has_offset = offsetof(struct wish, has_matches_per_worker),
     .min = 1,
     .max = MATCHES_PER_WORKER_MAX},
};

struct wished_player {
    char user[ID_TEXT_BYTES], name[USERNAME_BYTES];
    int64_t slot;
};
static const struct json_field player_fields[] = {
    JSON_TEXT(struct wished_player, user, 36, 36),
    JSON_TEXT(struct wished_player, name, 1, USERNAME_BYTES - 1),
    JSON_INT(struct wished_player, slot, 0, GK_PLAYERS_MAX - 1),
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum error decode(struct call *call, struct wish *ret_wish, struct match_begin *ret_begin);
static enum error decode_player(struct call *call, const json_t *item, struct match_begin *begin);
static enum error choose_mode(struct call *call, const struct wish *wish,
                              struct match_begin *begin);
static enum error fill_seats(struct call *call, const struct wish *wish, const struct gk_mode *mode,
                             struct match_begin *begin);
static enum error choose_options(struct call *call, const struct wish *wish,
                                 struct match_begin *begin);
static enum error start(struct call *call, const struct match_begin *begin);
static enum error announce(struct call *call, const struct match_begin *begin);
static json_t *started_player_json(const json_t *player);

enum error match_start_for_room(struct call *call)
{
    struct games *games = games_of(call->context);
    struct wish wish = {.players = NULL};
    struct match_begin *begin = arena_alloc(call->arena, sizeof *begin);

    enum error error = decode(call, &wish, begin);
    if (error != OK)
        return error;
    struct image *image = catalog_find(games->catalog, wish.game);
    if (!image)
        return ERROR_GAME_NOT_FOUND;
    begin->image = image;
    error = catalog_is_enabled(games->catalog, wish.game) ? OK : ERROR_GAME_DISABLED;
    if (error == OK)
        error = choose_mode(call, &wish, begin);
    if (error == OK)
        error = choose_options(call, &wish, begin);
    if (error == OK)
        error = start(call, begin);
    if (error == OK)
        error = announce(call, begin);
    image_release(image);
    return error;
}

static enum error decode(struct call *call, struct wish *ret_wish, struct match_begin *ret_begin)
{
    enum error error = call_decode(call, wish_fields, COUNT(wish_fields), ret_wish);
    if (error != OK)
        return error;
    if (!id_parse(ret_wish->room, &ret_begin->room))
        return call_complain(call, ERROR_VALIDATION, "room", "This is no id.");
    ret_begin->id = id_new();
    ret_begin->slot_count = (int)ret_wish->seats;
    ret_begin->matches_per_worker =
        ret_wish->has_matches_per_worker ? (uint32_t)ret_wish->matches_per_worker : 0;
    for (size_t i = 0; error == OK && i < json_array_size(ret_wish->players); i++)
        error = decode_player(call, json_array_get(ret_wish->players, i), ret_begin);
    return error;
}

static enum error decode_player(struct call *call, const json_t *item, struct match_begin *begin)
{
    struct wished_player wished = {.user = ""};
    struct json_complaint complaint;
    struct id user;
    if (!json_is_object(item))
        return call_complain(call, ERROR_VALIDATION, "players", "Each player is an object.");
    enum error error = json_decode(item, player_fields, COUNT(player_fields), &wished, &complaint);
    if (error != OK)
        return call_complain(call, error, complaint.field, "%s", complaint.sentence);
    if (!id_parse(wished.user, &user))
        return call_complain(call, ERROR_VALIDATION, "user", "This is no id.");
    struct match_player *player = &begin->players[wished.slot];
    if (wished.slot >= begin->slot_count || match_player_is_person(player))
        return call_complain(call, ERROR_VALIDATION, "slot", "There is no such free seat.");
    for (int slot = 0; slot < begin->slot_count; slot++)
        if (id_equal(&begin->players[slot].user, &user))
            return call_complain(call, ERROR_VALIDATION, "players", "A player stands there twice.");
    player->user = user;
    memcpy(player->name, wished.name, sizeof player->name);
    return OK;
}

static enum error choose_mode(struct call *call, const struct wish *wish, struct match_begin *begin)
{
    const struct gk_manifest *manifest = &begin->image->manifest;
    for (uint32_t i = 0; i < manifest->mode_count; i++) {
        if (strcmp(manifest->modes[i].id, wish->mode) != 0)
            continue;
        begin->mode = i;
        return fill_seats(call, wish, &manifest->modes[i], begin);
    }
    return ERROR_MODE_NOT_FOUND;
}

/* A seat without a player is a bot's, or stays open where the game can do with that. */
static enum error fill_seats(struct call *call, const struct wish *wish, const struct gk_mode *mode,
                             struct match_begin *begin)
{
    int people = (int)json_array_size(wish->players), bots = 0;
    bool may_be_open = (begin->image->manifest.flags & GK_FLAG_OPEN_SEATS) != 0;
    if (begin->slot_count < mode->players_min || begin->slot_count > mode->players_max)
        return call_complain(call, ERROR_VALIDATION, "seats", "This mode is for %d to %d.",
                             mode->players_min, mode->players_max);
    if (wish->bots > 0 && !begin->image->has_bot)
        return call_complain(call, ERROR_VALIDATION, "bots", "This game has no bots.");
    if (wish->bots == 0 && people < (may_be_open ? mode->players_min : begin->slot_count))
        return call_complain(call, ERROR_VALIDATION, "players",
                             "There are not enough for the seats.");
    for (int slot = 0; slot < begin->slot_count; slot++) {
        struct match_player *player = &begin->players[slot];
        player->slot = slot;
        player->team = slot % mode->teams;
        if (wish->bots == 0 || match_player_is_person(player))
            continue;
        player->bot = (int)wish->bots;
        snprintf(player->name, sizeof player->name, "Bot %d",
                 ++bots); /* nobody's: it has a blank */
    }
    return OK;
}

static enum error choose_options(struct call *call, const struct wish *wish,
                                 struct match_begin *begin)
{
    struct game_options_complaint complaint;
    if (game_options_choose(&begin->image->about.declared, wish->options, begin->options,
                            &complaint))
        return OK;
    return call_complain(call, ERROR_VALIDATION, complaint.field, "%s", complaint.sentence);
}

static enum error start(struct call *call, const struct match_begin *begin)
{
    struct service_context *context = call->context;
    struct games *games = games_of(context);
    char match[ID_TEXT_BYTES];
    enum error error = match_store_begin(context, begin, games->run, clock_unix_ms());
    if (error != OK)
        return error;
    error = supervisor_start_match(games->supervisor, begin);
    id_text(&begin->id, match);
    if (error != OK) {
        log_error("match does not start; its row is taken back", "match", match, "game",
                  begin->image->manifest.id, "error", error_code(error), NULL);
        match_store_forget(context, &begin->id);
        return error;
    }
    log_info("match started", "match", match, "game", begin->image->manifest.id, NULL);
    for (int slot = 0; slot < begin->slot_count; slot++)
        if (match_player_is_person(&begin->players[slot]))
            playing_set(context, &begin->players[slot].user, &begin->id);
    return OK;
}

static enum error announce(struct call *call, const struct match_begin *begin)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    char match[ID_TEXT_BYTES], room[ID_TEXT_BYTES], channel[WIRE_CHANNEL_BYTES_MAX];
    json_t *answer = NULL;
    id_text(&begin->id, match);
    id_text(&begin->room, room);
    snprintf(channel, sizeof channel, WIRE_CHANNEL_ROOM "%s", room);
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = match_store_get(database, match, &answer);
    if (error != OK)
        return error;
    match_tell_started(context, channel, answer);
    call_reply(call, 201, answer);
    return OK;
}

void match_tell_started(struct service_context *context, const char *channel, const json_t *match)
{
    struct placement placement = {.worker = ""};
    struct id id;
    size_t index;
    const json_t *player;
    json_t *players = json_array();
    if (id_parse(json_string_value(json_object_get(match, "id")), &id))
        (void)placements_find(games_of(context)->placements, &id, &placement);
    json_array_foreach(json_object_get(match, "players"), index, player)
        json_array_append_new(players, started_player_json(player));
    service_publish(context, channel, "game:started",
                    json_pack("{s:O,s:O,s:O,s:O,s:O,s:o,s:s,s:s}", "match",
                              json_object_get(match, "id"), "game", json_object_get(match, "game"),
                              "sha", json_object_get(match, "sha"), "mode",
                              json_object_get(match, "mode"), "room",
                              json_object_get(match, "room"), "players", players, "worker",
                              placement.worker, "frames", context->settings->frames_address));
}

static json_t *started_player_json(const json_t *player)
{
    return json_pack("{s:O,s:O,s:O,s:O,s:O}", "user", json_object_get(player, "user"), "name",
                     json_object_get(player, "name"), "slot", json_object_get(player, "slot"),
                     "team", json_object_get(player, "team"), "bot",
                     json_object_get(player, "bot"));
}
