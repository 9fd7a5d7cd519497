/* What the games service itself counts, for /metrics; what its workers count: worker_figures.h. */
#ifndef GAMES_FIGURES_H
#define GAMES_FIGURES_H

#include "core/metrics.h"

extern struct metric figure_matches_live, figure_matches_started, figure_matches_ended,
    figure_matches_aborted, figure_workers, figure_worker_restarts, figure_plugins_refused,
    figure_results_spooled;

void figures_add(void);

#endif
