/* The list of the games service's metrics. */
#include "games/figures.h"

#define COUNTER(variable, text, meaning)                                                           \
    struct metric figure_##variable = {METRIC_COUNTER, "games_" text, 0, meaning, 0}
#define GAUGE(variable, text, meaning)                                                             \
    struct metric figure_##variable = {METRIC_GAUGE, "games_" text, 0, meaning, 0}

GAUGE(matches_live, "matches_live", "matches being played");
COUNTER(matches_started, "matches_started_total", "matches placed in a worker");
COUNTER(matches_ended, "matches_ended_total", "matches with a result");
COUNTER(matches_aborted, "matches_aborted_total", "matches that ended without a result");
GAUGE(workers, "workers", "worker processes");
COUNTER(worker_restarts, "worker_restarts_total", "workers that died or fell silent");
COUNTER(plugins_refused, "plugins_refused_total", "bundles that were not admitted");
GAUGE(results_spooled, "results_spooled", "results on disk that the database has not taken yet");

void figures_add(void)
{
    struct metric *const all[] = {
        &figure_matches_live,    &figure_matches_started, &figure_matches_ended,
        &figure_matches_aborted, &figure_workers,         &figure_worker_restarts,
        &figure_plugins_refused, &figure_results_spooled,
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        metrics_add(all[i]);
}
