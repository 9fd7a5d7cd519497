/* Who is greedy, by real processes and the kernel's account of them. */
#include "games/greed.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "promises.h"

#define LOOKS_MAX 100 /* of GREED_LOOK_NS_MIN each */

/* A process that runs for ever, or sleeps for ever. */
static pid_t start(bool runs)
{
    pid_t pid = fork();
    CU_ASSERT_FATAL(pid >= 0);
    for (volatile bool again = pid == 0; again;)
        if (!runs)
            pause();
    return pid;
}

static void end(struct greed *greed, pid_t pid)
{
    greed_end(greed);
    kill(pid, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
}

/* Looks until it says `greedy`, or too often. */
static bool becomes(struct greed *greed, bool greedy)
{
    for (int i = 0; i < LOOKS_MAX && greed->greedy != greedy; i++) {
        usleep(GREED_LOOK_NS_MIN / 1000);
        greed_look(greed, clock_monotonic_ns());
    }
    return greed->greedy == greedy;
}

static void test_greed_finds_who_never_sleeps_also_among_many(void)
{
    enum { MANY = 8 };
    struct greed greeds[MANY];
    pid_t pids[MANY];
    for (int i = 0; i < MANY; i++) {
        pids[i] = start(true);
        greed_begin(&greeds[i], pids[i], clock_monotonic_ns());
    }
    for (int i = 0; i < MANY; i++)
        CU_ASSERT(becomes(&greeds[i], true));
    for (int i = 0; i < MANY; i++)
        end(&greeds[i], pids[i]);
}

static void test_greed_leaves_alone_who_sleeps(void)
{
    struct greed greed;
    pid_t pid = start(false);
    greed_begin(&greed, pid, clock_monotonic_ns());
    for (int i = 0; i < 5; i++) {
        usleep(GREED_LOOK_NS_MIN / 1000);
        greed_look(&greed, clock_monotonic_ns());
        CU_ASSERT_FALSE(greed.greedy);
    }
    end(&greed, pid);
}

static void test_greed_forgives_who_has_stopped(void)
{
    struct greed greed;
    pid_t pid = start(true);
    greed_begin(&greed, pid, clock_monotonic_ns());
    CU_ASSERT_FATAL(becomes(&greed, true));
    kill(pid, SIGSTOP);
    CU_ASSERT(becomes(&greed, false));
    end(&greed, pid);
}

static void test_greed_of_a_process_that_is_gone_is_none(void)
{
    struct greed greed;
    pid_t pid = start(false);
    kill(pid, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
    greed_begin(&greed, pid, clock_monotonic_ns());
    greed_look(&greed, clock_monotonic_ns() + 10 * GREED_LOOK_NS_MIN);
    CU_ASSERT_FALSE(greed.greedy);
    greed_end(&greed);
    greed_end(&greed);
}

static CU_TestInfo promises[] = {
    PROMISE(test_greed_finds_who_never_sleeps_also_among_many),
    PROMISE(test_greed_leaves_alone_who_sleeps),
    PROMISE(test_greed_forgives_who_has_stopped),
    PROMISE(test_greed_of_a_process_that_is_gone_is_none),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games/greed", promises);
}
