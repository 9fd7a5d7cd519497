/*
 * rules_test.c: the rules of light cycles, each a promise by name. The rules are reached only
 * through the exported table, as a host does; situations are set up by writing into the state.
 */
#include "cycles.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>

#define GAME (&gk_game_v1)

struct table {
    struct cycles_state state;
    uint8_t inputs[CYCLES_PLAYERS_MAX * CYCLES_INPUT_BYTES];
    uint64_t present;
};

/* What game.json says when nobody chooses: three rounds, normal speed, the arena as it is. */
static const int32_t defaults[] = {3, CYCLES_NORMAL, 0};

static void sit_down_at(struct table *table, uint32_t mode, uint32_t players, uint64_t seed,
                        const int32_t options[3])
{
    struct gk_match match = {.seed = seed, .mode = mode, .player_count = players};
    memcpy(match.options, options, sizeof defaults);
    memset(table, 0, sizeof *table);
    GAME->init(NULL, &table->state, &match);
}

static void sit_down(struct table *table, uint32_t players, uint64_t seed)
{
    sit_down_at(table, players > 2 ? CYCLES_FFA : CYCLES_DUEL, players, seed, defaults);
}

static void join_all(struct table *table)
{
    for (uint32_t slot = 0; slot < table->state.presence.player_count; slot++)
        GAME->join(NULL, &table->state, slot);
}

static uint32_t send_bytes(struct table *table, uint32_t slot, const uint8_t *bytes, uint32_t count)
{
    uint8_t *input = table->inputs + slot * CYCLES_INPUT_BYTES;
    uint32_t taken = GAME->input(NULL, &table->state, slot, bytes, count, input);
    if (taken)
        table->present |= UINT64_C(1) << slot;
    return taken;
}

static void send_turn(struct table *table, uint32_t slot, uint8_t direction)
{
    uint32_t taken = send_bytes(table, slot, &direction, 1);
    assert(taken == 1);
    (void)taken;
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

static void start_ride_at(struct table *table, uint32_t mode, uint32_t players,
                          const int32_t options[3])
{
    sit_down_at(table, mode, players, 1, options);
    join_all(table);
    steps(table, CYCLES_COUNTDOWN_TICKS);
    assert(table->state.phase == CYCLES_RIDE);
}

static void start_ride(struct table *table, uint32_t players)
{
    start_ride_at(table, players > 2 ? CYCLES_FFA : CYCLES_DUEL, players, defaults);
}

/* Moves a cycle that has not ridden yet. */
static void put(struct table *table, uint32_t slot, uint8_t x, uint8_t y, uint8_t heading)
{
    struct cycles_player *player = &table->state.players[slot];
    assert(player->steps == 0);
    table->state.cells[player->y * CYCLES_WIDTH + player->x] = CYCLES_FREE;
    player->x = player->first_x = x;
    player->y = player->first_y = y;
    player->heading = heading;
    table->state.cells[y * CYCLES_WIDTH + x] = CYCLES_WALL(slot, heading);
}

static struct gk_result result_of(const struct table *table)
{
    struct gk_result result = {0};
    CU_ASSERT_EQUAL(GAME->result(NULL, &table->state, &result), 1);
    return result;
}

/* FNV-1a over the whole block. */
static uint64_t hash_of(const struct cycles_state *state)
{
    const uint8_t *bytes = (const uint8_t *)state;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof *state; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Lets all but one team crash. */
static void win_round(struct table *table, uint32_t winner)
{
    while (table->state.phase != CYCLES_RIDE)
        step(table);
    for (uint32_t slot = 0; slot < table->state.presence.player_count; slot++)
        table->state.players[slot].riding &= cycles_team(&table->state, slot) == winner;
    step(table);
}

/* --- the start --- */

static void test_match_waits_until_everybody_is_here(void)
{
    struct table table;
    sit_down(&table, 3, 1);
    GAME->join(NULL, &table.state, 0);
    GAME->join(NULL, &table.state, 2);
    steps(&table, 100);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_WAITING);
    GAME->join(NULL, &table.state, 1);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_COUNTDOWN);
    steps(&table, 3 * 20 - 1);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_COUNTDOWN);
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_RIDE);
}

