/*
 * Strict decoding. jansson checks the grammar, UTF-8, duplicates and that the text ends where the
 * object does; depth is bounded here, before it recurses. Numbers stay 64 bits wide and are judged
 * by range, never truncated.
 */
#include "core/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static bool is_too_deep(const char *text, size_t bytes);
static enum error decode(const json_t *object, const struct json_field *fields, size_t field_count,
                         bool others_allowed, void *ret_struct, struct json_complaint *complaint);
static enum error find_unknown(const json_t *object, const struct json_field *fields,
                               size_t field_count, struct json_complaint *complaint);
static enum error decode_field(const json_t *object, const struct json_field *field,
                               void *ret_struct, struct json_complaint *complaint);
static enum error decode_text(const json_t *value, const struct json_field *field, char *ret_text,
                              struct json_complaint *complaint);
static enum error decode_int(const json_t *value, const struct json_field *field,
                             int64_t *ret_number, struct json_complaint *complaint);
static enum error decode_array(const json_t *value, const struct json_field *field,
                               const json_t **ret_array, struct json_complaint *complaint);
static enum error complain(struct json_complaint *complaint, const char *field, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));

enum error json_parse_object(const char *text, size_t bytes, json_t **ret_object)
{
    if (is_too_deep(text, bytes))
        return ERROR_MALFORMED_JSON;
    json_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return ERROR_MALFORMED_JSON;
    }
    *ret_object = object;
    return OK;
}

enum error json_decode(const json_t *object, const struct json_field *fields, size_t field_count,
                       void *ret_struct, struct json_complaint *ret_complaint)
{
    return decode(object, fields, field_count, false, ret_struct, ret_complaint);
}

enum error json_decode_known(const json_t *object, const struct json_field *fields,
                             size_t field_count, void *ret_struct,
                             struct json_complaint *ret_complaint)
{
    return decode(object, fields, field_count, true, ret_struct, ret_complaint);
}

/* Brackets outside of texts; whether they match is for the parser to say. */
static bool is_too_deep(const char *text, size_t bytes)
{
    int depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '{' || c == '[') && ++depth > JSON_DEPTH_MAX)
            return true;
        else if (!in_text && (c == '}' || c == ']'))
            depth--;
    }
    return false;
}

static enum error decode(const json_t *object, const struct json_field *fields, size_t field_count,
                         bool others_allowed, void *ret_struct, struct json_complaint *complaint)
{
    if (!json_is_object(object))
        return complain(complaint, "", "an object is expected here");
    enum error error = OK;
    if (!others_allowed)
        error = find_unknown(object, fields, field_count, complaint);
    for (size_t i = 0; !error && i < field_count; i++)
        error = decode_field(object, &fields[i], ret_struct, complaint);
    return error;
}

static enum error find_unknown(const json_t *object, const struct json_field *fields,
                               size_t field_count, struct json_complaint *complaint)
{
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        size_t i = 0;
        while (i < field_count && strcmp(fields[i].name, name))
            i++;
        if (i == field_count)
            return complain(complaint, name, "there is no such field");
    }
    return OK;
}

static enum error decode_field(const json_t *object, const struct json_field *field,
                               void *ret_struct, struct json_complaint *complaint)
{
    const json_t *value = json_object_get(object, field->name);
    bool optional = field->has_offset != SIZE_MAX;
    if (optional && (!value || json_is_null(value)))
        return OK;
    if (!value)
        return complain(complaint, field->name, "this field is missing");

    void *at = (char *)ret_struct + field->offset;
    enum error error = OK;
    switch (field->kind) {
    case JSON_KIND_TEXT:
        error = decode_text(value, field, at, complaint);
        break;
    case JSON_KIND_INT:
        error = decode_int(value, field, at, complaint);
        break;
    case JSON_KIND_BOOL:
        if (json_is_boolean(value))
            *(bool *)at = json_is_true(value);
        else
            error = complain(complaint, field->name, "true or false is expected");
        break;
    case JSON_KIND_OBJECT:
        if (json_is_object(value))
            *(const json_t **)at = value;
        else
            error = complain(complaint, field->name, "an object is expected");
        break;
    case JSON_KIND_ARRAY:
        error = decode_array(value, field, at, complaint);
        break;
    }
    if (!error && optional)
        *(bool *)((char *)ret_struct + field->has_offset) = true;
    return error;
}

static enum error decode_text(const json_t *value, const struct json_field *field, char *ret_text,
                              struct json_complaint *complaint)
{
    if (!json_is_string(value))
        return complain(complaint, field->name, "a text is expected");
    const char *text = json_string_value(value);
    if (strlen(text) != json_string_length(value) ||
        text_has_control_character(text, field->multiline))
        return complain(complaint, field->name, "control characters are not allowed");
    int64_t characters = text_characters(text);
    if (characters < field->min)
        return complain(complaint, field->name, "at least %" PRId64 " characters are needed",
                        field->min);
    if (characters > field->max || strlen(text) >= field->capacity)
        return complain(complaint, field->name, "at most %" PRId64 " characters are allowed",
                        field->max);
    memcpy(ret_text, text, strlen(text) + 1);
    return OK;
}

static enum error decode_int(const json_t *value, const struct json_field *field,
                             int64_t *ret_number, struct json_complaint *complaint)
{
    if (!json_is_integer(value))
        return complain(complaint, field->name, "a whole number is expected");
    int64_t number = json_integer_value(value);
    if (number < field->min || number > field->max)
        return complain(complaint, field->name,
                        "a number from %" PRId64 " to %" PRId64 " is expected", field->min,
                        field->max);
    *ret_number = number;
    return OK;
}

static enum error decode_array(const json_t *value, const struct json_field *field,
                               const json_t **ret_array, struct json_complaint *complaint)
{
    if (!json_is_array(value))
        return complain(complaint, field->name, "a list is expected");
    int64_t items = (int64_t)json_array_size(value);
    if (items < field->min || items > field->max)
        return complain(complaint, field->name,
                        "a list of %" PRId64 " to %" PRId64 " items is expected", field->min,
                        field->max);
    *ret_array = value;
    return OK;
}

/* A stranger's field name goes back to him cut and without control characters. */
static enum error complain(struct json_complaint *complaint, const char *field, const char *format,
                           ...)
{
    size_t used = 0;
    for (; field[used] && used < sizeof(complaint->field) - 1; used++) {
        unsigned char c = (unsigned char)field[used];
        complaint->field[used] = c > ' ' && c < 0x7f ? (char)c : '?';
    }
    complaint->field[used] = '\0';
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint->sentence, sizeof(complaint->sentence), format, arguments);
    va_end(arguments);
    return ERROR_VALIDATION;
}
