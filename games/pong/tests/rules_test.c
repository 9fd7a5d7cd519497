/*
 * rules_test.c: the rules of Pong, each a promise by name. The rules are reached only through the
 * exported table, as a host does; situations are set up by writing into the state.
 */
#include "pong.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>

#define GAME (&gk_game_v1)

struct table {
    struct pong_state state;
    uint8_t inputs[PONG_PLAYERS_MAX * PONG_INPUT_BYTES];
    uint64_t present;
};

static void sit_down_at(struct table *table, uint32_t players, uint64_t seed, int32_t points,
                        int32_t speed)
{
    struct gk_match match = {
        .seed = seed, .mode = players == 4, .player_count = players, .options = {points, speed}};
    memset(table, 0, sizeof *table);
    GAME->init(NULL, &table->state, &match);
}

/* What game.json says when nobody chooses: seven points, normal speed. */
static void sit_down(struct table *table, uint32_t players, uint64_t seed)
{
    sit_down_at(table, players, seed, 7, PONG_NORMAL);
}

static void join_all(struct table *table)
{
    for (uint32_t slot = 0; slot < table->state.presence.player_count; slot++)
        GAME->join(NULL, &table->state, slot);
}

static void send_bytes(struct table *table, uint32_t slot, const uint8_t *bytes, uint32_t count)
{
    uint8_t *input = table->inputs + slot * PONG_INPUT_BYTES;
    if (GAME->input(NULL, &table->state, slot, bytes, count, input))
        table->present |= UINT64_C(1) << slot;
}

static void send_direction(struct table *table, uint32_t slot, int8_t direction)
{
    send_bytes(table, slot, (const uint8_t *)&direction, 1);
}

static void send_target(struct table *table, uint32_t slot, int32_t y)
{
    uint16_t target = (uint16_t)(y / PONG_TARGET_UNIT);
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

#define SERVE_SPEED GK_FIXED(9) /* the normal one */

static void start_play(struct table *table, uint32_t players, uint64_t seed)
{
    sit_down(table, players, seed);
    join_all(table);
    steps(table, PONG_COUNTDOWN_TICKS);
    assert(table->state.phase == PONG_PLAY);
}

static void put_ball(struct table *table, int32_t x, int32_t y, int32_t vx, int32_t vy)
{
    table->state.ball.x = x;
    table->state.ball.y = y;
    table->state.ball.vx = vx;
    table->state.ball.vy = vy;
}

static struct gk_result result_of(const struct table *table)
{
    struct gk_result result = {0};
    CU_ASSERT_EQUAL(GAME->result(NULL, &table->state, &result), 1);
    return result;
}

/* FNV-1a over the whole block. */
static uint64_t hash_of(const struct pong_state *state)
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
    sit_down(&table, 2, 1);
    steps(&table, 100);
    CU_ASSERT_EQUAL(table.state.phase, PONG_WAITING);
    GAME->join(NULL, &table.state, 0);
    steps(&table, 100);
    CU_ASSERT_EQUAL(table.state.phase, PONG_WAITING);
    GAME->join(NULL, &table.state, 1);
    CU_ASSERT_EQUAL(table.state.phase, PONG_COUNTDOWN);
}

static void test_countdown_lasts_three_seconds(void)
{
    struct table table;
    sit_down(&table, 2, 1);
    join_all(&table);
    steps(&table, 3 * 60 - 1);
    CU_ASSERT_EQUAL(table.state.phase, PONG_COUNTDOWN);
    CU_ASSERT_EQUAL(table.state.ball.x, PONG_WIDTH / 2);
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, PONG_PLAY);
    step(&table);
    CU_ASSERT_NOT_EQUAL(table.state.ball.x, PONG_WIDTH / 2);
}

static void test_first_serve_depends_on_the_seed_only(void)
{
    uint32_t to_the_left = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct table one, other;
        sit_down(&one, 2, seed);
        sit_down(&other, 2, seed);
        CU_ASSERT_EQUAL(hash_of(&one.state), hash_of(&other.state));
        to_the_left += one.state.ball.vx < 0;
    }
    CU_ASSERT(to_the_left > 60 && to_the_left < 140);
}