static void test_who_never_comes_to_a_pair_is_left_out_after_twenty_seconds(void)
{
    struct table table;
    sit_down_at(&table, CYCLES_PAIRS, 4, 1, defaults);
    for (uint32_t slot = 0; slot < 4; slot++) {
        if (slot != 1)
            GAME->join(NULL, &table.state, slot);
    }
    steps(&table, 20 * 20 - 1);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_WAITING);
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_COUNTDOWN);
    CU_ASSERT_EQUAL(gk_presence_has(table.state.presence.gone, 1), 1);
    CU_ASSERT_EQUAL(table.state.players[1].riding, 0);
}

static void test_late_rider_starts_with_the_next_round(void)
{
    struct table table;
    sit_down(&table, 4, 1);
    GAME->join(NULL, &table.state, 0);
    GAME->join(NULL, &table.state, 2);
    steps(&table, 8 * 20 - 1);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_WAITING);
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_COUNTDOWN);
    CU_ASSERT_EQUAL(table.state.players[1].riding, 0);
    steps(&table, CYCLES_COUNTDOWN_TICKS);
    GAME->join(NULL, &table.state, 3);
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_RIDE);
    CU_ASSERT_EQUAL(table.state.players[3].riding, 0);
    win_round(&table, 2);
    steps(&table, CYCLES_ROUND_END_TICKS);
    CU_ASSERT_EQUAL(table.state.round, 2);
    CU_ASSERT_EQUAL(table.state.players[3].riding, 1);
    CU_ASSERT_EQUAL(table.state.players[1].riding, 0); /* the seat is still open */
    CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
    win_round(&table, 2);
    win_round(&table, 2);
    steps(&table, CYCLES_ROUND_END_TICKS);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[2].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[3].forfeit, 0);
    CU_ASSERT_EQUAL(result.players[1].forfeit, 1);
    CU_ASSERT_EQUAL(result.players[1].place, 4);
}

static void test_match_nobody_comes_to_is_a_draw_by_forfeit(void)
{
    struct table table;
    sit_down(&table, 2, 1);
    steps(&table, CYCLES_JOIN_GRACE_TICKS);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 1);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_DRAW);
    CU_ASSERT_EQUAL(result.players[1].forfeit, 1);
}

static void test_places_are_apart_and_look_inwards_for_any_count(void)
{
    for (uint32_t players = 2; players <= CYCLES_PLAYERS_MAX; players++) {
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct table table;
            sit_down(&table, players, seed);
            for (uint32_t slot = 0; slot < players; slot++) {
                const struct cycles_player *player = &table.state.players[slot];
                struct cycles_cell at = {player->x, player->y};
                for (uint32_t i = 0; i < 12; i++) {
                    at = cycles_beside(at.x, at.y, player->heading);
                    CU_ASSERT(cycles_is_free(&table.state, at));
                }
            }
        }
    }
}

/* --- riding --- */

static void test_cycle_moves_a_cell_a_tick_and_leaves_a_wall(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 60, 40, CYCLES_LEFT);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[0].x, 25);
    CU_ASSERT_EQUAL(table.state.players[0].y, 20);
    for (int32_t x = 20; x <= 25; x++)
        CU_ASSERT(!cycles_is_free(&table.state, (struct cycles_cell){x, 20}));
    CU_ASSERT(cycles_is_free(&table.state, (struct cycles_cell){26, 20}));
}

static void test_cycle_turns_but_not_back(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 60, 40, CYCLES_LEFT);
    send_turn(&table, 0, CYCLES_LEFT);
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].x, 21);
    send_turn(&table, 0, CYCLES_DOWN);
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].x, 21);
    CU_ASSERT_EQUAL(table.state.players[0].y, 21);
}

static void test_two_turns_at_once_are_made_one_after_the_other(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 60, 40, CYCLES_LEFT);
    send_bytes(&table, 0, (const uint8_t[]){CYCLES_UP, CYCLES_LEFT}, 2);
    steps(&table, 2);
    CU_ASSERT_EQUAL(table.state.players[0].x, 19);
    CU_ASSERT_EQUAL(table.state.players[0].y, 19);
}

static void test_a_repeated_turn_costs_no_tick(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 60, 40, CYCLES_LEFT);
    send_turn(&table, 0, CYCLES_UP);
    step(&table);
    send_bytes(&table, 0, (const uint8_t[]){CYCLES_UP, CYCLES_LEFT}, 2);
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].x, 19);
    CU_ASSERT_EQUAL(table.state.players[0].y, 19);
}

