/*
 * The figures of each worker for /metrics, labelled with game and worker, as the worker's last
 * heartbeat told them: since the start of its process, so they begin anew when it does. A worker's
 * word counts under its own name only, so one that lies slanders nobody else.
 */
#ifndef GAMES_WORKER_FIGURES_H
#define GAMES_WORKER_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "wire/control.h"

/* All borrowed. */
struct worker_figures {
    const char *game, *worker;
    const struct control_heartbeat *heartbeat;
    bool greedy; /* see greed.h */
};

void worker_figures_print(FILE *out, const struct worker_figures *workers, size_t count);

#endif
