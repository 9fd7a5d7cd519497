/*
 * The page of /metrics. Metrics of one name (with different labels) must be added one after the
 * other, as the format wants their lines together.
 */
#include "core/metrics.h"

#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/allocations.h"

static struct metric *metrics[METRICS_MAX];
static size_t metric_count;
static metrics_printer *print_more;
static void *print_more_context; /* borrowed */

static void print_process(FILE *out);
static long resident_bytes(void);
static int open_descriptors(void);

void metrics_add(struct metric *metric)
{
    assert(metric_count < METRICS_MAX);
    metrics[metric_count++] = metric;
}

void metrics_print_more(metrics_printer *printer, void *context)
{
    print_more = printer;
    print_more_context = context;
}

void metrics_print_head(FILE *out, const char *name, const char *kind, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

char *metrics_print(void)
{
    static const char *const kind_names[] = {"counter", "gauge"};
    char *page = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&page, &bytes);
    assert(out);
    for (size_t i = 0; i < metric_count; i++) {
        const struct metric *metric = metrics[i];
        if (i == 0 || strcmp(metric->name, metrics[i - 1]->name))
            metrics_print_head(out, metric->name, kind_names[metric->kind], metric->help);
        int64_t value = atomic_load_explicit(&metric->value, memory_order_relaxed);
        if (metric->labels)
            fprintf(out, "%s{%s} %" PRId64 "\n", metric->name, metric->labels, value);
        else
            fprintf(out, "%s %" PRId64 "\n", metric->name, value);
    }
    if (print_more)
        print_more(out, print_more_context);
    print_process(out);
    fclose(out);
    assert(page);
    return page;
}

static void print_process(FILE *out)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    metrics_print_head(out, "process_cpu_seconds_total", "counter", "Processor time used.");
    fprintf(out, "process_cpu_seconds_total %.3f\n", seconds);
    metrics_print_head(out, "process_resident_memory_bytes", "gauge", "Memory in use.");
    fprintf(out, "process_resident_memory_bytes %ld\n", resident_bytes());
    metrics_print_head(out, "process_allocations_total", "counter",
                       "Calls of malloc, calloc and realloc.");
    fprintf(out, "process_allocations_total %" PRIu64 "\n", allocations_total());
    metrics_print_head(out, "process_open_fds", "gauge", "Open descriptors.");
    fprintf(out, "process_open_fds %d\n", open_descriptors());
}

static long resident_bytes(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm)
        return 0;
    if (fscanf(statm, "%*s %ld", &pages) != 1)
        pages = 0;
    fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    int count = -1; /* the folder itself is one */
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}