/* --- paddles --- */

static void test_paddle_moves_in_a_direction_until_told_otherwise(void)
{
    struct table table;
    start_play(&table, 2, 1);
    send_direction(&table, 0, -1);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[0].y, PONG_HEIGHT / 2 - 5 * PONG_PADDLE_SPEED);
    CU_ASSERT_EQUAL(table.state.players[1].y, PONG_HEIGHT / 2);
    send_direction(&table, 0, 0);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[0].y, PONG_HEIGHT / 2 - 5 * PONG_PADDLE_SPEED);
}

static void test_paddle_stays_on_the_field(void)
{
    struct table table;
    start_play(&table, 2, 1);
    send_direction(&table, 0, -1);
    send_direction(&table, 1, 1);
    steps(&table, 60);
    CU_ASSERT_EQUAL(table.state.players[0].y, PONG_KEEPER_HALF);
    CU_ASSERT_EQUAL(table.state.players[1].y, PONG_HEIGHT - PONG_KEEPER_HALF);
}

static void test_paddle_follows_a_target_at_limited_speed(void)
{
    struct table table;
    start_play(&table, 2, 1);
    send_target(&table, 0, GK_FIXED(700));
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].y, PONG_HEIGHT / 2 + PONG_PADDLE_SPEED);
    steps(&table, 30);
    CU_ASSERT_EQUAL(table.state.players[0].y, GK_FIXED(700));
}

static void test_input_refuses_what_is_no_input(void)
{
    struct table table;
    uint8_t canonical[PONG_INPUT_BYTES];
    uint8_t bytes[300] = {0};
    start_play(&table, 2, 1);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, bytes, 0, canonical), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, bytes, 3, canonical), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, bytes, 300, canonical), 0);
    bytes[0] = 2;
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, bytes, 1, canonical), 0);
    bytes[0] = 0x80;
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, bytes, 1, canonical), 0);
    bytes[0] = bytes[1] = 0xff;
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, bytes, 2, canonical), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 2, bytes, 1, canonical), 0);
}

static void test_input_of_somebody_away_is_ignored(void)
{
    struct table table;
    start_play(&table, 2, 1);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    send_direction(&table, 0, 1);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[0].y, PONG_HEIGHT / 2);
}

/* --- the ball --- */

static void test_ball_bounces_off_the_walls(void)
{
    struct table table;
    start_play(&table, 2, 1);
    put_ball(&table, PONG_WIDTH / 2, GK_FIXED(20), GK_FIXED(5), -GK_FIXED(10));
    step(&table);
    CU_ASSERT_EQUAL(table.state.ball.vy, GK_FIXED(10));
    CU_ASSERT(gk_abs(table.state.ball.y - GK_FIXED(14)) <= 16);
    CU_ASSERT(gk_abs(table.state.ball.x - PONG_WIDTH / 2 - GK_FIXED(5)) <= 16);
    CU_ASSERT_EQUAL(table.state.walls, 1);
}

static void test_ball_comes_back_faster_from_a_paddle(void)
{
    struct table table;
    start_play(&table, 2, 1);
    put_ball(&table, GK_FIXED(75), PONG_HEIGHT / 2, -SERVE_SPEED, 0);
    table.state.ball.speed = SERVE_SPEED;
    step(&table);
    CU_ASSERT_EQUAL(table.state.ball.vx, SERVE_SPEED + PONG_BALL_SPEED_MORE);
    CU_ASSERT_EQUAL(table.state.hits, 1);
    CU_ASSERT_EQUAL(table.state.rally, 1);
}

