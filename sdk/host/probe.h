/*
 * Whether a game is a pure function, found out before it is admitted. Two processes, each inside
 * the sandbox and with a report in memory that it shares with who started it, run probe_run; who
 * started them asks probe_judge about each and then probe_compare about both. A report is written
 * by a process that holds a stranger's code, so every number of it is checked by who reads it.
 */
#ifndef HOST_PROBE_H
#define HOST_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gamekit/game.h"
#include "host/callback.h"
#include "host/game_options.h"
#include "host/sandbox.h"

#define PROBE_REVISION     3   /* what an older one found fine is asked again */
#define PROBE_TICKS        600 /* or as many as fit into PROBE_CPU_MS, PROBE_TICKS_MIN at least */
#define PROBE_TICKS_MIN    10
#define PROBE_CPU_MS       2000
#define PROBE_CPU_S_MAX    4     /* then it is killed */
#define PROBE_MS_MAX       60000 /* of the clock on the wall, for one process: then it is killed */
#define PROBE_REASON_BYTES 320

enum probe_verdict {
    PROBE_UNFINISHED,
    PROBE_FINE,
    PROBE_IMPURE,  /* the same call gave two answers, or changed what it may not */
    PROBE_OVERRUN, /* it wrote outside of its state or its answer, or answered more than fits */
    PROBE_BROKEN,  /* `check` did not return 1 */
};

/* The values that an option of the game may have: min, min + step, ... up to max. */
struct probe_option {
    int32_t min, max, step;
};

struct probe_report {
    /* written by who starts the probe */
    uint32_t option_count; /* 0: none, or they are not known; then all are zero */
    struct probe_option options[GK_OPTIONS_MAX];
    /* written by the probe */
    _Atomic uint32_t verdict;        /* enum probe_verdict */
    _Atomic uint32_t ticks;          /* that are whole in `hashes` */
    _Atomic uint32_t tick, callback; /* that runs, or ran last: enum game_callback */
    _Atomic uint32_t forbidden_call; /* its number plus one, or 0 */
    _Atomic uint32_t layers;         /* of the sandbox: bit of enum sandbox_layer */
    _Atomic uint32_t callbacks;      /* that the game has: bit of enum game_callback */
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

/* Starts a process, with `descriptors` at places of its own choice, that calls probe_run; false
 * after a sentence on standard error. Who starts the probe waits for it. */
struct probe_starter {
    bool (*start)(void *context, const struct probe_descriptors *descriptors, pid_t *ret_pid);
    void *context;
    int stop; /* a descriptor: once it is readable the probe is given up; -1: never */
};

/* What a probe tells beside its verdict, as far as it came; not to be trusted. */
struct probe_facts {
    uint32_t layers;    /* bit of enum sandbox_layer */
    uint32_t callbacks; /* bit of enum game_callback */
};

/* The whole probe of the sealed `image`: two processes, one after the other. NULL when the game is
 * fine, else the stable code with which it is refused; `ret_reason` then says why and what to do.
 * `options` are what its game.json declares, NULL: not known.
 * Blocking, some tens of milliseconds for a fair game, at most twice PROBE_MS_MAX. */
const char *probe_game(const struct probe_starter *starter, int image,
                       const struct game_options *options, struct probe_facts *ret_facts,
                       char ret_reason[PROBE_REASON_BYTES]);

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
