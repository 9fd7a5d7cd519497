/* The games service's metrics. */
#ifndef GAMES_FIGURES_H
#define GAMES_FIGURES_H

#include "core/metrics.h"

extern struct metric figure_matches_live, figure_matches_started, figure_matches_ended,
    figure_matches_aborted, figure_workers, figure_worker_restarts, figure_tick_late_us,
    figure_ticks_skipped, figure_frames_sent, figure_frames_dropped, figure_inputs_refused,
    figure_plugins_refused, figure_results_spooled, figure_worker_cpu_ms, figure_worker_allocations;

void figures_add(void);

#endif
