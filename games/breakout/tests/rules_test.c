/*
 * rules_test.c: the rules of breakout, each a promise by name. The rules are reached only through
 * the exported table, as a host does; situations are set up by writing into the state.
 */
#include "breakout.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>

#define GAME (&gk_game_v1)

struct table {
    struct breakout_state state;
    uint8_t inputs[BREAKOUT_PLAYERS_MAX * BREAKOUT_INPUT_BYTES];
    uint64_t present;
};

static void sit_down(struct table *table, uint32_t mode, uint64_t seed)
{
    struct gk_match match = {.seed = seed, .mode = mode, .player_count = mode ? 2 : 1};
    memset(table, 0, sizeof *table);
    GAME->init(NULL, &table->state, &match);
    for (uint32_t slot = 0; slot < match.player_count; slot++)
        GAME->join(NULL, &table->state, slot);
}

static void steps(struct table *table, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct gk_inputs inputs = {table->present, table->inputs};
        GAME->tick(NULL, &table->state, &inputs);
        table->present = 0;
    }
}

static struct breakout_court *start(struct table *table, uint32_t mode)
{
    sit_down(table, mode, 1);
    steps(table, BREAKOUT_COUNTDOWN_TICKS + BREAKOUT_SERVE_TICKS);
    return &table->state.courts[0];
}

static struct gk_result result_of(const struct table *table)
{
    struct gk_result result = {0};
    CU_ASSERT_EQUAL(GAME->result(NULL, &table->state, &result), 1);
    return result;
}

static void test_same_seed_gives_the_same_layout_on_both_courts(void)
{
    struct table table;
    sit_down(&table, BREAKOUT_VERSUS, 7);
    CU_ASSERT_EQUAL(
        memcmp(&table.state.courts[0], &table.state.courts[1], sizeof table.state.courts[0]), 0);
}

static void test_ball_is_served_after_countdown(void)
{
    struct table table;
    CU_ASSERT_EQUAL(start(&table, BREAKOUT_SOLO)->status, BREAKOUT_FLIES);
    CU_ASSERT(table.state.courts[0].balls[0].vy < 0);
}

static void test_brick_breaks_scores_and_sends_the_ball_back(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    court->balls[0] = (struct breakout_ball){GK_FIXED(48), GK_FIXED(220), 0, -GK_FIXED(5)};
    steps(&table, 5);
    CU_ASSERT_EQUAL(court->bricks[5 * BREAKOUT_COLUMNS], 0);
    CU_ASSERT_EQUAL(court->score, BREAKOUT_POINTS);
    CU_ASSERT(court->balls[0].vy > 0);
}

static void test_lost_ball_costs_a_life_and_the_last_ends_it(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    for (uint32_t lives = BREAKOUT_LIVES; lives > 0; lives--) {
        while (court->status == BREAKOUT_SERVES)
            steps(&table, 1);
        court->balls[0] = (struct breakout_ball){GK_FIXED(20), GK_FIXED(606), 0, GK_FIXED(5)};
        steps(&table, 1);
        CU_ASSERT_EQUAL(court->lives, lives - 1);
    }
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
}

static void test_three_cleared_levels_win(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_COOP);
    for (uint8_t level = 0; level < BREAKOUT_LEVELS; level++) {
        CU_ASSERT_EQUAL(court->level, level);
        while (court->status == BREAKOUT_SERVES)
            steps(&table, 1);
        memset(court->bricks, 0, sizeof court->bricks);
        steps(&table, 1);
    }
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result_of(&table).players[1].outcome, GK_OUTCOME_WIN);
}

static void test_caught_drops_have_their_effect(void)
{
    for (uint32_t kind = 0; kind < 4; kind++) {
        struct table table;
        struct breakout_court *court = start(&table, BREAKOUT_SOLO);
        court->drop_count = 1;
        court->drops[0] =
            (struct breakout_falling){table.state.players[0].x, BREAKOUT_PADDLE_Y, kind};
        steps(&table, 1);
        CU_ASSERT_EQUAL(court->drop_count, 0);
        CU_ASSERT_EQUAL(court->wide_ticks != 0, kind == BREAKOUT_WIDE);
        CU_ASSERT_EQUAL(court->slow_ticks != 0, kind == BREAKOUT_SLOW);
        CU_ASSERT_EQUAL(court->ball_count, kind == BREAKOUT_MORE ? 3 : 1);
        CU_ASSERT_EQUAL(court->lives, kind == BREAKOUT_LIFE ? 4 : 3);
    }
}

