/*
 * Strict decoding of a JSON object into a plain struct, by a table of fields, at one place per
 * message; what stands behind it sees no json_t. An unknown field, a wrong type, a number out of
 * range, a text too long or not UTF-8, a control character where none is allowed: ERROR_VALIDATION
 * and the field's name. A duplicate key or trailing bytes: ERROR_MALFORMED_JSON. An optional field
 * that is null counts as absent.
 *
 *     struct join { char role[16]; int64_t seat; bool has_seat; };
 *     static const struct json_field join_fields[] = {
 *         JSON_TEXT(struct join, role, 1, 15),
 *         JSON_INT_OPTIONAL(struct join, seat, has_seat, 0, 63),
 *     };
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define JSON_DEPTH_MAX 16

enum json_kind { JSON_KIND_TEXT, JSON_KIND_INT, JSON_KIND_BOOL, JSON_KIND_OBJECT, JSON_KIND_ARRAY };

struct json_field {
    const char *name;
    enum json_kind kind;
    size_t offset;     /* of the value: char[], int64_t, bool, or json_t * (borrowed) */
    size_t has_offset; /* of a bool set when the field is there; SIZE_MAX: the field is required */
    size_t capacity;   /* of a char[], with its zero */
    int64_t min, max;  /* of an int; of a text's characters (code points); of an array's items */
    bool multiline;    /* text may hold \n and \t */
};

/* One row of a table; `has` is the offset of its flag, or JSON_REQUIRED. */
#define JSON_FIELD(type, member, its_kind, has, lo, hi, lines)                                     \
    {                                                                                              \
        .name = #member, .kind = its_kind, .offset = offsetof(type, member), .has_offset = has,    \
        .capacity = sizeof(((type *)0)->member), .min = lo, .max = hi, .multiline = lines,         \
    }
#define JSON_REQUIRED SIZE_MAX

#define JSON_TEXT(type, member, lo, hi)                                                            \
    JSON_FIELD(type, member, JSON_KIND_TEXT, JSON_REQUIRED, lo, hi, false)
#define JSON_TEXT_OPTIONAL(type, member, has, lo, hi)                                              \
    JSON_FIELD(type, member, JSON_KIND_TEXT, offsetof(type, has), lo, hi, false)
/* Text that may hold line ends and tabs. */
#define JSON_TEXT_MULTILINE(type, member, lo, hi)                                                  \
    JSON_FIELD(type, member, JSON_KIND_TEXT, JSON_REQUIRED, lo, hi, true)
#define JSON_INT(type, member, lo, hi)                                                             \
    JSON_FIELD(type, member, JSON_KIND_INT, JSON_REQUIRED, lo, hi, false)
#define JSON_INT_OPTIONAL(type, member, has, lo, hi)                                               \
    JSON_FIELD(type, member, JSON_KIND_INT, offsetof(type, has), lo, hi, false)
#define JSON_BOOL(type, member) JSON_FIELD(type, member, JSON_KIND_BOOL, JSON_REQUIRED, 0, 0, false)
#define JSON_BOOL_OPTIONAL(type, member, has)                                                      \
    JSON_FIELD(type, member, JSON_KIND_BOOL, offsetof(type, has), 0, 0, false)
#define JSON_OBJECT(type, member)                                                                  \
    JSON_FIELD(type, member, JSON_KIND_OBJECT, JSON_REQUIRED, 0, 0, false)
#define JSON_OBJECT_OPTIONAL(type, member, has)                                                    \
    JSON_FIELD(type, member, JSON_KIND_OBJECT, offsetof(type, has), 0, 0, false)
/* A list of `lo` to `hi` items of any kind; each is for the caller to decode. */
#define JSON_ARRAY(type, member, lo, hi)                                                           \
    JSON_FIELD(type, member, JSON_KIND_ARRAY, JSON_REQUIRED, lo, hi, false)

/* What was wrong, for the person who sent it. */
struct json_complaint {
    char field[64];
    char sentence[160];
};

/* Parses one JSON object, whole text, no duplicates, depth bounded. `*ret_object` is owned by the
 * caller (json_decref). */
must_use enum error json_parse_object(const char *text, size_t bytes, json_t **ret_object);

/* `ret_struct` must be zeroed by the caller; on failure its content is unspecified. */
must_use enum error json_decode(const json_t *object, const struct json_field *fields,
                                size_t field_count, void *ret_struct,
                                struct json_complaint *ret_complaint);

/* The same for the answer of another service of ours, which may say more than we ask for: fields
 * that the table does not name are passed over. */
must_use enum error json_decode_known(const json_t *object, const struct json_field *fields,
                                      size_t field_count, void *ret_struct,
                                      struct json_complaint *ret_complaint);

#endif
