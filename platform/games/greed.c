/* Of the time that a process was not kept waiting, the part that it ran tells whether it would ever
 * sleep, however many want the processor. What is set is the slice of the kernel's fair scheduler:
 * who wakes with a short one goes before who has a long one. */
#include "games/greed.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct sched_attr in its first version. */
struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period; /* runtime: of a fair process its slice */
};

static bool account_read(const struct greed *greed, uint64_t *ret_ran_ns, uint64_t *ret_kept_ns);
static void slice_set(pid_t pid, uint64_t slice_ns);

void greed_begin(struct greed *greed, pid_t pid, int64_t now_ns)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    *greed = (struct greed){
        .pid = pid, .account = open(path, O_RDONLY | O_CLOEXEC), .looked_ns = now_ns};
    (void)account_read(greed, &greed->ran_ns, &greed->kept_ns);
    slice_set(pid, GREED_SLICE_NS_SHORT);
}

void greed_put_behind(pid_t pid)
{
    slice_set(pid, GREED_SLICE_NS_LONG);
}

void greed_look(struct greed *greed, int64_t now_ns)
{
    uint64_t ran_ns, kept_ns;
    int64_t elapsed_ns = now_ns - greed->looked_ns;
    if (elapsed_ns < GREED_LOOK_NS_MIN || !account_read(greed, &ran_ns, &kept_ns))
        return;
    int64_t kept = (int64_t)(kept_ns - greed->kept_ns), ran = (int64_t)(ran_ns - greed->ran_ns);
    int64_t free_ns = elapsed_ns - kept;
    if (ran * 100 >= free_ns * GREED_PERCENT && ran * 100 >= elapsed_ns * GREED_PERCENT_MIN)
        greed->greedy_ns = now_ns;
    bool greedy = greed->greedy_ns != 0 && now_ns - greed->greedy_ns < GREED_FORGIVE_NS;
    if (greedy != greed->greedy)
        slice_set(greed->pid, greedy ? GREED_SLICE_NS_LONG : GREED_SLICE_NS_SHORT);
    greed->greedy = greedy;
    greed->looked_ns = now_ns;
    greed->ran_ns = ran_ns;
    greed->kept_ns = kept_ns;
}

void greed_end(struct greed *greed)
{
    if (greed->pid > 0 && greed->account >= 0)
        close(greed->account);
    *greed = (struct greed){.account = -1};
}

static bool account_read(const struct greed *greed, uint64_t *ret_ran_ns, uint64_t *ret_kept_ns)
{
    char text[96];
    unsigned long long ran, kept;
    ssize_t got = greed->account < 0 ? -1 : pread(greed->account, text, sizeof text - 1, 0);
    if (got <= 0)
        return false;
    text[got] = '\0';
    if (sscanf(text, "%llu %llu", &ran, &kept) != 2)
        return false;
    *ret_ran_ns = ran;
    *ret_kept_ns = kept;
    return true;
}

/* Whoever was given another kind of scheduling by the administrator keeps it. */
static void slice_set(pid_t pid, uint64_t slice_ns)
{
    struct scheduling scheduling = {.size = sizeof scheduling};
    if (syscall(SYS_sched_getattr, pid, &scheduling, sizeof scheduling, 0) != 0 ||
        scheduling.policy != SCHED_OTHER)
        return;
    scheduling.runtime = slice_ns;
    (void)syscall(SYS_sched_setattr, pid, &scheduling, 0); /* a favour, not a need */
}
