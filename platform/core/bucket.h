/* A token bucket: so many a second, so many at once. Pure; the time is handed in. */
#ifndef CORE_BUCKET_H
#define CORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
    int64_t left_milli; /* thousandths of a token */
    int64_t at_ms;
};

static inline void bucket_init(struct bucket *bucket, int64_t burst, int64_t now_ms)
{
    bucket->left_milli = burst * 1000;
    bucket->at_ms = now_ms;
}

/* Takes one token; false when there is none. */
static inline bool bucket_take(struct bucket *bucket, int64_t per_second, int64_t burst,
                               int64_t now_ms)
{
    if (now_ms > bucket->at_ms) {
        int64_t passed_ms = now_ms - bucket->at_ms;
        int64_t missing_milli = burst * 1000 - bucket->left_milli;
        bucket->left_milli +=
            passed_ms >= missing_milli / per_second + 1 ? missing_milli : passed_ms * per_second;
        if (bucket->left_milli > burst * 1000)
            bucket->left_milli = burst * 1000;
        bucket->at_ms = now_ms;
    }
    if (bucket->left_milli < 1000)
        return false;
    bucket->left_milli -= 1000;
    return true;
}

#endif
