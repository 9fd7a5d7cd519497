/* The only place that reads game.json. jansson checks the grammar, UTF-8, duplicates and depth. */
#include "host/game_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_CHARACTERS_MAX 64
#define TEXT_CHARACTERS_MAX  300
#define ICON_CHARACTERS_MAX  120
#define ID_CHARACTERS_MAX    31
#define KEY_CHARACTERS_MAX   24

static const char *const names_document[] = {"texts", "icon", "input", "options", NULL};
static const char *const names_locales[] = {"en", "fr", NULL};
static const char *const names_texts[] = {"title", "summary", "controls", NULL};
static const char *const names_input[] = {"actions", NULL};
static const char *const names_action[] = {"id", "keys", "button", "label", NULL};

static bool decode(const json_t *root, struct game_json *ret_json, char *reason);
static bool judge_texts(const json_t *texts, char *reason);
static bool judge_icon(const json_t *icon, char *reason);
static bool judge_input(const json_t *input, char *reason);
static bool judge_action(const json_t *action, size_t index, char *reason);
static bool judge_fields(const json_t *object, const char *const names[], const char *where,
                         char *reason);
static char *dump(const json_t *value);
static bool refuse(char *reason, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool game_json_decode(const char *text, size_t bytes, struct game_json *ret_json,
                      char ret_reason[GAME_JSON_REASON_BYTES])
{
    json_error_t error;
    if (bytes > GAME_JSON_BYTES_MAX)
        return refuse(ret_reason, "the file", "it has over %u bytes: shorten its texts",
                      GAME_JSON_BYTES_MAX);
    json_t *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return refuse(ret_reason, "the file", "it is no JSON from line %d on: mend it", error.line);
    bool fine = decode(root, ret_json, ret_reason);
    json_decref(root);
    return fine;
}

void game_json_finish(struct game_json *json)
{
    free(json->texts);
    free(json->input);
    free(json->options);
}

bool game_json_has_options(const struct game_json *json, uint32_t option_count,
                           char ret_reason[GAME_JSON_REASON_BYTES])
{
    return json->declared.count == option_count ||
           refuse(ret_reason, "options",
                  "there are %u, and manifest.option_count is %u: make them equal",
                  json->declared.count, option_count);
}

static bool decode(const json_t *root, struct game_json *ret_json, char *reason)
{
    const json_t *texts = json_object_get(root, "texts"), *input = json_object_get(root, "input");
    const json_t *icon = json_object_get(root, "icon"), *options = json_object_get(root, "options");
    struct game_json json = {.declared.count = 0};
    struct game_options_complaint complaint;
    if (!judge_fields(root, names_document, "the file", reason) || !judge_texts(texts, reason) ||
        !judge_icon(icon, reason) || !judge_input(input, reason))
        return false;
    if (options && !game_options_decode(options, &json.declared, &complaint))
        return refuse(reason, complaint.field, "%s", complaint.sentence);
    strcpy(json.icon, json_string_value(icon));
    json.texts = dump(texts);
    json.input = dump(input);
    json.options = options ? dump(options) : strdup("[]");
    if (!json.texts || !json.input || !json.options) {
        game_json_finish(&json);
        return refuse(reason, "the file", "there is no memory for it: try again");
    }
    *ret_json = json;
    return true;
}

static bool judge_texts(const json_t *texts, char *reason)
{
    if (!judge_fields(texts, names_locales, "texts", reason))
        return false;
    for (size_t i = 0; names_locales[i]; i++) {
        const json_t *locale = json_object_get(texts, names_locales[i]);
        char where[32];
        snprintf(where, sizeof where, "texts.%s", names_locales[i]);
        if (!judge_fields(locale, names_texts, where, reason))
            return false;
        for (size_t j = 0; names_texts[j]; j++) {
            size_t max = j == 0 ? TITLE_CHARACTERS_MAX : TEXT_CHARACTERS_MAX;
            snprintf(where, sizeof where, "texts.%s.%s", names_locales[i], names_texts[j]);
            if (!game_text_is_plain(json_object_get(locale, names_texts[j]), 1, max))
                return refuse(reason, where, "make it a text of 1 to %zu characters", max);
        }
    }
    return true;
}

static bool judge_icon(const json_t *icon, char *reason)
{
    return (game_text_is_plain(icon, 1, ICON_CHARACTERS_MAX) &&
            json_string_length(icon) < GAME_ICON_BYTES) ||
           refuse(reason, "icon", "name a file of the bundle, like client/icon.svg");
}

static bool judge_input(const json_t *input, char *reason)
{
    const json_t *actions = json_object_get(input, "actions");
    if (!judge_fields(input, names_input, "input", reason))
        return false;
    if (!json_is_array(actions) || json_array_size(actions) > GAME_ACTIONS_MAX)
        return refuse(reason, "input.actions", "make it a list of at most %d", GAME_ACTIONS_MAX);
    for (size_t i = 0; i < json_array_size(actions); i++)
        if (!judge_action(json_array_get(actions, i), i, reason))
            return false;
    return true;
}

static bool judge_action(const json_t *action, size_t index, char *reason)
{
    const json_t *keys = json_object_get(action, "keys");
    char where[48];
    snprintf(where, sizeof where, "input.actions[%zu]", index);
    if (!judge_fields(action, names_action, where, reason))
        return false;
    if (!game_text_is_plain(json_object_get(action, "id"), 1, ID_CHARACTERS_MAX))
        return refuse(reason, where, "give its id 1 to %d characters", ID_CHARACTERS_MAX);
    if (!json_is_boolean(json_object_get(action, "button")))
        return refuse(reason, where, "make its button true or false");
    if (!game_label_is_fine(json_object_get(action, "label")))
        return refuse(reason, where, "give its label \"en\" and \"fr\", 1 to 40 characters each");
    if (!json_is_array(keys) || json_array_size(keys) > GAME_ACTION_KEYS_MAX)
        return refuse(reason, where, "give it a list of at most %d keys", GAME_ACTION_KEYS_MAX);
    for (size_t i = 0; i < json_array_size(keys); i++)
        if (!game_text_is_plain(json_array_get(keys, i), 1, KEY_CHARACTERS_MAX))
            return refuse(reason, where, "make each of its keys a KeyboardEvent.code");
    return true;
}

/* An object with no other fields; that the ones of `names` are there is judged by who reads them.
 */
static bool judge_fields(const json_t *object, const char *const names[], const char *where,
                         char *reason)
{
    if (!json_is_object(object))
        return refuse(reason, where, "make it an object");
    const char *unknown = game_unknown_field(object, names);
    return !unknown || refuse(reason, where, "there is no field %.32s: leave it out", unknown);
}

static char *dump(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT);
}

static bool refuse(char *reason, const char *where, const char *format, ...)
{
    char sentence[GAME_OPTION_SENTENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    snprintf(reason, GAME_JSON_REASON_BYTES, "game.json: %s: %s.", where, sentence);
    return false;
}
