/*
 * gamekit/floats.h: floating-point maths that gives the same bits everywhere.
 *
 * + - * / and comparisons of IEEE 754 are the same on x86-64 (SSE2), aarch64 and WebAssembly, as
 * long as nobody fuses or reorders them: compile with -ffp-contract=off and without -ffast-math.
 * The functions of libm are not the same, and a game has none: these are built from the four
 * operations alone, on double inside. Angles are radians. One ulp is the distance between two
 * neighbouring floats at the exact result; the bounds are tested against a libm of higher
 * precision.
 *
 * No result is ever a NaN, because its bits differ between machines and would be seen in the state:
 * where mathematics has no answer, and for an argument that is a NaN, it is 0, unless said
 * otherwise. In your own expressions keep away from 0/0, inf - inf and 0 * inf. A zero may have
 * either sign where nothing is said. Overflow is an infinity.
 */
#ifndef GAMEKIT_FLOATS_H
#define GAMEKIT_FLOATS_H

#include <gamekit/game.h>

#ifdef __FAST_MATH__
#error "gamekit/floats.h: compile without -ffast-math, which lets the bits differ"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "gamekit/floats.h: this target computes floats in a wider type (use SSE2), so bits differ"
#endif
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* gcc has no such pragma: -ffp-contract=off */
#endif

#define GK_PI   3.14159265f /* half a turn, in radians */
#define GK_TURN 6.28318531f

/* 1 for a number, 0 for an infinity or a NaN. */
static inline uint32_t gk_is_finitef(float x)
{
    return x - x == 0.0f;
}

/* x, and 0 for a NaN: makes any result fit for the state. */
static inline float gk_numberf(float x)
{
    return x == x ? x : 0.0f;
}

static inline float gk_absf(float x)
{
    return gk_numberf(x <= 0.0f ? 0.0f - x : x);
}

/* The smaller, the larger of two; of a NaN and a number the number. */
static inline float gk_minf(float a, float b)
{
    return a <= b || b != b ? gk_numberf(a) : b;
}

static inline float gk_maxf(float a, float b)
{
    return a >= b || b != b ? gk_numberf(a) : b;
}

/* x within low..high, low <= high being numbers; a NaN gives low. */
static inline float gk_clampf(float x, float low, float high)
{
    return x > high ? high : x > low ? x : low;
}

/* What lies between `from` (part 0, exactly) and `to` (part 1, exactly); part is clamped. */
static inline float gk_lerpf(float from, float to, float part)
{
    if (!(part > 0.0f))
        return gk_numberf(from);
    return gk_numberf(part >= 1.0f ? to : from + (to - from) * part);
}

/* --- whole numbers: exact --- */

/* Towards zero, clamped to the range of int32_t. A cast alone is undefined outside of it: each
 * machine gives something else. */
static inline int32_t gk_float_to_int(float x)
{
    if (x >= 2147483648.0f)
        return INT32_MAX;
    return x >= -2147483648.0f ? (int32_t)x : x < 0.0f ? INT32_MIN : 0;
}

/* Fixed point of gamekit/maths.h, 16 bits behind the point: towards zero and clamped; and back,
 * rounded to the nearest float. */
static inline int32_t gk_float_to_fixed(float x)
{
    return gk_float_to_int(x * 65536.0f);
}

static inline float gk_fixed_to_float(int32_t fixed)
{
    return (float)fixed / 65536.0f;
}

/* The whole number next to x on the side of zero. A zero is positive, here and in the next three.
 */
static inline float gk_truncf(float x)
{
    if (x < 8388608.0f && x > -8388608.0f)
        return (float)(int32_t)x;
    return gk_numberf(x); /* from 2^23 on there are no fractions */
}

static inline float gk_floorf(float x)
{
    float whole = gk_truncf(x);
    return whole > x ? whole - 1.0f : whole;
}

static inline float gk_ceilf(float x)
{
    float whole = gk_truncf(x);
    return whole < x ? whole + 1.0f : whole;
}

/* To the nearest, a half away from zero. */
static inline float gk_roundf(float x)
{
    float whole = gk_truncf(x);
    if (x - whole >= 0.5f)
        return whole + 1.0f;
    return x - whole <= -0.5f ? whole - 1.0f : whole;
}

/* --- the bits of a number --- */

union gk_float_bits {
    float value;
    uint32_t bits;
};

union gk_double_bits {
    double value;
    uint64_t bits;
};

static inline uint32_t gk_float_bits_of(float x)
{
    union gk_float_bits pun = {x};
    return pun.bits;
}

/* 1 for what is below zero, and for -0. */
static inline uint32_t gk_is_negativef(float x)
{
    return gk_float_bits_of(x) >> 31;
}

