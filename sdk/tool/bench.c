/*
 * gamekit bench: how fast a game is. Crowds play matches first, which are recorded; then the
 * recordings are run again and again against the clock, so that what is measured is the game's step
 * (join, leave, tick, check, result) and not who plays it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "host/rerun.h"
#include "tool/command.h"
#include "tool/file.h"
#include "tool/recording.h"

#define MATCHES_MAX      64
#define TICKS_MAX        2000 /* of one match */
#define TICKS_ENOUGH     20000
#define MEASURE_NS_LEAST 500000000

struct wanted {
    const char *game, *record;
    uint64_t seed;
};

struct bench {
    struct game game;
    struct run *run;
    struct recording *recordings[MATCHES_MAX]; /* owned */
    uint32_t matches;
    uint64_t ticks; /* of all of them */
    struct view_sizes views;
};

static enum command_status bench_all(struct bench *bench, const struct wanted *wanted);
static enum command_status record_matches(struct bench *bench, const struct wanted *wanted,
                                          bool is_kept);
static enum command_status keep(const struct recording *recording, const char *folder,
                                uint32_t number);
static enum command_status measure(struct bench *bench, double *ret_ns_per_tick,
                                   uint64_t *ret_hashes);
static void show(const struct bench *bench, double ns_per_tick, uint64_t hashes);
static void bench_finish(struct bench *bench);
static bool understand(int count, char **arguments, struct wanted *ret_wanted);
static int64_t now_ns(void);

enum command_status command_bench(int argument_count, char **arguments)
{
    static struct bench bench;
    struct wanted wanted;
    if (!understand(argument_count, arguments, &wanted)) {
        fprintf(stderr, "gamekit: bench takes a game: gamekit bench [FOLDER|GAME.so] [--seed N] "
                        "[--record FOLDER]\n");
        return COMMAND_USAGE;
    }
    enum command_status status = game_open(wanted.game, &bench.game);
    if (status == COMMAND_FINE)
        status = bench_all(&bench, &wanted);
    bench_finish(&bench);
    return status;
}

static enum command_status bench_all(struct bench *bench, const struct wanted *wanted)
{
    double ns_per_tick = 0;
    uint64_t hashes = 0;
    bench->run = run_create(&bench->game.manifest, &bench->game.table);
    if (!bench->run) {
        fprintf(stderr, "gamekit: there is no memory for a match.\n");
        return COMMAND_MACHINE;
    }
    enum command_status status =
        wanted->record ? record_matches(bench, wanted, true) : COMMAND_FINE;
    if (status == COMMAND_FINE)
        status = record_matches(bench, wanted, false);
    if (status == COMMAND_FINE)
        status = measure(bench, &ns_per_tick, &hashes);
    if (status == COMMAND_FINE)
        show(bench, ns_per_tick, hashes);
    return status;
}

/* What is kept has a hash after each tick, all modes, and crowds that come and go; what is measured
 * is played by bots and has a hash at the end. */
static enum command_status record_matches(struct bench *bench, const struct wanted *wanted,
                                          bool is_kept)
{
    struct crowd crowd;
    struct view_sizes ignored = {0};
    uint32_t count = bench->game.manifest.mode_count * 4u; /* options: declared, ends, chance */
    uint64_t ticks = 0;
    crowd_init(&crowd, is_kept ? CROWD_MIXED : CROWD_BOTS, wanted->seed);
    for (uint32_t i = 0; i < MATCHES_MAX && (i < count || (!is_kept && ticks < TICKS_ENOUGH));
         i++) {
        struct recording *recording = bench->recordings[i];
        if (!recording)
            recording = bench->recordings[i] = recording_create();
        bench->matches = i + 1;
        if (!recording || !recording_make(recording, bench->run, &bench->game, &crowd, i, TICKS_MAX,
                                          is_kept ? 1 : 0, is_kept ? &ignored : &bench->views)) {
            fprintf(stderr, "gamekit: in tick %u of match %u, %s %s.\n", bench->run->note->ticks, i,
                    game_callback_name(bench->run->note->callback),
                    run_fault_text(bench->run->fault));
            return COMMAND_FAULT;
        }
        ticks += bench->run->ticks;
        if (is_kept && keep(recording, wanted->record, i) != COMMAND_FINE)
            return COMMAND_MACHINE;
    }
    bench->ticks = ticks;
    return COMMAND_FINE;
}

