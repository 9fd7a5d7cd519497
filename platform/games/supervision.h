/* What the parts of the supervisor share: its workers and who waits for one. On the loop's thread
 * only; for the files of supervisor.h, nobody else. */
#ifndef GAMES_SUPERVISION_H
#define GAMES_SUPERVISION_H

#include "games/catalog.h"
#include "games/game.h"
#include "games/supervisor.h"
#include "games/worker.h"

struct supervisor {
    struct service_context *context; /* borrowed */
    struct placements *placements;   /* borrowed */
    struct results *results;         /* borrowed */
    struct records *records;         /* borrowed */
    struct mailbox *mailbox;
    struct worker_board *board;
    struct game_board *game_board;
    struct event *timer;
    char arena_folder[128];
    struct worker_program program;
    uint32_t capacity;
    struct worker *workers[SUPERVISOR_WORKERS_MAX]; /* owned, dense */
    size_t worker_count;
    struct game *games[CATALOG_GAMES_MAX]; /* owned, dense */
    size_t game_count;
    supervisor_chosen *chosen; /* as the next two: NULL, who does not listen */
    supervisor_judged *judged;
    void *listener;                                /* borrowed */
    struct order *waiting[SUPERVISOR_WAITING_MAX]; /* in the order they came */
    size_t waiting_count;
    int64_t looked_ms;
    uint8_t packet[CONTROL_BYTES_MAX];
    struct worker_line lines[WORKER_BOARD_MAX]; /* for the board */
};

/* There is a worker of this version, or soon will be: the first players need not wait for it. */
void supervisor_ensure_worker(struct supervisor *supervisor, struct image *image);
/* Who waits for a place gets it, if there is one now. */
void supervisor_place_waiting(struct supervisor *supervisor);
/* The game has as many workers as any may have, see WORKERS_PER_GAME_MAX. */
bool supervisor_has_too_many(const struct supervisor *supervisor, const char *game);
void supervisor_figures_set(struct supervisor *supervisor);

#endif
