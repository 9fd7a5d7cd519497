/* Ids, base64url and the clock's text form. */
#include "core/id.h"

#include <string.h>

#include "core/clock.h"
#include "promises.h"

static void test_id_is_a_version_7_uuid_of_now(void)
{
    int64_t before = clock_unix_ms();
    struct id id = id_new();
    int64_t after = clock_unix_ms(), at = 0;
    for (int i = 0; i < 6; i++)
        at = at << 8 | id.bytes[i];
    CU_ASSERT(at >= before && at <= after);
    CU_ASSERT_EQUAL(id.bytes[6] >> 4, 7);
    CU_ASSERT_EQUAL(id.bytes[8] >> 6, 2);
    struct id other = id_new();
    CU_ASSERT_FALSE(id_equal(&id, &other));
}

static void test_id_text_comes_back(void)
{
    struct id id = id_new(), again;
    char text[ID_TEXT_BYTES];
    id_text(&id, text);
    CU_ASSERT_EQUAL(strlen(text), 36);
    CU_ASSERT(id_parse(text, &again));
    CU_ASSERT(id_equal(&id, &again));
}

static void test_id_parse_refuses_other_forms(void)
{
    static const char *const bad[] = {
        "",
        "019b76da-a800-7000-8000-00000000000",
        "019b76da-a800-7000-8000-0000000000011",
        "019b76daa800-7000-8000-000000000001-",
        "019b76da-a800-7000-8000-00000000000g",
        "{19b76da-a800-7000-8000-000000000001",
        "019b76da-a800-7000-8000-0000000000 1",
        "019b76da+a800-7000-8000-000000000001",
        "019b76daa80070008000000000000001",
    };
    struct id id = {{7}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(id_parse(bad[i], &id));
    CU_ASSERT_EQUAL(id.bytes[0], 7);
    CU_ASSERT(id_parse("019B76DA-A800-7000-8000-00000000000F", &id));
    CU_ASSERT_EQUAL(id.bytes[15], 15);
}

static void test_base64url_has_the_texts_of_the_standard(void)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[32], bytes[32];
        size_t count = strlen(cases[i].bytes);
        CU_ASSERT_EQUAL(base64url_encode(cases[i].bytes, count, text), strlen(cases[i].text));
        CU_ASSERT_STRING_EQUAL(text, cases[i].text);
        CU_ASSERT_EQUAL(base64url_decode(text, bytes, count), (long)count);
        CU_ASSERT_EQUAL(memcmp(bytes, cases[i].bytes, count), 0);
    }
}

static void test_base64url_takes_padding_and_the_standard_alphabet(void)
{
    unsigned char bytes[8];
    CU_ASSERT_EQUAL(base64url_decode("Zg==", bytes, 8), 1);
    CU_ASSERT_EQUAL(base64url_decode("Zm8=", bytes, 8), 2);
    CU_ASSERT_EQUAL(base64url_decode("+/+/", bytes, 8), 3);
    CU_ASSERT_EQUAL(bytes[0], 0xfb);
}

static void test_base64url_refuses_bad_text(void)
{
    static const char *const bad[] = {
        "A",    "AAAAA", "Zg=", "Z===", "Zg===", "Zm9v====",   "Zm 9",
        "Zm9*", "Zh",    "Zm9", "=",    "====",  "Z\xc3\xa9g", "Zg==Zg=="};
    unsigned char bytes[16];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(base64url_decode(bad[i], bytes, sizeof(bytes)), -1);
}

static void test_base64url_never_writes_past_its_place(void)
{
    unsigned char bytes[3] = {9, 9, 9};
    CU_ASSERT_EQUAL(base64url_decode("Zm9v", bytes, 2), -1);
    CU_ASSERT_EQUAL(bytes[0], 9);
    CU_ASSERT_EQUAL(base64url_decode("Zm8", bytes, 2), 2);
    CU_ASSERT_EQUAL(bytes[2], 9);
    CU_ASSERT_EQUAL(base64url_decode("", bytes, 0), 0);
}

static void test_random_tokens_differ(void)
{
    char one[RANDOM_TOKEN_BYTES], two[RANDOM_TOKEN_BYTES];
    random_token(one);
    random_token(two);
    CU_ASSERT_EQUAL(strlen(one), RANDOM_TOKEN_BYTES - 1);
    CU_ASSERT_STRING_NOT_EQUAL(one, two);
}

static void test_equal_constant_time_sees_every_byte(void)
{
    unsigned char one[32] = {0}, two[32] = {0};
    CU_ASSERT(equal_constant_time(one, two, 32));
    CU_ASSERT(equal_constant_time(one, two, 0));
    for (int i = 0; i < 32; i++) {
        two[i] = 1;
        CU_ASSERT_FALSE(equal_constant_time(one, two, 32));
        two[i] = 0;
    }
}

static void test_clock_text_comes_back(void)
{
    char text[CLOCK_RFC3339_BYTES];
    int64_t at;
    clock_rfc3339(INT64_C(1767323045678), text);
    CU_ASSERT_STRING_EQUAL(text, "2026-01-02T03:04:05.678Z");
    CU_ASSERT(clock_parse_rfc3339(text, &at));
    CU_ASSERT_EQUAL(at, INT64_C(1767323045678));
    clock_rfc3339(-1, text);
    CU_ASSERT_STRING_EQUAL(text, "1969-12-31T23:59:59.999Z");
}

static void test_clock_parse_refuses_other_forms(void)
{
    static const char *const bad[] = {
        "",
        "2026-01-02T03:04:05Z",
        "2026-01-02 03:04:05.678Z",
        "2026-01-02T03:04:05.678",
        "2026-01-02T03:04:05.678Zx",
        "2026-02-30T03:04:05.678Z",
        "2026-01-02T24:04:05.678Z",
        "2026-01-02T03:04:05.678+00:00",
        " 026-01-02T03:04:05.678Z",
        "2026-1-02T03:04:05.678Z",
    };
    int64_t at = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(clock_parse_rfc3339(bad[i], &at));
    CU_ASSERT_EQUAL(at, 7);
}

static CU_TestInfo promises[] = {
    PROMISE(test_id_is_a_version_7_uuid_of_now),
    PROMISE(test_id_text_comes_back),
    PROMISE(test_id_parse_refuses_other_forms),
    PROMISE(test_base64url_has_the_texts_of_the_standard),
    PROMISE(test_base64url_takes_padding_and_the_standard_alphabet),
    PROMISE(test_base64url_refuses_bad_text),
    PROMISE(test_base64url_never_writes_past_its_place),
    PROMISE(test_random_tokens_differ),
    PROMISE(test_equal_constant_time_sees_every_byte),
    PROMISE(test_clock_text_comes_back),
    PROMISE(test_clock_parse_refuses_other_forms),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/id", promises);
}
