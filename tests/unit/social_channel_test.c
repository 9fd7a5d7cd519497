/* What is a channel, and how two people name the one between them. */
#include "social/channel.h"

#include <string.h>

#include "promises.h"

#define ANN  "019b76da-a800-7000-8000-00000000000a"
#define BOB  "019b76da-a800-7000-8000-00000000000b"
#define ROOM "019b76da-a800-7000-8000-00000000000c"

static void test_channel_of_everybody_and_of_a_room_are_stored_by_their_name(void)
{
    struct channel channel;
    CU_ASSERT_TRUE(channel_parse("global", ANN, &channel));
    CU_ASSERT_EQUAL(channel.kind, CHANNEL_GLOBAL);
    CU_ASSERT_STRING_EQUAL(channel.stored, "global");
    CU_ASSERT_TRUE(channel_parse("room:" ROOM, ANN, &channel));
    CU_ASSERT_EQUAL(channel.kind, CHANNEL_ROOM);
    CU_ASSERT_STRING_EQUAL(channel.id, ROOM);
    CU_ASSERT_STRING_EQUAL(channel.stored, "room:" ROOM);
}

static void test_channel_of_two_is_the_same_from_both_sides(void)
{
    struct channel mine, theirs;
    CU_ASSERT_TRUE(channel_parse("dm:" BOB, ANN, &mine));
    CU_ASSERT_TRUE(channel_parse("dm:" ANN, BOB, &theirs));
    CU_ASSERT_STRING_EQUAL(mine.stored, theirs.stored);
    CU_ASSERT_STRING_EQUAL(mine.id, BOB);
    CU_ASSERT_STRING_EQUAL(theirs.id, ANN);
}

static void test_channel_that_is_none_is_refused(void)
{
    static const char *const bad[] = {
        "",          "Global",          "global ",
        "room:",     "room:x",          "room:" ROOM "x",
        "dm:",       "dm:someone",      "dm:" ANN /* oneself */,
        "user:" BOB, "dm:" ANN ":" BOB, "room:' or 1=1 --",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct channel channel;
        CU_ASSERT_FALSE(channel_parse(bad[i], ANN, &channel));
    }
}

static void test_channel_is_shown_as_the_reader_names_it(void)
{
    char text[CHANNEL_BYTES_MAX];
    channel_print(CHANNEL_GLOBAL, "", text);
    CU_ASSERT_STRING_EQUAL(text, "global");
    channel_print(CHANNEL_ROOM, ROOM, text);
    CU_ASSERT_STRING_EQUAL(text, "room:" ROOM);
    channel_print(CHANNEL_DIRECT, BOB, text);
    CU_ASSERT_STRING_EQUAL(text, "dm:" BOB);
}

static CU_TestInfo promises[] = {
    PROMISE(test_channel_of_everybody_and_of_a_room_are_stored_by_their_name),
    PROMISE(test_channel_of_two_is_the_same_from_both_sides),
    PROMISE(test_channel_that_is_none_is_refused),
    PROMISE(test_channel_is_shown_as_the_reader_names_it),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("social/channel", promises);
}
