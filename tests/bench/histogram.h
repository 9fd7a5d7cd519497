/* Counts of durations in buckets of 10 microseconds up to 2 seconds; longer ones in the last. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKET_US 10
#define HISTOGRAM_BUCKETS   200000

struct histogram {
    uint64_t total;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, int64_t ns);
/* The duration in milliseconds below which `share` (0-1) of all lie; 0 when there is none. */
double histogram_ms(const struct histogram *histogram, double share);

#endif
