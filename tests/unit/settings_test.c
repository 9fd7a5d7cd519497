/* The table of settings itself: its defaults, the values derived from others, and its lists. */
#include "settings/settings.h"

#include <string.h>

#include "promises.h"

#define LIST(...) ((char *[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static struct settings settings;
static char sentence[CONFIG_SENTENCE_BYTES];

static bool load(char **arguments)
{
    int count = 0;
    while (arguments[count])
        count++;
    sentence[0] = '\0';
    return settings_load(count, arguments, LIST(), &settings, sentence);
}

static void test_settings_without_anything_are_complete(void)
{
    CU_ASSERT_FATAL(load(LIST()));
    CU_ASSERT_STRING_EQUAL(settings.data_dir, "var");
    CU_ASSERT_EQUAL(settings.http_port, 8080);
    CU_ASSERT_EQUAL(settings.access_token_seconds, 900);
    CU_ASSERT_EQUAL(settings.password_memory_kib, 19456);
    CU_ASSERT_STRING_EQUAL(settings.auth_address, "127.0.0.1:7100");
    CU_ASSERT_STRING_EQUAL(settings.web_address, "127.0.0.1:7106");
    CU_ASSERT_STRING_EQUAL(settings.gateway_address, "127.0.0.1:7116,127.0.0.1:7117");
    CU_ASSERT_STRING_EQUAL(settings.public_origins,
                           "http://localhost:8080,http://127.0.0.1:8080,https://localhost:8443,"
                           "https://127.0.0.1:8443");
}

static void test_settings_addresses_follow_the_internal_port(void)
{
    CU_ASSERT_FATAL(load(LIST("--internal_port=9000", "--rooms_address=rooms-1:80,rooms-2:80")));
    CU_ASSERT_STRING_EQUAL(settings.social_address, "127.0.0.1:9001");
    CU_ASSERT_STRING_EQUAL(settings.rooms_address, "rooms-1:80,rooms-2:80");
    CU_ASSERT_STRING_EQUAL(settings.gateway_address, "127.0.0.1:9016,127.0.0.1:9017");
}

static void test_settings_origins_leave_out_the_usual_ports(void)
{
    CU_ASSERT_FATAL(load(LIST("--http_port=80", "--https_port=443")));
    CU_ASSERT_STRING_EQUAL(settings.public_origins,
                           "http://localhost,http://127.0.0.1,https://localhost,https://127.0.0.1");
}

static void test_settings_refuse_an_address_that_is_none(void)
{
    static char *const bad[] = {
        "--auth_address=auth",   "--auth_address=auth:",      "--auth_address=:80",
        "--auth_address=auth:0", "--auth_address=auth:65536", "--auth_address=auth:80,",
        "--auth_address=,a:80",  "--auth_address=a:80, b:80", "--auth_address=auth:8x",
        "--listen=nowhere",      "--gateway_address=a:1,b",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_FALSE(load(LIST(bad[i])));
        CU_ASSERT_PTR_NOT_NULL(strstr(sentence, "must be HOST:PORT"));
    }
    CU_ASSERT(load(LIST("--listen=[::1]:80")));
}

static void test_settings_refuse_a_name_for_the_frames(void)
{
    CU_ASSERT_FALSE(load(LIST("--frames_address=games:7105")));
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence, "frames_address must be IP:PORT"));
    CU_ASSERT_FALSE(load(LIST("--frames_address=localhost:7105")));
    CU_ASSERT_FALSE(load(LIST("--frames_address=10.0.0.1:1,10.0.0.2:1")));
    CU_ASSERT(load(LIST("--frames_address=10.0.0.1:7105")));
    CU_ASSERT(load(LIST("--frames_address=[fe80::1]:7105")));
}

static void test_settings_refuse_a_block_of_ports_past_the_last(void)
{
    CU_ASSERT_FALSE(load(LIST("--internal_port=65530")));
    CU_ASSERT(load(LIST("--internal_port=65504")));
}

static void test_settings_refuse_an_unknown_log_level(void)
{
    CU_ASSERT_FALSE(load(LIST("--log_level=loud")));
    CU_ASSERT_STRING_EQUAL(sentence, "log_level must be debug, info, warn or error, not \"loud\".");
}

static void test_settings_list_gives_its_items(void)
{
    char item[CONFIG_TEXT_BYTES];
    CU_ASSERT_EQUAL(settings_list_count(""), 0);
    CU_ASSERT_EQUAL(settings_list_count("a:1"), 1);
    CU_ASSERT_EQUAL(settings_list_count("a:1, b:2 ,c:3"), 3);
    CU_ASSERT(settings_list_item("a:1, b:2 ,c:3", 1, item));
    CU_ASSERT_STRING_EQUAL(item, "b:2");
    CU_ASSERT(settings_list_item("a:1, b:2 ,c:3", 2, item));
    CU_ASSERT_STRING_EQUAL(item, "c:3");
    CU_ASSERT_FALSE(settings_list_item("a:1", 1, item));
}

static CU_TestInfo promises[] = {
    PROMISE(test_settings_without_anything_are_complete),
    PROMISE(test_settings_addresses_follow_the_internal_port),
    PROMISE(test_settings_origins_leave_out_the_usual_ports),
    PROMISE(test_settings_refuse_an_address_that_is_none),
    PROMISE(test_settings_refuse_a_name_for_the_frames),
    PROMISE(test_settings_refuse_a_block_of_ports_past_the_last),
    PROMISE(test_settings_refuse_an_unknown_log_level),
    PROMISE(test_settings_list_gives_its_items),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("settings", promises);
}
