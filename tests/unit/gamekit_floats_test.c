/*
 * Float maths against the C library at a higher precision, over numbers of every size; what is no
 * number; and gk_sqrtf against the processor's own, which rounds correctly too.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <gamekit/floats.h>
#include <gamekit/random.h>

#include "promises.h"

#define NUMBERS 300000

static struct gk_random chance;

static float of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Half of them of any size, half of the size that games have. */
static float any_float(void)
{
    float x = of_bits(gk_random_next(&chance));
    if (gk_random_below(&chance, 2) || !isfinite(x))
        x = (float)gk_random_between(&chance, -100000000, 100000000) / 65536.0f;
    return x;
}

/* How far `got` is off, in distances between floats at the exact result. */
static double ulps_off(float got, long double exact)
{
    float rounded = fabsf((float)exact);
    long double ulp = (long double)nextafterf(rounded, INFINITY) - rounded;
    return (double)(fabsl(got - exact) / ulp);
}

static bool same_bits(float one, float other)
{
    return memcmp(&one, &other, sizeof one) == 0;
}

static void test_floats_sine_cosine_and_tangent_keep_their_bound_at_every_size(void)
{
    for (int i = 0; i < NUMBERS; i++) {
        float x = any_float();
        CU_ASSERT(ulps_off(gk_sinf(x), sinl(x)) < 0.501);
        CU_ASSERT(ulps_off(gk_cosf(x), cosl(x)) < 0.501);
        CU_ASSERT(ulps_off(gk_tanf(x), tanl(x)) < 0.501);
    }
}

/* Where a float lies nearest to a whole number of quarter turns the reduction has least to go by.
 */
static void test_floats_sine_and_cosine_keep_their_bound_next_to_quarter_turns(void)
{
    for (uint32_t quarters = 1; quarters < 200000; quarters++) {
        float x = (float)(quarters * 1.57079632679489661923L);
        CU_ASSERT(ulps_off(gk_sinf(x), sinl(x)) < 0.501);
        CU_ASSERT(ulps_off(gk_cosf(-x), cosl(-x)) < 0.501);
    }
    /* The worst of all floats, found by trying each. */
    CU_ASSERT(ulps_off(gk_sinf(of_bits(0x5e665edc)), sinl(of_bits(0x5e665edc))) < 0.501);
    CU_ASSERT(ulps_off(gk_cosf(of_bits(0x64c7db2f)), cosl(of_bits(0x64c7db2f))) < 0.501);
    CU_ASSERT(ulps_off(gk_tanf(of_bits(0x6f85dcbe)), tanl(of_bits(0x6f85dcbe))) < 0.501);
}

static void test_floats_atan2_and_length_keep_their_bounds(void)
{
    for (int i = 0; i < NUMBERS; i++) {
        float x = any_float(), y = any_float();
        CU_ASSERT(ulps_off(gk_atan2f(y, x), atan2l(y, x)) < 0.501);
        long double length = sqrtl((long double)x * x + (long double)y * y);
        if (length < 3e38L)
            CU_ASSERT(ulps_off(gk_hypotf(x, y), length) < 0.501);
    }
}

static void test_floats_root_is_correctly_rounded(void)
{
    /* Every mantissa, for an even and an odd exponent: other exponents only move the point. */
    uint32_t wrong = 0;
    for (uint32_t bits = 0x3f000000; bits < 0x40000000; bits += 3)
        wrong += gk_sqrtf(of_bits(bits)) != sqrtf(of_bits(bits));
    for (uint32_t bits = 1; bits < 0x7f800000; bits += 5003)
        wrong += gk_sqrtf(of_bits(bits)) != sqrtf(of_bits(bits));
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(same_bits(gk_sqrtf(-0.0f), -0.0f));
    CU_ASSERT(same_bits(gk_sqrtf(INFINITY), INFINITY));
    CU_ASSERT(same_bits(gk_sqrtf(-1.0f), 0.0f));
}

