/*
 * What a probing worker writes, in memory that it shares with who started it: one struct, all of it
 * written by a process that holds a stranger's code, so every number is checked by who reads it.
 */
#ifndef WIRE_PROBE_H
#define WIRE_PROBE_H

#include "wire/arena.h"

#define WORKER_PROBE    "probe" /* the task: descriptor WORKER_ARENA_FD is a struct probe_report */
#define PROBE_TICKS     600
#define PROBE_CALLBACKS (ARENA_CALL_CHECK + 1)
#define PROBE_CPU_S_MAX 4

enum probe_verdict {
    PROBE_UNFINISHED,
    PROBE_FINE,
    PROBE_IMPURE,  /* the same call gave two answers, or changed what it may not */
    PROBE_OVERRUN, /* it wrote behind its state or its view */
    PROBE_BROKEN,  /* `check` did not return 1 */
};

struct probe_report {
    _Atomic uint32_t verdict;                      /* enum probe_verdict */
    _Atomic uint32_t tick, callback;               /* that runs, or ran last: enum arena_callback */
    _Atomic uint32_t forbidden_call;               /* its number plus one, or 0 */
    uint64_t hashes[PROBE_TICKS][PROBE_CALLBACKS]; /* of everything that each callback answered */
};

#endif
