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

/* What game.json says when nobody chooses: three lives, from the first level on, with drops. */
static const int32_t defaults[] = {3, 1, 1};

static void sit_down_at(struct table *table, uint32_t mode, uint64_t seed, const int32_t options[3])
{
    struct gk_match match = {.seed = seed, .mode = mode, .player_count = mode ? 2 : 1};
    memcpy(match.options, options, sizeof defaults);
    memset(table, 0, sizeof *table);
    GAME->init(NULL, &table->state, &match);
}

static void join_all(struct table *table)
{
    for (uint32_t slot = 0; slot < table->state.presence.player_count; slot++)
        GAME->join(NULL, &table->state, slot);
}

static void sit_down(struct table *table, uint32_t mode, uint64_t seed)
{
    sit_down_at(table, mode, seed, defaults);
    join_all(table);
}

static void send_bytes(struct table *table, uint32_t slot, const uint8_t *bytes, uint32_t count)
{
    uint8_t *input = table->inputs + slot * BREAKOUT_INPUT_BYTES;
    if (GAME->input(NULL, &table->state, slot, bytes, count, input))
        table->present |= UINT64_C(1) << slot;
}

static void send_direction(struct table *table, uint32_t slot, int8_t direction)
{
    send_bytes(table, slot, (const uint8_t *)&direction, 1);
}

static void send_target(struct table *table, uint32_t slot, int32_t x)
{
    uint16_t target = (uint16_t)(x / BREAKOUT_UNIT);
    send_bytes(table, slot, (const uint8_t[]){(uint8_t)target, (uint8_t)(target >> 8)}, 2);
}

static void step(struct table *table)
{
    struct gk_inputs inputs = {table->present, table->inputs};
    GAME->tick(NULL, &table->state, &inputs);
    memset(table->inputs, 0, sizeof table->inputs);
    table->present = 0;
}

static void steps(struct table *table, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        step(table);
}

/* The first ball flies. */
static struct breakout_court *start(struct table *table, uint32_t mode)
{
    sit_down(table, mode, 1);
    steps(table, BREAKOUT_COUNTDOWN_TICKS + BREAKOUT_SERVE_TICKS);
    assert(table->state.courts[0].status == BREAKOUT_FLIES);
    return &table->state.courts[0];
}

/* From a whole place with a whole speed. */
static void put_ball(struct breakout_court *court, int32_t x, int32_t y, int32_t vx, int32_t vy)
{
    court->balls[0] = (struct breakout_ball){GK_FIXED(x), GK_FIXED(y), GK_FIXED(vx), GK_FIXED(vy)};
}

static void put_drop(struct breakout_court *court, int32_t x, int32_t y, uint32_t kind)
{
    court->drop_count = 1;
    court->drops[0] = (struct breakout_falling){x, y, kind};
}

static void let_ball_fall(struct table *table, struct breakout_court *court)
{
    while (court->status == BREAKOUT_SERVES)
        step(table);
    put_ball(court, 20, 606, 0, 5);
    step(table);
}

static void clear_level(struct table *table, struct breakout_court *court)
{
    while (court->status == BREAKOUT_SERVES)
        step(table);
    memset(court->bricks, 0, sizeof court->bricks);
    step(table);
}

static struct gk_result result_of(const struct table *table)
{
    struct gk_result result = {0};
    CU_ASSERT_EQUAL(GAME->result(NULL, &table->state, &result), 1);
    return result;
}

/* FNV-1a over the whole block. */
static uint64_t hash_of(const struct breakout_state *state)
{
    const uint8_t *bytes = (const uint8_t *)state;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof *state; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* --- the start --- */

static void test_match_waits_until_everybody_is_here(void)
{
    struct table table;
    sit_down_at(&table, BREAKOUT_COOP, 1, defaults);
    GAME->join(NULL, &table.state, 1);
    steps(&table, 100);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_WAITING);
    GAME->join(NULL, &table.state, 0);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_COUNTDOWN);
}

static void test_ball_is_served_upwards_after_three_seconds_and_one(void)
{
    struct table table;
    sit_down(&table, BREAKOUT_SOLO, 1);
    steps(&table, 3 * 60 + 60 - 1);
    CU_ASSERT_EQUAL(table.state.courts[0].status, BREAKOUT_SERVES);
    step(&table);
    CU_ASSERT_EQUAL(table.state.courts[0].status, BREAKOUT_FLIES);
    CU_ASSERT(table.state.courts[0].balls[0].vy < 0);
}

static void test_ball_lies_on_the_paddle_of_the_server(void)
{
    struct table table;
    sit_down(&table, BREAKOUT_SOLO, 1);
    steps(&table, BREAKOUT_COUNTDOWN_TICKS);
    send_direction(&table, 0, 1);
    steps(&table, 10);
    CU_ASSERT_EQUAL(table.state.courts[0].balls[0].x, table.state.players[0].x);
    CU_ASSERT_NOT_EQUAL(table.state.players[0].x, BREAKOUT_WIDTH / 2);
}