static void test_input_refuses_what_is_no_input(void)
{
    struct table table;
    uint8_t ret[CYCLES_INPUT_BYTES];
    start_ride(&table, 2);
    const uint8_t wrong[] = {CYCLES_NO_TURN, 0};
    const uint8_t half_wrong[] = {0, 0xff};
    const uint8_t fine[] = {1, 2, 3};
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, wrong, 1, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, half_wrong, 2, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, fine, 0, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 0, fine, 3, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 2, fine, 1, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 1, fine, 1, ret), 1);
}

/* --- crashing --- */

static void test_border_crashes_and_the_last_one_riding_wins_the_round(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 3, 20, CYCLES_LEFT);
    put(&table, 1, 60, 40, CYCLES_LEFT);
    steps(&table, 3);
    CU_ASSERT_EQUAL(table.state.players[0].x, 0);
    CU_ASSERT_EQUAL(table.state.players[0].riding, 1);
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].riding, 0);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_ROUND_END);
    CU_ASSERT_EQUAL(table.state.round_winner, 1);
    CU_ASSERT_EQUAL(table.state.players[1].wins, 1);
}

static void test_walls_crash_also_the_own_one(void)
{
    struct table table;
    start_ride(&table, 3);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 22, 30, CYCLES_UP);
    put(&table, 2, 80, 60, CYCLES_LEFT);
    steps(&table, 9);
    CU_ASSERT_EQUAL(table.state.players[1].riding, 1);
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[1].riding, 0);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_RIDE);
    send_turn(&table, 0, CYCLES_UP);
    step(&table);
    send_turn(&table, 0, CYCLES_LEFT);
    step(&table);
    send_turn(&table, 0, CYCLES_DOWN);
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].riding, 0);
    CU_ASSERT_EQUAL(table.state.round_winner, 2);
}

static void test_two_that_want_the_same_cell_crash_both(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 24, 20, CYCLES_LEFT);
    steps(&table, 2);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_ROUND_END);
    CU_ASSERT_EQUAL(table.state.round_winner, CYCLES_NOBODY);
    CU_ASSERT_EQUAL(table.state.players[0].wins + table.state.players[1].wins, 0);
}

static void test_two_that_would_change_places_crash_both(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 21, 20, CYCLES_LEFT);
    step(&table);
    CU_ASSERT_EQUAL(table.state.round_winner, CYCLES_NOBODY);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_ROUND_END);
}

static void test_order_of_the_slots_does_not_matter(void)
{
    for (uint32_t first = 0; first < 2; first++) {
        struct table table;
        start_ride(&table, 2);
        put(&table, first, 20, 20, CYCLES_RIGHT);
        put(&table, 1 - first, 21, 25, CYCLES_UP);
        steps(&table, 4);
        CU_ASSERT_EQUAL(table.state.phase, CYCLES_RIDE);
        steps(&table, 1); /* the second drives into the first one's wall */
        CU_ASSERT_EQUAL(table.state.round_winner, first);
    }
}

/* --- rounds and the end --- */

static void test_round_end_leads_to_a_fresh_arena(void)
{
    struct table table;
    start_ride(&table, 2);
    win_round(&table, 0);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_ROUND_END);
    steps(&table, CYCLES_ROUND_END_TICKS);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_COUNTDOWN);
    CU_ASSERT_EQUAL(table.state.round, 2);
    uint32_t walls = 0;
    for (uint32_t i = 0; i < CYCLES_CELLS; i++)
        walls += table.state.cells[i] != CYCLES_FREE;
    CU_ASSERT_EQUAL(walls, 2);
}

static void test_three_rounds_win_the_match(void)
{
    struct table table;
    struct gk_result none;
    start_ride(&table, 2);
    win_round(&table, 0);
    win_round(&table, 1);
    win_round(&table, 1);
    CU_ASSERT_EQUAL(GAME->result(NULL, &table.state, &none), 0);
    win_round(&table, 1);
    steps(&table, CYCLES_ROUND_END_TICKS);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 0);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[1].score, 3);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[0].place, 2);
}

static void test_after_nine_rounds_the_most_wins_count_and_may_be_level(void)
{
    struct table table;
    start_ride(&table, 8);
    for (uint32_t round = 0; round < 9; round++)
        win_round(&table, round % 8);
    steps(&table, CYCLES_ROUND_END_TICKS);
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_WIN);
    table.state.players[1].wins = 2;
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_DRAW);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_DRAW);
    CU_ASSERT_EQUAL(result.players[2].place, 3);
    CU_ASSERT_EQUAL(result.players[2].outcome, GK_OUTCOME_LOSS);
}

