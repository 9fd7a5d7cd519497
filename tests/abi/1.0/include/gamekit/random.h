/*
 * gamekit/random.h: a generator of chance that lives in the state of a match.
 *
 * PCG-XSH-RR 64/32 (M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
 * Algorithms for Random Number Generation", 2014). Sixteen bytes without padding: put a struct
 * gk_random into the state and seed it from gk_match.seed in init. Two matches with the same seed
 * draw the same numbers, on every machine. Who sees enough of the numbers can
 * compute the others. Not for keys.
 */
#ifndef GAMEKIT_RANDOM_H
#define GAMEKIT_RANDOM_H

#include <gamekit/game.h>

struct gk_random {
    uint64_t position;
    uint64_t stream; /* odd */
};
GK_STATIC_ASSERT(sizeof(struct gk_random) == 16, "gk_random has no padding");

/* The next 32 random bits. */
static inline uint32_t gk_random_next(struct gk_random *random)
{
    uint64_t before = random->position;
    random->position = before * 6364136223846793005u + random->stream;
    uint32_t mixed = (uint32_t)(((before >> 18) ^ before) >> 27);
    uint32_t turns = (uint32_t)(before >> 59);
    return (mixed >> turns) | (mixed << ((32 - turns) & 31));
}

/* Starts stream number `stream` (below 2^63) at `seed`: another sequence for each stream. */
static inline void gk_random_seed(struct gk_random *random, uint64_t seed, uint64_t stream)
{
    random->position = 0;
    random->stream = stream << 1 | 1;
    gk_random_next(random);
    random->position += seed;
    gk_random_next(random);
}

/* A number of 0..bound-1, each as likely as the other; 0 when bound is 0. */
static inline uint32_t gk_random_below(struct gk_random *random, uint32_t bound)
{
    if (bound == 0)
        return 0;
    /* The first 2^32 mod bound values would favour the small numbers: they are drawn again. */
    uint32_t unfair = (0u - bound) % bound;
    uint32_t drawn = gk_random_next(random);
    while (drawn < unfair)
        drawn = gk_random_next(random);
    return drawn % bound;
}

/* A number of low..high, both included; low when high is below it. */
static inline int32_t gk_random_between(struct gk_random *random, int32_t low, int32_t high)
{
    if (high < low)
        return low;
    uint32_t count = (uint32_t)high - (uint32_t)low + 1;
    uint32_t drawn = count ? gk_random_below(random, count) : gk_random_next(random);
    return (int32_t)((uint32_t)low + drawn);
}

#endif
