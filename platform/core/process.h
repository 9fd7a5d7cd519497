/*
 * Child processes: starting one with exactly the descriptors and environment it needs, all signals
 * at their defaults and /dev/null as its standard input. Any thread, and `die_with_parent` means
 * that one: the child dies with the thread that started it.
 */
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
    int output;            /* becomes its 1 and 2; -1: ours */
    const char *directory; /* NULL: ours */
    int cgroup;            /* of cgroup_open(), borrowed: it begins there; 0: in ours */
    bool die_with_parent;  /* PR_SET_PDEATHSIG SIGKILL */
    bool own_group;        /* setpgid, so that Ctrl-C reaches only us */
    bool change_user;      /* to `user` and `group`, with no further groups */
    uid_t user;
    gid_t group;
};

/* Returns when the program runs. ERROR_UNAVAILABLE when it cannot be started (logged with the
 * reason). The caller waits for the child. */
must_use enum error process_start(const struct process_options *options, pid_t *ret_pid);

/* Raises the limit of open descriptors to what the machine allows. ERROR_UNAVAILABLE when that is
 * less than `needed` (logged in one sentence). */
must_use enum error process_raise_descriptors(int needed);

#endif
