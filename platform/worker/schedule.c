/* The tick arithmetic. Pure; whole seconds and the rest are taken apart so that nothing overflows.
 */
#include "worker/schedule.h"

#include <assert.h>

#define SECOND_NS 1000000000

void schedule_start(struct schedule *schedule, int64_t now_ns, uint32_t hz)
{
    assert(hz > 0);
    *schedule = (struct schedule){.start_ns = now_ns, .hz = hz, .next = 1};
}

int64_t schedule_time_ns(const struct schedule *schedule, uint64_t tick)
{
    return schedule->start_ns + (int64_t)(tick / schedule->hz * SECOND_NS +
                                          tick % schedule->hz * SECOND_NS / schedule->hz);
}

struct schedule_due schedule_take(struct schedule *schedule, int64_t now_ns)
{
    int64_t late_ns = now_ns - schedule_time_ns(schedule, schedule->next);
    if (late_ns < 0)
        return (struct schedule_due){0};

    uint64_t more = (uint64_t)(late_ns / SECOND_NS * schedule->hz +
                               late_ns % SECOND_NS * schedule->hz / SECOND_NS);
    uint64_t last = schedule->next + more;
    while (schedule_time_ns(schedule, last + 1) <= now_ns)
        last++;

    uint64_t due = last - schedule->next + 1;
    struct schedule_due taken = {.ticks = (uint32_t)due, .late_ns = late_ns};
    if (due > TICKS_CATCH_UP_MAX) {
        taken.ticks = TICKS_CATCH_UP_MAX;
        taken.skipped = due - TICKS_CATCH_UP_MAX;
        schedule_start(schedule, now_ns, schedule->hz);
    } else {
        schedule->next = last + 1;
    }
    return taken;
}
