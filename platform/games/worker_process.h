/*
 * One worker process and what it shares with us: the control socket and the arena of its matches.
 * The arena stays when the process dies, so that the next process goes on in it. Knows nothing of
 * matches beyond that. Loop's thread only.
 */
#ifndef GAMES_WORKER_PROCESS_H
#define GAMES_WORKER_PROCESS_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/error.h"
#include "games/greed.h"
#include "games/image.h"
#include "core/config.h"
#include "games/placement.h"
#include "games/worker_group.h"
#include "host/probe.h"
#include "wire/arena.h"
#include "wire/control.h"

/* How workers are started: see host/sandbox.h. */
struct worker_program {
    char path[CONFIG_TEXT_BYTES];
    bool relaxed;
    uint32_t user, group; /* to become when we are root */
    struct worker_groups groups;
};

struct worker;

struct worker_process {
    struct image *image; /* kept */
    char name[WORKER_NAME_BYTES];
    char arena_path[256];
    int arena_file;
    struct arena_head *arena; /* mapped; a game may have written anywhere in it */
    uint64_t arena_bytes;
    struct arena_head sizes; /* what the arena's head said when we wrote it */
    uint32_t capacity;       /* matches */
    pid_t pid;               /* 0: no process */
    int control;             /* -1: no process */

    /* Of the process that runs now. */
    struct worker *worker; /* borrowed; whose it is */
    struct event *event;   /* on its control socket */
    struct greed greed;
    bool ready;
    int64_t started_ms, heard_ms;
    struct control_heartbeat heartbeat; /* the last one */
    int64_t second_ms;                  /* when the counts below began */
    uint32_t packets, logs;             /* of this second */
};

/* Starts transcendence-worker with `control` and then `descriptors`; `task` may be NULL, see
 * host/sandbox.h; `cgroup` of worker_group_open(). The caller waits for it. */
must_use enum error worker_program_start(const struct worker_program *program, const char *name,
                                         const char *task, int cgroup, int control,
                                         const int *descriptors, int count, pid_t *ret_pid);

/* Starts the two processes of a probe; borrows the program. */
struct probe_starter worker_program_prober(const struct worker_program *program);

#define WORKER_EXIT_MS_MAX     20          /* from the end of its socket to its own */
#define WORKER_ARENA_BYTES_MAX (64u << 20) /* a game may write everywhere in it */

struct arena_wish {
    uint32_t capacity;      /* matches, or as many as fit, one at least */
    uint32_t needed;        /* of these: the journals are shorter rather than fewer fit */
    uint32_t import_bytes;  /* see arena.h */
    uint32_t journal_bytes; /* 0: ARENA_JOURNAL_BYTES */
};

/* Makes the arena; no process yet. NULL: logged. */
struct worker_process *worker_process_create(struct image *image, const char *arena_folder,
                                             const struct arena_wish *wish);
/* The match at `index`, below capacity, wherever the game says that it stands. */
struct arena_match *worker_process_match(const struct worker_process *process, uint32_t index);
/* Starts a process on the arena, as it is. `on_control` is called with `process` when it says
 * something, or ends. */
must_use enum error worker_process_start(struct worker_process *process,
                                         const struct worker_program *program,
                                         struct event_base *base, event_callback_fn on_control);
/* One that has hung up: true when it is dead, or is within WORKER_EXIT_MS_MAX, for which we wait.
 */
bool worker_process_is_dead(const struct worker_process *process);
/* Ends the process at once and returns its wait status; 0 without one. */
int worker_process_end(struct worker_process *process);
/* Ends the process and leaves the arena to the next run of the service, which adopts it. */
void worker_process_leave(struct worker_process *process);
/* Ends the process and removes the arena. NULL is fine. */
void worker_process_destroy(struct worker_process *process);

/* `fd` -1: none. ERROR_OVERLOADED when the socket is full, ERROR_UNAVAILABLE when nobody is there.
 */
must_use enum error worker_process_send(struct worker_process *process, enum control_type type,
                                        const void *body, uint32_t bytes, int fd);

/* Reads one packet into `ret_body` (CONTROL_BYTES_MAX). OK; ERROR_TIMED_OUT: nothing there now;
 * ERROR_UNAVAILABLE: the worker has hung up; ERROR_BAD_REQUEST: it broke the rules. */
must_use enum error worker_process_receive(struct worker_process *process,
                                           struct control_head *ret_head, uint8_t *ret_body);

#endif
