/* The generator of chance against its published numbers, and its bounds. */
#include <gamekit/random.h>

#include "promises.h"

static void test_random_gives_the_published_numbers(void)
{
    static const uint32_t published[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                         0x83d2f293, 0xbfa4784b, 0xcbed606e};
    struct gk_random random;
    gk_random_seed(&random, 42, 54);
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
        CU_ASSERT_EQUAL(gk_random_next(&random), published[i]);
}

static void test_random_stays_within_its_bounds(void)
{
    struct gk_random random;
    uint32_t seen = 0;
    gk_random_seed(&random, 1, 1);
    for (int i = 0; i < 1000; i++) {
        int32_t drawn = gk_random_between(&random, -3, 4);
        CU_ASSERT(drawn >= -3 && drawn <= 4);
        seen |= 1u << (drawn + 3);
    }
    CU_ASSERT_EQUAL(seen, 0xff);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT(gk_random_below(&random, 0xffffffffu) < 0xffffffffu);
}

static void test_random_takes_every_bound(void)
{
    struct gk_random random;
    gk_random_seed(&random, 1, 1);
    CU_ASSERT_EQUAL(gk_random_below(&random, 0), 0);
    CU_ASSERT_EQUAL(gk_random_below(&random, 1), 0);
    CU_ASSERT_EQUAL(gk_random_between(&random, 7, 7), 7);
    CU_ASSERT_EQUAL(gk_random_between(&random, 7, 6), 7);
    CU_ASSERT_EQUAL(gk_random_between(&random, INT32_MAX, INT32_MIN), INT32_MAX);
    int32_t least = INT32_MAX, most = INT32_MIN;
    for (int i = 0; i < 1000; i++) {
        int32_t drawn = gk_random_between(&random, INT32_MIN, INT32_MAX);
        least = drawn < least ? drawn : least;
        most = drawn > most ? drawn : most;
    }
    CU_ASSERT(least < -2000000000 && most > 2000000000);
}

/* Three is no divisor of 2^32; a plain remainder would pass this too, so the bound is one where it
 * would not: of 3 * 2^30 numbers the first third would come twice as often. */
static void test_random_favours_no_number(void)
{
    struct gk_random random;
    int of_third[3] = {0};
    gk_random_seed(&random, 5, 5);
    for (int i = 0; i < 30000; i++)
        of_third[gk_random_below(&random, 3u << 30) >> 30]++;
    for (int third = 0; third < 3; third++)
        CU_ASSERT(of_third[third] > 9500 && of_third[third] < 10500);
}

static void test_random_streams_and_seeds_differ(void)
{
    struct gk_random one, stream, seed;
    gk_random_seed(&one, 9, 0);
    gk_random_seed(&stream, 9, 1);
    gk_random_seed(&seed, 10, 0);
    int same = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t drawn = gk_random_next(&one);
        same += drawn == gk_random_next(&stream);
        same += drawn == gk_random_next(&seed);
    }
    CU_ASSERT(same <= 1);
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_random_gives_the_published_numbers),
        PROMISE(test_random_stays_within_its_bounds),
        PROMISE(test_random_takes_every_bound),
        PROMISE(test_random_favours_no_number),
        PROMISE(test_random_streams_and_seeds_differ),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("gamekit_random", promises);
}
