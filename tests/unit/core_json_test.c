/* What the decoder takes from a stranger's message, and what it must refuse, naming the field. */
#include "core/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "promises.h"

struct message {
    char name[16];
    char note[32];
    bool has_note;
    char text[32];
    bool has_text;
    int64_t seat;
    bool has_seat;
    bool ready;
    bool has_ready;
    json_t *options;
    bool has_options;
};
static const struct json_field message_fields[] = {
    JSON_TEXT(struct message, name, 1, 8),
    JSON_TEXT_OPTIONAL(struct message, note, has_note, 0, 31),
    JSON_INT_OPTIONAL(struct message, seat, has_seat, 0, 63),
    JSON_BOOL_OPTIONAL(struct message, ready, has_ready),
    JSON_OBJECT_OPTIONAL(struct message, options, has_options),
};
#define MESSAGE_FIELDS (sizeof(message_fields) / sizeof(message_fields[0]))

struct result {
    enum error error;
    struct message message;
    struct json_complaint complaint;
};

static struct result decode_bytes(const char *text, size_t bytes)
{
    struct result result = {0};
    json_t *object = NULL;
    result.error = json_parse_object(text, bytes, &object);
    if (!result.error)
        result.error =
            json_decode(object, message_fields, MESSAGE_FIELDS, &result.message, &result.complaint);
    result.message.options = NULL; /* borrowed from the object */
    json_decref(object);
    return result;
}

static struct result decode(const char *text)
{
    return decode_bytes(text, strlen(text));
}

static void assert_malformed(const char *text)
{
    if (decode(text).error != ERROR_MALFORMED_JSON)
        printf("\n    not refused as malformed: %s\n", text);
    CU_ASSERT_EQUAL(decode(text).error, ERROR_MALFORMED_JSON);
}

static void assert_refused(const char *text, const char *field)
{
    struct result result = decode(text);
    if (result.error != ERROR_VALIDATION || strcmp(result.complaint.field, field))
        printf("\n    %s: error %d, field %s\n", text, result.error, result.complaint.field);
    CU_ASSERT_EQUAL(result.error, ERROR_VALIDATION);
    CU_ASSERT_STRING_EQUAL(result.complaint.field, field);
    CU_ASSERT(strlen(result.complaint.sentence) > 0);
}

static void test_json_decode_fills_the_struct(void)
{
    struct result result = decode("{\"name\":\"ann\",\"note\":\"\",\"seat\":63,\"ready\":true}");
    CU_ASSERT_EQUAL_FATAL(result.error, OK);
    CU_ASSERT_STRING_EQUAL(result.message.name, "ann");
    CU_ASSERT(result.message.has_note);
    CU_ASSERT_EQUAL(result.message.seat, 63);
    CU_ASSERT(result.message.has_seat && result.message.ready && result.message.has_ready);
}

static void test_json_decode_leaves_absent_and_null_options_unset(void)
{
    struct result result = decode("{\"name\":\"ann\",\"note\":null,\"seat\":null}");
    CU_ASSERT_EQUAL_FATAL(result.error, OK);
    CU_ASSERT_FALSE(result.message.has_note || result.message.has_seat || result.message.has_ready);
    CU_ASSERT_EQUAL(result.message.seat, 0);
}

static void test_json_decode_names_a_missing_field(void)
{
    assert_refused("{}", "name");
    assert_refused("{\"name\":null}", "name");
}

static void test_json_decode_names_an_unknown_field(void)
{
    assert_refused("{\"name\":\"ann\",\"admin\":true}", "admin");
    assert_refused("{\"name\":\"ann\",\"Name\":\"bob\"}", "Name");
}

static void test_json_decode_known_passes_over_other_fields(void)
{
    struct message message = {0};
    struct json_complaint complaint;
    json_t *object = json_pack("{s:s, s:b, s:[i]}", "name", "ann", "admin", 1, "more", 3);
    CU_ASSERT_EQUAL(json_decode_known(object, message_fields, MESSAGE_FIELDS, &message, &complaint),
                    OK);
    CU_ASSERT_STRING_EQUAL(message.name, "ann");
    json_decref(object);
}

static void test_json_decode_refuses_a_wrong_type(void)
{
    assert_refused("{\"name\":7}", "name");
    assert_refused("{\"name\":[\"ann\"]}", "name");
    assert_refused("{\"name\":\"ann\",\"seat\":\"3\"}", "seat");
    assert_refused("{\"name\":\"ann\",\"seat\":3.0}", "seat");
    assert_refused("{\"name\":\"ann\",\"seat\":true}", "seat");
    assert_refused("{\"name\":\"ann\",\"ready\":1}", "ready");
    assert_refused("{\"name\":\"ann\",\"ready\":\"true\"}", "ready");
    assert_refused("{\"name\":\"ann\",\"options\":[]}", "options");
}

