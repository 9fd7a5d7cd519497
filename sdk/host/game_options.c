/* Declarations in, choices in, integers out. Every number stays 64 bits wide until it was judged.
 */
#include "host/game_options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABEL_CHARACTERS_MAX 40

static const char *const names_integer[] = {"id",   "type",    "min",   "max",
                                            "step", "default", "label", NULL};
static const char *const names_enum[] = {"id", "type", "values", "default", "label", NULL};
static const char *const names_switch[] = {"id", "type", "default", "label", NULL};
static const char *const names_value[] = {"id", "label", NULL};
static const char *const names_locales[] = {"en", "fr", NULL};

/* Where in game.json we are. */
struct place {
    size_t option;
    struct game_options_complaint *complaint; /* borrowed */
};

static bool decode_option(const struct place *place, const json_t *item,
                          struct game_option *ret_option);
static bool decode_integer(const struct place *place, const json_t *item,
                           struct game_option *option);
static bool decode_number(const struct place *place, const json_t *item, const char *name,
                          int32_t *ret_number);
static bool decode_enum(const struct place *place, const json_t *item, struct game_option *option);
static bool decode_switch(const struct place *place, const json_t *item,
                          struct game_option *option);
static bool id_is_fine(const json_t *value, bool digit_first);
static bool choose(const struct game_option *option, const json_t *value, int32_t *ret_value,
                   struct game_options_complaint *complaint);
static bool is_on_a_step(const struct game_option *option, json_int_t value);
static int index_of(const struct game_option *option, const json_t *value);
static const struct game_option *find(const struct game_options *options, const char *id);
static bool refuse(const struct place *place, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool complain(struct game_options_complaint *complaint, const char *field,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

bool game_options_decode(const json_t *array, struct game_options *ret_options,
                         struct game_options_complaint *ret_complaint)
{
    struct game_options options = {.count = 0};
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count > GK_OPTIONS_MAX)
        return complain(ret_complaint, "options", "make it a list of at most %u options",
                        GK_OPTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct place place = {i, ret_complaint};
        struct game_option *option = &options.options[i];
        if (!decode_option(&place, json_array_get(array, i), option))
            return false;
        if (find(&options, option->id))
            return refuse(&place, "id", "there are two of this id: rename one");
        options.count++;
    }
    *ret_options = options;
    return true;
}

bool game_options_choose(const struct game_options *options, const json_t *chosen,
                         int32_t ret_values[GK_OPTIONS_MAX],
                         struct game_options_complaint *ret_complaint)
{
    int32_t values[GK_OPTIONS_MAX] = {0};
    const char *id;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)chosen, id, value)
    {
        if (!find(options, id))
            return complain(ret_complaint, id, "The game has no option of this name.");
    }
    for (uint32_t i = 0; i < options->count; i++) {
        const struct game_option *option = &options->options[i];
        value = json_object_get(chosen, option->id);
        values[i] = option->value_default;
        if (value && !choose(option, value, &values[i], ret_complaint))
            return false;
    }
    memcpy(ret_values, values, sizeof values);
    return true;
}

json_t *game_options_tell(const struct game_options *options, const int32_t values[GK_OPTIONS_MAX])
{
    json_t *told = json_object();
    for (uint32_t i = 0; i < options->count; i++) {
        const struct game_option *option = &options->options[i];
        json_t *value = option->type == GAME_OPTION_INTEGER ? json_integer(values[i])
                        : option->type == GAME_OPTION_ENUM  ? json_string(option->values[values[i]])
                                                            : json_boolean(values[i]);
        json_object_set_new(told, option->id, value);
    }
    return told;
}

bool game_text_is_plain(const json_t *value, size_t min, size_t max)
{
    const char *text = json_string_value(value);
    size_t characters = 0;
    if (!text || strlen(text) != json_string_length(value))
        return false;
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f))
            return false;
        characters += (*at & 0xc0) != 0x80;
    }
    return characters >= min && characters <= max;
}

bool game_label_is_fine(const json_t *value)
{
    return json_is_object(value) && !game_unknown_field(value, names_locales) &&
           game_text_is_plain(json_object_get(value, "en"), 1, LABEL_CHARACTERS_MAX) &&
           game_text_is_plain(json_object_get(value, "fr"), 1, LABEL_CHARACTERS_MAX);
}

const char *game_unknown_field(const json_t *object, const char *const names[])
{
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        size_t i = 0;
        while (names[i] && strcmp(names[i], name) != 0)
            i++;
        if (!names[i])
            return name;
    }
    return NULL;
}

static bool decode_option(const struct place *place, const json_t *item,
                          struct game_option *ret_option)
{
    static const struct {
        const char *name;
        enum game_option_type type;
        const char *const *fields;
        bool (*decode)(const struct place *place, const json_t *item, struct game_option *option);
    } types[] = {
        {"integer", GAME_OPTION_INTEGER, names_integer, decode_integer},
        {"enum", GAME_OPTION_ENUM, names_enum, decode_enum},
        {"switch", GAME_OPTION_SWITCH, names_switch, decode_switch},
    };
    const char *type = json_string_value(json_object_get(item, "type"));
    size_t i = 0;
    while (type && i < sizeof types / sizeof types[0] && strcmp(types[i].name, type) != 0)
        i++;
    if (!type || i == sizeof types / sizeof types[0])
        return refuse(place, "type", "make it \"integer\", \"enum\" or \"switch\"");
    const char *unknown = game_unknown_field(item, types[i].fields);
    if (unknown)
        return refuse(place, unknown, "there is no such field: leave it out");
    if (!id_is_fine(json_object_get(item, "id"), false))
        return refuse(place, "id", "write it as [a-z][a-z0-9_-]*, at most %d characters",
                      GAME_OPTION_ID_BYTES - 1);
    if (!game_label_is_fine(json_object_get(item, "label")))
        return refuse(place, "label", "give it \"en\" and \"fr\", 1 to %d characters each",
                      LABEL_CHARACTERS_MAX);
    struct game_option option = {.type = types[i].type};
    strcpy(option.id, json_string_value(json_object_get(item, "id")));
    if (!types[i].decode(place, item, &option))
        return false;
    *ret_option = option;
    return true;
}