/* --- teams --- */

static void test_mates_share_the_round(void)
{
    struct table table;
    start_ride_at(&table, CYCLES_PAIRS, 4, defaults);
    table.state.players[1].riding = 0;
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_RIDE); /* there is one of each team */
    table.state.players[2].riding = 0;
    table.state.players[3].riding = 0;
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_ROUND_END);
    CU_ASSERT_EQUAL(table.state.round_winner, 0);
    CU_ASSERT_EQUAL(table.state.players[0].wins, 1);
    CU_ASSERT_EQUAL(table.state.players[2].wins, 1); /* has crashed, and has won all the same */
    CU_ASSERT_EQUAL(table.state.players[1].wins, 0);
    CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
}

static void test_round_ends_when_only_mates_ride(void)
{
    struct table table;
    start_ride_at(&table, CYCLES_PAIRS, 4, defaults);
    table.state.players[1].riding = 0;
    table.state.players[3].riding = 0;
    step(&table);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_ROUND_END);
    CU_ASSERT_EQUAL(table.state.round_winner, 0);
}

static void test_walls_of_a_mate_crash_too(void)
{
    struct table table;
    start_ride_at(&table, CYCLES_PAIRS, 4, defaults);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 2, 22, 25, CYCLES_UP);
    put(&table, 1, 80, 10, CYCLES_LEFT);
    put(&table, 3, 80, 60, CYCLES_LEFT);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[2].riding, 0);
    CU_ASSERT_EQUAL(table.state.players[0].riding, 1);
}

static void test_mates_have_the_same_place_and_outcome(void)
{
    struct table table;
    start_ride_at(&table, CYCLES_PAIRS, 4, defaults);
    win_round(&table, 0);
    for (uint32_t i = 0; i < 3; i++)
        win_round(&table, 1);
    steps(&table, CYCLES_ROUND_END_TICKS);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.player_count, 4);
    CU_ASSERT_EQUAL(result.reason, 0);
    for (uint32_t slot = 0; slot < 4; slot++) {
        CU_ASSERT_EQUAL(result.players[slot].outcome,
                        slot % 2 == 1 ? GK_OUTCOME_WIN : GK_OUTCOME_LOSS);
        CU_ASSERT_EQUAL(result.players[slot].place, slot % 2 == 1 ? 1 : 2);
        CU_ASSERT_EQUAL(result.players[slot].score, slot % 2 == 1 ? 3 : 1);
    }
}

static void test_mate_rides_on_alone_and_who_walked_out_has_lost(void)
{
    struct table table;
    start_ride_at(&table, CYCLES_PAIRS, 4, defaults);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_RIDE);
    for (uint32_t i = 0; i < 3; i++)
        win_round(&table, 0);
    steps(&table, CYCLES_ROUND_END_TICKS);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[2].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[2].place, 1);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
    CU_ASSERT_EQUAL(result.players[1].place, 2);
}

static void test_pair_that_left_has_lost(void)
{
    struct table table;
    start_ride_at(&table, CYCLES_PAIRS, 4, defaults);
    win_round(&table, 1);
    GAME->leave(NULL, &table.state, 1, GK_LEAVE_LEFT);
    GAME->leave(NULL, &table.state, 3, GK_LEAVE_LEFT);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 1);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[2].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[3].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[1].place, result.players[3].place);
}

/* --- options --- */

static void test_option_says_how_many_rounds_win(void)
{
    for (int32_t rounds = 1; rounds <= CYCLES_ROUNDS_TO_WIN_MAX; rounds++) {
        struct table table;
        struct gk_result none;
        start_ride_at(&table, CYCLES_DUEL, 2, (const int32_t[]){rounds, CYCLES_NORMAL, 0});
        for (int32_t i = 0; i < rounds; i++) {
            CU_ASSERT_EQUAL(GAME->result(NULL, &table.state, &none), 0);
            win_round(&table, 1);
        }
        steps(&table, CYCLES_ROUND_END_TICKS);
        CU_ASSERT_EQUAL(result_of(&table).players[1].score, rounds);
    }
}

