/*
 * The modes of games, as games tells them, behind a small cache of this process. It holds what was
 * found, never what was missing: a game that has just been installed is there at once. It must
 * never decide by itself what a mode allows.
 */
#include "service/game_mode.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"

struct cached_mode {
    char game[GAME_ID_BYTES];
    char mode[GAME_MODE_BYTES];
    struct game_mode value;
    int64_t until_monotonic_ms; /* 0: a free place */
};

struct told_mode {
    char id[GAME_MODE_BYTES];
    int64_t playersMin, playersMax, teams;
};
static const struct json_field told_mode_fields[] = {
    JSON_TEXT(struct told_mode, id, 1, GAME_MODE_BYTES - 1),
    JSON_INT(struct told_mode, playersMin, 1, GAME_PLAYERS_MAX),
    JSON_INT(struct told_mode, playersMax, 1, GAME_PLAYERS_MAX),
    JSON_INT(struct told_mode, teams, 1, GAME_PLAYERS_MAX),
};

struct told_game {
    bool bots, openSeats;
    json_t *modes, *options;
};
static const struct json_field told_game_fields[] = {
    JSON_BOOL(struct told_game, bots),
    JSON_BOOL(struct told_game, openSeats),
    JSON_ARRAY(struct told_game, modes, 1, GAME_MODES_MAX),
    JSON_ARRAY(struct told_game, options, 0, GAME_OPTIONS_MAX),
};

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static struct cached_mode cache[GAME_MODE_CACHE_SIZE]; /* under cache_lock */

static bool cache_find(const char *game, const char *mode, int64_t now_ms,
                       struct game_mode *ret_mode);
static void cache_put(const char *game, const char *mode, int64_t now_ms,
                      const struct game_mode *value);
static enum error ask_games(struct service_context *context, const char *request_id,
                            const char *game, json_t **ret_game);
static enum error decode_mode(const json_t *game, const char *mode, struct game_mode *ret_mode);
static bool all_of(const char *text, size_t bytes_max, const char *allowed);

enum error game_mode_get(struct service_context *context, const char *request_id, const char *game,
                         const char *mode, struct game_mode *ret_mode)
{
    if (!game_id_is_plausible(game))
        return ERROR_GAME_NOT_FOUND;
    if (!game_mode_is_plausible(mode))
        return ERROR_MODE_NOT_FOUND;
    int64_t now_ms = clock_monotonic_ms();
    if (cache_find(game, mode, now_ms, ret_mode))
        return OK;

    json_t *answer = NULL;
    enum error error = ask_games(context, request_id, game, &answer);
    if (error != OK)
        return error;
    struct game_mode found;
    error = json_is_false(json_object_get(answer, "enabled")) ? ERROR_GAME_DISABLED
                                                              : decode_mode(answer, mode, &found);
    json_decref(answer);
    if (error != OK)
        return error;
    cache_put(game, mode, now_ms, &found);
    *ret_mode = found;
    return OK;
}

bool game_id_is_plausible(const char *game)
{
    return game[0] >= 'a' && game[0] <= 'z' &&
           all_of(game, GAME_ID_BYTES, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool game_mode_is_plausible(const char *mode)
{
    return all_of(mode, GAME_MODE_BYTES,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}

static bool cache_find(const char *game, const char *mode, int64_t now_ms,
                       struct game_mode *ret_mode)
{
    bool found = false;
    pthread_mutex_lock(&cache_lock);
    for (size_t i = 0; i < GAME_MODE_CACHE_SIZE && !found; i++) {
        if (cache[i].until_monotonic_ms <= now_ms || strcmp(cache[i].game, game) != 0 ||
            strcmp(cache[i].mode, mode) != 0)
            continue;
        *ret_mode = cache[i].value;
        found = true;
    }
    pthread_mutex_unlock(&cache_lock);
    return found;
}

/* Takes the place of the same mode, else the one that expires first. */
static void cache_put(const char *game, const char *mode, int64_t now_ms,
                      const struct game_mode *value)
{
    pthread_mutex_lock(&cache_lock);
    struct cached_mode *place = &cache[0];
    for (size_t i = 0; i < GAME_MODE_CACHE_SIZE; i++) {
        if (strcmp(cache[i].game, game) == 0 && strcmp(cache[i].mode, mode) == 0) {
            place = &cache[i];
            break;
        }
        if (cache[i].until_monotonic_ms < place->until_monotonic_ms)
            place = &cache[i];
    }
    snprintf(place->game, sizeof place->game, "%s", game);
    snprintf(place->mode, sizeof place->mode, "%s", mode);
    place->value = *value;
    place->until_monotonic_ms = now_ms + GAME_MODE_CACHE_MS;
    pthread_mutex_unlock(&cache_lock);
}

static enum error ask_games(struct service_context *context, const char *request_id,
                            const char *game, json_t **ret_game)
{
    struct arena *arena = arena_create();
    struct http_question question = {
        .method = "GET",
        .addresses = context->settings->games_address,
        .path = arena_printf(arena, "/api/games/%s", game),
        .request_id = request_id,
        .timeout_ms = (int)context->settings->request_timeout_ms,
    };
    json_t *answer = NULL;
    enum error error = http_call_json(arena, &question, &answer);
    arena_destroy(arena);
    if (error == OK && answer == NULL)
        return ERROR_UNAVAILABLE;
    if (error == ERROR_NOT_FOUND)
        return ERROR_GAME_NOT_FOUND;
    if (error == OK)
        *ret_game = answer;
    return error;
}

static enum error decode_mode(const json_t *game, const char *mode, struct game_mode *ret_mode)
{
    size_t index;
    json_t *item;
    struct told_game told_game = {.modes = NULL};
    struct json_complaint complaint;
    if (json_decode_known(game, told_game_fields,
                          sizeof told_game_fields / sizeof told_game_fields[0], &told_game,
                          &complaint) != OK) {
        log_error("games told of an impossible game; refusing it", "field", complaint.field, NULL);
        return ERROR_UNAVAILABLE;
    }
    json_array_foreach(told_game.modes, index, item)
    {
        struct told_mode told = {0};
        if (json_decode_known(item, told_mode_fields,
                              sizeof told_mode_fields / sizeof told_mode_fields[0], &told,
                              &complaint) != OK ||
            told.playersMax < told.playersMin) {
            log_error("games told of an impossible mode; refusing it", "mode", mode, NULL);
            return ERROR_UNAVAILABLE;
        }
        if (strcmp(told.id, mode) != 0)
            continue;
        *ret_mode = (struct game_mode){.players_min = (int)told.playersMin,
                                       .players_max = (int)told.playersMax,
                                       .teams = (int)told.teams,
                                       .has_bots = told_game.bots,
                                       .has_open_seats = told_game.openSeats,
                                       .has_options = json_array_size(told_game.options) > 0};
        return OK;
    }
    return ERROR_MODE_NOT_FOUND;
}

static bool all_of(const char *text, size_t bytes_max, const char *allowed)
{
    size_t bytes = strlen(text);
    return bytes > 0 && bytes < bytes_max && strspn(text, allowed) == bytes;
}
