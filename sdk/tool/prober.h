/*
 * The tool as the processes that run a stranger's code: it starts itself again, with every wall
 * that this machine has (host/sandbox.h), and only to probe.
 */
#ifndef TOOL_PROBER_H
#define TOOL_PROBER_H

#include "host/probe.h"

#define PROBER_TASK "--probe" /* the tool's first argument in such a process */

/* For admit_bundle and admit_image. */
struct probe_starter prober(void);

/* The whole of such a process; returns its exit status. */
int prober_run(int argument_count, char **arguments);

#endif
