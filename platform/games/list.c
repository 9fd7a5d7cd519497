/* GET /api/games: every game that can be played. They are few: one page always holds all. */
#include "games/operations.h"
#include "games/state.h"

enum error games_list(struct call *call)
{
    struct games *games = games_of(call->context);
    struct image *images[CATALOG_GAMES_MAX];
    size_t count = catalog_list(games->catalog, images);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(items, game_json_of(games, images[i]));
        image_release(images[i]);
    }
    call_reply(call, 200, json_pack("{s:o,s:n}", "items", items, "next"));
    return OK;
}
