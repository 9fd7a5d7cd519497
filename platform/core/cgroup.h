/*
 * Control groups (cgroup v2) below a folder that is ours to divide: each group has a share of the
 * processors, a limit of memory and one of processes. A folder is ours when we may write to it and
 * it has the three controllers. Plain files: a test may hand in any folder. Any thread.
 */
#ifndef CORE_CGROUP_H
#define CORE_CGROUP_H

#include <stdint.h>

#include "core/error.h"

#define CGROUP_PATH_BYTES   512
#define CGROUP_REASON_BYTES 160
#define CGROUP_WEIGHT_USUAL 100        /* of every group that says nothing; 1-10000 */
#define CGROUP_OWN          "platform" /* the group that we move to, see cgroup_divide() */

struct cgroup_limits {
    int64_t weight; /* of the processors, when there are too few for all */
    int64_t memory_bytes;
    int64_t processes;
};

/* The folder of the group that this process is in. ERROR_UNAVAILABLE with the reason: there is no
 * cgroup v2 here. */
must_use enum error cgroup_own(char ret_root[CGROUP_PATH_BYTES],
                               char ret_reason[CGROUP_REASON_BYTES]);

/* Makes `root` ready to have groups; nothing happens when it is. A group that has controllers for
 * those below it may have no processes: when we are its only one, we move into CGROUP_OWN below it.
 * ERROR_UNAVAILABLE with the reason, and all is as it was. */
must_use enum error cgroup_divide(const char *root, char ret_reason[CGROUP_REASON_BYTES]);

/* Makes the group `name` below `root`, or takes the one that is there, and sets its limits. The
 * descriptor is for process_start() and owned by the caller. ERROR_UNAVAILABLE with the reason. */
must_use enum error cgroup_open(const char *root, const char *name,
                                const struct cgroup_limits *limits, int *ret_descriptor,
                                char ret_reason[CGROUP_REASON_BYTES]);

/* Removes the groups below `root` whose names begin with `prefix` and that have no process. */
void cgroup_sweep(const char *root, const char *prefix);

#endif