static void test_floats_remainder_is_exact(void)
{
    for (int i = 0; i < NUMBERS; i++) {
        float x = any_float(), y = any_float();
        if (y != 0.0f)
            CU_ASSERT(same_bits(gk_fmodf(x, y), fmodf(x, y)));
    }
    CU_ASSERT(same_bits(gk_fmodf(3.4028235e38f, 1e-45f), 0.0f));
    CU_ASSERT(same_bits(gk_fmodf(-6.0f, 3.0f), -0.0f));
    CU_ASSERT(same_bits(gk_fmodf(5.0f, INFINITY), 5.0f));
    CU_ASSERT(same_bits(gk_fmodf(5.0f, 0.0f), 0.0f));
    CU_ASSERT(same_bits(gk_fmodf(INFINITY, 5.0f), 0.0f));
}

static void test_floats_wrap_stays_on_the_circle(void)
{
    CU_ASSERT_EQUAL(gk_wrapf(-0.25f, 1.0f), 0.75f);
    CU_ASSERT_EQUAL(gk_wrapf(7.5f, 2.0f), 1.5f);
    CU_ASSERT_EQUAL(gk_wrapf(-1e-30f, 1.0f), 0.0f); /* 1 - 1e-30 rounds to 1, which is 0 again */
    CU_ASSERT_EQUAL(gk_wrapf(5.0f, 0.0f), 0.0f);
    CU_ASSERT_EQUAL(gk_wrapf(5.0f, -3.0f), 0.0f);
    for (int i = 0; i < NUMBERS; i++) {
        float period = gk_absf(any_float()), wrapped = gk_wrapf(any_float(), period);
        CU_ASSERT(period == 0.0f || (wrapped >= 0.0f && wrapped < period));
    }
}

static void test_floats_round_as_they_say(void)
{
    static const float edges[] = {0.5f,      -0.5f,      0.49999997f, 1.5f,       2.5f,
                                  -2.5f,     8388607.5f, -8388607.5f, 8388608.0f, 16777217.0f,
                                  -1e-45f,   1e-45f,     3e38f,       -3e38f,     INFINITY,
                                  -INFINITY, 0.0f,       -0.0f};
    for (size_t i = 0; i < NUMBERS + sizeof edges / sizeof edges[0]; i++) {
        float x = i < sizeof edges / sizeof edges[0] ? edges[i] : any_float();
        CU_ASSERT_EQUAL(gk_floorf(x), floorf(x));
        CU_ASSERT_EQUAL(gk_ceilf(x), ceilf(x));
        CU_ASSERT_EQUAL(gk_roundf(x), roundf(x));
        CU_ASSERT_EQUAL(gk_truncf(x), truncf(x));
        CU_ASSERT(gk_roundf(x) != 0.0f || same_bits(gk_roundf(x), 0.0f));
        CU_ASSERT(gk_ceilf(x) != 0.0f || same_bits(gk_ceilf(x), 0.0f));
    }
}

static void test_floats_become_whole_numbers_of_the_range(void)
{
    CU_ASSERT_EQUAL(gk_float_to_int(2147483648.0f), INT32_MAX);
    CU_ASSERT_EQUAL(gk_float_to_int(-2147483648.0f), INT32_MIN);
    CU_ASSERT_EQUAL(gk_float_to_int(INFINITY), INT32_MAX);
    CU_ASSERT_EQUAL(gk_float_to_int(-INFINITY), INT32_MIN);
    CU_ASSERT_EQUAL(gk_float_to_int(NAN), 0);
    CU_ASSERT_EQUAL(gk_float_to_int(-1.9f), -1);
    CU_ASSERT_EQUAL(gk_float_to_fixed(1.5f), 98304);
    CU_ASSERT_EQUAL(gk_float_to_fixed(1e9f), INT32_MAX);
    CU_ASSERT_EQUAL(gk_fixed_to_float(-98304), -1.5f);
}