static void test_same_seed_gives_the_same_layout_on_both_courts(void)
{
    struct table table;
    sit_down(&table, BREAKOUT_VERSUS, 7);
    CU_ASSERT_EQUAL(
        memcmp(&table.state.courts[0], &table.state.courts[1], sizeof table.state.courts[0]), 0);
}

static void test_seed_alone_says_where_the_ball_flies_and_what_falls(void)
{
    uint32_t to_the_left = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct table one, other;
        for (uint32_t i = 0; i < 2; i++) {
            struct table *table = i ? &other : &one;
            sit_down(table, BREAKOUT_SOLO, seed);
            steps(table, BREAKOUT_COUNTDOWN_TICKS + BREAKOUT_SERVE_TICKS + 300);
        }
        CU_ASSERT_EQUAL(hash_of(&one.state), hash_of(&other.state));
        sit_down(&one, BREAKOUT_SOLO, seed);
        steps(&one, BREAKOUT_COUNTDOWN_TICKS + BREAKOUT_SERVE_TICKS);
        to_the_left += one.state.courts[0].balls[0].vx < 0;
    }
    CU_ASSERT(to_the_left > 25 && to_the_left < 75);
}

static void test_each_level_has_its_own_bricks(void)
{
    static const uint32_t bricks[] = {60, 48, 54}, hits[] = {60, 60, 78};
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    for (uint32_t level = 0; level < BREAKOUT_LEVELS; level++) {
        uint32_t count = 0, all = 0;
        for (uint32_t i = 0; i < BREAKOUT_BRICKS; i++) {
            count += court->bricks[i] != 0;
            all += court->bricks[i];
        }
        CU_ASSERT_EQUAL(count, bricks[level]);
        CU_ASSERT_EQUAL(all, hits[level]);
        clear_level(&table, court);
    }
}

/* --- paddles --- */

static void test_paddle_moves_in_a_direction_until_told_otherwise(void)
{
    struct table table;
    start(&table, BREAKOUT_SOLO);
    int32_t before = table.state.players[0].x;
    send_direction(&table, 0, -1);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[0].x, before - 5 * BREAKOUT_PADDLE_SPEED);
    send_direction(&table, 0, 0);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[0].x, before - 5 * BREAKOUT_PADDLE_SPEED);
}

static void test_paddle_stays_on_the_court_also_when_it_grows(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    send_direction(&table, 0, -1);
    steps(&table, 60);
    CU_ASSERT_EQUAL(table.state.players[0].x, BREAKOUT_PADDLE_HALF);
    court->wide_ticks = 2;
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].x, BREAKOUT_PADDLE_WIDE);
    send_direction(&table, 0, 1);
    steps(&table, 80);
    CU_ASSERT_EQUAL(table.state.players[0].x, BREAKOUT_WIDTH - BREAKOUT_PADDLE_HALF);
}

static void test_paddle_follows_a_target_at_limited_speed(void)
{
    struct table table;
    start(&table, BREAKOUT_SOLO);
    send_target(&table, 0, GK_FIXED(700));
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].x, BREAKOUT_WIDTH / 2 + BREAKOUT_PADDLE_SPEED);
    steps(&table, 30);
    CU_ASSERT_EQUAL(table.state.players[0].x, GK_FIXED(700));
}

static void test_input_refuses_what_is_no_input(void)
{
    struct table table;
    uint8_t ret[BREAKOUT_INPUT_BYTES];
    start(&table, BREAKOUT_SOLO);
    const uint8_t far[] = {0xff, 0xff, 0}, wrong = 2, fine = 0xff;
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, far, 0, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, far, 2, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, far, 3, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, &wrong, 1, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 1, &fine, 1, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, &fine, 1, ret), 1);
}

static void test_input_of_somebody_away_is_ignored(void)
{
    struct table table;
    start(&table, BREAKOUT_COOP);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    int32_t before = table.state.players[0].x;
    send_direction(&table, 0, 1);
    steps(&table, 5);
    GAME->join(NULL, &table.state, 0);
    steps(&table, BREAKOUT_COUNTDOWN_TICKS);
    CU_ASSERT_EQUAL(table.state.players[0].x, before);
}

/* --- the ball --- */

static void test_ball_bounces_off_the_walls(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    put_ball(court, 10, 400, -5, 3);
    steps(&table, 2);
    CU_ASSERT_EQUAL(court->balls[0].vx, GK_FIXED(5));
    put_ball(court, 790, 400, 5, 3);
    steps(&table, 2);
    CU_ASSERT_EQUAL(court->balls[0].vx, -GK_FIXED(5));
    put_ball(court, 400, 10, 1, -5);
    steps(&table, 2);
    CU_ASSERT_EQUAL(court->balls[0].vy, GK_FIXED(5));
}

static int32_t vx_after_hit_at(int32_t offset)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    put_ball(court, 400 + offset, 550, 0, 5);
    steps(&table, 2);
    CU_ASSERT_EQUAL(court->paddle_hits, 1);
    CU_ASSERT(court->balls[0].vy < 0);
    return court->balls[0].vx;
}