static void test_ball_speed_has_a_cap(void)
{
    struct table table;
    start_play(&table, 2, 1);
    for (int i = 0; i < 100; i++) {
        put_ball(&table, GK_FIXED(75), PONG_HEIGHT / 2, -GK_FIXED(9), 0);
        step(&table);
    }
    CU_ASSERT_EQUAL(table.state.hits, 100);
    CU_ASSERT_EQUAL(table.state.ball.speed, PONG_BALL_SPEED_MAX);
}

static int32_t vy_after_hit_at(int32_t offset)
{
    struct table table;
    start_play(&table, 2, 1);
    put_ball(&table, GK_FIXED(75), PONG_HEIGHT / 2 + offset, -SERVE_SPEED, 0);
    step(&table);
    CU_ASSERT_EQUAL(table.state.hits, 1);
    return table.state.ball.vy;
}

static void test_angle_depends_on_where_the_paddle_is_met(void)
{
    CU_ASSERT_EQUAL(vy_after_hit_at(0), 0);
    CU_ASSERT(vy_after_hit_at(GK_FIXED(30)) > GK_FIXED(1));
    CU_ASSERT(vy_after_hit_at(GK_FIXED(80)) > vy_after_hit_at(GK_FIXED(30)));
    CU_ASSERT_EQUAL(vy_after_hit_at(-GK_FIXED(30)), -vy_after_hit_at(GK_FIXED(30)));
}

static void test_ball_never_tunnels_through_a_paddle(void)
{
    struct table table;
    start_play(&table, 2, 1);
    for (int32_t x = 72; x < 72 + 24; x++) {
        for (int32_t slope = -20; slope <= 20; slope += 5) {
            uint8_t hits = table.state.hits;
            table.state.phase = PONG_PLAY;
            put_ball(&table, GK_FIXED(x), PONG_HEIGHT / 2, -PONG_BALL_SPEED_MAX, GK_FIXED(slope));
            step(&table);
            CU_ASSERT_EQUAL(table.state.hits, (uint8_t)(hits + 1));
            CU_ASSERT(table.state.ball.vx > 0);
        }
    }
}

static void test_ball_in_the_corner_meets_walls_and_paddle_in_one_tick(void)
{
    struct table table;
    start_play(&table, 2, 1);
    table.state.players[0].y = PONG_KEEPER_HALF;
    put_ball(&table, GK_FIXED(80), GK_FIXED(16), -GK_FIXED(20), -GK_FIXED(12));
    step(&table);
    CU_ASSERT_EQUAL(table.state.hits, 1);
    CU_ASSERT_EQUAL(table.state.walls, 2); /* the paddle's upper end sends it up again */
    CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
}

static void test_ball_passes_a_paddle_that_stands_elsewhere(void)
{
    struct table table;
    start_play(&table, 2, 1);
    put_ball(&table, GK_FIXED(75), GK_FIXED(100), -GK_FIXED(20), 0);
    steps(&table, 6);
    CU_ASSERT_EQUAL(table.state.hits, 0);
    CU_ASSERT_EQUAL(table.state.scores[1], 1);
}

/* --- points --- */

static void make_point(struct table *table, uint32_t team)
{
    int32_t x = team == 1 ? GK_FIXED(1) : PONG_WIDTH - GK_FIXED(1);
    table->state.phase = PONG_PLAY;
    put_ball(table, x, GK_FIXED(100), team == 1 ? -GK_FIXED(20) : GK_FIXED(20), 0);
    step(table);
}

static void test_point_is_served_to_the_one_who_lost_it(void)
{
    struct table table;
    start_play(&table, 2, 1);
    make_point(&table, 1);
    CU_ASSERT_EQUAL(table.state.scores[1], 1);
    CU_ASSERT_EQUAL(table.state.phase, PONG_SERVE);
    CU_ASSERT(table.state.ball.vx < 0);
    CU_ASSERT_EQUAL(table.state.ball.speed, SERVE_SPEED);
    steps(&table, PONG_SERVE_TICKS);
    CU_ASSERT_EQUAL(table.state.phase, PONG_PLAY);
    make_point(&table, 0);
    CU_ASSERT_EQUAL(table.state.scores[0], 1);
    CU_ASSERT(table.state.ball.vx > 0);
}

