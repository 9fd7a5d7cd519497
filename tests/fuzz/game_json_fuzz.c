/* A game.json, and the defaults of the options that it declares. */
#include <string.h>

#include "host/game_json.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct game_json json;
    char reason[GAME_JSON_REASON_BYTES] = "";
    if (!game_json_decode((const char *)bytes, count, &json, reason)) {
        PROMISE(strlen(reason) > 0 && strlen(reason) < sizeof reason);
        return 0;
    }
    int32_t values[GK_OPTIONS_MAX], again[GK_OPTIONS_MAX];
    struct game_options_complaint complaint;
    PROMISE(json.texts && json.input && json.options && json.icon[0]);
    PROMISE(json.declared.count <= GK_OPTIONS_MAX);
    PROMISE(game_options_choose(&json.declared, NULL, values, &complaint));
    json_t *told = game_options_tell(&json.declared, values);
    PROMISE(told && game_options_choose(&json.declared, told, again, &complaint));
    PROMISE(memcmp(values, again, sizeof values) == 0);
    json_decref(told);
    game_json_finish(&json);
    return 0;
}
