/* A log line is one line, whatever a stranger made us log. */
#include "core/log.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "promises.h"

static char lines[64 * 1024];

/* Standard error goes into a file while `write_lines` runs, and then into `lines`. */
static void capture(void (*write_lines)(void))
{
    char path[] = "/tmp/log_test_XXXXXX";
    int file = mkstemp(path), before = dup(STDERR_FILENO);
    unlink(path);
    dup2(file, STDERR_FILENO);
    write_lines();
    dup2(before, STDERR_FILENO);
    close(before);
    ssize_t got = pread(file, lines, sizeof(lines) - 1, 0);
    lines[got > 0 ? got : 0] = '\0';
    close(file);
}

static int count_lines(void)
{
    int count = 0;
    for (const char *c = lines; *c; c++)
        count += *c == '\n';
    return count;
}

static void write_plain(void)
{
    log_init("rooms", LOG_INFO);
    log_debug("not shown", NULL);
    log_info("room made", "room", "r1", "members", log_number(-3), NULL);
}

static void test_log_line_is_pairs_of_key_and_value(void)
{
    capture(write_plain);
    CU_ASSERT_EQUAL(count_lines(), 1);
    CU_ASSERT_EQUAL(strncmp(lines, "ts=20", 5), 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(lines, "Z level=info service=rooms msg=\"room made\" room=r1 members=-3\n"));
}

static void write_forged(void)
{
    log_info("login", "user", "ann\nts=2026 level=error msg=forged", "agent",
             "a\" level=error x=\"", "term", "\x1b[2J\x7f", "eight",
             "\xc2\x9b"
             "31m",
             "empty", "", "slash", "a\\", NULL);
}

static void test_log_value_cannot_forge_a_line_or_a_pair(void)
{
    capture(write_forged);
    CU_ASSERT_EQUAL(count_lines(), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "user=\"ann\\nts=2026 level=error msg=forged\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "agent=\"a\\\" level=error x=\\\"\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "term=\"\\x1b[2J\\x7f\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "eight=\"\\xc2\\x9b31m\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "empty=\"\" slash=\"a\\\\\"\n"));
}

static void write_long(void)
{
    char value[3 * LOG_LINE_BYTES_MAX];
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    log_info("long", "one", value, "two", "short", NULL);
    memset(value, '\x01', sizeof(value) - 1);
    log_info("long", "a", value, "b", value, "c", value, "d", value, NULL);
}

static void test_log_line_is_bounded_and_keeps_whole_pairs(void)
{
    capture(write_long);
    CU_ASSERT_EQUAL(count_lines(), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "xxx...\" two=short\n"));
    char *second = strchr(lines, '\n') + 1;
    CU_ASSERT(strlen(second) <= LOG_LINE_BYTES_MAX);
    int quotes = 0;
    for (const char *c = second; *c; c++)
        quotes += *c == '"';
    CU_ASSERT_EQUAL(quotes % 2, 0);
}

static void write_odd(void)
{
    log_info("odd", "user", NULL);
}

static void test_log_survives_a_key_without_a_value(void)
{
    capture(write_odd);
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "msg=odd user=\"\"\n"));
}

static void *write_on_thread(void *id)
{
    log_request(id);
    for (int i = 0; i < 50; i++)
        log_info("step", "id", (const char *)id, NULL);
    return NULL;
}

static void write_threads(void)
{
    pthread_t one, two;
    pthread_create(&one, NULL, write_on_thread, "r-one");
    pthread_create(&two, NULL, write_on_thread, "r-two");
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    log_info("step", "id", "none", NULL);
}

static void test_log_request_belongs_to_its_thread(void)
{
    capture(write_threads);
    CU_ASSERT_EQUAL(count_lines(), 101);
    char *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        bool fits = (strstr(line, "request=r-one") && strstr(line, "id=r-one")) ||
                    (strstr(line, "request=r-two") && strstr(line, "id=r-two")) ||
                    (!strstr(line, "request=") && strstr(line, "id=none"));
        CU_ASSERT(fits);
    }
}

static void write_request(void)
{
    log_request("r1");
    log_info("in", NULL);
    log_request(NULL);
    log_info("out", NULL);
}

static void test_log_request_can_be_ended(void)
{
    capture(write_request);
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "msg=in request=r1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "msg=out\n"));
}

static CU_TestInfo promises[] = {
    PROMISE(test_log_line_is_pairs_of_key_and_value),
    PROMISE(test_log_value_cannot_forge_a_line_or_a_pair),
    PROMISE(test_log_line_is_bounded_and_keeps_whole_pairs),
    PROMISE(test_log_survives_a_key_without_a_value),
    PROMISE(test_log_request_belongs_to_its_thread),
    PROMISE(test_log_request_can_be_ended),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/log", promises);
}
