/*
 * The options of a game: declared in its game.json, chosen by people, handed to `init` as integers.
 *
 *   {"id":"points","type":"integer","min":1,"max":21,"step":1,"default":7,"label":{"en","fr"}}
 *   {"id":"speed","type":"enum","values":[{"id":"slow","label":{...}},...],"default":"slow",
 *    "label":{...}}
 *   {"id":"walls","type":"switch","default":true,"label":{...}}
 *
 * In gk_match.options, in the order of declaration: the integer, the index of the value, 0 or 1.
 * People choose by an object of id and value, {"points":5,"speed":"slow","walls":false}; what they
 * leave out has its default. Pure, any thread.
 */
#ifndef HOST_GAME_OPTIONS_H
#define HOST_GAME_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "gamekit/game.h"

#define GAME_OPTION_ID_BYTES                                                                       \
    32 /* [a-z][a-z0-9_-]* and the zero; a value's may begin with a digit */
#define GAME_OPTION_VALUES_MAX     16
#define GAME_OPTION_SENTENCE_BYTES 160

enum game_option_type { GAME_OPTION_INTEGER, GAME_OPTION_ENUM, GAME_OPTION_SWITCH };

struct game_option {
    char id[GAME_OPTION_ID_BYTES];
    enum game_option_type type;
    int32_t min, max, step; /* of an integer: min, min + step, ... up to max */
    uint32_t value_count;   /* of an enum */
    char values[GAME_OPTION_VALUES_MAX][GAME_OPTION_ID_BYTES];
    int32_t value_default; /* as in gk_match.options */
};

struct game_options {
    uint32_t count;
    struct game_option options[GK_OPTIONS_MAX];
};

/* What is wrong, for the person who wrote it: where ("options[2].default", or the id of an option)
 * and a sentence. */
struct game_options_complaint {
    char field[64];
    char sentence[GAME_OPTION_SENTENCE_BYTES];
};

/* The array "options" of a game.json. */
bool game_options_decode(const json_t *array, struct game_options *ret_options,
                         struct game_options_complaint *ret_complaint);

/* What `chosen` (NULL: nothing) comes to; the rest of `ret_values` is zero. `ret_complaint->field`
 * is the id of the option. */
bool game_options_choose(const struct game_options *options, const json_t *chosen,
                         int32_t ret_values[GK_OPTIONS_MAX],
                         struct game_options_complaint *ret_complaint);

/* The way back: every option with its value, as people write it. The caller's; `values` are such
 * as game_options_choose gives. */
json_t *game_options_tell(const struct game_options *options, const int32_t values[GK_OPTIONS_MAX]);

/* What both decoders need. A text of `min` to `max` characters without control characters. */
bool game_text_is_plain(const json_t *value, size_t min, size_t max);
/* {"en": text, "fr": text}, each at most 40 characters, and nothing else. */
bool game_label_is_fine(const json_t *value);
/* NULL, or the first name in `object` that is not in `names` (which ends with NULL). */
const char *game_unknown_field(const json_t *object, const char *const names[]);

#endif