static void test_option_says_how_fast_cycles_ride(void)
{
    static const uint32_t cells_in_40_ticks[] = {30, 40, 60};
    for (int32_t speed = CYCLES_SLOW; speed <= CYCLES_FAST; speed++) {
        struct table table;
        start_ride_at(&table, CYCLES_DUEL, 2, (const int32_t[]){3, speed, 0});
        put(&table, 0, 10, 20, CYCLES_RIGHT);
        put(&table, 1, 100, 40, CYCLES_LEFT);
        steps(&table, 40);
        CU_ASSERT_EQUAL(table.state.players[0].steps, cells_in_40_ticks[speed]);
        CU_ASSERT_EQUAL(table.state.players[1].x, 100 - cells_in_40_ticks[speed]);
        CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
    }
}

static void test_option_shrinks_the_arena(void)
{
    struct table table;
    start_ride_at(&table, CYCLES_DUEL, 2, (const int32_t[]){3, CYCLES_SLOW, 1});
    put(&table, 0, 2, 20, CYCLES_DOWN);
    put(&table, 1, 60, 40, CYCLES_LEFT);
    table.state.ride_ticks = CYCLES_SHRINK_WAIT_TICKS - 2;
    step(&table);
    CU_ASSERT_EQUAL(table.state.inset, 0);
    step(&table);
    CU_ASSERT_EQUAL(table.state.inset, 1);
    CU_ASSERT(!cycles_is_free(&table.state, (struct cycles_cell){0, 60}));
    CU_ASSERT(cycles_is_free(&table.state, (struct cycles_cell){1, 60}));
    steps(&table, CYCLES_SHRINK_EACH_TICKS);
    CU_ASSERT_EQUAL(table.state.inset, 2);
    CU_ASSERT_EQUAL(table.state.players[0].riding, 1); /* rides along the border */
    steps(&table, CYCLES_SHRINK_EACH_TICKS);
    CU_ASSERT_EQUAL(table.state.players[0].riding, 0); /* which has come over it */
    CU_ASSERT_EQUAL(table.state.round_winner, 1);
    CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
    steps(&table, CYCLES_ROUND_END_TICKS);
    CU_ASSERT_EQUAL(table.state.inset, 0);
    start_ride(&table, 2);
    table.state.ride_ticks = CYCLES_SHRINK_WAIT_TICKS - 1;
    step(&table);
    CU_ASSERT_EQUAL(table.state.inset, 0); /* not where the option is off */
}

/* --- staying away --- */

static void test_who_is_away_rides_straight_on(void)
{
    struct table table;
    start_ride(&table, 2);
    put(&table, 0, 20, 20, CYCLES_RIGHT);
    put(&table, 1, 60, 40, CYCLES_LEFT);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    send_turn(&table, 0, CYCLES_UP);
    steps(&table, 5);
    CU_ASSERT_EQUAL(table.state.players[0].x, 25);
    GAME->join(NULL, &table.state, 0);
    send_turn(&table, 0, CYCLES_UP);
    step(&table);
    CU_ASSERT_EQUAL(table.state.players[0].y, 19);
}

static void test_away_for_fifteen_seconds_crashes_and_forfeits(void)
{
    struct table table;
    start_ride(&table, 3);
    GAME->leave(NULL, &table.state, 2, GK_LEAVE_DISCONNECTED);
    steps(&table, CYCLES_AWAY_GRACE_TICKS);
    CU_ASSERT_EQUAL(gk_presence_has(table.state.presence.gone, 2), 1);
    CU_ASSERT_EQUAL(table.state.players[2].riding, 0);
    GAME->join(NULL, &table.state, 2);
    CU_ASSERT_EQUAL(gk_presence_has(table.state.presence.here, 2), 0);
}

static void test_absences_together_are_limited_too(void)
{
    struct table table;
    start_ride(&table, 3);
    for (uint32_t i = 0; i < 10 && !gk_presence_has(table.state.presence.gone, 2); i++) {
        GAME->leave(NULL, &table.state, 2, GK_LEAVE_DISCONNECTED);
        steps(&table, 10 * CYCLES_TICK_HZ);
        table.state.round = 1;
        for (uint32_t slot = 0; slot < 3; slot++)
            table.state.players[slot].wins = 0;
        GAME->join(NULL, &table.state, 2);
    }
    CU_ASSERT_EQUAL(gk_presence_has(table.state.presence.gone, 2), 1);
    CU_ASSERT_EQUAL(table.state.presence.away_ticks_total[2], CYCLES_AWAY_BUDGET_TICKS);
}

