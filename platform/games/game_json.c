/* The only place that reads game.json. What passes is written again by us, so that the API never
 * repeats a byte that was not understood. */
#include "games/game_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct document {
    json_t *texts, *input;
    char icon[128];
};
static const struct json_field document_fields[] = {
    JSON_OBJECT(struct document, texts),
    JSON_OBJECT(struct document, input),
    JSON_TEXT(struct document, icon, 1, 120),
};

struct locales {
    json_t *en, *fr;
};
static const struct json_field locales_fields[] = {
    JSON_OBJECT(struct locales, en),
    JSON_OBJECT(struct locales, fr),
};

struct texts {
    char title[260], summary[1204], controls[1204];
};
static const struct json_field texts_fields[] = {
    JSON_TEXT(struct texts, title, 1, 64),
    JSON_TEXT(struct texts, summary, 1, 300),
    JSON_TEXT(struct texts, controls, 1, 300),
};

struct input {
    json_t *actions;
};
static const struct json_field input_fields[] = {
    JSON_ARRAY(struct input, actions, 0, GAME_ACTIONS_MAX),
};

struct action {
    char id[32];
    json_t *keys, *label;
    bool button;
};
static const struct json_field action_fields[] = {
    JSON_TEXT(struct action, id, 1, 31),
    JSON_ARRAY(struct action, keys, 0, GAME_ACTION_KEYS_MAX),
    JSON_BOOL(struct action, button),
    JSON_OBJECT(struct action, label),
};

struct label {
    char en[164], fr[164];
};
static const struct json_field label_fields[] = {
    JSON_TEXT(struct label, en, 1, 40),
    JSON_TEXT(struct label, fr, 1, 40),
};

static enum error decode(const json_t *root, struct document *ret_document,
                         struct json_complaint *complaint);
static enum error decode_texts(const json_t *texts, struct json_complaint *complaint);
static enum error decode_action(const json_t *item, struct json_complaint *complaint);

enum error game_json_decode(const char *text, size_t bytes, struct game_json *ret_json,
                            char ret_reason[GAME_JSON_REASON_BYTES])
{
    json_t *root = NULL;
    struct document document = {0};
    struct json_complaint complaint = {.field = "", .sentence = "it is no JSON object"};

    enum error error = json_parse_object(text, bytes, &root);
    if (error == OK)
        error = decode(root, &document, &complaint);
    if (error == OK) {
        *ret_json = (struct game_json){
            .texts = json_dumps(document.texts, JSON_COMPACT),
            .input = json_dumps(document.input, JSON_COMPACT),
            .icon = strdup(document.icon),
        };
    } else {
        snprintf(ret_reason, GAME_JSON_REASON_BYTES, "game.json: %s: %s", complaint.field,
                 complaint.sentence);
    }
    json_decref(root);
    return error;
}

void game_json_finish(struct game_json *json)
{
    free(json->texts);
    free(json->input);
    free(json->icon);
}

static enum error decode(const json_t *root, struct document *ret_document,
                         struct json_complaint *complaint)
{
    struct input input = {0};
    enum error error =
        json_decode(root, document_fields, COUNT(document_fields), ret_document, complaint);
    if (error == OK)
        error = decode_texts(ret_document->texts, complaint);
    if (error == OK)
        error =
            json_decode(ret_document->input, input_fields, COUNT(input_fields), &input, complaint);
    for (size_t i = 0; error == OK && i < json_array_size(input.actions); i++)
        error = decode_action(json_array_get(input.actions, i), complaint);
    return error;
}

static enum error decode_texts(const json_t *texts, struct json_complaint *complaint)
{
    struct locales locales = {.en = NULL};
    struct texts en = {.title = ""}, fr = {.title = ""};
    enum error error =
        json_decode(texts, locales_fields, COUNT(locales_fields), &locales, complaint);
    if (error == OK)
        error = json_decode(locales.en, texts_fields, COUNT(texts_fields), &en, complaint);
    if (error == OK)
        error = json_decode(locales.fr, texts_fields, COUNT(texts_fields), &fr, complaint);
    return error;
}

static enum error decode_action(const json_t *item, struct json_complaint *complaint)
{
    struct action action = {0};
    struct label label = {{0}, {0}};
    if (!json_is_object(item)) {
        snprintf(complaint->field, sizeof complaint->field, "actions");
        snprintf(complaint->sentence, sizeof complaint->sentence, "each is an object");
        return ERROR_VALIDATION;
    }
    enum error error = json_decode(item, action_fields, COUNT(action_fields), &action, complaint);
    if (error == OK)
        error = json_decode(action.label, label_fields, COUNT(label_fields), &label, complaint);
    for (size_t i = 0; error == OK && i < json_array_size(action.keys); i++) {
        const char *key = json_string_value(json_array_get(action.keys, i));
        if (!key || strlen(key) == 0 || strlen(key) > 24) {
            snprintf(complaint->field, sizeof complaint->field, "keys");
            snprintf(complaint->sentence, sizeof complaint->sentence,
                     "each is a KeyboardEvent.code");
            error = ERROR_VALIDATION;
        }
    }
    return error;
}