static void test_angle_depends_on_where_the_paddle_is_met(void)
{
    CU_ASSERT_EQUAL(vx_after_hit_at(0), 0);
    CU_ASSERT(vx_after_hit_at(30) > GK_FIXED(1));
    CU_ASSERT(vx_after_hit_at(60) > vx_after_hit_at(30));
    CU_ASSERT_EQUAL(vx_after_hit_at(-30), -vx_after_hit_at(30));
}

static void test_ball_never_jumps_over_paddle_or_brick(void)
{
    for (int32_t y = 520; y < 545; y++) {
        struct table table;
        struct breakout_court *court = start(&table, BREAKOUT_SOLO);
        put_ball(court, 400, y, 0, 16);
        steps(&table, 4);
        CU_ASSERT_EQUAL(court->paddle_hits, 1);
        put_ball(court, 400, y - 290, 0, -16);
        steps(&table, 5);
        CU_ASSERT_EQUAL(court->brick_hits, 1);
    }
}

static void test_ball_is_faster_on_each_level(void)
{
    struct table table;
    int32_t before = 0;
    for (uint8_t level = 0; level < BREAKOUT_LEVELS; level++) {
        struct breakout_court *court = start(&table, BREAKOUT_SOLO);
        court->level = level;
        put_ball(court, 400, 550, 0, 5);
        steps(&table, 2);
        CU_ASSERT(-court->balls[0].vy > before);
        before = -court->balls[0].vy;
    }
}

/* --- bricks --- */

static void test_brick_breaks_scores_and_sends_the_ball_back(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    put_ball(court, 48, 220, 0, -5);
    steps(&table, 5);
    CU_ASSERT_EQUAL(court->bricks[5 * BREAKOUT_COLUMNS], 0);
    CU_ASSERT_EQUAL(court->score, BREAKOUT_POINTS);
    CU_ASSERT(court->balls[0].vy > 0);
}

static void test_brick_sends_the_ball_back_sideways(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    memset(court->bricks, 0, sizeof court->bricks);
    court->bricks[4] = court->bricks[BREAKOUT_BRICKS - 1] = 1; /* it reaches from 272 to 336 */
    put_ball(court, 262, 72, 5, 1);
    step(&table);
    CU_ASSERT_EQUAL(court->bricks[4], 0);
    CU_ASSERT_EQUAL(court->balls[0].vx, -GK_FIXED(5));
    CU_ASSERT_EQUAL(court->balls[0].vy, GK_FIXED(1));
}

static void test_hard_brick_takes_two_hits_each_worth_more_on_higher_levels(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    clear_level(&table, court);
    while (court->status == BREAKOUT_SERVES)
        step(&table);
    CU_ASSERT_EQUAL(court->bricks[0], 2);
    memset(court->bricks + BREAKOUT_COLUMNS, 0, sizeof court->bricks - BREAKOUT_COLUMNS);
    for (uint8_t left = 2; left > 0; left--) {
        CU_ASSERT_EQUAL(court->bricks[0], left);
        put_ball(court, 48, 96, 0, -5);
        step(&table);
    }
    CU_ASSERT_EQUAL(court->bricks[0], 0);
    CU_ASSERT_EQUAL(court->score, 2 * 2 * BREAKOUT_POINTS);
}

/* --- lives and levels --- */

static void test_lost_ball_costs_a_life_and_the_last_ends_it(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    for (uint32_t lives = 3; lives > 0; lives--) {
        CU_ASSERT_EQUAL(court->lives, lives);
        let_ball_fall(&table, court);
        CU_ASSERT_EQUAL(court->lives, lives - 1);
    }
    CU_ASSERT_EQUAL(court->status, BREAKOUT_LOST);
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result_of(&table).reason, 0);
    CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
}

static void test_lost_ball_of_several_costs_no_life(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    court->ball_count = 2;
    court->balls[1] = (struct breakout_ball){GK_FIXED(400), GK_FIXED(300), 0, -GK_FIXED(5)};
    put_ball(court, 20, 606, 0, 5);
    step(&table);
    CU_ASSERT_EQUAL(court->ball_count, 1);
    CU_ASSERT_EQUAL(court->lives, 3);
    CU_ASSERT_EQUAL(court->balls[0].x, GK_FIXED(400));
}

static void test_lost_life_ends_effects_and_leaves_the_bricks(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    court->bricks[20] = 0;
    court->wide_ticks = court->slow_ticks = 100;
    put_drop(court, GK_FIXED(400), GK_FIXED(300), BREAKOUT_LIFE);
    let_ball_fall(&table, court);
    CU_ASSERT_EQUAL(court->status, BREAKOUT_SERVES);
    CU_ASSERT_EQUAL(court->wide_ticks + court->slow_ticks + court->drop_count, 0);
    CU_ASSERT_EQUAL(court->bricks[20], 0);
    CU_ASSERT_EQUAL(court->bricks[21], 1);
}

static void test_three_cleared_levels_win(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_COOP);
    for (uint8_t level = 0; level < BREAKOUT_LEVELS; level++) {
        CU_ASSERT_EQUAL(court->level, level);
        clear_level(&table, court);
    }
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result_of(&table).players[1].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result_of(&table).players[1].place, 1);
}