static void test_first_to_seven_wins(void)
{
    struct table table;
    struct gk_result none = {0};
    start_play(&table, 2, 1);
    make_point(&table, 0);
    for (int i = 0; i < 6; i++)
        make_point(&table, 1);
    CU_ASSERT_EQUAL(GAME->result(NULL, &table.state, &none), 0);
    make_point(&table, 1);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.player_count, 2);
    CU_ASSERT_EQUAL(result.reason, 0);
    CU_ASSERT_EQUAL(result.players[0].score, 1);
    CU_ASSERT_EQUAL(result.players[1].score, 7);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[0].place, 2);
    CU_ASSERT_EQUAL(result.players[1].place, 1);
    uint8_t phase = table.state.phase;
    steps(&table, 100);
    CU_ASSERT_EQUAL(table.state.phase, phase);
    CU_ASSERT_EQUAL(table.state.scores[1], 7);
}

/* --- options --- */

static void test_option_says_how_many_points_win(void)
{
    static const int32_t points[] = {1, 3, PONG_POINTS_TO_WIN_MAX};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct table table;
        struct gk_result none;
        sit_down_at(&table, 2, 1, points[i], PONG_NORMAL);
        join_all(&table);
        steps(&table, PONG_COUNTDOWN_TICKS);
        for (int32_t made = 0; made < points[i]; made++) {
            CU_ASSERT_EQUAL(GAME->result(NULL, &table.state, &none), 0);
            make_point(&table, 0);
        }
        CU_ASSERT_EQUAL(result_of(&table).players[0].score, points[i]);
        CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_WIN);
        CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
    }
}

static void test_option_says_how_fast_the_ball_is_served(void)
{
    static const int32_t speeds[] = {GK_FIXED(7), GK_FIXED(9), GK_FIXED(12)};
    for (int32_t speed = PONG_SLOW; speed <= PONG_FAST; speed++) {
        struct table table;
        sit_down_at(&table, 2, 1, 7, speed);
        join_all(&table);
        steps(&table, PONG_COUNTDOWN_TICKS);
        CU_ASSERT_EQUAL(table.state.ball.speed, speeds[speed]);
        make_point(&table, 1);
        CU_ASSERT_EQUAL(table.state.ball.speed, speeds[speed]); /* and again after a point */
        CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
    }
}

/* --- staying away --- */

static void test_who_never_comes_forfeits_after_twenty_seconds(void)
{
    struct table table;
    sit_down(&table, 2, 1);
    GAME->join(NULL, &table.state, 1);
    steps(&table, 20 * 60 - 1);
    CU_ASSERT_EQUAL(table.state.phase, PONG_WAITING);
    step(&table);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 1);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[1].forfeit, 0);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_WIN);
}

static void test_match_nobody_comes_to_is_a_draw_by_forfeit(void)
{
    struct table table;
    sit_down(&table, 2, 1);
    steps(&table, 20 * 60);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_DRAW);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_DRAW);
    CU_ASSERT_EQUAL(result.players[0].forfeit + result.players[1].forfeit, 2);
    CU_ASSERT_EQUAL(result.players[0].place, result.players[1].place);
}

static void test_disconnect_pauses_and_return_counts_down_again(void)
{
    struct table table;
    start_play(&table, 2, 1);
    steps(&table, 10);
    GAME->leave(NULL, &table.state, 1, GK_LEAVE_DISCONNECTED);
    struct pong_ball before = table.state.ball;
    steps(&table, 10 * 60);
    CU_ASSERT_EQUAL(table.state.phase, PONG_PAUSED);
    CU_ASSERT_EQUAL(memcmp(&before, &table.state.ball, sizeof before), 0);
    GAME->join(NULL, &table.state, 1);
    CU_ASSERT_EQUAL(table.state.phase, PONG_COUNTDOWN);
    steps(&table, PONG_COUNTDOWN_TICKS);
    CU_ASSERT_EQUAL(table.state.phase, PONG_PLAY);
    CU_ASSERT_EQUAL(memcmp(&before, &table.state.ball, sizeof before), 0);
}

