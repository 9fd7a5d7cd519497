/* GET /api/games/{id}: one game, from its manifest and its game.json. */
#include "games/operations.h"
#include "games/state.h"

enum error game_get(struct call *call)
{
    struct games *games = games_of(call->context);
    struct image *image = catalog_find(games->catalog, call->params[0]);
    if (!image)
        return ERROR_GAME_NOT_FOUND;
    json_t *game = game_json_of(games, image);
    image_release(image);
    call_reply(call, 200, game);
    return OK;
}

json_t *game_json_of(const struct games *games, const struct image *image)
{
    const struct gk_manifest *manifest = &image->manifest;
    json_t *modes = json_array();
    for (int i = 0; i < manifest->mode_count; i++) {
        const struct gk_mode *mode = &manifest->modes[i];
        json_array_append_new(modes, json_pack("{s:s,s:i,s:i,s:i}", "id", mode->id, "playersMin",
                                               mode->players_min, "playersMax", mode->players_max,
                                               "teams", mode->teams));
    }
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:i,s:i,s:b,s:b,s:o,s:o,s:o,s:o,s:s,s:o,s:b,s:i}",
                     "id", manifest->id, "title", manifest->title, "version", manifest->version,
                     "sha", image->sha_text, "tickHz", manifest->tick_hz, "turnSeconds",
                     (int)manifest->turn_seconds, "playersMin", manifest->players_min, "playersMax",
                     manifest->players_max, "bots", (int)image->has_bot, "openSeats",
                     (manifest->flags & GK_FLAG_OPEN_SEATS) != 0, "modes", modes, "options",
                     json_loads(image->about.options, 0, NULL), "client",
                     json_sprintf("/games/%s/%s/client/", manifest->id, image->sha_text), "texts",
                     json_loads(image->about.texts, 0, NULL), "icon", image->about.icon, "input",
                     json_loads(image->about.input, 0, NULL), "enabled",
                     (int)catalog_is_enabled(games->catalog, manifest->id), "playing",
                     placements_playing(games->placements, manifest->id, NULL));
}