static void test_match_ends_after_fifteen_minutes(void)
{
    struct table table;
    start(&table, BREAKOUT_SOLO);
    table.state.played_ticks = BREAKOUT_MATCH_TICKS_MAX - 1;
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_OVER);
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_LOSS);
}

/* --- what falls --- */

static void test_caught_drops_have_their_effect(void)
{
    for (uint32_t kind = BREAKOUT_WIDE; kind <= BREAKOUT_LIFE; kind++) {
        struct table table;
        struct breakout_court *court = start(&table, BREAKOUT_SOLO);
        put_drop(court, table.state.players[0].x, BREAKOUT_PADDLE_Y, kind);
        step(&table);
        CU_ASSERT_EQUAL(court->drop_count, 0);
        CU_ASSERT_EQUAL(court->wide_ticks != 0, kind == BREAKOUT_WIDE);
        CU_ASSERT_EQUAL(court->slow_ticks != 0, kind == BREAKOUT_SLOW);
        CU_ASSERT_EQUAL(court->ball_count, kind == BREAKOUT_MORE ? 3 : 1);
        CU_ASSERT_EQUAL(court->lives, kind == BREAKOUT_LIFE ? 4 : 3);
    }
}

static void test_missed_drops_are_gone_without_effect(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    put_drop(court, GK_FIXED(20), BREAKOUT_PADDLE_Y, BREAKOUT_WIDE);
    steps(&table, 20);
    CU_ASSERT_EQUAL(court->drop_count, 0);
    CU_ASSERT_EQUAL(court->wide_ticks, 0);
}

static void test_wide_paddle_reaches_further_for_twelve_seconds(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    CU_ASSERT_EQUAL(breakout_paddle_half(court), BREAKOUT_PADDLE_HALF);
    put_drop(court, table.state.players[0].x, BREAKOUT_PADDLE_Y, BREAKOUT_WIDE);
    step(&table);
    put_ball(court, 400 + 80, 550, 0, 5);
    steps(&table, 2);
    CU_ASSERT_EQUAL(court->paddle_hits, 1);
    for (uint32_t i = 2; i < 12 * 60; i++) {
        CU_ASSERT_EQUAL(breakout_paddle_half(court), BREAKOUT_PADDLE_WIDE);
        put_ball(court, 400, 400, 0, 1);
        step(&table);
    }
    step(&table);
    CU_ASSERT_EQUAL(breakout_paddle_half(court), BREAKOUT_PADDLE_HALF);
}

static void test_slow_ball_flies_two_thirds_of_the_way_at_once(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    put_ball(court, 400, 300, 0, 6);
    court->slow_ticks = 3;
    step(&table);
    CU_ASSERT(gk_abs(court->balls[0].y - GK_FIXED(304)) < 16);
    steps(&table, 2);
    CU_ASSERT(gk_abs(court->balls[0].y - GK_FIXED(304 + 4 + 6)) < 48);
}

static void test_lives_have_a_cap(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    for (uint32_t i = 0; i < 9; i++) {
        put_drop(court, table.state.players[0].x, BREAKOUT_PADDLE_Y, BREAKOUT_LIFE);
        put_ball(court, 400, 400, 0, 1);
        step(&table);
    }
    CU_ASSERT_EQUAL(court->lives, BREAKOUT_LIVES_MAX);
}

/* --- options --- */

static void test_option_says_how_many_lives(void)
{
    for (int32_t lives = 1; lives <= BREAKOUT_LIVES_MAX; lives++) {
        struct table table;
        sit_down_at(&table, BREAKOUT_VERSUS, 1, (const int32_t[]){lives, 1, 1});
        CU_ASSERT_EQUAL(table.state.courts[0].lives, lives);
        CU_ASSERT_EQUAL(table.state.courts[1].lives, lives);
    }
}

static void test_option_says_the_first_level(void)
{
    for (int32_t level = 1; level <= BREAKOUT_LEVELS; level++) {
        struct table table;
        sit_down_at(&table, BREAKOUT_SOLO, 1, (const int32_t[]){3, level, 1});
        join_all(&table);
        steps(&table, BREAKOUT_COUNTDOWN_TICKS);
        for (int32_t left = level; left <= BREAKOUT_LEVELS; left++)
            clear_level(&table, &table.state.courts[0]);
        CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_WIN);
    }
}

/* Breaks every brick of the first level by hand; returns how often something fell. */
static uint32_t drops_of_a_level(int32_t with_drops)
{
    struct table table;
    uint32_t fell = 0;
    sit_down_at(&table, BREAKOUT_SOLO, 3, (const int32_t[]){3, 1, with_drops});
    join_all(&table);
    steps(&table, BREAKOUT_COUNTDOWN_TICKS + BREAKOUT_SERVE_TICKS);
    struct breakout_court *court = &table.state.courts[0];
    for (int32_t i = 0; i < BREAKOUT_BRICKS - 25; i++) {
        court->drop_count = 0;
        put_ball(court, 16 + i % 12 * 64 + 32, 60 + i / 12 * 24 + 24 + 9, 0, -5);
        step(&table);
        fell += court->drop_count;
    }
    return fell;
}

