/*
 * gamekit/maths.h: whole-number maths that gives the same bits everywhere.
 *
 * Fixed point is int32_t with 16 bits behind the point (GK_ONE is 1.0), so it reaches from -32768
 * to just under 32768. Angles are uint16_t, a full turn being 65536: they wrap by themselves, and
 * grow from the x axis to the y axis. Every function takes every argument: a result that does not
 * fit is clamped, never undefined. Error bounds are tested at every angle.
 */
#ifndef GAMEKIT_MATHS_H
#define GAMEKIT_MATHS_H

#include <gamekit/game.h>

#define GK_ONE 65536

/* A fixed-point constant from a whole number, or from a fraction. */
#define GK_FIXED(whole)            ((int32_t)((whole)*GK_ONE))
#define GK_FIXED_RATIO(part, unit) ((int32_t)((int64_t)(part)*GK_ONE / (unit)))
/* An angle from whole degrees, of any number of turns; cast it to uint16_t. */
#define GK_DEGREES(degrees) ((int32_t)((int64_t)(degrees)*65536 / 360))

static inline int32_t gk_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t gk_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline int32_t gk_clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static inline int32_t gk_abs(int32_t value)
{
    return value == INT32_MIN ? INT32_MAX : value < 0 ? -value : value;
}

/* Fits a wide intermediate result back into 32 bits. */
static inline int32_t gk_narrow(int64_t value)
{
    return value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

/* a * b, rounded towards zero. */
static inline int32_t gk_fixed_mul(int32_t a, int32_t b)
{
    return gk_narrow((int64_t)a * b / GK_ONE);
}

/* a / b, rounded towards zero; a division by zero gives the largest number of a's sign. */
static inline int32_t gk_fixed_div(int32_t a, int32_t b)
{
    if (b == 0)
        return a < 0 ? INT32_MIN : INT32_MAX;
    return gk_narrow((int64_t)a * GK_ONE / b);
}

/* The sine of an angle, -1.0..1.0, off by less than 0.6 / 65536. */
static inline int32_t gk_sin(uint16_t angle)
{
    /* Fold into the first quarter: 0..16384 becomes 0..1.0 with 30 bits behind the point. */
    uint32_t within = angle & 0x7fff;
    uint32_t folded = within > 16384 ? 32768 - within : within;
    int64_t x = (int64_t)folded << 16;
    int64_t square = x * x >> 30;
    /* sin(x * pi/2) = x * (c1 + c3 x^2 + c5 x^4 + c7 x^6), fitted by least squares. */
    int64_t sum = -4648685;
    sum = 85288661 + sum * square / (1 << 30);
    sum = -693522578 + sum * square / (1 << 30);
    sum = 1686624426 + sum * square / (1 << 30);
    int32_t sine = (int32_t)((x * sum / (1 << 30) + (1 << 13)) >> 14);
    return angle & 0x8000 ? -sine : sine;
}

static inline int32_t gk_cos(uint16_t angle)
{
    return gk_sin((uint16_t)(angle + 16384));
}

/* The whole root of `value`: the largest r with r * r <= value. Digit by digit, in base two. */
static inline uint32_t gk_sqrt(uint64_t value)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 62; bit != 0; bit >>= 2) {
        if (value >= root + bit) {
            value -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root;
}

/* The root of a fixed-point number, rounded down; 0 below zero. */
static inline int32_t gk_fixed_sqrt(int32_t value)
{
    return value <= 0 ? 0 : (int32_t)gk_sqrt((uint64_t)value * GK_ONE);
}

/* The length of the vector (x, y), in their unit, rounded down. */
static inline int32_t gk_length(int32_t x, int32_t y)
{
    uint64_t squares = (uint64_t)((int64_t)x * x) + (uint64_t)((int64_t)y * y);
    return gk_narrow(gk_sqrt(squares));
}

/* What lies between `from` (part 0) and `to` (part GK_ONE), rounded towards `from`. */
static inline int32_t gk_lerp(int32_t from, int32_t to, int32_t part)
{
    int64_t way = ((int64_t)to - from) * gk_clamp(part, 0, GK_ONE) / GK_ONE;
    return (int32_t)(from + way);
}

/* The angle of the vector (x, y), in any unit: off by at most 0.51, so gk_atan2(gk_sin(a),
 * gk_cos(a)) is a. 0 for the vector (0, 0).
 * The ratio is folded into 0..1, brought within 1/16 of nothing by the table (atan a = atan c +
 * atan((a - c) / (1 + a c))), and what is left is Gregory's series of 1671, t - t^3/3 + t^5/5. */
static inline uint16_t gk_atan2(int32_t y, int32_t x)
{
    static const uint32_t atan_eighths[] = {/* atan(k / 8), a turn being 2^32 */
                                            0,         85004756,  167458907, 245243172, 316933406,
                                            381839095, 439875013, 491367227, 536870912};
    int64_t wide = x < 0 ? -(int64_t)x : x;
    int64_t high = y < 0 ? -(int64_t)y : y;
    int64_t one = 1 << 30;
    if (wide == 0 && high == 0)
        return 0;
    int64_t ratio = wide >= high ? high * one / wide : wide * one / high;
    uint32_t eighth = (uint32_t)((ratio + one / 16) / (one / 8));
    int64_t centre = eighth * (one / 8);
    int64_t rest = (ratio - centre) * one / (one + ratio * centre / one);
    int64_t square = rest * rest / one;
    int64_t series = rest * (one - square * (one / 3 - square / 5) / one) / one;
    uint32_t angle = atan_eighths[eighth] + (uint32_t)(series * 683565276 / one); /* 2^32 / 2 pi */
    if (high > wide)
        angle = 0x40000000u - angle;
    if (x < 0)
        angle = 0x80000000u - angle;
    if (y < 0)
        angle = 0u - angle;
    return (uint16_t)((angle + 0x8000u) >> 16);
}

/* How far, and which way, it is from one angle to another: -32768..32767, the short way round. */
static inline int32_t gk_angle_difference(uint16_t from, uint16_t to)
{
    int32_t way = (uint16_t)(to - from);
    return way < 32768 ? way : way - 65536;
}

/* The angle `from`, turned by at most `most` the short way towards `to`. */
static inline uint16_t gk_angle_towards(uint16_t from, uint16_t to, uint16_t most)
{
    return (uint16_t)(from + gk_clamp(gk_angle_difference(from, to), -(int32_t)most, most));
}

#endif
