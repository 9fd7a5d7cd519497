#include "serve/backoff.h"

int backoff_after(struct backoff *backoff, int64_t ran_ms)
{
    if (ran_ms >= BACKOFF_MS_SETTLED)
        backoff->failures = 0;
    int wait_ms = BACKOFF_MS_FIRST;
    for (int i = 0; i < backoff->failures && wait_ms < BACKOFF_MS_MAX; i++)
        wait_ms *= 2;
    backoff->failures++;
    return wait_ms < BACKOFF_MS_MAX ? wait_ms : BACKOFF_MS_MAX;
}