static void test_option_lets_nothing_fall(void)
{
    CU_ASSERT(drops_of_a_level(1) >= 3);
    CU_ASSERT_EQUAL(drops_of_a_level(0), 0);
}

/* --- two players --- */

static void test_together_both_paddles_hold_the_ball(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_COOP);
    table.state.players[0].x = GK_FIXED(200);
    table.state.players[1].x = GK_FIXED(600);
    put_ball(court, 200, 550, 0, 5);
    steps(&table, 2);
    put_ball(court, 600, 550, 0, 5);
    steps(&table, 2);
    CU_ASSERT_EQUAL(court->paddle_hits, 2);
    CU_ASSERT_EQUAL(table.state.court_count, 1);
}

static void test_together_the_mate_goes_on_alone(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_COOP);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_PLAY);
    table.state.players[0].x = GK_FIXED(200);
    put_ball(court, 200, 550, 0, 5);
    steps(&table, 2);
    CU_ASSERT_EQUAL(court->paddle_hits, 0); /* a paddle that is gone holds nothing */
    court->level = BREAKOUT_LEVELS - 1;
    clear_level(&table, court);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
}

static void test_against_each_other_each_has_a_court(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_VERSUS);
    for (uint32_t lives = 3; lives > 0; lives--)
        let_ball_fall(&table, court);
    CU_ASSERT_EQUAL(court->status, BREAKOUT_LOST);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_PLAY); /* the other one plays on */
    CU_ASSERT_NOT_EQUAL(table.state.courts[1].status, BREAKOUT_LOST);
    table.state.courts[1].status = BREAKOUT_CLEARED;
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_OVER);
}

static void test_against_each_other_the_higher_score_wins(void)
{
    for (int32_t ahead = -1; ahead <= 1; ahead++) {
        static const uint8_t outcomes[] = {GK_OUTCOME_LOSS, GK_OUTCOME_DRAW, GK_OUTCOME_WIN};
        struct table table;
        start(&table, BREAKOUT_VERSUS);
        table.state.courts[0].score = (uint16_t)(90 + 10 * ahead);
        table.state.courts[1].score = 90;
        table.state.courts[0].status = table.state.courts[1].status = BREAKOUT_CLEARED;
        step(&table);
        struct gk_result result = result_of(&table);
        CU_ASSERT_EQUAL(result.players[0].outcome, outcomes[ahead + 1]);
        CU_ASSERT_EQUAL(result.players[1].outcome, outcomes[1 - ahead]);
        CU_ASSERT_EQUAL(result.players[0].score, 90 + 10 * ahead);
        CU_ASSERT_EQUAL(result.reason, 0);
    }
}

static void test_against_each_other_who_leaves_has_lost(void)
{
    struct table table;
    start(&table, BREAKOUT_VERSUS);
    table.state.courts[0].score = 500;
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 1);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
    CU_ASSERT_EQUAL(result.players[0].place, 2);
}

/* --- staying away --- */

static void test_who_never_comes_forfeits_after_twenty_seconds(void)
{
    struct table table;
    sit_down_at(&table, BREAKOUT_VERSUS, 1, defaults);
    GAME->join(NULL, &table.state, 1);
    steps(&table, 20 * 60 - 1);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_WAITING);
    step(&table);
    CU_ASSERT_EQUAL(result_of(&table).players[1].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result_of(&table).players[0].forfeit, 1);
}

static void test_disconnect_pauses_and_return_counts_down_again(void)
{
    struct table table;
    start(&table, BREAKOUT_SOLO);
    steps(&table, 10);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    struct breakout_court before = table.state.courts[0];
    steps(&table, 10 * 60);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_PAUSED);
    GAME->join(NULL, &table.state, 0);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_COUNTDOWN);
    steps(&table, BREAKOUT_COUNTDOWN_TICKS);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_PLAY);
    CU_ASSERT_EQUAL(memcmp(&before, &table.state.courts[0], sizeof before), 0);
}

static void test_away_for_fifteen_seconds_loses_the_seat(void)
{
    struct table table;
    start(&table, BREAKOUT_COOP);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_PAUSED);
    steps(&table, 15 * 60 - 1);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_PAUSED);
    step(&table);
    CU_ASSERT_EQUAL(gk_presence_has(table.state.presence.gone, 0), 1);
    CU_ASSERT_EQUAL(table.state.phase, BREAKOUT_COUNTDOWN); /* the mate goes on alone */
    start(&table, BREAKOUT_SOLO);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    steps(&table, 15 * 60);
    CU_ASSERT_EQUAL(result_of(&table).reason, 1);
}

static void test_leaving_after_the_end_changes_nothing(void)
{
    struct table table;
    struct breakout_court *court = start(&table, BREAKOUT_SOLO);
    court->level = BREAKOUT_LEVELS - 1;
    clear_level(&table, court);
    uint64_t before = hash_of(&table.state);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(hash_of(&table.state), before);
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_WIN);
}

/* --- what the host relies on --- */