/* A finite float that is not 0 is mantissa * 2^exponent, mantissa of 24 bits with the first set. */
static inline uint32_t gk_float_split(float x, int32_t *ret_exponent)
{
    uint32_t bits = gk_float_bits_of(x);
    uint32_t mantissa = bits & 0x7fffffu;
    int32_t exponent = (int32_t)(bits >> 23 & 0xff);
    if (exponent != 0)
        mantissa |= 0x800000u;
    else
        exponent = 1;
    while (mantissa < 0x800000u) {
        mantissa <<= 1;
        exponent--;
    }
    *ret_exponent = exponent - 150;
    return mantissa;
}

/* mantissa * 2^exponent, which must be a float; mantissa below 2^24. */
static inline float gk_float_joined(uint32_t mantissa, int32_t exponent)
{
    union gk_double_bits power;
    power.bits = (uint64_t)(exponent + 1023) << 52;
    return (float)((double)mantissa * power.value);
}

/* --- remainders --- */

/* The rest of x / y: x - n * y with the n towards zero, exactly; its sign is that of x. 0 when x is
 * infinite or y is 0. Long division in base two, 32 digits at a time. */
static inline float gk_fmodf(float x, float y)
{
    int32_t exponent_x, exponent_y;
    if (!gk_is_finitef(x) || y != y || y == 0.0f)
        return 0.0f;
    if (gk_absf(x) < gk_absf(y) || x == 0.0f)
        return x;
    uint64_t rest = gk_float_split(x, &exponent_x);
    uint32_t divisor = gk_float_split(y, &exponent_y);
    for (int32_t digits = exponent_x - exponent_y; digits > 0; digits -= 32)
        rest = (rest % divisor) << (digits < 32 ? digits : 32);
    float result = gk_float_joined((uint32_t)(rest % divisor), exponent_y);
    return gk_is_negativef(x) ? -result : result;
}

/* x on a circle of `period` > 0: 0 <= result < period, within half an ulp of the period. */
static inline float gk_wrapf(float x, float period)
{
    float rest = gk_fmodf(x, period);
    if (rest < 0.0f)
        rest += period;
    return rest >= 0.0f && rest < period ? rest : 0.0f;
}

/* --- roots --- */

/* The root of a double from 1e-300 to 1e300, within 2^-51 of itself. Heron's method: the first
 * guess halves the exponent and is good to 7 percent; each step more than doubles the digits. */
static inline double gk_root(double x)
{
    union gk_double_bits root = {x};
    root.bits = (root.bits >> 1) + (UINT64_C(0x3ff) << 51);
    for (int step = 0; step < 4; step++)
        root.value = 0.5 * (root.value + x / root.value);
    return root.value;
}

/* The root, correctly rounded: gk_root is far closer than a root of a float can lie to the middle
 * between two floats. 0 below zero, -0 for -0. */
static inline float gk_sqrtf(float x)
{
    if (!(x > 0.0f) || !gk_is_finitef(x))
        return x > 0.0f || x == 0.0f ? x : 0.0f;
    return (float)gk_root((double)x);
}

/* The length of the vector (x, y), within 0.501 ulp; no overflow on the way. */
static inline float gk_hypotf(float x, float y)
{
    double squares = (double)x * (double)x + (double)y * (double)y;
    if (!(squares > 0.0))
        return 0.0f;
    return gk_is_finitef(x) && gk_is_finitef(y) ? (float)gk_root(squares) : (float)squares;
}

/* --- angles --- */

/* Takes an angle to within an eighth of a turn of nothing, and returns how many quarters (mod 4)
 * were taken off. M. H. Payne and R. N. Hanek, "Radian reduction for trigonometric functions",
 * 1983: of 2/pi only those digits are multiplied that tell the quarter and what is behind it. */
static inline uint32_t gk_quarters_off(float x, double *ret_rest)
{
    static const uint32_t two_over_pi[] = {/* the digits, 32 bits each; a zero stands before */
                                           0,          0xa2f9836e, 0x4e441529, 0xfc2757d1,
                                           0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};
    if (gk_absf(x) < 0.78f) {
        *ret_rest = (double)x;
        return 0;
    }
    int32_t exponent;
    uint64_t mantissa = gk_float_split(x, &exponent);
    uint32_t first = (uint32_t)(exponent + 30); /* digits before it make whole turns */
    const uint32_t *words = &two_over_pi[first / 32];
    uint32_t shift = first % 32;
    uint32_t window[3];
    for (uint32_t i = 0; i < 3; i++)
        window[i] = (uint32_t)(((uint64_t)words[i] << 32 | words[i + 1]) << shift >> 32);
    /* In quarters, with 62 bits behind the point; what is above four falls off. */
    uint64_t quarters =
        (mantissa * window[0] << 32) + mantissa * window[1] + (mantissa * window[2] >> 32);
    uint32_t count = (uint32_t)((quarters + (UINT64_C(1) << 61)) >> 62);
    uint64_t behind = quarters - ((uint64_t)count << 62);
    double rest = behind >> 63 ? -(double)(0 - behind) : (double)behind;
    rest *= 0x1.921fb54442d18p-62; /* pi / 2 / 2^62 */
    *ret_rest = gk_is_negativef(x) ? -rest : rest;
    return (gk_is_negativef(x) ? 0 - count : count) & 3;
}