static void test_away_for_fifteen_seconds_forfeits(void)
{
    struct table table;
    start_play(&table, 2, 1);
    GAME->leave(NULL, &table.state, 1, GK_LEAVE_DISCONNECTED);
    steps(&table, 15 * 60 - 1);
    CU_ASSERT_EQUAL(table.state.phase, PONG_PAUSED);
    step(&table);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 1);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[1].forfeit, 1);
}

static void test_absences_together_are_limited_too(void)
{
    struct table table;
    start_play(&table, 2, 1);
    uint32_t absences = 0;
    while (table.state.phase != PONG_OVER && absences < 100) {
        GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
        steps(&table, 10 * 60);
        GAME->join(NULL, &table.state, 0);
        absences++;
    }
    CU_ASSERT_EQUAL(absences, 6);
    CU_ASSERT_EQUAL(table.state.winner, 1);
}

static void test_leaving_for_good_forfeits_at_once(void)
{
    struct table table;
    start_play(&table, 2, 1);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_WIN);
    GAME->join(NULL, &table.state, 0);
    CU_ASSERT_EQUAL(table.state.phase, PONG_OVER);
}

static void test_leaving_after_the_end_changes_nothing(void)
{
    struct table table;
    start_play(&table, 2, 1);
    for (int i = 0; i < 7; i++)
        make_point(&table, 0);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 0);
}

/* --- two against two --- */

static void test_pairs_have_a_keeper_and_a_forward(void)
{
    struct table table;
    start_play(&table, 4, 1);
    CU_ASSERT_EQUAL(pong_paddle_face(&table.state, 0), PONG_KEEPER_FACE);
    CU_ASSERT_EQUAL(pong_paddle_face(&table.state, 2), PONG_FORWARD_FACE);
    CU_ASSERT_EQUAL(pong_paddle_face(&table.state, 3), PONG_WIDTH - PONG_FORWARD_FACE);
    put_ball(&table, PONG_FORWARD_FACE + GK_FIXED(15), PONG_HEIGHT / 2, -GK_FIXED(9), 0);
    step(&table);
    CU_ASSERT_EQUAL(table.state.hits, 1);
    CU_ASSERT(table.state.ball.vx > 0);
}

static void test_ball_flies_through_the_own_forward_from_behind(void)
{
    struct table table;
    start_play(&table, 4, 1);
    put_ball(&table, PONG_FORWARD_FACE - GK_FIXED(15), PONG_HEIGHT / 2, GK_FIXED(20), 0);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.hits, 0);
    CU_ASSERT(table.state.ball.x > PONG_FORWARD_FACE + GK_FIXED(12));
}

static void test_mate_goes_on_alone_as_keeper(void)
{
    struct table table;
    start_play(&table, 4, 1);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(table.state.phase, PONG_COUNTDOWN);
    CU_ASSERT_EQUAL(pong_paddle_face(&table.state, 2), PONG_KEEPER_FACE);
    CU_ASSERT_EQUAL(pong_paddle_half(&table.state, 2), PONG_KEEPER_HALF);
    for (int i = 0; i < 7; i++)
        make_point(&table, 0);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[2].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_LOSS);
}

