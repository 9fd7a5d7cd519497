/* The names of a new game, and what of a build's output is for its author. */
#include <stdlib.h>
#include <string.h>

#include "promises.h"
#include "tool/build.h"
#include "tool/name.h"

static bool is_name(const char *given)
{
    struct game_names names;
    const char *complaint;
    bool fine = game_names_of(given, &names, &complaint);
    CU_ASSERT_EQUAL(fine, complaint == NULL);
    return fine;
}

static void test_name_is_what_a_manifest_takes(void)
{
    CU_ASSERT(is_name("pong"));
    CU_ASSERT(is_name("a1-b"));
    CU_ASSERT(is_name("a234567890123456789012345678901"));
    CU_ASSERT_FALSE(is_name("a2345678901234567890123456789012"));
    static const char *const bad[] = {"",    "1a", "-a",  "Pong",    "a b",
                                      "a/b", "..", "a_b", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(is_name(bad[i]));
}

static void test_names_are_put_everywhere_in_their_own_form(void)
{
    static const char text[] = "#ifndef TEMPLATE_H \"template.h\" Template templat";
    struct game_names names;
    const char *complaint;
    size_t bytes;
    CU_ASSERT_FATAL(game_names_of("star-catch", &names, &complaint));
    char *out = game_names_put(&names, text, strlen(text), &bytes);
    CU_ASSERT_STRING_EQUAL(out, "#ifndef STAR_CATCH_H \"star-catch.h\" Star catch templat");
    CU_ASSERT_EQUAL(bytes, strlen(out));
    free(out);
}

static void test_longest_name_has_room_in_a_text_of_nothing_else(void)
{
    static const char text[] = "templatetemplatetemplatetemplate";
    struct game_names names;
    const char *complaint;
    size_t bytes;
    CU_ASSERT_FATAL(game_names_of("a234567890123456789012345678901", &names, &complaint));
    char *out = game_names_put(&names, text, strlen(text), &bytes);
    CU_ASSERT_EQUAL(bytes, 4 * 31);
    free(out);
}

static void test_compiler_is_heard_without_the_generator(void)
{
    char ninja[] = "[1/3] Building C object a.o\nFAILED: a.o \n/usr/bin/cc -c a.c\n"
                   "a.c:1:2: error: no\n    1 | x\nninja: build stopped: subcommand failed.\n";
    build_output_clean(ninja);
    CU_ASSERT_STRING_EQUAL(ninja, "a.c:1:2: error: no\n    1 | x\n");
    char make[] = "[ 50%] Building C object\na.c:1:2: error: no\nmake[2]: *** [a.o] Error 1\n"
                  "make: *** [all] Error 2\n";
    build_output_clean(make);
    CU_ASSERT_STRING_EQUAL(make, "a.c:1:2: error: no\n");
}

static void test_generator_is_heard_when_nobody_else_speaks(void)
{
    char ninja[] = "ninja: error: unknown target 'bundles'\n";
    build_output_clean(ninja);
    CU_ASSERT_STRING_EQUAL(ninja, "ninja: error: unknown target 'bundles'\n");
}

static CU_TestInfo promises[] = {
    PROMISE(test_name_is_what_a_manifest_takes),
    PROMISE(test_names_are_put_everywhere_in_their_own_form),
    PROMISE(test_longest_name_has_room_in_a_text_of_nothing_else),
    PROMISE(test_compiler_is_heard_without_the_generator),
    PROMISE(test_generator_is_heard_when_nobody_else_speaks),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("tool/text", promises);
}