/* Something of everything: the client's tests decode the same view. */
static void set_up_known_view(struct table *table)
{
    sit_down(table, BREAKOUT_VERSUS, 1);
    steps(table, BREAKOUT_COUNTDOWN_TICKS + 1);
    struct breakout_court *court = &table->state.courts[0];
    put_drop(court, GK_FIXED(100), GK_FIXED(200), BREAKOUT_LIFE);
    court->wide_ticks = 5;
    court->score = 310;
}

static void test_view_says_what_stands_in_its_description(void)
{
    struct table table;
    uint8_t bytes[BREAKOUT_VIEW_BYTES_MAX], other[BREAKOUT_VIEW_BYTES_MAX];
    set_up_known_view(&table);
    uint32_t count = GAME->view(NULL, &table.state, 0, bytes, sizeof bytes);
    struct gk_reader reader = gk_reader_of(bytes, count);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), BREAKOUT_PLAY);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 3);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), BREAKOUT_VERSUS);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 2);
    CU_ASSERT_EQUAL(gk_read_u16(&reader), 0);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 0);
    CU_ASSERT_EQUAL(gk_read_u16(&reader), 400 * 16);
    CU_ASSERT_EQUAL(gk_read_u16(&reader), 400 * 16);
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(gk_read_u8(&reader), BREAKOUT_SERVES);
        CU_ASSERT_EQUAL(gk_read_u8(&reader), 0);
        CU_ASSERT_EQUAL(gk_read_u8(&reader), 3);
        CU_ASSERT_EQUAL(gk_read_u8(&reader), i == 0);
        CU_ASSERT_EQUAL(gk_read_u16(&reader), i == 0 ? 310 : 0);
        CU_ASSERT_EQUAL(gk_read_u16(&reader), 0);
        CU_ASSERT_EQUAL(gk_read_u8(&reader), 1);
        CU_ASSERT_EQUAL(gk_read_u8(&reader), i == 0);
        for (uint32_t brick = 0; brick < BREAKOUT_BRICKS; brick += 4)
            CU_ASSERT_EQUAL(gk_read_u8(&reader), brick >= 12 && brick < 72 ? 0x55 : 0);
        CU_ASSERT_EQUAL(gk_read_i16(&reader), 400 * 16);
        CU_ASSERT_EQUAL(gk_read_i16(&reader), 552 * 16);
        if (i == 0) {
            CU_ASSERT_EQUAL(gk_read_u8(&reader), BREAKOUT_LIFE);
            CU_ASSERT_EQUAL(gk_read_i16(&reader), 100 * 16);
            CU_ASSERT_EQUAL(gk_read_i16(&reader), 200 * 16);
        }
    }
    CU_ASSERT_EQUAL(gk_reader_done(&reader), 1);
    CU_ASSERT_EQUAL(GAME->view(NULL, &table.state, GK_SPECTATOR, other, sizeof other), count);
    CU_ASSERT_EQUAL(memcmp(bytes, other, count), 0);
}

static void test_view_fits_when_everything_flies_and_falls(void)
{
    struct table table;
    uint8_t bytes[BREAKOUT_VIEW_BYTES_MAX];
    start(&table, BREAKOUT_VERSUS);
    for (uint32_t i = 0; i < 2; i++) {
        table.state.courts[i].ball_count = BREAKOUT_BALLS_MAX;
        table.state.courts[i].drop_count = BREAKOUT_DROPS_MAX;
    }
    CU_ASSERT_EQUAL(GAME->view(NULL, &table.state, 0, bytes, sizeof bytes), sizeof bytes);
}

static void test_explain_stays_within_its_capacity(void)
{
    struct table table;
    char text[512];
    start(&table, BREAKOUT_VERSUS);
    uint32_t whole = GAME->explain(NULL, &table.state, text, sizeof text);
    CU_ASSERT(whole > 40 && whole < sizeof text);
    for (uint32_t capacity = 0; capacity < whole; capacity++) {
        char *exact = malloc(capacity + 1);
        CU_ASSERT(GAME->explain(NULL, &table.state, exact, capacity) <= capacity);
        free(exact);
    }
}

static void test_explain_stands_any_state(void)
{
    char text[256];
    struct gk_random chance;
    struct table table;
    gk_random_seed(&chance, 1, 0);
    for (int i = 0; i < 1000; i++) {
        for (size_t at = 0; at < sizeof table.state; at++)
            ((uint8_t *)&table.state)[at] = (uint8_t)gk_random_below(&chance, 256);
        CU_ASSERT(GAME->explain(NULL, &table.state, text, sizeof text) <= sizeof text);
    }
}

static void test_check_finds_what_cannot_be(void)
{
    struct table sound, wrong;
    start(&sound, BREAKOUT_COOP);
    CU_ASSERT_EQUAL(GAME->check(NULL, &sound.state), 1);
#define WRONG(field, value)                                                                        \
    do {                                                                                           \
        wrong = sound;                                                                             \
        wrong.state.field = (value);                                                               \
        CU_ASSERT_EQUAL(GAME->check(NULL, &wrong.state), 0);                                       \
    } while (0)
    WRONG(phase, BREAKOUT_OVER + 1);
    WRONG(mode, BREAKOUT_VERSUS + 1);
    WRONG(court_count, 3);
    WRONG(presence.here, 4);
    WRONG(players[1].x, 0);
    WRONG(courts[0].bricks[7], 3);
    WRONG(courts[0].lives, 0);
    WRONG(courts[0].lives, BREAKOUT_LIVES_MAX + 1);
    WRONG(courts[0].level, BREAKOUT_LEVELS);
    WRONG(courts[0].ball_count, 0);
    WRONG(courts[0].balls[0].x, -1);
    WRONG(courts[0].drop_count, BREAKOUT_DROPS_MAX + 1);
    WRONG(courts[0].wide_ticks, BREAKOUT_EFFECT_TICKS + 1);
#undef WRONG
}

