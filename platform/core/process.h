/* Child processes: starting one with exactly the descriptors and environment it needs. Loop's
 * thread only. */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/error.h"

#define PROCESS_DESCRIPTORS_MAX 8

struct process_options {
    const char *path;
    char *const *arguments;   /* NULL-terminated, with argv[0] */
    char *const *environment; /* NULL-terminated; the child gets nothing else */
    /* descriptors[i] becomes descriptor 3+i of the child; all others but 0-2 are closed */
    int descriptors[PROCESS_DESCRIPTORS_MAX];
    int descriptor_count;
    int output;              /* becomes its 1 and 2; -1: ours */
    const char *directory;   /* NULL: ours */
    bool die_with_parent;    /* PR_SET_PDEATHSIG SIGKILL */
    bool own_group;          /* setpgid, so that Ctrl-C reaches only us */
};

must_use enum error process_start(const struct process_options *options, pid_t *ret_pid);

#endif