static void test_pair_that_left_has_lost(void)
{
    struct table table;
    start_play(&table, 4, 1);
    GAME->leave(NULL, &table.state, 1, GK_LEAVE_LEFT);
    GAME->leave(NULL, &table.state, 3, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(result_of(&table).reason, 1);
    CU_ASSERT_EQUAL(table.state.winner, 0);
}

/* --- views --- */

/* Something of everything: the client's tests decode the same view. */
static void set_up_known_view(struct table *table)
{
    start_play(table, 2, 1);
    make_point(table, 1);
    GAME->leave(NULL, &table->state, 1, GK_LEAVE_DISCONNECTED);
    put_ball(table, GK_FIXED(300), GK_FIXED(400), -GK_FIXED(7), GK_FIXED(3));
    table->state.players[1].y = GK_FIXED(250);
}

static void test_view_says_what_stands_in_its_description(void)
{
    struct table table;
    uint8_t bytes[PONG_VIEW_BYTES_MAX];
    set_up_known_view(&table);
    uint32_t count = GAME->view(NULL, &table.state, GK_SPECTATOR, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(count, PONG_VIEW_HEAD_BYTES + 2 * 2);
    struct gk_reader reader = gk_reader_of(bytes, count);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), PONG_PAUSED);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 0x01);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 0);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 1);
    CU_ASSERT_EQUAL(gk_read_u16(&reader), PONG_AWAY_GRACE_TICKS);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), table.state.hits);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), table.state.walls);
    CU_ASSERT_EQUAL(gk_read_i16(&reader), 300 * 16);
    CU_ASSERT_EQUAL(gk_read_i16(&reader), 400 * 16);
    CU_ASSERT_EQUAL(gk_read_i16(&reader), -7 * 256);
    CU_ASSERT_EQUAL(gk_read_i16(&reader), 3 * 256);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 2);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), PONG_NOBODY);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 0);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 0);
    CU_ASSERT_EQUAL(gk_read_u8(&reader), 7);
    CU_ASSERT_EQUAL(gk_read_u16(&reader), 450 * 16);
    CU_ASSERT_EQUAL(gk_read_u16(&reader), 250 * 16);
    CU_ASSERT_EQUAL(gk_reader_done(&reader), 1);
}

static void test_explain_stays_within_its_capacity(void)
{
    struct table table;
    char text[512];
    start_play(&table, 4, 1);
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

/* --- what the host relies on --- */

/* A log of anything that can happen, drawn from `chance`. */
static void do_something_hostile(struct table *table, struct gk_random *chance)
{
    uint8_t bytes[4];
    uint32_t slot = gk_random_below(chance, table->state.presence.player_count);
    uint32_t what = gk_random_below(chance, 2000);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)gk_random_next(chance);
    if (what < 1000)
        send_bytes(table, slot, bytes, gk_random_below(chance, sizeof bytes + 1));
    else if (what < 1400)
        send_direction(table, slot, (int8_t)gk_random_between(chance, -1, 1));
    else if (what < 1960)
        GAME->bot(NULL, &table->state, slot, gk_random_next(chance),
                  table->inputs + slot * PONG_INPUT_BYTES),
            table->present |= UINT64_C(1) << slot;
    else if (what < 1996)
        GAME->join(NULL, &table->state, slot);
    else if (what < 1999)
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_DISCONNECTED);
    else if (gk_random_below(chance, 20) == 0)
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_LEFT);
}

