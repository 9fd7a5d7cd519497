/* What a game may say of itself in game.json, and what people may choose of its options. */
#include "host/game_json.h"

#include <stdio.h>
#include <string.h>

#include "promises.h"

#define LABEL "\"label\":{\"en\":\"a\",\"fr\":\"b\"}"
#define POINTS                                                                                     \
    "{\"id\":\"points\",\"type\":\"integer\",\"min\":1,\"max\":21,\"step\":4,\"default\":5," LABEL \
    "}"
#define SPEED                                                                                      \
    "{\"id\":\"speed\",\"type\":\"enum\",\"values\":[{\"id\":\"slow\"," LABEL                      \
    "},{\"id\":\"2x\"," LABEL "}],\"default\":\"2x\"," LABEL "}"
#define WALLS "{\"id\":\"walls\",\"type\":\"switch\",\"default\":true," LABEL "}"

static char reason[GAME_JSON_REASON_BYTES];

/* A whole game.json with these options and something more at its end. */
static bool decode(const char *options, const char *more, struct game_json *ret_json)
{
    char text[8192];
    snprintf(text, sizeof text,
             "{\"texts\":{\"en\":{\"title\":\"t\",\"summary\":\"s\",\"controls\":\"c\"},\"fr\":"
             "{\"title\":\"t\",\"summary\":\"s\",\"controls\":\"c\"}},\"icon\":\"client/icon.svg\","
             "\"input\":{\"actions\":[{\"id\":\"up\",\"keys\":[\"KeyW\"],\"button\":true," LABEL
             "}]},\"options\":[%s]%s}",
             options, more);
    return game_json_decode(text, strlen(text), ret_json, reason);
}

static struct game_options declared(void)
{
    struct game_json json;
    CU_ASSERT_TRUE_FATAL(decode(POINTS "," SPEED "," WALLS, "", &json));
    struct game_options options = json.declared;
    game_json_finish(&json);
    return options;
}

static bool refused_at(const char *options, const char *where)
{
    struct game_json json;
    char start[96];
    snprintf(start, sizeof start, "game.json: %s: ", where);
    if (decode(options, "", &json)) {
        game_json_finish(&json);
        return false;
    }
    if (strncmp(reason, start, strlen(start)) != 0)
        printf("\n    %s\n", reason);
    return strncmp(reason, start, strlen(start)) == 0;
}

static void test_game_json_is_written_again_in_our_own_words(void)
{
    struct game_json json;
    CU_ASSERT_TRUE_FATAL(decode(WALLS, "", &json));
    CU_ASSERT_STRING_EQUAL(json.icon, "client/icon.svg");
    CU_ASSERT_STRING_EQUAL(json.options, "[" WALLS "]");
    CU_ASSERT_PTR_NOT_NULL(strstr(json.input, "KeyW"));
    CU_ASSERT_TRUE(game_json_has_options(&json, 1, reason));
    CU_ASSERT_FALSE(game_json_has_options(&json, 2, reason));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "option_count is 2"));
    game_json_finish(&json);
}

static void test_game_json_may_have_no_options_at_all(void)
{
    static const char text[] =
        "{\"texts\":{\"en\":{\"title\":\"t\",\"summary\":\"s\",\"controls\":\"c\"},\"fr\":"
        "{\"title\":\"t\",\"summary\":\"s\",\"controls\":\"c\"}},\"icon\":\"i\","
        "\"input\":{\"actions\":[]}}";
    struct game_json json;
    CU_ASSERT_TRUE_FATAL(game_json_decode(text, sizeof text - 1, &json, reason));
    CU_ASSERT_STRING_EQUAL(json.options, "[]");
    CU_ASSERT_TRUE(game_json_has_options(&json, 0, reason));
    game_json_finish(&json);
}

