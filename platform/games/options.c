/*
 * POST /internal/games/{id}/options: what rooms asks before it writes down what people have chosen
 * for a game: are these good choices, and what do they come to with the defaults? A bad choice is
 * an answer, not an error. From memory; touches no table.
 */
#include "games/operations.h"
#include "games/state.h"

struct wish {
    json_t *options;
    bool has_options;
};
static const struct json_field wish_fields[] = {
    JSON_OBJECT_OPTIONAL(struct wish, options, has_options),
};

enum error game_options_judge(struct call *call)
{
    struct wish wish = {.options = NULL};
    int32_t values[GK_OPTIONS_MAX];
    struct game_options_complaint complaint = {.field = ""};
    enum error error = call_decode(call, wish_fields, 1, &wish);
    if (error != OK)
        return error;
    struct image *image = catalog_find(games_of(call->context)->catalog, call->params[0]);
    if (!image)
        return ERROR_GAME_NOT_FOUND;
    bool fine = game_options_choose(&image->about.declared, wish.options, values, &complaint);
    json_t *told = fine ? game_options_tell(&image->about.declared, values) : NULL;
    image_release(image);
    call_reply(call, 200,
               json_pack("{s:o?,s:s?,s:s?}", "options", told, "field",
                         fine ? NULL : complaint.field, "sentence",
                         fine ? NULL : complaint.sentence));
    return OK;
}
