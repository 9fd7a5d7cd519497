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

struct wish {
    char room[ID_TEXT_BYTES], game[32], mode[16];
    json_t *players;
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, room, 36, 36),
    JSON_TEXT(struct wish, game, 1, 31),
    JSON_TEXT(struct wish, mode, 1, 15),
    JSON_ARRAY(struct wish, players, 1, GK_PLAYERS_MAX),
};

struct wished_player {
    char user[ID_TEXT_BYTES], name[USERNAME_BYTES];
};
static const struct json_field player_fields[] = {
    JSON_TEXT(struct wished_player, user, 36, 36),
    JSON_TEXT(struct wished_player, name, 1, USERNAME_BYTES - 1),
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum error decode(struct call *call, const json_t *body, struct wish *ret_wish,
                         struct match_begin *ret_begin);
static enum error decode_player(struct call *call, const json_t *item, int slot,
                                struct match_begin *begin);
static enum error choose_mode(struct call *call, const char *mode, struct match_begin *begin);
static enum error start(struct call *call, const struct match_begin *begin);
static enum error announce(struct call *call, const struct match_begin *begin);
static json_t *players_json(const struct match_begin *begin);

enum error match_start_for_room(struct call *call)
{
    struct games *games = games_of(call->context);
    struct wish wish = {.players = NULL};
    struct match_begin *begin = arena_alloc(call->arena, sizeof *begin);
    json_t *body = NULL;

    enum error error = json_parse_object(call->body, call->body_bytes, &body);
    if (error == OK)
        error = decode(call, body, &wish, begin);
    json_decref(body);
    if (error != OK)
        return error;
    struct image *image = catalog_find(games->catalog, wish.game);
    if (!image)
        return ERROR_GAME_NOT_FOUND;
    begin->image = image;
    error = choose_mode(call, wish.mode, begin);
    if (error == OK)
        error = start(call, begin);
    if (error == OK)
        error = announce(call, begin);
    image_release(image);
    return error;
}

static enum error decode(struct call *call, const json_t *body, struct wish *ret_wish,
                         struct match_begin *ret_begin)
{
    struct json_complaint complaint;
    enum error error = json_decode(body, wish_fields, COUNT(wish_fields), ret_wish, &complaint);
    if (error != OK)
        return call_complain(call, error, complaint.field, "%s", complaint.sentence);
    if (!id_parse(ret_wish->room, &ret_begin->room))
        return call_complain(call, ERROR_VALIDATION, "room", "This is no id.");
    ret_begin->id = id_new();
    ret_begin->player_count = (int)json_array_size(ret_wish->players);
    for (int slot = 0; error == OK && slot < ret_begin->player_count; slot++)
        error =
            decode_player(call, json_array_get(ret_wish->players, (size_t)slot), slot, ret_begin);
    return error;
}

static enum error decode_player(struct call *call, const json_t *item, int slot,
                                struct match_begin *begin)
{
    struct wished_player wished = {.user = ""};
    struct match_player *player = &begin->players[slot];
    struct json_complaint complaint;
    if (!json_is_object(item))
        return call_complain(call, ERROR_VALIDATION, "players", "Each player is an object.");
    enum error error = json_decode(item, player_fields, COUNT(player_fields), &wished, &complaint);
    if (error != OK)
        return call_complain(call, error, complaint.field, "%s", complaint.sentence);
    if (!id_parse(wished.user, &player->user))
        return call_complain(call, ERROR_VALIDATION, "user", "This is no id.");
    for (int i = 0; i < slot; i++)
        if (id_equal(&begin->players[i].user, &player->user))
            return call_complain(call, ERROR_VALIDATION, "players", "A player stands there twice.");
    memcpy(player->name, wished.name, sizeof player->name);
    player->slot = slot;
    return OK;
}

static enum error choose_mode(struct call *call, const char *mode, struct match_begin *begin)
{
    const struct gk_manifest *manifest = &begin->image->manifest;
    for (uint32_t i = 0; i < manifest->mode_count; i++) {
        const struct gk_mode *found = &manifest->modes[i];
        if (strcmp(found->id, mode) != 0)
            continue;
        if (begin->player_count < found->players_min || begin->player_count > found->players_max)
            return call_complain(call, ERROR_VALIDATION, "players", "This mode is for %d to %d.",
                                 found->players_min, found->players_max);
        begin->mode = i;
        for (int slot = 0; slot < begin->player_count; slot++)
            begin->players[slot].team = slot % found->teams;
        return OK;
    }
    return ERROR_MODE_NOT_FOUND;
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
    for (int i = 0; i < begin->player_count; i++)
        playing_set(context, &begin->players[i].user, &begin->id);
    return OK;
}

static enum error announce(struct call *call, const struct match_begin *begin)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    struct placement placement = {.worker = ""};
    char match[ID_TEXT_BYTES], room[ID_TEXT_BYTES], channel[ID_TEXT_BYTES + 8];
    json_t *answer = NULL;
    id_text(&begin->id, match);
    id_text(&begin->room, room);
    snprintf(channel, sizeof channel, "room:%s", room);
    (void)placements_find(games_of(context)->placements, &begin->id, &placement);
    service_publish(context, channel, "game:started",
                    json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:s}", "match", match, "game",
                              begin->image->manifest.id, "sha", begin->image->sha_text, "mode",
                              begin->image->manifest.modes[begin->mode].id, "room", room, "players",
                              players_json(begin), "worker", placement.worker, "frames",
                              context->settings->frames_address));

    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = match_store_get(database, match, &answer);
    if (error == OK)
        call_reply(call, 201, answer);
    return error;
}

static json_t *players_json(const struct match_begin *begin)
{
    json_t *players = json_array();
    for (int i = 0; i < begin->player_count; i++) {
        char user[ID_TEXT_BYTES];
        id_text(&begin->players[i].user, user);
        json_array_append_new(
            players, json_pack("{s:s,s:s,s:i,s:i}", "user", user, "name", begin->players[i].name,
                               "slot", begin->players[i].slot, "team", begin->players[i].team));
    }
    return players;
}
