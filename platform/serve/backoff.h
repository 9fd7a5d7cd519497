/* When a child that ended may start again: pure, the time is handed in. */
#ifndef SERVE_BACKOFF_H
#define SERVE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MS_FIRST   100
#define BACKOFF_MS_MAX     10000
#define BACKOFF_MS_SETTLED 30000 /* who ran so long is forgiven its earlier ends */

struct backoff {
    int failures; /* in a row */
};

/* The child ended after `ran_ms`; the wait before its next start: the first, then doubled. */
int backoff_after(struct backoff *backoff, int64_t ran_ms);

#endif
