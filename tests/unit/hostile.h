/*
 * Bytes as a stranger might send them: random, or made of good ones by a few changes. Always the
 * same for one seed, so that a failure comes back.
 */
#ifndef UNIT_HOSTILE_H
#define UNIT_HOSTILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE_CHANGES_MAX 4
#define HOSTILE_LONGER_MAX  64 /* by how much a change makes them longer at most, in all */

struct hostile {
    uint64_t state; /* the seed */
};

/* splitmix64 */
static inline uint64_t hostile_number(struct hostile *hostile)
{
    uint64_t z = hostile->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline size_t hostile_below(struct hostile *hostile, size_t end)
{
    return end ? (size_t)(hostile_number(hostile) % end) : 0;
}

/* One change in place; `bytes` has room for HOSTILE_LONGER_MAX / HOSTILE_CHANGES_MAX more. */
static inline size_t hostile_change(struct hostile *hostile, uint8_t *bytes, size_t count)
{
    static const char special[] = "\"\\{}[]:,.%/@=-_ \n\xff\x80\xc0";
    size_t at = hostile_below(hostile, count);
    size_t more = 1 + hostile_below(hostile, HOSTILE_LONGER_MAX / HOSTILE_CHANGES_MAX);
    switch (count ? hostile_below(hostile, 7) : 4) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << hostile_below(hostile, 8));
        return count;
    case 1:
        bytes[at] = (uint8_t)hostile_number(hostile);
        return count;
    case 2:
        bytes[at] = (uint8_t)special[hostile_below(hostile, sizeof special)];
        return count;
    case 3:
        return at; /* the rest is missing */
    case 4:
        memmove(bytes + at + more, bytes + at, count - at);
        for (size_t i = 0; i < more; i++)
            bytes[at + i] = (uint8_t)hostile_number(hostile);
        return count + more;
    case 5:
        if (more > count - at)
            more = count - at;
        memmove(bytes + at, bytes + at + more, count - at - more);
        return count - more;
    default:
        if (more > count - at)
            more = count - at;
        memmove(bytes + at + more, bytes + at, count - at); /* says something twice */
        return count + more;
    }
}

/* A copy of `good` with one to HOSTILE_CHANGES_MAX changes, or now and then random bytes. Of
 * exactly its size, so that a sanitizer sees every byte too far; zero-terminated with `is_text`,
 * and without other zeroes then. The caller frees. */
static inline uint8_t *hostile_copy(struct hostile *hostile, const void *good, size_t good_count,
                                    int is_text, size_t *ret_count)
{
    uint8_t *room = malloc(good_count + HOSTILE_LONGER_MAX + 1);
    size_t count = good_count;
    memcpy(room, good, good_count);
    if (hostile_below(hostile, 16) == 0) {
        count = hostile_below(hostile, good_count + HOSTILE_LONGER_MAX);
        for (size_t i = 0; i < count; i++)
            room[i] = (uint8_t)hostile_number(hostile);
    } else {
        for (size_t i = 1 + hostile_below(hostile, HOSTILE_CHANGES_MAX); i > 0; i--)
            count = hostile_change(hostile, room, count);
    }
    for (size_t i = 0; is_text && i < count; i++)
        room[i] = room[i] ? room[i] : '0';
    uint8_t *copy = malloc(count + (is_text ? 1 : 0) + (count == 0));
    memcpy(copy, room, count);
    if (is_text)
        copy[count] = 0;
    free(room);
    *ret_count = count;
    return copy;
}

#endif