static enum command_status keep(const struct recording *recording, const char *folder,
                                uint32_t number)
{
    char path[PATH_MAX];
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "gamekit: %s: %s\n", folder, strerror(errno));
        return COMMAND_MACHINE;
    }
    snprintf(path, sizeof path, "%s/match-%u.replay", folder, number);
    return file_write(path, recording->bytes, recording->count) ? COMMAND_FINE : COMMAND_MACHINE;
}

/* The fastest of the rounds through all matches: the others were disturbed. */
static enum command_status measure(struct bench *bench, double *ret_ns_per_tick,
                                   uint64_t *ret_hashes)
{
    const struct rerun_wishes wishes = {.without_hashes = true};
    struct rerun_report report;
    int64_t best_ns = INT64_MAX, begin_ns = now_ns();
    if (bench->ticks == 0) {
        fprintf(stderr, "gamekit: no match came to a single tick.\n");
        return COMMAND_FAULT;
    }
    while (now_ns() - begin_ns < MEASURE_NS_LEAST) {
        int64_t from_ns = now_ns();
        for (uint32_t i = 0; i < bench->matches; i++) {
            const struct recording *recording = bench->recordings[i];
            enum rerun_verdict verdict =
                rerun(bench->run, recording->bytes, recording->count, &wishes, &report);
            *ret_hashes += report.hashes;
            if (verdict != RERUN_SAME) {
                fprintf(stderr, "gamekit: match %u is not the same when it is run again. %s\n", i,
                        report.sentence);
                return COMMAND_FAULT;
            }
        }
        int64_t took_ns = now_ns() - from_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
    }
    *ret_ns_per_tick = (double)best_ns / (double)bench->ticks;
    return COMMAND_FINE;
}

static void show(const struct bench *bench, double ns_per_tick, uint64_t hashes)
{
    const struct gk_manifest *manifest = &bench->game.manifest;
    printf("game=%s\nversion=%s\nmatches=%u\nticks=%llu\nhashes_checked=%llu\n", manifest->id,
           manifest->version, bench->matches, (unsigned long long)bench->ticks,
           (unsigned long long)hashes);
    printf("ticks_per_second=%.0f\nns_per_tick=%.0f\n", 1e9 / ns_per_tick, ns_per_tick);
    printf("state_bytes=%u\nview_bytes_mean=%.1f\nview_bytes_max=%u\ninput_bytes=%u\n",
           manifest->state_bytes, (double)bench->views.bytes / (double)bench->views.views,
           bench->views.bytes_max, manifest->input_bytes);
}

static void bench_finish(struct bench *bench)
{
    run_destroy(bench->run);
    for (uint32_t i = 0; i < MATCHES_MAX; i++)
        recording_destroy(bench->recordings[i]);
}

static bool understand(int count, char **arguments, struct wanted *ret_wanted)
{
    struct wanted wanted = {.seed = 1};
    for (int i = 0; i < count; i++) {
        char *end = NULL;
        if (strcmp(arguments[i], "--seed") == 0 && i + 1 < count) {
            errno = 0;
            wanted.seed = strtoull(arguments[++i], &end, 10);
            if (errno != 0 || end == arguments[i] || *end != 0 || arguments[i][0] == '-')
                return false;
        } else if (strcmp(arguments[i], "--record") == 0 && i + 1 < count) {
            wanted.record = arguments[++i];
        } else if (arguments[i][0] == '-' || wanted.game) {
            return false;
        } else {
            wanted.game = arguments[i];
        }
    }
    if (!wanted.game)
        wanted.game = ".";
    *ret_wanted = wanted;
    return true;
}

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
