/* The page of /metrics in the Prometheus text format. */
#include "core/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "promises.h"

static struct metric good = {METRIC_COUNTER, "tests_total", "kind=\"good\"", "Tests run.", 0};
static struct metric bad = {METRIC_COUNTER, "tests_total", "kind=\"bad\"", "Tests run.", 0};
static struct metric level = {METRIC_GAUGE, "test_level", NULL, "A level.", 0};

static void test_metrics_page_has_one_head_a_name_and_the_values(void)
{
    metrics_add(&good);
    metrics_add(&bad);
    metrics_add(&level);
    metric_add(&good, 2);
    metric_add(&good, 3);
    metric_set(&level, -7);
    char *page = metrics_print();
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "# HELP tests_total Tests run.\n"
                                        "# TYPE tests_total counter\n"
                                        "tests_total{kind=\"good\"} 5\n"
                                        "tests_total{kind=\"bad\"} 0\n"
                                        "# HELP test_level A level.\n"
                                        "# TYPE test_level gauge\n"
                                        "test_level -7\n"));
    free(page);
}

static void test_metrics_page_has_the_process_figures(void)
{
    char *page = metrics_print();
    const char *memory = strstr(page, "\nprocess_resident_memory_bytes ");
    const char *open = strstr(page, "\nprocess_open_fds ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    CU_ASSERT_PTR_NOT_NULL_FATAL(open);
    CU_ASSERT(atol(strchr(memory, ' ')) > 100000);
    CU_ASSERT(atol(strchr(open, ' ')) >= 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\nprocess_cpu_seconds_total "));
    free(page);
}

static void print_guests(FILE *out, void *context)
{
    metrics_print_head(out, "test_guests", "gauge", "Who is here now.");
    fprintf(out, "test_guests{name=\"%s\"} 1\n", (const char *)context);
}

static void test_metrics_page_has_what_comes_and_goes_while_it_is_there(void)
{
    metrics_print_more(print_guests, "ann");
    char *page = metrics_print();
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "# TYPE test_guests gauge\ntest_guests{name=\"ann\"} 1\n"));
    free(page);
    metrics_print_more(NULL, NULL);
    page = metrics_print();
    CU_ASSERT_PTR_NULL(strstr(page, "test_guests"));
    free(page);
}

static CU_TestInfo promises[] = {
    PROMISE(test_metrics_page_has_one_head_a_name_and_the_values),
    PROMISE(test_metrics_page_has_the_process_figures),
    PROMISE(test_metrics_page_has_what_comes_and_goes_while_it_is_there),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/metrics", promises);
}
