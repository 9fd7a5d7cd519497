/*
 * Who is served first when several workers want a processor. A worker that sleeps most of the time
 * is served as soon as it wakes; one that would run all the time is greedy: it keeps its share, in
 * long pieces, but waits behind the others. The kernel's account is believed, not the worker's.
 * Kernels before 6.12 know no such pieces and treat all alike. Loop's thread, but where
 * said otherwise.
 */
#ifndef GAMES_GREED_H
#define GAMES_GREED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GREED_LOOK_NS_MIN    40000000ll   /* between two looks that count */
#define GREED_PERCENT        50           /* of the time that it was not kept waiting */
#define GREED_PERCENT_MIN    5            /* of all time: who is only kept waiting is not greedy */
#define GREED_FORGIVE_NS     1000000000ll /* without greed, then it is prompt again */
#define GREED_SLICE_NS_SHORT 100000ull    /* the shortest there is */
#define GREED_SLICE_NS_LONG  100000000ull /* the longest */

struct greed {
    pid_t pid;
    int account; /* /proc/PID/schedstat; -1: none */
    bool greedy;
    int64_t looked_ns, greedy_ns; /* monotonic; when it was greedy last */
    uint64_t ran_ns, kept_ns;     /* at the last look: on a processor, waiting for one */
};

/* Serves the process `pid` promptly and begins to watch it. */
void greed_begin(struct greed *greed, pid_t pid, int64_t now_ns);
/* Serves it after the others from the start: it has no hurry. Any thread. */
void greed_put_behind(pid_t pid);
/* Looks again; does nothing before GREED_LOOK_NS_MIN have passed. */
void greed_look(struct greed *greed, int64_t now_ns);
/* Before the process is waited for; fine when nothing was begun and all is zero or ended. */
void greed_end(struct greed *greed);

#endif