static bool decode_integer(const struct place *place, const json_t *item,
                           struct game_option *option)
{
    if (!decode_number(place, item, "min", &option->min) ||
        !decode_number(place, item, "max", &option->max) ||
        !decode_number(place, item, "step", &option->step) ||
        !decode_number(place, item, "default", &option->value_default))
        return false;
    if (option->max < option->min)
        return refuse(place, "max", "it is below min: raise it");
    if (option->step < 1)
        return refuse(place, "step", "make it 1 or more");
    if (!is_on_a_step(option, option->value_default))
        return refuse(place, "default", "take one of min, min + step, ... up to max");
    return true;
}

static bool decode_number(const struct place *place, const json_t *item, const char *name,
                          int32_t *ret_number)
{
    const json_t *value = json_object_get(item, name);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < INT32_MIN || number > INT32_MAX)
        return refuse(place, name, "make it a whole number of 32 bits");
    *ret_number = (int32_t)number;
    return true;
}

static bool decode_enum(const struct place *place, const json_t *item, struct game_option *option)
{
    const json_t *values = json_object_get(item, "values");
    size_t count = json_array_size(values);
    if (count < 2 || count > GAME_OPTION_VALUES_MAX)
        return refuse(place, "values", "make it a list of 2 to %d values", GAME_OPTION_VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(values, i);
        const json_t *id = json_object_get(value, "id");
        if (game_unknown_field(value, names_value) || !id_is_fine(id, true) ||
            !game_label_is_fine(json_object_get(value, "label")))
            return refuse(place, "values",
                          "give value %zu an id of [a-z0-9_-] and a label in \"en\" and \"fr\", "
                          "and nothing else",
                          i);
        if (index_of(option, id) >= 0)
            return refuse(place, "values", "there are two of the id %s: rename one",
                          json_string_value(id));
        strcpy(option->values[option->value_count++], json_string_value(id));
    }
    option->value_default = index_of(option, json_object_get(item, "default"));
    return option->value_default >= 0 || refuse(place, "default", "take the id of one of values");
}

static bool decode_switch(const struct place *place, const json_t *item, struct game_option *option)
{
    const json_t *value = json_object_get(item, "default");
    option->value_default = json_is_true(value);
    return json_is_boolean(value) || refuse(place, "default", "make it true or false");
}

static bool id_is_fine(const json_t *value, bool digit_first)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789",
                      rest[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *id = json_string_value(value);
    if (!id || strlen(id) != json_string_length(value) || strlen(id) >= GAME_OPTION_ID_BYTES ||
        strspn(id, rest) != strlen(id) || id[0] == '\0' || !strchr(first, id[0]))
        return false;
    return digit_first || id[0] > '9';
}

static bool choose(const struct game_option *option, const json_t *value, int32_t *ret_value,
                   struct game_options_complaint *complaint)
{
    switch (option->type) {
    case GAME_OPTION_INTEGER:
        if (!json_is_integer(value) || !is_on_a_step(option, json_integer_value(value)))
            return complain(complaint, option->id,
                            "Must be a whole number from %d to %d, in steps of %d.", option->min,
                            option->max, option->step);
        *ret_value = (int32_t)json_integer_value(value);
        return true;
    case GAME_OPTION_ENUM: {
        int index = index_of(option, value);
        if (index < 0)
            return complain(complaint, option->id, "Must be one of the values of this option.");
        *ret_value = index;
        return true;
    }
    case GAME_OPTION_SWITCH:
        break;
    }
    if (!json_is_boolean(value))
        return complain(complaint, option->id, "Must be true or false.");
    *ret_value = json_is_true(value);
    return true;
}

static bool is_on_a_step(const struct game_option *option, json_int_t value)
{
    return value >= option->min && value <= option->max &&
           (value - option->min) % option->step == 0;
}

/* -1: it is none of the values. */
static int index_of(const struct game_option *option, const json_t *value)
{
    const char *id = json_string_value(value);
    for (uint32_t i = 0; id && i < option->value_count; i++)
        if (strcmp(option->values[i], id) == 0)
            return (int)i;
    return -1;
}

static const struct game_option *find(const struct game_options *options, const char *id)
{
    for (uint32_t i = 0; i < options->count; i++)
        if (strcmp(options->options[i].id, id) == 0)
            return &options->options[i];
    return NULL;
}

static bool refuse(const struct place *place, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place->complaint->sentence, sizeof place->complaint->sentence, format, arguments);
    va_end(arguments);
    snprintf(place->complaint->field, sizeof place->complaint->field, "options[%zu].%.32s",
             place->option, name);
    return false;
}

/* A stranger's own name for a field comes back cut and plain. */
static bool complain(struct game_options_complaint *complaint, const char *field,
                     const char *format, ...)
{
    size_t used = 0;
    for (; field[used] && used < GAME_OPTION_ID_BYTES; used++)
        complaint->field[used] = field[used] > ' ' && field[used] < 0x7f ? field[used] : '?';
    complaint->field[used] = '\0';
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint->sentence, sizeof complaint->sentence, format, arguments);
    va_end(arguments);
    return false;
}