static void test_game_json_refuses_what_it_does_not_know_and_says_where(void)
{
    struct game_json json;
    CU_ASSERT_FALSE(decode("", ",\"more\":1", &json));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "no field more"));
    CU_ASSERT_FALSE(decode("", ",\"icon\":\"twice\"", &json));
    CU_ASSERT_FALSE(game_json_decode("{\"texts\":1}", 11, &json, reason));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "texts: make it an object"));
    CU_ASSERT_FALSE(game_json_decode("[]", 2, &json, reason));
    CU_ASSERT_FALSE(game_json_decode("{\n\"texts\":", 10, &json, reason));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "line 2"));
}

static void test_game_json_refuses_each_bad_declaration_at_its_place(void)
{
    static const struct {
        const char *options, *where;
    } bad[] = {
        {"1", "options[0].type"},
        {"{}", "options[0].type"},
        {"{\"id\":\"a\",\"type\":\"text\",\"default\":1," LABEL "}", "options[0].type"},
        {WALLS "," WALLS, "options[1].id"},
        {"{\"id\":\"Walls\",\"type\":\"switch\",\"default\":true," LABEL "}", "options[0].id"},
        {"{\"type\":\"switch\",\"default\":true," LABEL "}", "options[0].id"},
        {"{\"id\":\"a\",\"type\":\"switch\",\"default\":1," LABEL "}", "options[0].default"},
        {"{\"id\":\"a\",\"type\":\"switch\"," LABEL "}", "options[0].default"},
        {"{\"id\":\"a\",\"type\":\"switch\",\"default\":true}", "options[0].label"},
        {"{\"id\":\"a\",\"type\":\"switch\",\"default\":true,\"label\":{\"en\":\"a\"}}",
         "options[0].label"},
        {"{\"id\":\"a\",\"type\":\"switch\",\"default\":true,\"min\":1," LABEL "}",
         "options[0].min"},
#define INTEGER(fields) "{\"id\":\"a\",\"type\":\"integer\"," fields "," LABEL "}"
        {INTEGER("\"min\":1,\"max\":2,\"step\":1"), "options[0].default"},
        {INTEGER("\"min\":1,\"max\":2,\"step\":1,\"default\":3"), "options[0].default"},
        {INTEGER("\"min\":1,\"max\":9,\"step\":2,\"default\":2"), "options[0].default"},
        {INTEGER("\"min\":1,\"max\":2,\"step\":0,\"default\":1"), "options[0].step"},
        {INTEGER("\"min\":1,\"max\":2,\"default\":1"), "options[0].step"},
        {INTEGER("\"min\":2,\"max\":1,\"step\":1,\"default\":1"), "options[0].max"},
        {INTEGER("\"min\":1,\"max\":2147483648,\"step\":1,\"default\":1"), "options[0].max"},
        {INTEGER("\"min\":-2147483649,\"max\":2,\"step\":1,\"default\":1"), "options[0].min"},
        {INTEGER("\"min\":1.0,\"max\":2,\"step\":1,\"default\":1"), "options[0].min"},
#define ENUM(fields) "{\"id\":\"a\",\"type\":\"enum\"," fields "," LABEL "}"
        {ENUM("\"values\":[],\"default\":\"x\""), "options[0].values"},
        {ENUM("\"values\":[{\"id\":\"x\"," LABEL "}],\"default\":\"x\""), "options[0].values"},
        {ENUM("\"values\":[{\"id\":\"x\"," LABEL "},{\"id\":\"x\"," LABEL "}],\"default\":\"x\""),
         "options[0].values"},
        {ENUM("\"values\":[{\"id\":\"x\"," LABEL "},{\"id\":\"y\"}],\"default\":\"x\""),
         "options[0].values"},
        {ENUM("\"values\":[{\"id\":\"x\"," LABEL "},{\"id\":\"y\"," LABEL "}],\"default\":\"z\""),
         "options[0].default"},
        {ENUM("\"values\":[{\"id\":\"x\"," LABEL "},{\"id\":\"y\"," LABEL "}],\"default\":0"),
         "options[0].default"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT(refused_at(bad[i].options, bad[i].where));
}

static void test_game_json_takes_sixteen_options_and_no_more(void)
{
    char options[8192] = "";
    struct game_json json;
    for (int i = 0; i < GK_OPTIONS_MAX; i++)
        snprintf(options + strlen(options), sizeof options - strlen(options),
                 "%s{\"id\":\"o%d\",\"type\":\"switch\",\"default\":false," LABEL "}", i ? "," : "",
                 i);
    CU_ASSERT_TRUE_FATAL(decode(options, "", &json));
    game_json_finish(&json);
    strcat(options, "," WALLS);
    CU_ASSERT(refused_at(options, "options"));
}

static void test_options_that_nobody_chose_have_their_default(void)
{
    struct game_options options = declared();
    struct game_options_complaint complaint;
    int32_t values[GK_OPTIONS_MAX] = {99, 99, 99, 99};
    CU_ASSERT_TRUE(game_options_choose(&options, NULL, values, &complaint));
    CU_ASSERT_EQUAL(values[0], 5);
    CU_ASSERT_EQUAL(values[1], 1);
    CU_ASSERT_EQUAL(values[2], 1);
    CU_ASSERT_EQUAL(values[3], 0);
}

static void test_options_reach_the_game_as_integers_and_come_back(void)
{
    struct game_options options = declared();
    struct game_options_complaint complaint;
    int32_t values[GK_OPTIONS_MAX];
    json_t *chosen = json_pack("{s:i,s:s,s:b}", "points", 17, "speed", "slow", "walls", 0);
    CU_ASSERT_TRUE(game_options_choose(&options, chosen, values, &complaint));
    CU_ASSERT_EQUAL(values[0], 17);
    CU_ASSERT_EQUAL(values[1], 0);
    CU_ASSERT_EQUAL(values[2], 0);
    json_t *told = game_options_tell(&options, values);
    CU_ASSERT(json_equal(told, chosen));
    json_decref(told);
    json_decref(chosen);
}

static void test_options_refuse_a_bad_choice_by_its_name(void)
{
    static const struct {
        const char *chosen, *field;
    } bad[] = {
        {"{\"points\":0}", "points"},
        {"{\"points\":22}", "points"},
        {"{\"points\":6}", "points"},
        {"{\"points\":5.0}", "points"},
        {"{\"points\":\"5\"}", "points"},
        {"{\"points\":null}", "points"},
        {"{\"points\":4294967301}", "points"},
        {"{\"speed\":\"fast\"}", "speed"},
        {"{\"speed\":0}", "speed"},
        {"{\"walls\":1}", "walls"},
        {"{\"walls\":\"true\"}", "walls"},
        {"{\"points\":5,\"seed\":1}", "seed"},
        {"{\"\\n\":1}", "?"},
    };
    struct game_options options = declared();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct game_options_complaint complaint = {.field = ""};
        int32_t values[GK_OPTIONS_MAX] = {42};
        json_t *chosen = json_loads(bad[i].chosen, 0, NULL);
        CU_ASSERT_FALSE(game_options_choose(&options, chosen, values, &complaint));
        CU_ASSERT_STRING_EQUAL(complaint.field, bad[i].field);
        CU_ASSERT_EQUAL(values[0], 42);
        json_decref(chosen);
    }
}

static CU_TestInfo promises[] = {
    PROMISE(test_game_json_is_written_again_in_our_own_words),
    PROMISE(test_game_json_may_have_no_options_at_all),
    PROMISE(test_game_json_refuses_what_it_does_not_know_and_says_where),
    PROMISE(test_game_json_refuses_each_bad_declaration_at_its_place),
    PROMISE(test_game_json_takes_sixteen_options_and_no_more),
    PROMISE(test_options_that_nobody_chose_have_their_default),
    PROMISE(test_options_reach_the_game_as_integers_and_come_back),
    PROMISE(test_options_refuse_a_bad_choice_by_its_name),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("host/game_json", promises);
}
