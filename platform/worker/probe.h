/* Whether a game is a pure function, found out before it is admitted: see probe.c. */
#ifndef WORKER_PROBE_H
#define WORKER_PROBE_H

#include "worker/sandbox.h"

/* The whole task WORKER_PROBE; returns the exit status. */
int probe_run(struct sandbox *sandbox);

#endif
