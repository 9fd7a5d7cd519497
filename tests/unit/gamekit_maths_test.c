/* Whole-number maths: every angle against the C library's long double, and what does not fit. */
#include <math.h>

#include <gamekit/maths.h>
#include <gamekit/random.h>

#include "promises.h"

#define VECTORS 300000

static const long double units_per_radian = 32768.0L / 3.14159265358979323846264338327950288L;

/* Of every size and sign. */
static int32_t any_number(struct gk_random *random)
{
    int32_t number = (int32_t)(gk_random_next(random) >> gk_random_below(random, 32));
    return gk_random_below(random, 2) ? number : -gk_abs(number);
}

static void test_maths_sine_and_cosine_are_off_by_less_than_three_fifths_at_every_angle(void)
{
    for (uint32_t angle = 0; angle < 65536; angle++) {
        long double radians = angle / units_per_radian;
        CU_ASSERT(fabsl(gk_sin((uint16_t)angle) - 65536 * sinl(radians)) < 0.6L);
        CU_ASSERT(fabsl(gk_cos((uint16_t)angle) - 65536 * cosl(radians)) < 0.6L);
        CU_ASSERT_EQUAL(gk_sin((uint16_t)-angle), -gk_sin((uint16_t)angle));
        CU_ASSERT_EQUAL(gk_sin((uint16_t)(angle + 16384)), gk_cos((uint16_t)angle));
    }
    CU_ASSERT_EQUAL(gk_sin(0), 0);
    CU_ASSERT_EQUAL(gk_sin(16384), GK_ONE);
    CU_ASSERT_EQUAL(gk_sin(32768), 0);
    CU_ASSERT_EQUAL(gk_sin(49152), -GK_ONE);
    CU_ASSERT_EQUAL(gk_cos((uint16_t)GK_DEGREES(-180)), -GK_ONE);
}

static void test_maths_atan2_gives_back_every_angle(void)
{
    for (uint32_t angle = 0; angle < 65536; angle++)
        CU_ASSERT_EQUAL(gk_atan2(gk_sin((uint16_t)angle), gk_cos((uint16_t)angle)), angle);
}

static void test_maths_atan2_is_off_by_at_most_half_a_unit(void)
{
    struct gk_random random;
    gk_random_seed(&random, 1, 0);
    for (int i = 0; i < VECTORS; i++) {
        int32_t x = any_number(&random), y = any_number(&random);
        if (x == 0 && y == 0)
            continue;
        long double off = gk_atan2(y, x) - atan2l(y, x) * units_per_radian;
        CU_ASSERT(fabsl(off - 65536 * roundl(off / 65536)) <= 0.51L);
    }
}

static void test_maths_atan2_takes_every_corner(void)
{
    CU_ASSERT_EQUAL(gk_atan2(0, 0), 0);
    CU_ASSERT_EQUAL(gk_atan2(0, 1), 0);
    CU_ASSERT_EQUAL(gk_atan2(INT32_MAX, 0), 16384);
    CU_ASSERT_EQUAL(gk_atan2(0, INT32_MIN), 32768);
    CU_ASSERT_EQUAL(gk_atan2(INT32_MIN, 0), 49152);
    CU_ASSERT_EQUAL(gk_atan2(INT32_MIN, INT32_MIN), 40960);
    CU_ASSERT_EQUAL(gk_atan2(INT32_MAX, INT32_MAX), 8192);
    CU_ASSERT_EQUAL(gk_atan2(-1, INT32_MAX), 0);
}

static void test_maths_angles_turn_the_short_way(void)
{
    CU_ASSERT_EQUAL(gk_angle_difference(65535, 1), 2);
    CU_ASSERT_EQUAL(gk_angle_difference(1, 65535), -2);
    CU_ASSERT_EQUAL(gk_angle_difference(0, 32767), 32767);
    CU_ASSERT_EQUAL(gk_angle_difference(0, 32768), -32768);
    CU_ASSERT_EQUAL(gk_angle_towards(65530, 10, 5), 65535);
    CU_ASSERT_EQUAL(gk_angle_towards(65530, 10, 10), 4);
    CU_ASSERT_EQUAL(gk_angle_towards(65530, 10, 16), 10);
    CU_ASSERT_EQUAL(gk_angle_towards(65530, 10, 65535), 10);
    CU_ASSERT_EQUAL(gk_angle_towards(10, 65530, 15), 65531);
    CU_ASSERT_EQUAL(gk_angle_towards(7, 7, 9), 7);
    CU_ASSERT_EQUAL(gk_angle_towards(0, 1000, 0), 0);
}

