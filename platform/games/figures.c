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
GAUGE(tick_late_us, "tick_late_max_microseconds", "latest tick in the last heartbeat of a worker");
COUNTER(ticks_skipped, "ticks_skipped_total", "ticks that workers could not catch up");
COUNTER(frames_sent, "frames_sent_total", "state frames written to gateways");
COUNTER(frames_dropped, "frames_dropped_total", "state frames replaced by newer ones");
COUNTER(inputs_refused, "inputs_refused_total", "inputs that a game refused");
COUNTER(plugins_refused, "plugins_refused_total", "bundles that were not admitted");
GAUGE(results_spooled, "results_spooled", "results on disk that the database has not taken yet");
COUNTER(worker_cpu_ms, "worker_cpu_milliseconds_total", "processor time of the workers");
COUNTER(worker_allocations, "worker_allocations_total", "calls of malloc and its kin in workers");

void figures_add(void)
{
    struct metric *const all[] = {
        &figure_matches_live,    &figure_matches_started, &figure_matches_ended,
        &figure_matches_aborted, &figure_workers,         &figure_worker_restarts,
        &figure_tick_late_us,    &figure_ticks_skipped,   &figure_frames_sent,
        &figure_frames_dropped,  &figure_inputs_refused,  &figure_plugins_refused,
        &figure_results_spooled, &figure_worker_cpu_ms,   &figure_worker_allocations,
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        metrics_add(all[i]);
}
