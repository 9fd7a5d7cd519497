/*
 * The tool as the processes that run a stranger's code: it starts itself again, with every wall
 * that this machine has (host/sandbox.h), and only to probe or to take the
 * step of a crash again.
 */
#ifndef TOOL_PROBER_H
#define TOOL_PROBER_H

#include "host/probe.h"

/* The tool's first argument in such a process. */
#define PROBER_PROBE "--probe"
#define PROBER_CRASH "--crash"

/* For admit_bundle and admit_image. */
struct probe_starter prober(void);

/* Starts a process for one of the tasks; false after a sentence on standard error. */
bool prober_start(const char *task, const struct probe_descriptors *descriptors, pid_t *ret_pid);

/* Names the layers of the sandbox that such a process ran without; nothing when it had all. */
void prober_say_walls(uint32_t layers);

/* Whether the tool's first argument is such a task. */
bool prober_is_task(const char *argument);

/* The whole of such a process; returns its exit status. */
int prober_run(int argument_count, char **arguments);

#endif