static void sit_down_somehow(struct table *table, struct gk_random *chance, uint64_t seed)
{
    int32_t options[] = {gk_random_between(chance, 1, BREAKOUT_LIVES_MAX),
                         gk_random_between(chance, 1, BREAKOUT_LEVELS),
                         gk_random_between(chance, 0, 1)};
    sit_down_at(table, gk_random_below(chance, 3), seed, options);
}

/* A log of anything that can happen, drawn from `chance`. */
static void do_something_hostile(struct table *table, struct gk_random *chance)
{
    uint8_t bytes[4];
    uint32_t slot = gk_random_below(chance, table->state.presence.player_count);
    uint32_t what = gk_random_below(chance, 2000);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)gk_random_next(chance);
    if (what < 600)
        send_bytes(table, slot, bytes, gk_random_below(chance, sizeof bytes + 1));
    else if (what < 1960)
        table->present |= (uint64_t)GAME->bot(NULL, &table->state, slot, gk_random_below(chance, 5),
                                              table->inputs + slot * BREAKOUT_INPUT_BYTES)
                          << slot;
    else if (what < 1996)
        GAME->join(NULL, &table->state, slot);
    else if (what < 1999)
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_DISCONNECTED);
    else if (gk_random_below(chance, 4) == 0)
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_LEFT);
}

static void test_invariants_hold_through_100000_hostile_ticks(void)
{
    struct gk_random chance;
    struct table table;
    uint8_t bytes[BREAKOUT_VIEW_BYTES_MAX];
    uint32_t ended = 0, broken = 0;
    gk_random_seed(&chance, 7, 7);
    sit_down_somehow(&table, &chance, 0);
    for (uint32_t i = 0; i < 100000; i++) {
        do_something_hostile(&table, &chance);
        step(&table);
        broken += !GAME->check(NULL, &table.state);
        broken += GAME->view(NULL, &table.state, 0, bytes, sizeof bytes) == 0;
        if (table.state.phase == BREAKOUT_OVER) {
            ended++;
            sit_down_somehow(&table, &chance, i);
        }
    }
    CU_ASSERT_EQUAL(broken, 0);
    CU_ASSERT(ended > 5);
}

static void test_state_is_the_same_at_another_address_and_in_a_second_run(void)
{
    struct table one, *other = malloc(sizeof *other);
    struct gk_random chance_one, chance_other;
    assert(other != NULL);
    gk_random_seed(&chance_one, 3, 3);
    gk_random_seed(&chance_other, 3, 3);
    sit_down_at(&one, BREAKOUT_VERSUS, 99, defaults);
    sit_down_at(other, BREAKOUT_VERSUS, 99, defaults);
    for (uint32_t i = 0; i < 20000; i++) {
        do_something_hostile(&one, &chance_one);
        do_something_hostile(other, &chance_other);
        step(&one);
        step(other);
        CU_ASSERT_EQUAL_FATAL(hash_of(&one.state), hash_of(&other->state));
        if (i % 500 == 0) { /* as a move to another process does */
            struct table *moved = malloc(sizeof *moved);
            assert(moved != NULL);
            memcpy(moved, other, sizeof *moved);
            free(other);
            other = moved;
        }
    }
    free(other);
}

static void step_bots(struct table *table, const uint8_t *difficulties)
{
    for (uint32_t slot = 0; slot < table->state.presence.player_count; slot++)
        table->present |= (uint64_t)GAME->bot(NULL, &table->state, slot, difficulties[slot],
                                              table->inputs + slot * BREAKOUT_INPUT_BYTES)
                          << slot;
    step(table);
}

static void test_restored_match_goes_on_as_it_would_have(void)
{
    static const uint8_t difficulties[] = {2, 3};
    struct table table, saved;
    sit_down(&table, BREAKOUT_COOP, 5);
    for (uint32_t i = 0; i < 2000; i++)
        step_bots(&table, difficulties);
    saved = table;
    for (uint32_t i = 0; i < 2000; i++)
        step_bots(&table, difficulties);
    for (uint32_t i = 0; i < 2000; i++)
        step_bots(&saved, difficulties);
    CU_ASSERT_EQUAL(hash_of(&table.state), hash_of(&saved.state));
}

