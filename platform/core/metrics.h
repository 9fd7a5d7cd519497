/*
 * Counters and gauges of this process, printed in the Prometheus text format 0.0.4 for /metrics.
 * A metric is a static variable of its module, listed at start; updates are relaxed atomics and
 * safe on any thread. Metrics of one name (with different labels) are added one after the other.
 * Figures of what comes and goes are printed by whoever has them.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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
/* Prints whole families of figures onto the page, each behind its head. */
typedef void metrics_printer(FILE *out, void *context);
/* One printer a process, called by metrics_print on its thread; NULL: none any more. */
void metrics_print_more(metrics_printer *printer, void *context);
void metrics_print_head(FILE *out, const char *name, const char *kind, const char *help);

/* The whole page, with the process's own figures (cpu seconds, resident bytes, open descriptors).
 * The caller frees it. */
char *metrics_print(void);

#endif
