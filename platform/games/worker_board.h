/*
 * What the supervisor's workers are doing, written by the loop at every look and read by the pool's
 * threads: a copy, so that nobody waits for the loop. Any thread.
 */
#ifndef GAMES_WORKER_BOARD_H
#define GAMES_WORKER_BOARD_H

#include <sys/types.h>

#include "games/placement.h"
#include "wire/control.h"

#define WORKER_BOARD_MAX                                                                           \
    384 /* processes: of each worker one that plays, one to come, one parked                       \
         */

/* X(NAME, stable name) */
#define WORKER_STATES(X)                                                                           \
    X(STARTING, "starting") /* it is not ready yet, or died just now */                            \
    X(LIVE, "live")                                                                                \
    X(DRAINING, "draining") /* its matches end on its version, new ones begin elsewhere */         \
    X(CANARY, "canary")     /* it took over live matches, and is on trial */                       \
    X(PARKED, "parked")     /* it is kept, to go back to */

enum worker_state {
#define X(name, text) WORKER_##name,
    WORKER_STATES(X)
#undef X
};

const char *worker_state_text(enum worker_state state);

struct worker_line {
    char worker[WORKER_NAME_BYTES];
    char game[32], version[24], sha_text[SHA_TEXT_BYTES];
    enum worker_state state;
    uint32_t matches;
    bool greedy;
    pid_t pid; /* 0: no process */
    struct control_heartbeat heartbeat;
};

struct worker_board;
struct worker_board *worker_board_create(void);
void worker_board_destroy(struct worker_board *board); /* NULL is fine */

/* Replaces all lines; what is over WORKER_BOARD_MAX is left out. */
void worker_board_write(struct worker_board *board, const struct worker_line *lines, size_t count);
/* How many; `ret_lines` holds WORKER_BOARD_MAX. */
size_t worker_board_read(struct worker_board *board, struct worker_line *ret_lines);

#endif
