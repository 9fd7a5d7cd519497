/*
 * gamekit/maths.h: whole-number maths that gives the same bits everywhere.
 *
 * Fixed point is int32_t with 16 bits behind the point (GK_ONE is 1.0), so it reaches from -32768
 * to just under 32768. Angles are uint16_t, a full turn being 65536: they wrap by themselves.
 * Results that do not fit are clamped, never undefined.
 */
#ifndef GAMEKIT_MATHS_H
#define GAMEKIT_MATHS_H

#include <gamekit/game.h>

#define GK_ONE 65536

/* A fixed-point constant from a whole number, or from a fraction. */
#define GK_FIXED(whole)            ((int32_t)((whole)*GK_ONE))
#define GK_FIXED_RATIO(part, unit) ((int32_t)((int64_t)(part)*GK_ONE / (unit)))
/* An angle from whole degrees. */
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

/* The sine of an angle, -1.0..1.0, off by less than 1.5 / 65536. */
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

/* The whole root of `value`: the largest r with r * r <= value. */
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

#endif
