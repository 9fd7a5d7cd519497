/* One table of what is shown of a heartbeat, and the histogram of how late the ticks were. */
#include "games/worker_figures.h"

#include <inttypes.h>
#include <string.h>

#include "core/metrics.h"

struct family {
    const char *name, *kind, *help;
    size_t offset; /* in struct control_heartbeat */
    uint64_t unit; /* how many of its counts are one of ours */
};

#define FAMILY(field, unit, kind, text, help)                                                      \
    {                                                                                              \
        "games_worker_" text, kind, help, offsetof(struct control_heartbeat, field), unit          \
    }
#define NS_PER_US 1000
static const struct family families[] = {
    FAMILY(age_ns, NS_PER_US, "gauge", "age_microseconds",
           "age of the process when it counted the others"),
    FAMILY(cpu_ns, NS_PER_US, "counter", "cpu_microseconds_total", "processor time of the worker"),
    FAMILY(ticks, 1, "counter", "ticks_total", "ticks of the worker's clock that were done"),
    FAMILY(ticks_caught_up, 1, "counter", "ticks_caught_up_total",
           "of these, done in one wake-up with an earlier one that was late"),
    FAMILY(ticks_skipped, 1, "counter", "ticks_skipped_total",
           "ticks that were never done: every match of the worker missed them"),
    FAMILY(tick_late_ns_max, NS_PER_US, "gauge", "tick_late_max_microseconds",
           "the latest tick of all"),
    FAMILY(steps, 1, "counter", "steps_total", "steps of all its matches"),
    FAMILY(inputs_refused, 1, "counter", "inputs_refused_total", "inputs that the game refused"),
    FAMILY(frames_sent, 1, "counter", "frames_sent_total", "state frames written to gateways"),
    FAMILY(frames_dropped, 1, "counter", "frames_dropped_total",
           "state frames replaced by newer ones on a slow stream"),
    FAMILY(hand_over_ns, NS_PER_US, "gauge", "hand_over_microseconds",
           "how long nobody played its matches when it took them over from another version"),
    FAMILY(allocations, 1, "counter", "allocations_total", "memory allocations of the worker"),
    FAMILY(matches, 1, "gauge", "matches", "matches that it plays"),
    FAMILY(links, 1, "gauge", "links", "connections of browsers to its matches"),
};

static uint64_t value_of(const struct family *family, const struct control_heartbeat *heartbeat);
static void print_lateness(FILE *out, const struct worker_figures *worker);

void worker_figures_print(FILE *out, const struct worker_figures *workers, size_t count)
{
    for (size_t i = 0; count > 0 && i < sizeof families / sizeof families[0]; i++) {
        metrics_print_head(out, families[i].name, families[i].kind, families[i].help);
        for (size_t j = 0; j < count; j++)
            fprintf(out, "%s{game=\"%s\",worker=\"%s\"} %" PRIu64 "\n", families[i].name,
                    workers[j].game, workers[j].worker,
                    value_of(&families[i], workers[j].heartbeat));
    }
    if (count > 0)
        metrics_print_head(out, "games_worker_greedy", "gauge",
                           "1: it would run all the time, and is served after the others");
    for (size_t j = 0; j < count; j++)
        fprintf(out, "games_worker_greedy{game=\"%s\",worker=\"%s\"} %d\n", workers[j].game,
                workers[j].worker, workers[j].greedy);
    if (count > 0)
        metrics_print_head(out, "games_worker_tick_late_microseconds", "histogram",
                           "from when a tick was due until its wake-up");
    for (size_t j = 0; j < count; j++)
        print_lateness(out, &workers[j]);
}

static uint64_t value_of(const struct family *family, const struct control_heartbeat *heartbeat)
{
    uint64_t value;
    memcpy(&value, (const uint8_t *)heartbeat + family->offset, sizeof value);
    return value / family->unit;
}

static void print_lateness(FILE *out, const struct worker_figures *worker)
{
    static const uint32_t limits_us[CONTROL_LATE_CLASSES - 1] = CONTROL_LATE_LIMITS_US;
    uint64_t total = 0;
    for (size_t i = 0; i < CONTROL_LATE_CLASSES; i++) {
        char limit[16] = "+Inf";
        if (i < CONTROL_LATE_CLASSES - 1)
            snprintf(limit, sizeof limit, "%" PRIu32, limits_us[i]);
        total += worker->heartbeat->ticks_late[i];
        fprintf(out,
                "games_worker_tick_late_microseconds_bucket{game=\"%s\",worker=\"%s\",le=\"%s\"} "
                "%" PRIu64 "\n",
                worker->game, worker->worker, limit, total);
    }
    fprintf(out,
            "games_worker_tick_late_microseconds_sum{game=\"%s\",worker=\"%s\"} %" PRIu64 "\n"
            "games_worker_tick_late_microseconds_count{game=\"%s\",worker=\"%s\"} %" PRIu64 "\n",
            worker->game, worker->worker, worker->heartbeat->ticks_late_ns / NS_PER_US,
            worker->game, worker->worker, total);
}
