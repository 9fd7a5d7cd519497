/* Results on disk: whole or not there, and never believed when they do not check out. */
#include "games/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "promises.h"

static struct match_result example(void)
{
    struct match_result result = {.match = {{1, 2, 3}},
                                  .epoch = 1,
                                  .ticks = 4711,
                                  .state_hash = 0x1122334455667788,
                                  .ended_unix_ms = 1700000000123};
    result.result.player_count = 2;
    result.result.players[0].score = -7;
    result.result.players[1].outcome = GK_OUTCOME_WIN;
    return result;
}

static void test_spool_record_comes_back_as_it_was(void)
{
    struct match_result before = example(), after;
    uint8_t bytes[SPOOL_RECORD_BYTES];
    memset(&after, 0, sizeof after);
    spool_encode(&before, bytes);
    CU_ASSERT(spool_decode(bytes, sizeof bytes, &after));
    CU_ASSERT(id_equal(&before.match, &after.match));
    CU_ASSERT_EQUAL(after.ticks, 4711);
    CU_ASSERT_EQUAL(after.ended_unix_ms, before.ended_unix_ms);
    CU_ASSERT_EQUAL(memcmp(&before.result, &after.result, sizeof before.result), 0);
}

static void test_spool_refuses_every_changed_or_missing_byte(void)
{
    struct match_result result = example();
    uint8_t bytes[SPOOL_RECORD_BYTES + 1] = {0};
    spool_encode(&result, bytes);
    for (size_t i = 0; i < SPOOL_RECORD_BYTES; i++) {
        CU_ASSERT_FALSE(spool_decode(bytes, i, &result));
        bytes[i] ^= 0x40;
        CU_ASSERT_FALSE(spool_decode(bytes, SPOOL_RECORD_BYTES, &result));
        bytes[i] ^= 0x40;
    }
    CU_ASSERT_FALSE(spool_decode(bytes, SPOOL_RECORD_BYTES + 1, &result));
    CU_ASSERT(spool_decode(bytes, SPOOL_RECORD_BYTES, &result));
}

/* A worker says what it likes of a match that it aborts; set aside it would stay live for ever. */
static void test_spool_takes_an_aborted_match_whatever_else_it_says(void)
{
    struct match_result before = example(), after;
    uint8_t bytes[SPOOL_RECORD_BYTES];
    before.result.reason = SPOOL_REASON_ABORTED;
    before.result.player_count = UINT32_MAX;
    spool_encode(&before, bytes);
    CU_ASSERT(spool_decode(bytes, sizeof bytes, &after));
    CU_ASSERT(id_equal(&before.match, &after.match));
    before.result.reason = SPOOL_REASON_FORFEIT;
    spool_encode(&before, bytes);
    CU_ASSERT_FALSE(spool_decode(bytes, sizeof bytes, &after));
}

static bool database_is_away(void *context, const struct match_result *result)
{
    (void)result;
    ++*(int *)context;
    return false;
}

static bool database_takes_it(void *context, const struct match_result *result)
{
    CU_ASSERT_EQUAL(result->ticks, 4711);
    ++*(int *)context;
    return true;
}

static void test_spool_keeps_a_result_until_it_is_taken(void)
{
    char folder[] = "/tmp/spool-test-XXXXXX";
    struct match_result result = example();
    int asked = 0;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    CU_ASSERT_EQUAL(spool_open(folder), OK);
    CU_ASSERT_EQUAL(spool_write(folder, &result), OK);
    CU_ASSERT_EQUAL(spool_write(folder, &result), OK); /* the same one: one file */
    CU_ASSERT_EQUAL(spool_each(folder, database_is_away, &asked), 1);
    CU_ASSERT_EQUAL(spool_each(folder, database_takes_it, &asked), 0);
    CU_ASSERT_EQUAL(spool_each(folder, database_takes_it, &asked), 0);
    CU_ASSERT_EQUAL(asked, 2);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void test_spool_sets_a_bad_file_aside(void)
{
    char folder[] = "/tmp/spool-test-XXXXXX", path[64], bad[80];
    int asked = 0;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/x.result", folder);
    snprintf(bad, sizeof bad, "%s.bad", path);
    FILE *file = fopen(path, "w");
    fputs("torn", file);
    fclose(file);
    CU_ASSERT_EQUAL(spool_each(folder, database_takes_it, &asked), 0);
    CU_ASSERT_EQUAL(asked, 0);
    CU_ASSERT_EQUAL(unlink(bad), 0);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void test_spool_keeps_a_file_that_cannot_be_read_now(void)
{
    char folder[] = "/tmp/spool-test-XXXXXX", path[64];
    int asked = 0;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/x.result", folder);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0); /* opens, and fails to be read */
    CU_ASSERT_EQUAL(spool_each(folder, database_takes_it, &asked), 1);
    CU_ASSERT_EQUAL(asked, 0);
    CU_ASSERT_EQUAL(rmdir(path), 0);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static CU_TestInfo promises[] = {
    PROMISE(test_spool_record_comes_back_as_it_was),
    PROMISE(test_spool_refuses_every_changed_or_missing_byte),
    PROMISE(test_spool_keeps_a_result_until_it_is_taken),
    PROMISE(test_spool_sets_a_bad_file_aside),
    PROMISE(test_spool_keeps_a_file_that_cannot_be_read_now),
    PROMISE(test_spool_takes_an_aborted_match_whatever_else_it_says),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("games_spool", promises);
}