/* 4294967297 is 1 and 4294967296 is 0 for somebody who keeps 32 bits. */
static void test_json_decode_never_truncates_a_number(void)
{
    assert_refused("{\"name\":\"ann\",\"seat\":64}", "seat");
    assert_refused("{\"name\":\"ann\",\"seat\":-1}", "seat");
    assert_refused("{\"name\":\"ann\",\"seat\":4294967296}", "seat");
    assert_refused("{\"name\":\"ann\",\"seat\":4294967297}", "seat");
    assert_refused("{\"name\":\"ann\",\"seat\":9223372036854775807}", "seat");
    assert_refused("{\"name\":\"ann\",\"seat\":-9223372036854775808}", "seat");
    assert_malformed("{\"name\":\"ann\",\"seat\":9223372036854775808}");
    assert_malformed("{\"name\":\"ann\",\"seat\":1e999}");
    assert_malformed("{\"name\":\"ann\",\"seat\":01}");
    assert_malformed("{\"name\":\"ann\",\"seat\":0x10}");
    assert_malformed("{\"name\":\"ann\",\"seat\":NaN}");
}

static void test_json_decode_counts_characters_not_bytes(void)
{
    struct result result = decode("{\"name\":\"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\"}");
    CU_ASSERT_EQUAL(result.error, OK);
    CU_ASSERT_EQUAL(strlen(result.message.name), 14);
    assert_refused("{\"name\":\"\"}", "name");
    assert_refused("{\"name\":\"123456789\"}", "name");
}

static void test_json_decode_refuses_text_larger_than_its_place(void)
{
    /* 8 characters of 4 bytes: allowed by count, but the place holds 15 bytes */
    assert_refused("{\"name\":\"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\"}",
                   "name");
    CU_ASSERT_EQUAL(decode("{\"name\":\"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\"}").error, OK);
}

static void test_json_decode_refuses_control_characters(void)
{
    assert_refused("{\"name\":\"a\\nb\"}", "name");
    assert_refused("{\"name\":\"a\\tb\"}", "name");
    assert_refused("{\"name\":\"a\\u001b[0m\"}", "name");
    assert_refused("{\"name\":\"a\\u007f\"}", "name");
    assert_refused("{\"name\":\"a\\u0085\"}", "name");
    assert_malformed("{\"name\":\"a\nb\"}");
}

static void test_json_decode_takes_line_ends_only_where_allowed(void)
{
    static const struct json_field fields[] = {JSON_TEXT_MULTILINE(struct message, text, 1, 20)};
    struct message message = {0};
    struct json_complaint complaint;
    json_t *good = json_pack("{s:s}", "text", "a\n\tb");
    json_t *bad = json_pack("{s:s}", "text", "a\rb");
    CU_ASSERT_EQUAL(json_decode(good, fields, 1, &message, &complaint), OK);
    CU_ASSERT_STRING_EQUAL(message.text, "a\n\tb");
    CU_ASSERT_EQUAL(json_decode(bad, fields, 1, &message, &complaint), ERROR_VALIDATION);
    json_decref(good);
    json_decref(bad);
}

static void test_json_decode_bounds_a_list(void)
{
    struct list {
        json_t *items;
    } list;
    static const struct json_field fields[] = {JSON_ARRAY(struct list, items, 1, 2)};
    struct json_complaint complaint;
    static const struct {
        const char *text;
        enum error error;
    } cases[] = {
        {"{\"items\":[]}", ERROR_VALIDATION},
        {"{\"items\":[1]}", OK},
        {"{\"items\":[1,2]}", OK},
        {"{\"items\":[1,2,3]}", ERROR_VALIDATION},
        {"{\"items\":{\"0\":1}}", ERROR_VALIDATION},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object;
        CU_ASSERT_EQUAL_FATAL(json_parse_object(cases[i].text, strlen(cases[i].text), &object), OK);
        CU_ASSERT_EQUAL(json_decode(object, fields, 1, &list, &complaint), cases[i].error);
        json_decref(object);
    }
}

static void test_json_decode_makes_a_strangers_field_name_harmless(void)
{
    struct result result = decode("{\"name\":\"ann\",\"a b\\u001b\\u00e9\":1}");
    CU_ASSERT_EQUAL(result.error, ERROR_VALIDATION);
    CU_ASSERT_STRING_EQUAL(result.complaint.field, "a?b???");

    char text[400], name[200];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    snprintf(text, sizeof(text), "{\"name\":\"ann\",\"%s\":1}", name);
    result = decode(text);
    CU_ASSERT_EQUAL(strlen(result.complaint.field), sizeof(result.complaint.field) - 1);
}

static void test_json_parse_refuses_what_is_no_single_object(void)
{
    static const char *const bad[] = {
        "",
        " ",
        "null",
        "[]",
        "7",
        "\"{}\"",
        "{",
        "}",
        "{}{}",
        "{} x",
        "{},",
        "{'name':1}",
        "{name:1}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":}",
        "// c\n{}",
        "\xef\xbb\xbf{}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_malformed(bad[i]);
}

