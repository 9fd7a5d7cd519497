/* The hash of a state: FNV-1a of 64 bits, as published by Fowler, Noll and Vo. It finds a
 * difference, it proves nothing against somebody who looks for a collision. Pure, any thread. */
#ifndef HOST_HASH_H
#define HOST_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

/* Goes on from `hash`, which is HASH_START at first. */
static inline uint64_t hash_add(uint64_t hash, const void *bytes, size_t count)
{
    const uint8_t *at = (const uint8_t *)bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static inline uint64_t state_hash(const void *state, size_t count)
{
    return hash_add(HASH_START, state, count);
}

#endif
