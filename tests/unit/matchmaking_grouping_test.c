/* Who plays with whom. */
#include "matchmaking/grouping.h"

#include <stdio.h>
#include <string.h>

#include "promises.h"

#define NOW     INT64_C(1767225600000)
#define WAIT_MS 10000

static const struct game_mode duel = {.players_min = 2, .players_max = 2};
static const struct game_mode crowd = {.players_min = 2, .players_max = 4};

static struct candidate candidates[6];

/* Everybody is here and came a second after the one before; the first `age_ms` ago. */
static void queue_of_six(int64_t age_ms)
{
    memset(candidates, 0, sizeof candidates);
    for (int i = 0; i < 6; i++) {
        snprintf(candidates[i].user, sizeof candidates[i].user, "u%d", i);
        candidates[i].since_unix_ms = NOW - age_ms + 1000 * i;
    }
}

static int choose(int count, const struct game_mode *mode)
{
    return grouping_choose(candidates, count, mode, WAIT_MS, NOW);
}

static void test_grouping_takes_the_first_who_came(void)
{
    queue_of_six(0);
    CU_ASSERT_EQUAL(choose(3, &duel), 2);
    CU_ASSERT_EQUAL(candidates[0].fate, FATE_CHOSEN);
    CU_ASSERT_EQUAL(candidates[1].fate, FATE_CHOSEN);
    CU_ASSERT_EQUAL(candidates[2].fate, FATE_WAITS);
}

static void test_grouping_waits_while_one_is_missing(void)
{
    queue_of_six(3600000);
    CU_ASSERT_EQUAL(choose(1, &duel), 0);
    CU_ASSERT_EQUAL(candidates[0].fate, FATE_WAITS);
    CU_ASSERT_EQUAL(choose(0, &duel), 0);
}

static void test_grouping_starts_smaller_once_the_first_has_waited(void)
{
    queue_of_six(WAIT_MS - 1);
    CU_ASSERT_EQUAL(choose(3, &crowd), 0);
    queue_of_six(WAIT_MS);
    CU_ASSERT_EQUAL(choose(3, &crowd), 3);
    queue_of_six(WAIT_MS);
    CU_ASSERT_EQUAL(choose(1, &crowd), 0);
}

static void test_grouping_fills_up_at_once(void)
{
    queue_of_six(0);
    CU_ASSERT_EQUAL(choose(6, &crowd), 4);
    CU_ASSERT_EQUAL(candidates[4].fate, FATE_WAITS);
}

static void test_grouping_passes_over_who_is_away_for_a_moment(void)
{
    queue_of_six(0);
    candidates[0].absent_since_unix_ms = NOW - ABSENCE_MS_MAX;
    CU_ASSERT_EQUAL(choose(3, &duel), 2);
    CU_ASSERT_EQUAL(candidates[0].fate, FATE_WAITS);
    CU_ASSERT_EQUAL(candidates[1].fate, FATE_CHOSEN);
    CU_ASSERT_EQUAL(candidates[2].fate, FATE_CHOSEN);
}

static void test_grouping_drops_who_went_away(void)
{
    queue_of_six(0);
    candidates[0].absent_since_unix_ms = NOW - ABSENCE_MS_MAX - 1;
    CU_ASSERT_EQUAL(choose(2, &duel), 0);
    CU_ASSERT_EQUAL(candidates[0].fate, FATE_DROPPED);
    CU_ASSERT_EQUAL(candidates[1].fate, FATE_WAITS);
}

static void test_grouping_drops_who_plays_already(void)
{
    queue_of_six(0);
    candidates[1].is_playing = true;
    CU_ASSERT_EQUAL(choose(3, &duel), 2);
    CU_ASSERT_EQUAL(candidates[1].fate, FATE_DROPPED);
}

static void test_grouping_counts_the_wait_of_who_is_here(void)
{
    queue_of_six(WAIT_MS);
    candidates[0].absent_since_unix_ms = NOW - 1;
    CU_ASSERT_EQUAL(choose(3, &crowd), 0);
}

static CU_TestInfo promises[] = {
    PROMISE(test_grouping_takes_the_first_who_came),
    PROMISE(test_grouping_waits_while_one_is_missing),
    PROMISE(test_grouping_starts_smaller_once_the_first_has_waited),
    PROMISE(test_grouping_fills_up_at_once),
    PROMISE(test_grouping_passes_over_who_is_away_for_a_moment),
    PROMISE(test_grouping_drops_who_went_away),
    PROMISE(test_grouping_drops_who_plays_already),
    PROMISE(test_grouping_counts_the_wait_of_who_is_here),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("matchmaking/grouping", promises);
}
