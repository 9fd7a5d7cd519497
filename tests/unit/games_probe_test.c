/* Games that pass as data and are no pure functions, in real workers with all their walls.
 * TEST_WORKER is the worker without sanitizers, TEST_BAD the folder of the images. */
#include "games/worker_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/log.h"
#include "promises.h"

static char reason[PROBE_REASON_BYTES];

static const struct game_options *probe_options; /* that the game declares; NULL: not known */

static const char *probe(const char *path)
{
    static uint8_t bytes[1 << 20];
    struct worker_program program = {.user = geteuid() ? geteuid() : 65534,
                                     .group = geteuid() ? getegid() : 65534};
    snprintf(program.path, sizeof program.path, "%s", getenv("TEST_WORKER"));
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    int memory = memfd_create("game", MFD_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(write(memory, bytes, count), (ssize_t)count);
    struct probe_starter starter = worker_program_prober(&program);
    struct probe_facts facts;
    const char *code = probe_game(&starter, memory, probe_options, &facts, reason);
    close(memory);
    return code;
}

static const char *of_fault(const char *fault)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.so", getenv("TEST_BAD"), fault);
    return probe(path);
}

static void test_probe_passes_fair_games(void)
{
    CU_ASSERT_PTR_NULL(of_fault("none"));
    CU_ASSERT_PTR_NULL(probe(getenv("TEST_GAME")));
    static const struct game_options of_pong = {
        .count = 2,
        .options = {{.id = "points", .type = GAME_OPTION_INTEGER, .min = 1, .max = 21, .step = 1},
                    {.id = "speed", .type = GAME_OPTION_ENUM, .value_count = 3}}};
    probe_options = &of_pong;
    CU_ASSERT_PTR_NULL(probe(getenv("TEST_PONG")));
    probe_options = NULL;
}

static void test_probe_passes_a_game_at_every_limit(void)
{
    CU_ASSERT_PTR_NULL(of_fault("largest"));
}

static void test_probe_finds_each_impurity_and_names_tick_and_callback(void)
{
    static const struct {
        const char *fault, *code;
    } faults[] = {
        {"byte", "impure"},
        {"pointer", "impure"},
        {"address", "impure"},
        {"clock", "impure"},
        {"vdso", "impure"},
        {"register", "impure"},
        {"rounding", "impure"},
        {"timeout", "impure"},
        {"left", "impure"},
        {"second_mode", "impure"},
        {"fewest", "impure"},
        {"bot", "impure"},
        {"bot_state", "impure"},
        {"explain", "impure"},
        {"explain_unset", "impure"},
        {"migrate", "impure"},
        {"crash", "probe_crashed"},
        {"migrate_crash", "probe_crashed"},
        {"overrun", "probe_overrun"},
        {"underrun", "probe_overrun"},
        {"input_overrun", "probe_overrun"},
        {"bot_overrun", "probe_overrun"},
        {"explain_overrun", "probe_overrun"},
        {"check", "probe_check"},
        {"loop", "probe_timeout"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const char *code = of_fault(faults[i].fault);
        if (!code || strcmp(code, faults[i].code) != 0)
            fprintf(stderr, "%s: %s\n", faults[i].fault, code ? code : "fine");
        CU_ASSERT_PTR_NOT_NULL_FATAL(code);
        CU_ASSERT_STRING_EQUAL(code, faults[i].code);
        CU_ASSERT_EQUAL(strncmp(reason, "In tick ", 8), 0);
    }
}

/* One that is impure with 7 points only, and trusts that there are 3, 5, 7 or 9. */
static void test_probe_plays_with_options_of_all_values_that_are_declared(void)
{
    const struct game_options points = {
        .count = 1,
        .options = {{.id = "points", .type = GAME_OPTION_INTEGER, .min = 3, .max = 9, .step = 2}}};
    CU_ASSERT_PTR_NULL(of_fault("option"));
    probe_options = &points;
    const char *code = of_fault("option");
    probe_options = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(code);
    CU_ASSERT_STRING_EQUAL(code, "impure");
}

static CU_TestInfo promises[] = {
    PROMISE(test_probe_passes_fair_games),
    PROMISE(test_probe_passes_a_game_at_every_limit),
    PROMISE(test_probe_plays_with_options_of_all_values_that_are_declared),
    PROMISE(test_probe_finds_each_impurity_and_names_tick_and_callback),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    if (!getenv("TEST_WORKER") || !getenv("TEST_GAME") || !getenv("TEST_BAD"))
        return 2;
    log_init("test", LOG_ERROR);
    return keep_promises("games/probe", promises);
}
