/*
 * When the ticks of a worker are due. Tick n is due at start + n * 1e9 / hz, computed anew for
 * every n, so that nothing adds up: the thousandth tick is as punctual as the first. The time is
 * handed in. A worker that is late catches up TICKS_CATCH_UP_MAX ticks at most, then the rest is
 * skipped and the schedule starts anew from now.
 */
#ifndef WORKER_SCHEDULE_H
#define WORKER_SCHEDULE_H

#include <stdint.h>

#define TICKS_CATCH_UP_MAX 4

struct schedule {
    int64_t start_ns;
    uint32_t hz;
    uint64_t next; /* the first tick that is not done, from 1 */
};

/* Tick 1 is due one period after `now_ns`. */
void schedule_start(struct schedule *schedule, int64_t now_ns, uint32_t hz);

/* When tick `tick` is due. */
int64_t schedule_time_ns(const struct schedule *schedule, uint64_t tick);

struct schedule_due {
    uint32_t ticks;   /* to do now, 0..TICKS_CATCH_UP_MAX */
    int64_t late_ns;  /* of the first of them */
    uint64_t skipped; /* that will never be done */
};

/* Takes the ticks that are due at `now_ns`. */
struct schedule_due schedule_take(struct schedule *schedule, int64_t now_ns);

#endif