static void test_leaving_crashes_at_once_and_the_others_ride_on(void)
{
    struct table table;
    start_ride(&table, 3);
    GAME->leave(NULL, &table.state, 1, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(table.state.players[1].riding, 0);
    CU_ASSERT_EQUAL(table.state.phase, CYCLES_RIDE);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 1);
    CU_ASSERT_EQUAL(result.players[2].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[2].forfeit, 0);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
}

static void test_who_left_stands_behind_who_stayed(void)
{
    struct table table;
    start_ride(&table, 3);
    win_round(&table, 0);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    win_round(&table, 1);
    win_round(&table, 1);
    win_round(&table, 1);
    steps(&table, CYCLES_ROUND_END_TICKS);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 0);
    CU_ASSERT_EQUAL(result.players[1].place, 1);
    CU_ASSERT_EQUAL(result.players[2].place, 2);
    CU_ASSERT_EQUAL(result.players[0].place, 3);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
}

/* --- what the host relies on --- */

/* Slot 0 rode three to the right and two down; slot 1 five to the left, and is away. */
static void set_up_known_view(struct table *table)
{
    start_ride(table, 2);
    put(table, 0, 20, 20, CYCLES_RIGHT);
    put(table, 1, 60, 40, CYCLES_LEFT);
    steps(table, 3);
    send_turn(table, 0, CYCLES_DOWN);
    step(table);
    GAME->leave(NULL, &table->state, 1, GK_LEAVE_DISCONNECTED);
    step(table);
}

static void test_view_says_what_stands_in_its_description(void)
{
    struct table table;
    uint8_t bytes[CYCLES_VIEW_BYTES_MAX], other[CYCLES_VIEW_BYTES_MAX];
    static const uint8_t expected[] = {
        CYCLES_RIDE,   1, 0, 3,    0,    0,           1, 2, 2,    CYCLES_NOBODY, 0, 3,  0,
        CYCLES_NORMAL, 0, 0, 20,   20,   CYCLES_DOWN, 5, 0, 0x95, 0x02,          0, 60, 40,
        CYCLES_LEFT,   5, 0, 0xff, 0x03,
    };
    set_up_known_view(&table);
    uint32_t count = GAME->view(NULL, &table.state, 0, bytes, sizeof bytes);
    CU_ASSERT_EQUAL_FATAL(count, sizeof expected);
    CU_ASSERT_EQUAL(memcmp(bytes, expected, sizeof expected), 0);
    CU_ASSERT_EQUAL(GAME->view(NULL, &table.state, GK_SPECTATOR, other, sizeof other), count);
    CU_ASSERT_EQUAL(memcmp(bytes, other, count), 0);
}

/* The longest trail there can be: it winds down the arena, row by row. */
static void test_view_fits_when_the_whole_arena_is_one_wall(void)
{
    struct table table;
    uint8_t bytes[CYCLES_VIEW_BYTES_MAX];
    start_ride(&table, 2);
    struct cycles_player *rider = &table.state.players[0];
    rider->first_x = rider->first_y = 0;
    rider->steps = CYCLES_CELLS - 2;
    for (uint32_t y = 0; y < CYCLES_HEIGHT; y++) {
        for (uint32_t x = 0; x < CYCLES_WIDTH; x++)
            table.state.cells[y * CYCLES_WIDTH + x] =
                CYCLES_WALL(0, y % 2 ? CYCLES_LEFT : CYCLES_RIGHT);
        table.state.cells[y * CYCLES_WIDTH + (y % 2 ? 0 : CYCLES_WIDTH - 1)] =
            CYCLES_WALL(0, CYCLES_DOWN);
    }
    CU_ASSERT_EQUAL(GAME->check(NULL, &table.state), 1);
    uint32_t count = GAME->view(NULL, &table.state, 0, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(count, CYCLES_VIEW_HEAD_BYTES + 2 * CYCLES_VIEW_PLAYER_BYTES +
                               (CYCLES_CELLS - 2 + 3) / 4);
}

static void test_explain_stays_within_its_capacity(void)
{
    struct table table;
    char text[512];
    start_ride(&table, 8);
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

/* A log of anything that can happen, drawn from `chance`. */
static void do_something_hostile(struct table *table, struct gk_random *chance)
{
    uint8_t bytes[4];
    uint32_t slot = gk_random_below(chance, table->state.presence.player_count);
    uint32_t what = gk_random_below(chance, 2000);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)gk_random_below(chance, 6);
    if (what < 1440)
        send_bytes(table, slot, bytes, gk_random_below(chance, sizeof bytes + 1));
    else if (what < 1500)
        table->present |= (uint64_t)GAME->bot(NULL, &table->state, slot, gk_random_below(chance, 5),
                                              table->inputs + slot * CYCLES_INPUT_BYTES)
                          << slot;
    else if (what < 1980)
        GAME->join(NULL, &table->state, slot);
    else if (what < 1999)
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_DISCONNECTED);
    else if (gk_random_below(chance, 5) == 0)
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_LEFT);
}

