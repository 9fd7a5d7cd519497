/*
 * How games are kept from each other's share of the machine. Where it can be divided, each game has
 * a cgroup for all its workers: an equal share of the processors, a limit of memory and one of
 * processes. Elsewhere the limits of each worker (host/sandbox.h) and its priority (greed.h) do
 * what they can; they stand in any case. Any thread.
 */
#ifndef GAMES_WORKER_GROUP_H
#define GAMES_WORKER_GROUP_H

#include "core/cgroup.h"
#include "settings/settings.h"

#define WORKER_GROUP_PREFIX    "game-"
#define WORKER_GROUP_PROBES    WORKER_GROUP_PREFIX "-probes" /* no game can be called so */
#define WORKER_GROUP_PROCESSES 256 /* workers of one game, and those that take over from them */
#define WORKER_BYTES           (32u << 20) /* of a worker, beside its arena and its game */

/* `root` empty: there are none. */
struct worker_groups {
    char root[CGROUP_PATH_BYTES];
    int64_t memory_bytes; /* of one game, unless a single worker of it needs more */
};

/* Finds out what this machine and cgroup_root allow, and logs which way it is. */
void worker_groups_find(const struct settings *settings, struct worker_groups *ret_groups);
/* Removes the groups that no worker is in. */
void worker_groups_sweep(const struct worker_groups *groups);

/* A descriptor for process_start(), which the caller closes; 0: none. `game` NULL: of probes.
 * `arena_bytes`: what the manifest's sizes come to in one worker. ERROR_UNAVAILABLE (logged): there
 * should be one, and the worker must not start. */
must_use enum error worker_group_open(const struct worker_groups *groups, const char *game,
                                      uint64_t arena_bytes, int *ret_descriptor);

#endif
