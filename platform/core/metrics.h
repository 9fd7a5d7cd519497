/*
 * Counters and gauges of this process, printed in the Prometheus text format 0.0.4 for /metrics.
 * A metric is a static variable of its module, listed at start; updates are relaxed atomics and
 * safe on any thread. Metrics of one name (with different labels) are added one after the other.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_MAX 256

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
    enum metric_kind kind;
    const char *name;   /* with unit last and `_total` for counters */
    const char *labels; /* `code="200"` or NULL */
    const char *help;
    _Atomic int64_t value;
};

/* `metric` is borrowed for the life of the process. Call before threads start. */
void metrics_add(struct metric *metric);
static inline void metric_add(struct metric *metric, int64_t by)
{
    atomic_fetch_add_explicit(&metric->value, by, memory_order_relaxed);
}
static inline void metric_set(struct metric *metric, int64_t to)
{
    atomic_store_explicit(&metric->value, to, memory_order_relaxed);
}
/* The whole page, with the process's own figures (cpu seconds, resident bytes, open descriptors).
 * The caller frees it. */
char *metrics_print(void);

#endif
