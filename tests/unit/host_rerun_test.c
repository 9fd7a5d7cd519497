/* A recorded match that went over to other versions of its game is run again with these. */
#include "host/rerun.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "host/load.h"
#include "promises.h"

enum { FIRST, DOUBLED, MIGRATED, VERSIONS };

static struct run *runs[VERSIONS];
static struct replay_writer writer;
static uint8_t file[65536];
static struct rerun_report report;

/* The descriptor stays open: the loader takes what it has loaded under one name for the same. */
static struct run *load(const char *variable)
{
    struct gk_manifest manifest;
    struct gk_game game;
    uint64_t mapped_bytes;
    int image = open(getenv(variable), O_RDONLY | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(game_inspect(image, &manifest, &mapped_bytes) && game_load(image, &game));
    return run_create(&manifest, &game);
}

static void load_all(void)
{
    runs[FIRST] = load("TEST_GAME");
    runs[DOUBLED] = load("TEST_DOUBLED");
    runs[MIGRATED] = load("TEST_MIGRATED");
}

static void unload_all(void)
{
    for (int i = 0; i < VERSIONS; i++)
        run_destroy(runs[i]);
}

static struct replay_image image_of(int version)
{
    const struct gk_match match = {.player_count = 2};
    struct replay_head head;
    const uint8_t sha[32] = {0xa0, (uint8_t)version};
    run_head(&runs[version]->manifest, sha, &match, 0, &head);
    return head.image;
}

static void play(struct run *run, uint8_t number)
{
    if (number != 0)
        CU_ASSERT_TRUE(run_input(run, 0, &number, 1));
    (void)run_step(run);
}

static void go_over(int from, int to)
{
    const struct replay_image image = image_of(to);
    runs[from]->recorder = NULL;
    CU_ASSERT_TRUE(run_take_over(runs[to], runs[from]));
    replay_write_image(&writer, &image);
    replay_write_hash(&writer, run_hash(runs[to]));
    runs[to]->recorder = &writer;
}

/* 10 by the first rules, 2 x 10 by the second, 2 x 35 by the third, which keep more in their state;
 * a step of each is a joining or a leaving. Returns how long the file is. */
static size_t record(void)
{
    const struct gk_match match = {.seed = 3, .player_count = 2};
    struct replay_head head;
    run_head(&runs[FIRST]->manifest, image_of(FIRST).sha, &match, 4, &head);
    replay_write_begin(&writer, file, sizeof file, NULL, NULL, &head);
    runs[FIRST]->recorder = &writer;
    run_begin(runs[FIRST], &match);
    run_join(runs[FIRST], 0);
    play(runs[FIRST], 10);
    play(runs[FIRST], 0);
    go_over(FIRST, DOUBLED);
    run_join(runs[DOUBLED], 1);
    play(runs[DOUBLED], 10);
    go_over(DOUBLED, MIGRATED);
    run_leave(runs[MIGRATED], 1, GK_LEAVE_DISCONNECTED);
    play(runs[MIGRATED], 0);
    play(runs[MIGRATED], 35);
    CU_ASSERT_TRUE(runs[MIGRATED]->is_over);
    CU_ASSERT_EQUAL(runs[MIGRATED]->result.players[0].score, 100);
    CU_ASSERT_TRUE(run_end_recording(runs[MIGRATED]));
    for (int i = 0; i < VERSIONS; i++)
        runs[i]->recorder = NULL;
    return writer.used;
}

static struct run *find_image(const struct replay_image *image, void *context)
{
    const int *missing = context;
    return image->sha[0] == 0xa0 && image->sha[1] != *missing ? runs[image->sha[1]] : NULL;
}

static enum rerun_verdict run_again(int missing)
{
    size_t count = record();
    const struct rerun_wishes wishes = {.find_image = find_image, .context = &missing};
    return rerun(runs[FIRST], file, count, &wishes, &report);
}

static void test_rerun_follows_a_match_to_other_versions(void)
{
    load_all();
    CU_ASSERT_EQUAL(run_again(-1), RERUN_SAME);
    CU_ASSERT_EQUAL(report.swaps, 2);
    CU_ASSERT_EQUAL(report.ticks, 5);
    CU_ASSERT_EQUAL(report.hashes, 2 + 1 + 1);
    CU_ASSERT_PTR_EQUAL(report.run, runs[MIGRATED]);
    CU_ASSERT_TRUE(report.is_finished && report.has_result);
    unload_all();
}

static void test_rerun_names_the_version_that_is_not_at_hand(void)
{
    load_all();
    CU_ASSERT_EQUAL(run_again(MIGRATED), RERUN_STRANGER);
    CU_ASSERT_EQUAL(report.swaps, 1);
    CU_ASSERT_EQUAL(report.same_until, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(report.sentence, "After tick 3"));
    CU_ASSERT_PTR_NOT_NULL(strstr(report.sentence, "2.0.0"));
    CU_ASSERT_PTR_NOT_NULL(strstr(report.sentence, "SHA-256 a00200000000"));
    const struct rerun_wishes no_wishes = {.find_image = NULL};
    CU_ASSERT_EQUAL(rerun(runs[FIRST], file, writer.used, &no_wishes, &report), RERUN_STRANGER);
    unload_all();
}

static void test_rerun_finds_that_another_rule_took_over(void)
{
    load_all();
    size_t count = record();
    int missing = -1;
    const struct rerun_wishes wishes = {.find_image = find_image, .context = &missing};
    struct run *doubled = runs[DOUBLED];
    runs[DOUBLED] = runs[FIRST]; /* one build for both */
    CU_ASSERT_EQUAL(rerun(runs[FIRST], file, count, &wishes, &report), RERUN_DIFFERENT);
    CU_ASSERT_EQUAL(report.same_until, 2);
    runs[DOUBLED] = doubled;
    struct run *migrated = runs[MIGRATED];
    runs[MIGRATED] = load("TEST_REFUSING");
    CU_ASSERT_EQUAL(rerun(runs[FIRST], file, count, &wishes, &report), RERUN_DIFFERENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(report.sentence, "does not take over"));
    run_destroy(runs[MIGRATED]);
    runs[MIGRATED] = doubled; /* of another schema than the file says */
    CU_ASSERT_EQUAL(rerun(runs[FIRST], file, count, &wishes, &report), RERUN_STRANGER);
    runs[MIGRATED] = migrated;
    unload_all();
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_rerun_follows_a_match_to_other_versions),
        PROMISE(test_rerun_names_the_version_that_is_not_at_hand),
        PROMISE(test_rerun_finds_that_another_rule_took_over),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("host_rerun", promises);
}