static void test_json_parse_refuses_duplicate_keys(void)
{
    assert_malformed("{\"name\":\"ann\",\"name\":\"bob\"}");
    assert_malformed("{\"name\":\"ann\",\"n\\u0061me\":\"bob\"}");
    assert_malformed("{\"name\":\"ann\",\"options\":{\"a\":1,\"a\":2}}");
}

static void test_json_parse_refuses_zero_bytes(void)
{
    static const char inside[] = "{\"name\":\"a\0b\"}", behind[] = "{\"name\":\"ab\"}\0",
                      key[] = "{\"na\\u0000me\":\"ab\"}", value[] = "{\"name\":\"a\\u0000b\"}";
    CU_ASSERT_EQUAL(decode_bytes(inside, sizeof(inside) - 1).error, ERROR_MALFORMED_JSON);
    CU_ASSERT_EQUAL(decode_bytes(behind, sizeof(behind) - 1).error, ERROR_MALFORMED_JSON);
    CU_ASSERT_EQUAL(decode_bytes(key, sizeof(key) - 1).error, ERROR_MALFORMED_JSON);
    CU_ASSERT_EQUAL(decode_bytes(value, sizeof(value) - 1).error, ERROR_MALFORMED_JSON);
}

static void test_json_parse_refuses_invalid_utf8(void)
{
    assert_malformed("{\"name\":\"\xff\"}");
    assert_malformed("{\"name\":\"\xc3\"}");
    assert_malformed("{\"name\":\"\xc0\xaf\"}");         /* overlong */
    assert_malformed("{\"name\":\"\xed\xa0\x80\"}");     /* surrogate */
    assert_malformed("{\"name\":\"\xf4\x90\x80\x80\"}"); /* above U+10FFFF */
}

static void test_json_parse_bounds_depth(void)
{
    char text[4 * JSON_DEPTH_MAX + 64];
    for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX; depth++) {
        char *at = text + sprintf(text, "{\"a\":");
        for (int i = 0; i < depth; i++)
            *at++ = '[';
        for (int i = 0; i < depth; i++)
            *at++ = ']';
        strcpy(at, "}");
        json_t *object = NULL;
        enum error expected = depth < JSON_DEPTH_MAX ? OK : ERROR_MALFORMED_JSON;
        CU_ASSERT_EQUAL(json_parse_object(text, strlen(text), &object), expected);
        json_decref(object);
    }
}

static void test_json_parse_does_not_take_brackets_in_text_for_depth(void)
{
    json_t *object = NULL;
    const char *text = "{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[{{{{{{{{{{\"}";
    CU_ASSERT_EQUAL(json_parse_object(text, strlen(text), &object), OK);
    json_decref(object);
}

static void test_json_parse_survives_a_million_brackets(void)
{
    size_t bytes = 1000000;
    char *text = malloc(bytes);
    memset(text, '[', bytes);
    text[0] = '{';
    json_t *object = NULL;
    CU_ASSERT_EQUAL(json_parse_object(text, bytes, &object), ERROR_MALFORMED_JSON);
    free(text);
}

static void test_text_is_utf8_agrees_with_unicode(void)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xed\x9f\xbf",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\x80",         "\xc3",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",
        "\xe2\x82",     "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xf0\x9f\x98", "a\xff",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT(text_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(text_is_utf8(bad[i]));
}

static CU_TestInfo promises[] = {
    PROMISE(test_json_decode_fills_the_struct),
    PROMISE(test_json_decode_leaves_absent_and_null_options_unset),
    PROMISE(test_json_decode_names_a_missing_field),
    PROMISE(test_json_decode_names_an_unknown_field),
    PROMISE(test_json_decode_known_passes_over_other_fields),
    PROMISE(test_json_decode_refuses_a_wrong_type),
    PROMISE(test_json_decode_never_truncates_a_number),
    PROMISE(test_json_decode_counts_characters_not_bytes),
    PROMISE(test_json_decode_refuses_text_larger_than_its_place),
    PROMISE(test_json_decode_refuses_control_characters),
    PROMISE(test_json_decode_takes_line_ends_only_where_allowed),
    PROMISE(test_json_decode_bounds_a_list),
    PROMISE(test_json_decode_makes_a_strangers_field_name_harmless),
    PROMISE(test_json_parse_refuses_what_is_no_single_object),
    PROMISE(test_json_parse_refuses_duplicate_keys),
    PROMISE(test_json_parse_refuses_zero_bytes),
    PROMISE(test_json_parse_refuses_invalid_utf8),
    PROMISE(test_json_parse_bounds_depth),
    PROMISE(test_json_parse_does_not_take_brackets_in_text_for_depth),
    PROMISE(test_json_parse_survives_a_million_brackets),
    PROMISE(test_text_is_utf8_agrees_with_unicode),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/json", promises);
}
