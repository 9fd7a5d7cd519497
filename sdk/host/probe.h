/*
 * Whether a game is a pure function, found out before it is admitted. Two processes, each inside
 * the sandbox and with a report in memory that it shares with who started it, run probe_run; who
 * started them asks probe_judge about each and then probe_compare about both. A report is written
 * by a process that holds a stranger's code, so every number of it is checked by who reads it.
 */
#ifndef HOST_PROBE_H
#define HOST_PROBE_H

#include <stdint.h>

#include "host/callback.h"
#include "host/sandbox.h"

#define PROBE_TICKS        600
#define PROBE_CPU_S_MAX    4
#define PROBE_MS_MAX       15000 /* for one process: then it is killed */
#define PROBE_REASON_BYTES 320

enum probe_verdict {
    PROBE_UNFINISHED,
    PROBE_FINE,
    PROBE_IMPURE,  /* the same call gave two answers, or changed what it may not */
    PROBE_OVERRUN, /* it wrote behind its state or its view */
    PROBE_BROKEN,  /* `check` did not return 1 */
};

struct probe_report {
    _Atomic uint32_t verdict;                      /* enum probe_verdict */
    _Atomic uint32_t tick, callback;               /* that runs, or ran last: enum game_callback */
    _Atomic uint32_t forbidden_call;               /* its number plus one, or 0 */
    uint64_t hashes[PROBE_TICKS][GAME_CALL_COUNT]; /* of everything that each callback answered */
};

/* The descriptors of a probing process. */
struct probe_descriptors {
    int control; /* -1: none */
    int image;   /* sealed memory */
    int report;  /* of sizeof(struct probe_report); the highest of them */
};

/* The whole of a probing process; returns its exit status. */
int probe_run(struct sandbox *sandbox, const struct probe_descriptors *descriptors);

/* What became of a process that ended with `status` (as waitpid gives it). NULL when all is fine,
 * else the stable code with which the game is refused; `ret_reason` says why and what to do. */
const char *probe_judge(const struct probe_report *report, int status,
                        char ret_reason[PROBE_REASON_BYTES]);
/* Of a process that had to be killed after PROBE_MS_MAX. */
const char *probe_judge_silence(const struct probe_report *report,
                                char ret_reason[PROBE_REASON_BYTES]);
/* Of two processes that are both fine. */
const char *probe_compare(const struct probe_report *one, const struct probe_report *other,
                          char ret_reason[PROBE_REASON_BYTES]);

#endif