static void test_invariants_hold_through_100000_hostile_ticks(void)
{
    struct gk_random chance;
    struct table table;
    uint32_t ended = 0, broken = 0;
    gk_random_seed(&chance, 7, 7);
    sit_down(&table, 2, 0);
    for (uint32_t i = 0; i < 100000; i++) {
        do_something_hostile(&table, &chance);
        step(&table);
        broken += !GAME->check(NULL, &table.state);
        if (table.state.phase == PONG_OVER) {
            ended++;
            sit_down_at(&table, gk_random_below(&chance, 2) ? 2 : 4, i,
                        gk_random_between(&chance, 1, PONG_POINTS_TO_WIN_MAX),
                        gk_random_between(&chance, PONG_SLOW, PONG_FAST));
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
    sit_down(&one, 4, 99);
    sit_down(other, 4, 99);
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

static uint32_t ticks_between_bots(uint32_t players, uint64_t seed, uint32_t left, uint32_t right,
                                   struct gk_result *ret_result)
{
    struct table table;
    uint32_t ticks = 0;
    sit_down_at(&table, players, seed, 7, (int32_t)(seed % 3));
    join_all(&table);
    for (; ticks < 60 * 60 * 60 && table.state.phase != PONG_OVER; ticks++) {
        for (uint32_t slot = 0; slot < players; slot++)
            GAME->bot(NULL, &table.state, slot, slot % 2 ? right : left,
                      table.inputs + slot * PONG_INPUT_BYTES);
        table.present = (1u << players) - 1;
        step(&table);
    }
    memset(ret_result, 0, sizeof *ret_result);
    CU_ASSERT_EQUAL(GAME->result(NULL, &table.state, ret_result), 1);
    return ticks;
}

static void test_bots_play_to_the_end_and_the_better_one_wins(void)
{
    struct gk_result result;
    uint32_t better = 0, better_pairs = 0, longest = 0;
    for (uint64_t seed = 0; seed < 18; seed++) {
        ticks_between_bots(2, seed, 1, 3, &result);
        better += result.players[1].outcome == GK_OUTCOME_WIN;
        ticks_between_bots(4, seed, 3, 1, &result);
        better_pairs += result.players[0].outcome == GK_OUTCOME_WIN;
        uint32_t ticks = ticks_between_bots(2, seed, 3, 3, &result);
        longest = ticks > longest ? ticks : longest;
        CU_ASSERT_EQUAL(result.reason, 0);
    }
    CU_ASSERT(better >= 17);
    CU_ASSERT(better_pairs >= 16);
    CU_ASSERT(longest < 30 * 60 * 60);
}

#define TEST(name)                                                                                 \
    {                                                                                              \
#name, test_##name                                                                         \
    }

static CU_TestInfo rules[] = {
    TEST(match_waits_until_everybody_is_here),
    TEST(countdown_lasts_three_seconds),
    TEST(first_serve_depends_on_the_seed_only),
    TEST(paddle_moves_in_a_direction_until_told_otherwise),
    TEST(paddle_stays_on_the_field),
    TEST(paddle_follows_a_target_at_limited_speed),
    TEST(input_refuses_what_is_no_input),
    TEST(input_of_somebody_away_is_ignored),
    TEST(ball_bounces_off_the_walls),
    TEST(ball_comes_back_faster_from_a_paddle),
    TEST(ball_speed_has_a_cap),
    TEST(angle_depends_on_where_the_paddle_is_met),
    TEST(ball_never_tunnels_through_a_paddle),
    TEST(ball_in_the_corner_meets_walls_and_paddle_in_one_tick),
    TEST(ball_passes_a_paddle_that_stands_elsewhere),
    TEST(point_is_served_to_the_one_who_lost_it),
    TEST(first_to_seven_wins),
    TEST(option_says_how_many_points_win),
    TEST(option_says_how_fast_the_ball_is_served),
    TEST(who_never_comes_forfeits_after_twenty_seconds),
    TEST(match_nobody_comes_to_is_a_draw_by_forfeit),
    TEST(disconnect_pauses_and_return_counts_down_again),
    TEST(away_for_fifteen_seconds_forfeits),
    TEST(absences_together_are_limited_too),
    TEST(leaving_for_good_forfeits_at_once),
    TEST(leaving_after_the_end_changes_nothing),
    TEST(pairs_have_a_keeper_and_a_forward),
    TEST(ball_flies_through_the_own_forward_from_behind),
    TEST(mate_goes_on_alone_as_keeper),
    TEST(pair_that_left_has_lost),
    TEST(view_says_what_stands_in_its_description),
    TEST(explain_stays_within_its_capacity),
    TEST(explain_stands_any_state),
    TEST(invariants_hold_through_100000_hostile_ticks),
    TEST(state_is_the_same_at_another_address_and_in_a_second_run),
    TEST(bots_play_to_the_end_and_the_better_one_wins),
    CU_TEST_INFO_NULL,
};

/* The known view, for client.test.mjs: both sides are held to the same bytes. */
static int print_view(void)
{
    struct table table;
    uint8_t bytes[PONG_VIEW_BYTES_MAX];
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