static void test_bots_together_keep_a_half_each(void)
{
    static const uint8_t difficulties[] = {3, 3};
    struct table table;
    start(&table, BREAKOUT_COOP);
    for (uint32_t i = 0; i < 3000; i++) {
        step_bots(&table, difficulties);
        if (i > 30 && !table.state.courts[0].wide_ticks)
            CU_ASSERT(table.state.players[0].x < table.state.players[1].x);
    }
    GAME->leave(NULL, &table.state, 1, GK_LEAVE_LEFT);
    int32_t furthest = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        step_bots(&table, difficulties);
        furthest = gk_max(furthest, table.state.players[0].x);
    }
    CU_ASSERT(furthest > BREAKOUT_WIDTH / 2); /* alone, it keeps all */
}

static struct gk_result play_bots(uint32_t mode, uint64_t seed, const uint8_t *difficulties)
{
    struct table table;
    sit_down(&table, mode, seed);
    for (uint32_t i = 0; i < BREAKOUT_MATCH_TICKS_MAX + 1000 && table.state.phase != BREAKOUT_OVER;
         i++)
        step_bots(&table, difficulties);
    return result_of(&table);
}

static void test_bots_play_to_the_end_and_the_better_one_wins(void)
{
    static const uint8_t pair[] = {1, 3}, alone[] = {3}, together[] = {3, 3};
    uint32_t better = 0, cleared = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct gk_result result = play_bots(BREAKOUT_VERSUS, seed, pair);
        better += result.players[1].outcome == GK_OUTCOME_WIN;
        CU_ASSERT_EQUAL(result.reason, 0);
    }
    for (uint64_t seed = 0; seed < 3; seed++) {
        cleared += play_bots(BREAKOUT_SOLO, seed, alone).players[0].outcome == GK_OUTCOME_WIN;
        cleared += play_bots(BREAKOUT_COOP, seed, together).players[1].outcome == GK_OUTCOME_WIN;
    }
    CU_ASSERT(better >= 18);
    CU_ASSERT(cleared >= 4);
}

#define TEST(name)                                                                                 \
    {                                                                                              \
#name, test_##name                                                                         \
    }

static CU_TestInfo rules[] = {
    TEST(match_waits_until_everybody_is_here),
    TEST(ball_is_served_upwards_after_three_seconds_and_one),
    TEST(ball_lies_on_the_paddle_of_the_server),
    TEST(same_seed_gives_the_same_layout_on_both_courts),
    TEST(seed_alone_says_where_the_ball_flies_and_what_falls),
    TEST(each_level_has_its_own_bricks),
    TEST(paddle_moves_in_a_direction_until_told_otherwise),
    TEST(paddle_stays_on_the_court_also_when_it_grows),
    TEST(paddle_follows_a_target_at_limited_speed),
    TEST(input_refuses_what_is_no_input),
    TEST(input_of_somebody_away_is_ignored),
    TEST(ball_bounces_off_the_walls),
    TEST(angle_depends_on_where_the_paddle_is_met),
    TEST(ball_never_jumps_over_paddle_or_brick),
    TEST(ball_is_faster_on_each_level),
    TEST(brick_breaks_scores_and_sends_the_ball_back),
    TEST(brick_sends_the_ball_back_sideways),
    TEST(hard_brick_takes_two_hits_each_worth_more_on_higher_levels),
    TEST(lost_ball_costs_a_life_and_the_last_ends_it),
    TEST(lost_ball_of_several_costs_no_life),
    TEST(lost_life_ends_effects_and_leaves_the_bricks),
    TEST(three_cleared_levels_win),
    TEST(match_ends_after_fifteen_minutes),
    TEST(caught_drops_have_their_effect),
    TEST(missed_drops_are_gone_without_effect),
    TEST(wide_paddle_reaches_further_for_twelve_seconds),
    TEST(slow_ball_flies_two_thirds_of_the_way_at_once),
    TEST(lives_have_a_cap),
    TEST(option_says_how_many_lives),
    TEST(option_says_the_first_level),
    TEST(option_lets_nothing_fall),
    TEST(together_both_paddles_hold_the_ball),
    TEST(together_the_mate_goes_on_alone),
    TEST(against_each_other_each_has_a_court),
    TEST(against_each_other_the_higher_score_wins),
    TEST(against_each_other_who_leaves_has_lost),
    TEST(who_never_comes_forfeits_after_twenty_seconds),
    TEST(disconnect_pauses_and_return_counts_down_again),
    TEST(away_for_fifteen_seconds_loses_the_seat),
    TEST(leaving_after_the_end_changes_nothing),
    TEST(view_says_what_stands_in_its_description),
    TEST(view_fits_when_everything_flies_and_falls),
    TEST(explain_stays_within_its_capacity),
    TEST(explain_stands_any_state),
    TEST(check_finds_what_cannot_be),
    TEST(invariants_hold_through_100000_hostile_ticks),
    TEST(state_is_the_same_at_another_address_and_in_a_second_run),
    TEST(restored_match_goes_on_as_it_would_have),
    TEST(bots_together_keep_a_half_each),
    TEST(bots_play_to_the_end_and_the_better_one_wins),
    CU_TEST_INFO_NULL,
};

/* The known view, for client.test.mjs: both sides are held to the same bytes. */
static int print_view(void)
{
    struct table table;
    uint8_t bytes[BREAKOUT_VIEW_BYTES_MAX];
    set_up_known_view(&table);
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