static void sit_down_somehow(struct table *table, struct gk_random *chance, uint64_t seed)
{
    uint32_t mode = gk_random_below(chance, 3);
    uint32_t players = mode == CYCLES_FFA ? 2 + gk_random_below(chance, 7) : 2 + mode;
    int32_t options[] = {gk_random_between(chance, 1, CYCLES_ROUNDS_TO_WIN_MAX),
                         gk_random_between(chance, CYCLES_SLOW, CYCLES_FAST),
                         gk_random_between(chance, 0, 1)};
    sit_down_at(table, mode, players, seed, options);
}

static void test_invariants_hold_through_100000_hostile_ticks(void)
{
    struct gk_random chance;
    struct table table;
    uint8_t bytes[CYCLES_VIEW_BYTES_MAX];
    uint32_t ended = 0, broken = 0;
    gk_random_seed(&chance, 7, 7);
    sit_down(&table, 2, 0);
    for (uint32_t i = 0; i < 100000; i++) {
        do_something_hostile(&table, &chance);
        step(&table);
        broken += !GAME->check(NULL, &table.state);
        broken += GAME->view(NULL, &table.state, 0, bytes, sizeof bytes) == 0;
        if (table.state.phase == CYCLES_OVER) {
            ended++;
            sit_down_somehow(&table, &chance, i);
        }
    }
    CU_ASSERT_EQUAL(broken, 0);
    CU_ASSERT(ended > 20);
}