static void test_versus_the_higher_score_wins_and_leaving_forfeits(void)
{
    struct table table;
    start(&table, BREAKOUT_VERSUS);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(result_of(&table).players[1].outcome, GK_OUTCOME_WIN);
    start(&table, BREAKOUT_VERSUS);
    table.state.courts[1].score = 90;
    table.state.courts[0].status = table.state.courts[1].status = BREAKOUT_CLEARED;
    steps(&table, 1);
    CU_ASSERT_EQUAL(result_of(&table).players[1].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result_of(&table).reason, 0);
}

static void test_away_pauses_and_staying_away_forfeits(void)
{
    struct table table;
    start(&table, BREAKOUT_COOP);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_PAUSED);
    steps(&table, BREAKOUT_AWAY_GRACE_TICKS);
    CU_ASSERT_EQUAL(gk_presence_has(table.state.presence.gone, 0), 1);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_COUNTDOWN); /* the mate goes on alone */
}

static void test_input_refuses_what_is_no_input(void)
{
    struct table table;
    uint8_t ret[BREAKOUT_INPUT_BYTES];
    start(&table, BREAKOUT_SOLO);
    const uint8_t far[] = {0xff, 0xff}, wrong = 2, fine = 0xff;
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, far, 2, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, &wrong, 1, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 1, &fine, 1, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, &fine, 1, ret), 1);
}

static void test_invariants_hold_and_bots_play_to_the_end(void)
{
    for (uint32_t mode = 0; mode < 3; mode++) {
        struct table table;
        uint8_t bytes[BREAKOUT_VIEW_BYTES_MAX];
        uint32_t broken = 0;
        sit_down(&table, mode, mode);
        for (uint32_t i = 0; i < 60000 && table.state.phase != BREAKOUT_OVER; i++) {
            for (uint32_t slot = 0; slot < table.state.presence.player_count; slot++)
                GAME->bot(NULL, &table.state, slot, slot + 2,
                          table.inputs + slot * BREAKOUT_INPUT_BYTES);
            table.present = 3;
            steps(&table, 1);
            broken += !GAME->check(NULL, &table.state);
            broken += GAME->view(NULL, &table.state, 0, bytes, sizeof bytes) == 0;
        }
        CU_ASSERT_EQUAL(broken, 0);
        CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_OVER);
    }
}

static CU_TestInfo rules[] = {
    {"same_seed_gives_the_same_layout_on_both_courts",
     test_same_seed_gives_the_same_layout_on_both_courts},
    {"ball_is_served_after_countdown", test_ball_is_served_after_countdown},
    {"brick_breaks_scores_and_sends_the_ball_back",
     test_brick_breaks_scores_and_sends_the_ball_back},
    {"lost_ball_costs_a_life_and_the_last_ends_it",
     test_lost_ball_costs_a_life_and_the_last_ends_it},
    {"three_cleared_levels_win", test_three_cleared_levels_win},
    {"caught_drops_have_their_effect", test_caught_drops_have_their_effect},
    {"versus_the_higher_score_wins_and_leaving_forfeits",
     test_versus_the_higher_score_wins_and_leaving_forfeits},
    {"away_pauses_and_staying_away_forfeits", test_away_pauses_and_staying_away_forfeits},
    {"input_refuses_what_is_no_input", test_input_refuses_what_is_no_input},
    {"invariants_hold_and_bots_play_to_the_end", test_invariants_hold_and_bots_play_to_the_end},
    CU_TEST_INFO_NULL,
};

/* A known view, for client.test.mjs: both sides are held to the same bytes. */
static int print_view(void)
{
    struct table table;
    uint8_t bytes[BREAKOUT_VIEW_BYTES_MAX];
    sit_down(&table, BREAKOUT_VERSUS, 1);
    steps(&table, BREAKOUT_COUNTDOWN_TICKS + 1);
    table.state.courts[0].drop_count = 1;
    table.state.courts[0].drops[0] =
        (struct breakout_falling){GK_FIXED(100), GK_FIXED(200), BREAKOUT_LIFE};
    uint32_t count = GAME->view(NULL, &table.state, 0, bytes, sizeof bytes);
    for (uint32_t i = 0; i < count; i++)
        printf("%02x", bytes[i]);
    printf("\n");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print-view") == 0)
        return print_view();
    CU_SuiteInfo suites[] = {
        {"rules", NULL, NULL, NULL, NULL, rules},
        CU_SUITE_INFO_NULL,
    };
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return EXIT_FAILURE;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