static void test_floats_never_give_a_nan(void)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-45f, 3.4028235e38f, 1.0f};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        for (size_t j = 0; j < sizeof odd / sizeof odd[0]; j++) {
            float x = odd[i], y = odd[j];
            float results[] = {gk_numberf(x),
                               gk_absf(x),
                               gk_minf(x, y),
                               gk_maxf(x, y),
                               gk_truncf(x),
                               gk_floorf(x),
                               gk_ceilf(x),
                               gk_roundf(x),
                               gk_fmodf(x, y),
                               gk_wrapf(x, y),
                               gk_sqrtf(x),
                               gk_hypotf(x, y),
                               gk_sinf(x),
                               gk_cosf(x),
                               gk_tanf(x),
                               gk_atan2f(x, y),
                               gk_lerpf(x, y, 0.5f),
                               gk_lerpf(1.0f, x, y),
                               gk_clampf(x, -1.0f, 1.0f)};
            for (size_t k = 0; k < sizeof results / sizeof results[0]; k++)
                CU_ASSERT(!isnan(results[k]));
        }
    CU_ASSERT(same_bits(gk_sinf(INFINITY), 0.0f));
    CU_ASSERT(same_bits(gk_cosf(NAN), 0.0f));
    CU_ASSERT(same_bits(gk_absf(-0.0f), 0.0f));
    CU_ASSERT_EQUAL(gk_minf(NAN, 3.0f), 3.0f);
    CU_ASSERT_EQUAL(gk_maxf(3.0f, NAN), 3.0f);
    CU_ASSERT_EQUAL(gk_clampf(NAN, 2.0f, 3.0f), 2.0f);
    CU_ASSERT_EQUAL(gk_is_finitef(NAN) | gk_is_finitef(-INFINITY), 0);
}

static void test_floats_atan2_has_the_corners_of_annex_f(void)
{
    static const float corners[] = {0.0f, -0.0f, 1.0f, -1.0f, INFINITY, -INFINITY, 1e-45f, 3e38f};
    for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++)
        for (size_t j = 0; j < sizeof corners / sizeof corners[0]; j++)
            CU_ASSERT(same_bits(gk_atan2f(corners[i], corners[j]),
                                (float)atan2((double)corners[i], (double)corners[j])));
}

static void test_floats_lerp_meets_its_ends(void)
{
    CU_ASSERT_EQUAL(gk_lerpf(0.1f, 0.7f, 0.0f), 0.1f);
    CU_ASSERT_EQUAL(gk_lerpf(0.1f, 0.7f, 1.0f), 0.7f);
    CU_ASSERT_EQUAL(gk_lerpf(2.0f, 4.0f, 0.5f), 3.0f);
    CU_ASSERT_EQUAL(gk_lerpf(2.0f, 4.0f, 7.0f), 4.0f);
    CU_ASSERT_EQUAL(gk_lerpf(2.0f, 4.0f, -7.0f), 2.0f);
}

int main(void)
{
    gk_random_seed(&chance, 1, 1);
    CU_TestInfo promises[] = {
        PROMISE(test_floats_sine_cosine_and_tangent_keep_their_bound_at_every_size),
        PROMISE(test_floats_sine_and_cosine_keep_their_bound_next_to_quarter_turns),
        PROMISE(test_floats_atan2_and_length_keep_their_bounds),
        PROMISE(test_floats_root_is_correctly_rounded),
        PROMISE(test_floats_remainder_is_exact),
        PROMISE(test_floats_wrap_stays_on_the_circle),
        PROMISE(test_floats_round_as_they_say),
        PROMISE(test_floats_become_whole_numbers_of_the_range),
        PROMISE(test_floats_never_give_a_nan),
        PROMISE(test_floats_atan2_has_the_corners_of_annex_f),
        PROMISE(test_floats_lerp_meets_its_ends),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("gamekit_floats", promises);
}
