#include "histogram.h"

void histogram_add(struct histogram *histogram, int64_t ns)
{
    int64_t bucket = (ns < 0 ? -ns : ns) / (HISTOGRAM_BUCKET_US * 1000);
    histogram->buckets[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
    histogram->total++;
}

double histogram_ms(const struct histogram *histogram, double share)
{
    uint64_t seen = 0, wanted = (uint64_t)(share * (double)histogram->total);
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > wanted)
            return (i + 1) * HISTOGRAM_BUCKET_US / 1000.0;
    }
    return 0;
}
