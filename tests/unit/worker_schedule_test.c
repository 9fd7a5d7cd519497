/* The ticks of a worker: punctual for ever, bounded when late. */
#include "worker/schedule.h"

#include "promises.h"

#define SECOND 1000000000ll

static void test_schedule_thousandth_tick_is_on_time(void)
{
    struct schedule schedule;
    schedule_start(&schedule, 5, 60);
    CU_ASSERT_EQUAL(schedule_time_ns(&schedule, 1), 5 + SECOND / 60);
    CU_ASSERT_EQUAL(schedule_time_ns(&schedule, 1000), 5 + 1000 * SECOND / 60);
    CU_ASSERT_EQUAL(schedule_time_ns(&schedule, 60 * 86400 * 365ull), 5 + 86400 * 365 * SECOND);
    for (uint64_t tick = 1; tick <= 1000; tick++) {
        int64_t due_at = schedule_time_ns(&schedule, tick);
        CU_ASSERT_EQUAL(schedule_take(&schedule, due_at - 1).ticks, 0);
        struct schedule_due due = schedule_take(&schedule, due_at);
        CU_ASSERT_EQUAL(due.ticks, 1);
        CU_ASSERT_EQUAL(due.late_ns, 0);
    }
}

static void test_schedule_late_wake_ups_do_not_add_up(void)
{
    struct schedule schedule;
    schedule_start(&schedule, 0, 120);
    uint64_t ticks = 0;
    for (int64_t now = 0; now <= 100 * SECOND; now += 7 * SECOND / 1000)
        ticks += schedule_take(&schedule, now).ticks;
    CU_ASSERT_EQUAL(ticks, 12000 - 1 + (100 * SECOND % (7 * SECOND / 1000) == 0));
}

static void test_schedule_catches_up_a_few_ticks(void)
{
    struct schedule schedule;
    schedule_start(&schedule, 0, 100);
    struct schedule_due due = schedule_take(&schedule, TICKS_CATCH_UP_MAX * SECOND / 100);
    CU_ASSERT_EQUAL(due.ticks, TICKS_CATCH_UP_MAX);
    CU_ASSERT_EQUAL(due.skipped, 0);
    CU_ASSERT_EQUAL(schedule_time_ns(&schedule, schedule.next),
                    (TICKS_CATCH_UP_MAX + 1) * SECOND / 100);
}

static void test_schedule_moves_when_it_is_too_late(void)
{
    struct schedule schedule;
    schedule_start(&schedule, 0, 100);
    struct schedule_due due = schedule_take(&schedule, SECOND);
    CU_ASSERT_EQUAL(due.ticks, TICKS_CATCH_UP_MAX);
    CU_ASSERT_EQUAL(due.skipped, 100 - TICKS_CATCH_UP_MAX);
    CU_ASSERT_EQUAL(due.late_ns, SECOND - SECOND / 100);
    CU_ASSERT_EQUAL(schedule_time_ns(&schedule, schedule.next), SECOND + SECOND / 100);
}

static CU_TestInfo promises[] = {
    PROMISE(test_schedule_thousandth_tick_is_on_time),
    PROMISE(test_schedule_late_wake_ups_do_not_add_up),
    PROMISE(test_schedule_catches_up_a_few_ticks),
    PROMISE(test_schedule_moves_when_it_is_too_late),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("worker_schedule", promises);
}