static void test_maths_roots_are_the_largest_that_fit(void)
{
    struct gk_random random;
    gk_random_seed(&random, 2, 0);
    for (int i = 0; i < VECTORS; i++) {
        uint64_t value = (uint64_t)gk_random_next(&random) << 32 | gk_random_next(&random);
        value >>= gk_random_below(&random, 64);
        unsigned __int128 root = gk_sqrt(value);
        CU_ASSERT(root * root <= value && (root + 1) * (root + 1) > value);
    }
    CU_ASSERT_EQUAL(gk_sqrt(0), 0);
    CU_ASSERT_EQUAL(gk_sqrt(24), 4);
    CU_ASSERT_EQUAL(gk_sqrt(25), 5);
    CU_ASSERT_EQUAL(gk_sqrt(UINT64_MAX), UINT32_MAX);
    CU_ASSERT_EQUAL(gk_fixed_sqrt(GK_FIXED(9)), GK_FIXED(3));
    CU_ASSERT_EQUAL(gk_fixed_sqrt(GK_ONE / 4), GK_ONE / 2);
    CU_ASSERT_EQUAL(gk_fixed_sqrt(1), 256);
    CU_ASSERT_EQUAL(gk_fixed_sqrt(0), 0);
    CU_ASSERT_EQUAL(gk_fixed_sqrt(-GK_ONE), 0);
    CU_ASSERT_EQUAL(gk_fixed_sqrt(INT32_MAX), 11863283);
}

static void test_maths_lengths_are_rounded_down_and_clamped(void)
{
    CU_ASSERT_EQUAL(gk_length(3, -4), 5);
    CU_ASSERT_EQUAL(gk_length(GK_FIXED(-30), GK_FIXED(40)), GK_FIXED(50));
    CU_ASSERT_EQUAL(gk_length(1, 1), 1);
    CU_ASSERT_EQUAL(gk_length(0, 0), 0);
    CU_ASSERT_EQUAL(gk_length(0, INT32_MIN), INT32_MAX);
    CU_ASSERT_EQUAL(gk_length(INT32_MIN, INT32_MIN), INT32_MAX);
}

static void test_maths_lerp_meets_its_ends_and_stays_between(void)
{
    CU_ASSERT_EQUAL(gk_lerp(INT32_MIN, INT32_MAX, 0), INT32_MIN);
    CU_ASSERT_EQUAL(gk_lerp(INT32_MIN, INT32_MAX, GK_ONE), INT32_MAX);
    CU_ASSERT_EQUAL(gk_lerp(INT32_MAX, INT32_MIN, GK_ONE), INT32_MIN);
    CU_ASSERT_EQUAL(gk_lerp(10, 20, GK_ONE / 2), 15);
    CU_ASSERT_EQUAL(gk_lerp(20, 10, GK_ONE / 4), 18); /* 17.5, towards 20 */
    CU_ASSERT_EQUAL(gk_lerp(10, 20, -5), 10);
    CU_ASSERT_EQUAL(gk_lerp(10, 20, INT32_MAX), 20);
}

static void test_maths_clamps_what_does_not_fit(void)
{
    CU_ASSERT_EQUAL(gk_fixed_mul(GK_FIXED(30000), GK_FIXED(30000)), INT32_MAX);
    CU_ASSERT_EQUAL(gk_fixed_mul(INT32_MIN, INT32_MIN), INT32_MAX);
    CU_ASSERT_EQUAL(gk_fixed_mul(INT32_MIN, INT32_MAX), INT32_MIN);
    CU_ASSERT_EQUAL(gk_fixed_mul(-GK_FIXED(3), GK_FIXED(2)), -GK_FIXED(6));
    CU_ASSERT_EQUAL(gk_fixed_mul(-1, 1), 0);
    CU_ASSERT_EQUAL(gk_fixed_div(GK_ONE, 0), INT32_MAX);
    CU_ASSERT_EQUAL(gk_fixed_div(-GK_ONE, 0), INT32_MIN);
    CU_ASSERT_EQUAL(gk_fixed_div(0, 0), INT32_MAX);
    CU_ASSERT_EQUAL(gk_fixed_div(INT32_MIN, -1), INT32_MAX);
    CU_ASSERT_EQUAL(gk_fixed_div(GK_FIXED(7), GK_FIXED(2)), GK_FIXED(3) + GK_ONE / 2);
    CU_ASSERT_EQUAL(gk_abs(INT32_MIN), INT32_MAX);
    CU_ASSERT_EQUAL(gk_narrow(INT64_MIN), INT32_MIN);
    CU_ASSERT_EQUAL(gk_narrow(INT64_MAX), INT32_MAX);
    CU_ASSERT_EQUAL(gk_min(-1, 1), -1);
    CU_ASSERT_EQUAL(gk_max(-1, 1), 1);
    CU_ASSERT_EQUAL(gk_clamp(5, 7, 9), 7);
    CU_ASSERT_EQUAL(GK_FIXED_RATIO(-3, 2), -98304);
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_maths_sine_and_cosine_are_off_by_less_than_three_fifths_at_every_angle),
        PROMISE(test_maths_atan2_gives_back_every_angle),
        PROMISE(test_maths_atan2_is_off_by_at_most_half_a_unit),
        PROMISE(test_maths_atan2_takes_every_corner),
        PROMISE(test_maths_angles_turn_the_short_way),
        PROMISE(test_maths_roots_are_the_largest_that_fit),
        PROMISE(test_maths_lengths_are_rounded_down_and_clamped),
        PROMISE(test_maths_lerp_meets_its_ends_and_stays_between),
        PROMISE(test_maths_clamps_what_does_not_fit),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("gamekit_maths", promises);
}