static void test_state_is_the_same_at_another_address_and_in_a_second_run(void)
{
    struct table one, *other = malloc(sizeof *other);
    struct gk_random chance_one, chance_other;
    assert(other != NULL);
    gk_random_seed(&chance_one, 3, 3);
    gk_random_seed(&chance_other, 3, 3);
    sit_down(&one, 8, 99);
    sit_down(other, 8, 99);
    for (uint32_t i = 0; i < 3000; i++) {
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

static void play_bots(struct table *table, const uint8_t *difficulties,
                      struct gk_result *ret_result)
{
    join_all(table);
    for (uint32_t i = 0; i < 60 * 60 * 20 && table->state.phase != CYCLES_OVER; i++) {
        for (uint32_t slot = 0; slot < table->state.presence.player_count; slot++) {
            if (GAME->bot(NULL, &table->state, slot, difficulties[slot],
                          table->inputs + slot * CYCLES_INPUT_BYTES))
                table->present |= UINT64_C(1) << slot;
        }
        step(table);
    }
    *ret_result = result_of(table);
}

static void test_bots_play_to_the_end_and_the_better_one_wins(void)
{
    static const uint8_t pair[] = {1, 3}, all[] = {1, 2, 3, 1, 2, 3, 2, 2};
    static const uint8_t pairs[] = {1, 3, 1, 3};
    struct gk_result result;
    struct table table;
    uint32_t better = 0, better_pairs = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        const int32_t options[] = {1, (int32_t)(seed % 3), seed % 2};
        sit_down_at(&table, CYCLES_DUEL, 2, seed, options);
        play_bots(&table, pair, &result);
        better += result.players[1].outcome == GK_OUTCOME_WIN;
        CU_ASSERT_EQUAL(result.reason, 0);
        sit_down_at(&table, CYCLES_PAIRS, 4, seed, options);
        play_bots(&table, pairs, &result);
        better_pairs += result.players[1].outcome == GK_OUTCOME_WIN;
    }
    CU_ASSERT(better >= 5);
    CU_ASSERT(better_pairs >= 5);
    sit_down_at(&table, CYCLES_FFA, 8, 1, (const int32_t[]){1, CYCLES_NORMAL, 1});
    play_bots(&table, all, &result);
    CU_ASSERT_EQUAL(result.reason, 0);
}

/* Slot 2 is in a room with one door, and slot 0 can ride into it. */
static uint8_t way_at_the_door(uint32_t mode, uint32_t difficulty)
{
    struct table table;
    uint8_t input[CYCLES_INPUT_BYTES] = {0};
    start_ride_at(&table, mode, 4, defaults);
    put(&table, 1, 5, 66, CYCLES_RIGHT);
    put(&table, 3, 105, 66, CYCLES_LEFT);
    put(&table, 2, 60, 31, CYCLES_UP);
    put(&table, 0, 60, 28, CYCLES_DOWN);
    for (uint32_t i = 0; i <= 14; i++) {
        table.state.cells[30 * CYCLES_WIDTH + 53 + i] = CYCLES_WALL(1, CYCLES_RIGHT);
        table.state.cells[44 * CYCLES_WIDTH + 53 + i] = CYCLES_WALL(1, CYCLES_RIGHT);
        table.state.cells[(30 + i) * CYCLES_WIDTH + 53] = CYCLES_WALL(1, CYCLES_DOWN);
        table.state.cells[(30 + i) * CYCLES_WIDTH + 67] = CYCLES_WALL(1, CYCLES_DOWN);
    }
    table.state.cells[30 * CYCLES_WIDTH + 60] = CYCLES_FREE;
    CU_ASSERT_EQUAL(GAME->bot(NULL, &table.state, 0, difficulty, input), 1);
    return input[0];
}

static void test_bot_shuts_a_rival_in_but_not_a_mate(void)
{
    CU_ASSERT_EQUAL(way_at_the_door(CYCLES_FFA, 3), CYCLES_DOWN);
    CU_ASSERT_NOT_EQUAL(way_at_the_door(CYCLES_PAIRS, 3), CYCLES_DOWN);
    CU_ASSERT_NOT_EQUAL(way_at_the_door(CYCLES_PAIRS, 2), CYCLES_DOWN);
}

#define TEST(name)                                                                                 \
    {                                                                                              \
#name, test_##name                                                                         \
    }

static CU_TestInfo rules[] = {
    TEST(match_waits_until_everybody_is_here),
    TEST(who_never_comes_to_a_pair_is_left_out_after_twenty_seconds),
    TEST(late_rider_starts_with_the_next_round),
    TEST(match_nobody_comes_to_is_a_draw_by_forfeit),
    TEST(places_are_apart_and_look_inwards_for_any_count),
    TEST(cycle_moves_a_cell_a_tick_and_leaves_a_wall),
    TEST(cycle_turns_but_not_back),
    TEST(two_turns_at_once_are_made_one_after_the_other),
    TEST(a_repeated_turn_costs_no_tick),
    TEST(input_refuses_what_is_no_input),
    TEST(border_crashes_and_the_last_one_riding_wins_the_round),
    TEST(walls_crash_also_the_own_one),
    TEST(two_that_want_the_same_cell_crash_both),
    TEST(two_that_would_change_places_crash_both),
    TEST(order_of_the_slots_does_not_matter),
    TEST(round_end_leads_to_a_fresh_arena),
    TEST(three_rounds_win_the_match),
    TEST(after_nine_rounds_the_most_wins_count_and_may_be_level),
    TEST(mates_share_the_round),
    TEST(round_ends_when_only_mates_ride),
    TEST(walls_of_a_mate_crash_too),
    TEST(mates_have_the_same_place_and_outcome),
    TEST(mate_rides_on_alone_and_who_walked_out_has_lost),
    TEST(pair_that_left_has_lost),
    TEST(option_says_how_many_rounds_win),
    TEST(option_says_how_fast_cycles_ride),
    TEST(option_shrinks_the_arena),
    TEST(who_is_away_rides_straight_on),
    TEST(away_for_fifteen_seconds_crashes_and_forfeits),
    TEST(absences_together_are_limited_too),
    TEST(leaving_crashes_at_once_and_the_others_ride_on),
    TEST(who_left_stands_behind_who_stayed),
    TEST(view_says_what_stands_in_its_description),
    TEST(view_fits_when_the_whole_arena_is_one_wall),
    TEST(explain_stays_within_its_capacity),
    TEST(explain_stands_any_state),
    TEST(invariants_hold_through_100000_hostile_ticks),
    TEST(state_is_the_same_at_another_address_and_in_a_second_run),
    TEST(bots_play_to_the_end_and_the_better_one_wins),
    TEST(bot_shuts_a_rival_in_but_not_a_mate),
    CU_TEST_INFO_NULL,
};

/* The known view, for client.test.mjs: both sides are held to the same bytes. */
static int print_view(void)
{
    struct table table;
    uint8_t bytes[CYCLES_VIEW_BYTES_MAX];
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