/* Sine and cosine of at most an eighth of a turn: Taylor's series; what is left out is below 2^-37
 * and 2^-41. */
static inline double gk_sin_near(double x)
{
    double square = x * x;
    double sum = -1.0 / 39916800.0;
    sum = 1.0 / 362880.0 + square * sum;
    sum = -1.0 / 5040.0 + square * sum;
    sum = 1.0 / 120.0 + square * sum;
    sum = -1.0 / 6.0 + square * sum;
    return x + x * square * sum;
}

static inline double gk_cos_near(double x)
{
    double square = x * x;
    double sum = 1.0 / 479001600.0;
    sum = -1.0 / 3628800.0 + square * sum;
    sum = 1.0 / 40320.0 + square * sum;
    sum = -1.0 / 720.0 + square * sum;
    sum = 1.0 / 24.0 + square * sum;
    sum = -1.0 / 2.0 + square * sum;
    return 1.0 + square * sum;
}

/* The sine of (x + quarters * pi / 2). */
static inline float gk_sin_of(float x, uint32_t quarters)
{
    double rest;
    if (!gk_is_finitef(x))
        return 0.0f;
    quarters += gk_quarters_off(x, &rest);
    double sine = quarters & 1 ? gk_cos_near(rest) : gk_sin_near(rest);
    return (float)(quarters & 2 ? -sine : sine);
}

/* Sine and cosine of every finite angle, within 0.501 ulp. */
static inline float gk_sinf(float x)
{
    return gk_sin_of(x, 0);
}

static inline float gk_cosf(float x)
{
    return gk_sin_of(x, 1);
}

/* The tangent of every finite angle, within 0.501 ulp. */
static inline float gk_tanf(float x)
{
    double rest;
    if (!gk_is_finitef(x))
        return 0.0f;
    uint32_t quarters = gk_quarters_off(x, &rest);
    double sine = gk_sin_near(rest), cosine = gk_cos_near(rest);
    return (float)(quarters & 1 ? -cosine / sine : sine / cosine);
}

/* The angle of the vector (x, y), -pi..pi, within 0.501 ulp; infinite and zero arguments as C has
 * them (annex F), so 0 or pi for the vector (0, 0).
 * The ratio is folded into 0..1, brought within 1/16 of nothing by the table (atan a = atan c +
 * atan((a - c) / (1 + a c))), and what is left is Gregory's series of 1671. */
static inline float gk_atan2f(float y, float x)
{
    static const double atan_eighths[] = {/* atan(k / 8) */
                                          0.0,
                                          0x1.fd5ba9aac2f6ep-4,
                                          0x1.f5b75f92c80ddp-3,
                                          0x1.6f61941e4def1p-2,
                                          0x1.dac670561bb4fp-2,
                                          0x1.1e00babdefeb4p-1,
                                          0x1.4978fa3269ee1p-1,
                                          0x1.700a7c5784634p-1,
                                          0x1.921fb54442d18p-1};
    if (x != x || y != y)
        return 0.0f;
    double wide = (double)gk_absf(x), high = (double)gk_absf(y);
    double less = wide < high ? wide : high, more = wide < high ? high : wide;
    double ratio = less == more ? (more > 0.0 ? 1.0 : 0.0) : less / more;
    uint32_t eighth = (uint32_t)(ratio * 8.0 + 0.5);
    double centre = eighth / 8.0;
    double rest = (ratio - centre) / (1.0 + ratio * centre);
    double square = rest * rest;
    double sum = 1.0 / 5.0 + square * (-1.0 / 7.0);
    sum = -1.0 / 3.0 + square * sum;
    double angle = atan_eighths[eighth] + (rest + rest * square * sum);
    if (high > wide)
        angle = 0x1.921fb54442d18p+0 - angle; /* pi / 2 */
    if (gk_is_negativef(x))
        angle = 0x1.921fb54442d18p+1 - angle;
    return (float)(gk_is_negativef(y) ? -angle : angle);
}

#endif
