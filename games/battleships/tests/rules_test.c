/*
 * rules_test.c: the rules of battleships, each a promise by name. The rules are reached only
 * through the exported table, as a host does that steps on inputs.
 */
#include "battleships.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>

#define GAME (&gk_game_v1)

struct table {
    struct battleships_state state;
};

/* Five rows, each ship at its left end; and five columns, each ship at its top. */
static const uint8_t rows[] = {0, 10, 20, 30, 40};
static const uint8_t columns[] = {0x80, 0x81, 0x82, 0x83, 0x84};

/* Nobody is here yet. */
static void set_table(struct table *table, uint64_t seed, int32_t again, int32_t touching)
{
    struct gk_match match = {.seed = seed, .player_count = 2, .options = {again, touching}};
    memset(table, 0, sizeof *table);
    GAME->init(NULL, &table->state, &match);
}

static void sit_down_at(struct table *table, uint64_t seed, int32_t again, int32_t touching)
{
    set_table(table, seed, again, touching);
    GAME->join(NULL, &table->state, 0);
    GAME->join(NULL, &table->state, 1);
}

/* What game.json says when nobody chooses: both options are on. */
static void sit_down(struct table *table, uint64_t seed)
{
    sit_down_at(table, seed, 1, 1);
}

/* The step that the host makes when the time of a turn is up. */
static void time_is_up(struct table *table)
{
    uint8_t inputs[BATTLESHIPS_PLAYERS * BATTLESHIPS_INPUT_BYTES] = {0};
    struct gk_inputs nobody = {0, inputs};
    GAME->tick(NULL, &table->state, &nobody);
    CU_ASSERT_EQUAL(GAME->check(NULL, &table->state), 1);
}

static uint32_t give(struct table *table, uint32_t slot, const uint8_t *bytes, uint32_t count)
{
    uint8_t inputs[BATTLESHIPS_PLAYERS * BATTLESHIPS_INPUT_BYTES] = {0};
    struct gk_inputs given = {UINT64_C(1) << slot, inputs};
    if (!GAME->input(NULL, &table->state, slot, bytes, count,
                     inputs + slot * BATTLESHIPS_INPUT_BYTES))
        return 0;
    GAME->tick(NULL, &table->state, &given);
    return 1;
}

static uint32_t lay(struct table *table, uint32_t slot, const uint8_t *ships)
{
    uint8_t bytes[1 + BATTLESHIPS_SHIPS] = {BATTLESHIPS_PLACE};
    memcpy(bytes + 1, ships, BATTLESHIPS_SHIPS);
    return give(table, slot, bytes, sizeof bytes);
}

static uint32_t fire(struct table *table, uint32_t slot, uint8_t cell)
{
    return give(table, slot, (const uint8_t[]){BATTLESHIPS_SHOOT, cell}, 2);
}

/* Both have the ships in rows; slot 0 begins. */
static void start_shooting_at(struct table *table, int32_t again)
{
    sit_down_at(table, 1, again, 1);
    lay(table, 0, rows);
    lay(table, 1, rows);
    assert(table->state.phase == BATTLESHIPS_SHOOTING);
    table->state.turn = 0;
}

static void start_shooting(struct table *table)
{
    start_shooting_at(table, 1);
}

static struct gk_result result_of(const struct table *table)
{
    struct gk_result result = {0};
    CU_ASSERT_EQUAL(GAME->result(NULL, &table->state, &result), 1);
    return result;
}

static void view_of(const struct table *table, uint32_t viewer, uint8_t *ret_bytes)
{
    uint32_t count = GAME->view(NULL, &table->state, viewer, ret_bytes, BATTLESHIPS_VIEW_BYTES);
    assert(count == BATTLESHIPS_VIEW_BYTES);
    (void)count;
}

static const uint8_t *ships_in(const uint8_t *view, uint32_t owner)
{
    return view + BATTLESHIPS_VIEW_HEAD_BYTES + owner * BATTLESHIPS_VIEW_BOARD_BYTES +
           BATTLESHIPS_CELLS / 4;
}

/* --- placing --- */

static void test_shooting_begins_when_both_have_placed(void)
{
    struct table table;
    sit_down(&table, 1);
    CU_ASSERT_EQUAL(lay(&table, 1, rows), 1);
    CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_PLACING);
    CU_ASSERT_EQUAL(lay(&table, 0, columns), 1);
    CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_SHOOTING);
}

static void test_ships_are_placed_once(void)
{
    struct table table;
    sit_down(&table, 1);
    CU_ASSERT_EQUAL(lay(&table, 0, rows), 1);
    CU_ASSERT_EQUAL(lay(&table, 0, columns), 0);
    CU_ASSERT_EQUAL(memcmp(table.state.players[0].ships, rows, sizeof rows), 0);
}

static void test_ships_must_lie_in_the_sea_and_apart(void)
{
    static const uint8_t wrong[][BATTLESHIPS_SHIPS] = {
        {6, 10, 20, 30, 40},        /* over the right edge */
        {0, 10, 20, 30, 0x80 | 90}, /* over the lower edge */
        {0, 10, 20, 30, 100},       /* no cell */
        {0, 10, 20, 30, 0xff},      /* none at all */
        {0, 0x80 | 2, 20, 30, 40},  /* on another one */
        {0, 10, 20, 20, 40},        /* two at one place */
    };
    static const uint8_t touching[] = {5, 16, 27, 0x80 | 0, 0x80 | 1};
    struct table table;
    sit_down(&table, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(lay(&table, 0, wrong[i]), 0);
    CU_ASSERT_EQUAL(table.state.players[0].placed, 0);
    CU_ASSERT_EQUAL(lay(&table, 0, touching), 1);
}

static void test_who_begins_depends_on_the_seed_only(void)
{
    uint32_t first = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct table one, other;
        sit_down(&one, seed);
        sit_down(&other, seed);
        CU_ASSERT_EQUAL(memcmp(&one.state, &other.state, sizeof one.state), 0);
        first += one.state.turn == 0;
    }
    CU_ASSERT(first > 60 && first < 140);
}

static void test_option_keeps_ships_apart(void)
{
    static const uint8_t apart[] = {0, 20, 40, 60, 80};
    static const uint8_t wrong[][BATTLESHIPS_SHIPS] = {
        {0, 10, 30, 50, 70},        /* side by side */
        {0, 20, 40, 60, 64},        /* end to end: 60-62 and 64 are apart, so this one is fine */
        {0, 15, 40, 60, 80},        /* corner to corner */
        {0, 20, 40, 60, 0x80 | 70}, /* under another one */
    };
    struct table table;
    sit_down_at(&table, 1, 1, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(battleships_fleet_is_fine(wrong[i], 0), i == 1);
    CU_ASSERT_EQUAL(lay(&table, 0, wrong[0]), 0);
    CU_ASSERT_EQUAL(lay(&table, 0, apart), 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(battleships_fleet_is_fine(wrong[i], 1), 1);
}

static void test_fleet_by_chance_is_fine_and_lies_anywhere(void)
{
    uint8_t ships[BATTLESHIPS_SHIPS], seen[BATTLESHIPS_CELLS] = {0};
    struct gk_random chance;
    uint32_t cells = 0;
    gk_random_seed(&chance, 1, 1);
    for (uint32_t i = 0; i < 2000; i++) {
        battleships_lay_by_chance(&chance, i % 2, ships);
        CU_ASSERT_EQUAL(battleships_fleet_is_fine(ships, i % 2), 1);
        for (uint32_t part = 0; part < battleships_length(0); part++)
            seen[battleships_part(ships[0], part)] = 1;
    }
    for (uint32_t cell = 0; cell < BATTLESHIPS_CELLS; cell++)
        cells += seen[cell];
    CU_ASSERT_EQUAL(cells, BATTLESHIPS_CELLS);
}

/* --- shooting --- */

static void test_miss_gives_the_turn_to_the_other(void)
{
    struct table table;
    start_shooting(&table);
    CU_ASSERT_EQUAL(fire(&table, 0, 99), 1);
    CU_ASSERT_EQUAL(table.state.last_success, BATTLESHIPS_MISS);
    CU_ASSERT_EQUAL(table.state.turn, 1);
    CU_ASSERT_EQUAL(fire(&table, 0, 98), 0);
    CU_ASSERT_EQUAL(fire(&table, 1, 98), 1);
}

static void test_hit_lets_shoot_again(void)
{
    struct table table;
    start_shooting(&table);
    CU_ASSERT_EQUAL(fire(&table, 0, 0), 1);
    CU_ASSERT_EQUAL(table.state.last_success, BATTLESHIPS_HIT);
    CU_ASSERT_EQUAL(table.state.turn, 0);
}

static void test_option_gives_the_turn_away_after_a_hit_too(void)
{
    struct table table;
    start_shooting_at(&table, 0);
    CU_ASSERT_EQUAL(fire(&table, 0, 0), 1);
    CU_ASSERT_EQUAL(table.state.last_success, BATTLESHIPS_HIT);
    CU_ASSERT_EQUAL(table.state.turn, 1);
}

static void test_no_cell_is_shot_twice(void)
{
    struct table table;
    start_shooting(&table);
    CU_ASSERT_EQUAL(fire(&table, 0, 0), 1);
    CU_ASSERT_EQUAL(fire(&table, 0, 0), 0);
}

static void test_last_part_sinks_the_ship(void)
{
    struct table table;
    start_shooting(&table);
    fire(&table, 0, 40);
    CU_ASSERT_EQUAL(battleships_cell(&table.state.players[1], 40), BATTLESHIPS_HIT);
    fire(&table, 0, 41);
    CU_ASSERT_EQUAL(table.state.last_success, BATTLESHIPS_SUNK);
    CU_ASSERT_EQUAL(battleships_cell(&table.state.players[1], 40), BATTLESHIPS_SUNK);
}

static void sink_all(struct table *table, uint32_t shooter)
{
    for (uint32_t ship = 0; ship < BATTLESHIPS_SHIPS; ship++) {
        for (uint32_t part = 0; part < battleships_length(ship); part++)
            CU_ASSERT_EQUAL(fire(table, shooter, (uint8_t)(10 * ship + part)), 1);
    }
}

static void test_last_ship_ends_the_match(void)
{
    struct table table;
    start_shooting(&table);
    sink_all(&table, 0);
    CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_OVER);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 0);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result.players[0].score, 5);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[1].score, 0);
    CU_ASSERT_EQUAL(fire(&table, 0, 99), 0);
}

static void test_input_refuses_what_is_no_input(void)
{
    struct table table;
    start_shooting(&table);
    CU_ASSERT_EQUAL(give(&table, 0, (const uint8_t[]){BATTLESHIPS_SHOOT, 100}, 2), 0);
    CU_ASSERT_EQUAL(give(&table, 0, (const uint8_t[]){BATTLESHIPS_SHOOT, 3, 0}, 3), 0);
    CU_ASSERT_EQUAL(give(&table, 0, (const uint8_t[]){BATTLESHIPS_SHOOT}, 1), 0);
    CU_ASSERT_EQUAL(give(&table, 0, (const uint8_t[]){3, 3}, 2), 0);
    CU_ASSERT_EQUAL(give(&table, 0, NULL, 0), 0);
    CU_ASSERT_EQUAL(lay(&table, 0, rows), 0);
    uint8_t ret[BATTLESHIPS_INPUT_BYTES];
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 2, (const uint8_t[]){2, 3}, 2, ret), 0);
    CU_ASSERT_EQUAL(GAME->input(NULL, &table.state, 99, (const uint8_t[]){2, 3}, 2, ret), 0);
}

static void test_two_inputs_of_one_step_are_judged_one_after_the_other(void)
{
    struct table table;
    start_shooting(&table);
    uint8_t inputs[2 * BATTLESHIPS_INPUT_BYTES] = {BATTLESHIPS_SHOOT, 99};
    inputs[BATTLESHIPS_INPUT_BYTES] = BATTLESHIPS_SHOOT;
    inputs[BATTLESHIPS_INPUT_BYTES + 1] = 98;
    table.state.turn = 1;
    struct gk_inputs both = {3, inputs};
    GAME->tick(NULL, &table.state, &both);
    CU_ASSERT_EQUAL(table.state.players[1].shot[99], 0);
    CU_ASSERT_EQUAL(table.state.players[0].shot[98], 1);
}

/* --- the time of a turn --- */

static void test_time_of_placing_lays_the_fleets_by_chance(void)
{
    struct table table;
    sit_down_at(&table, 1, 1, 0);
    const uint8_t apart[] = {0, 20, 40, 60, 80};
    lay(&table, 1, apart);
    time_is_up(&table);
    CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_SHOOTING);
    CU_ASSERT_EQUAL(battleships_fleet_is_fine(table.state.players[0].ships, 0), 1);
    CU_ASSERT_EQUAL(memcmp(table.state.players[1].ships, apart, sizeof apart), 0);
    CU_ASSERT_EQUAL(table.state.players[0].missed, 1);
    CU_ASSERT_EQUAL(table.state.players[1].missed, 0);
}

static void test_time_of_a_shot_gives_the_turn_away(void)
{
    struct table table;
    start_shooting(&table);
    time_is_up(&table);
    CU_ASSERT_EQUAL(table.state.turn, 1);
    CU_ASSERT_EQUAL(table.state.players[0].missed, 1);
    CU_ASSERT_EQUAL(table.state.last_shooter, BATTLESHIPS_NOBODY);
    CU_ASSERT_EQUAL(fire(&table, 1, 99), 1);
    CU_ASSERT_EQUAL(fire(&table, 0, 99), 1); /* who wakes up plays on */
    CU_ASSERT_EQUAL(table.state.players[0].missed, 0);
}

static void test_who_lets_two_turns_go_by_in_a_row_has_lost(void)
{
    struct table table;
    start_shooting(&table);
    time_is_up(&table);
    fire(&table, 1, 99);
    CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_SHOOTING);
    time_is_up(&table);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.reason, 1);
    CU_ASSERT_EQUAL(result.players[0].forfeit, 1);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_LOSS);
    CU_ASSERT_EQUAL(result.players[1].forfeit, 0);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_WIN);
    time_is_up(&table);
    CU_ASSERT_EQUAL(result_of(&table).players[1].outcome, GK_OUTCOME_WIN);
}

static void test_match_nobody_plays_ends(void)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct table table;
        set_table(&table, seed, 1, 1);
        time_is_up(&table);
        CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_SHOOTING);
        time_is_up(&table);
        CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_OVER);
        struct gk_result result = result_of(&table);
        CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_DRAW);
        CU_ASSERT_EQUAL(result.players[0].forfeit + result.players[1].forfeit, 2);
    }
}

static void test_coming_and_going_is_no_move(void)
{
    struct table table;
    start_shooting(&table);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    time_is_up(&table);
    GAME->join(NULL, &table.state, 0);
    CU_ASSERT_EQUAL(table.state.players[0].missed, 1);
}

/* --- secrets --- */

static void test_ships_are_shown_to_their_owner_only(void)
{
    struct table table;
    uint8_t own[BATTLESHIPS_VIEW_BYTES], other[BATTLESHIPS_VIEW_BYTES],
        watcher[BATTLESHIPS_VIEW_BYTES];
    static const uint8_t secret[] = {0xff, 0xff, 0xff, 0xff, 0xff};
    sit_down(&table, 1);
    lay(&table, 0, columns);
    view_of(&table, 0, own);
    view_of(&table, 1, other);
    view_of(&table, GK_SPECTATOR, watcher);
    CU_ASSERT_EQUAL(memcmp(ships_in(own, 0), columns, 5), 0);
    CU_ASSERT_EQUAL(memcmp(ships_in(other, 0), secret, 5), 0);
    CU_ASSERT_EQUAL(memcmp(ships_in(watcher, 0), secret, 5), 0);
}

/* What the other one and a spectator get is the same wherever the unseen ships lie. */
static void test_views_of_others_do_not_depend_on_hidden_ships(void)
{
    static const uint8_t elsewhere[] = {0, 10, 20, 30, 0x80 | 89};
    uint32_t viewers[] = {1, GK_SPECTATOR};
    for (uint32_t i = 0; i < 2; i++) {
        struct table one, other;
        uint8_t view_one[BATTLESHIPS_VIEW_BYTES], view_other[BATTLESHIPS_VIEW_BYTES];
        sit_down(&one, 5);
        lay(&one, 0, rows);
        lay(&one, 1, rows);
        sit_down(&other, 5);
        lay(&other, 0, elsewhere);
        lay(&other, 1, rows);
        one.state.turn = other.state.turn = 1;
        fire(&one, 1, 0);
        fire(&one, 1, 77);
        fire(&other, 1, 0);
        fire(&other, 1, 77);
        view_of(&one, viewers[i], view_one);
        view_of(&other, viewers[i], view_other);
        CU_ASSERT_EQUAL(memcmp(view_one, view_other, sizeof view_one), 0);
    }
}

static void test_sunk_ships_are_shown_to_everybody(void)
{
    struct table table;
    uint8_t watcher[BATTLESHIPS_VIEW_BYTES];
    start_shooting(&table);
    fire(&table, 0, 40);
    fire(&table, 0, 41);
    view_of(&table, GK_SPECTATOR, watcher);
    CU_ASSERT_EQUAL(ships_in(watcher, 1)[4], 40);
    CU_ASSERT_EQUAL(ships_in(watcher, 1)[0], BATTLESHIPS_NOWHERE);
}

static void test_all_ships_are_shown_in_the_end(void)
{
    struct table table;
    uint8_t watcher[BATTLESHIPS_VIEW_BYTES];
    start_shooting(&table);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    view_of(&table, GK_SPECTATOR, watcher);
    CU_ASSERT_EQUAL(memcmp(ships_in(watcher, 0), rows, 5), 0);
    CU_ASSERT_EQUAL(memcmp(ships_in(watcher, 1), rows, 5), 0);
}

/* --- leaving --- */

static void test_who_leaves_has_lost(void)
{
    for (uint32_t placed = 0; placed < 2; placed++) {
        struct table table;
        sit_down(&table, 1);
        if (placed)
            start_shooting(&table);
        GAME->leave(NULL, &table.state, 1, GK_LEAVE_LEFT);
        struct gk_result result = result_of(&table);
        CU_ASSERT_EQUAL(result.reason, 1);
        CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_WIN);
        CU_ASSERT_EQUAL(result.players[0].forfeit, 0);
        CU_ASSERT_EQUAL(result.players[1].forfeit, 1);
    }
}

static void test_nobody_wins_against_one_who_never_came(void)
{
    struct table table;
    set_table(&table, 1, 1, 1);
    GAME->join(NULL, &table.state, 0);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    struct gk_result result = result_of(&table);
    CU_ASSERT_EQUAL(result.players[0].outcome, GK_OUTCOME_DRAW);
    CU_ASSERT_EQUAL(result.players[1].outcome, GK_OUTCOME_DRAW);
    CU_ASSERT_EQUAL(result.players[1].forfeit, 1);
}

static void test_lost_connection_changes_nothing_but_the_presence(void)
{
    struct table table;
    start_shooting(&table);
    struct battleships_state before = table.state;
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_DISCONNECTED);
    CU_ASSERT_EQUAL(gk_presence_has(table.state.presence.here, 0), 0);
    GAME->join(NULL, &table.state, 0);
    CU_ASSERT_EQUAL(memcmp(&before, &table.state, sizeof before), 0);
}

static void test_leaving_after_the_end_changes_nothing(void)
{
    struct table table;
    start_shooting(&table);
    sink_all(&table, 0);
    GAME->leave(NULL, &table.state, 0, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(result_of(&table).players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(result_of(&table).players[0].forfeit, 0);
}

/* --- what the host relies on --- */

/* Slot 1 is away and let a turn go by; slot 0 has sunk the smallest ship, hit the longest, missed.
 */
static void set_up_known_view(struct table *table)
{
    start_shooting(table);
    fire(table, 0, 40);
    fire(table, 0, 41);
    fire(table, 0, 0);
    fire(table, 0, 99);
    GAME->leave(NULL, &table->state, 1, GK_LEAVE_DISCONNECTED);
    table->state.players[1].missed = 1;
}

static void test_view_says_what_stands_in_its_description(void)
{
    struct table table;
    uint8_t bytes[BATTLESHIPS_VIEW_BYTES];
    static const uint8_t head[] = {BATTLESHIPS_SHOOTING, 1 | 4 | 8, 1, 0xff, 0, 0, 99,
                                   BATTLESHIPS_MISS,     3,         4};
    set_up_known_view(&table);
    view_of(&table, 0, bytes);
    CU_ASSERT_EQUAL(memcmp(bytes, head, sizeof head), 0);
    const uint8_t *board = bytes + BATTLESHIPS_VIEW_HEAD_BYTES + BATTLESHIPS_VIEW_BOARD_BYTES;
    CU_ASSERT_EQUAL(board[0], BATTLESHIPS_HIT);
    CU_ASSERT_EQUAL(board[10], BATTLESHIPS_SUNK | BATTLESHIPS_SUNK << 2);
    CU_ASSERT_EQUAL(board[24], BATTLESHIPS_MISS << 6);
}

static void test_explain_stays_within_its_capacity(void)
{
    struct table table;
    char text[512];
    start_shooting(&table);
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

/* Anything that can happen, drawn from `chance`. */
static void do_something_hostile(struct table *table, struct gk_random *chance)
{
    uint8_t bytes[8], inputs[2 * BATTLESHIPS_INPUT_BYTES] = {0};
    uint32_t slot = gk_random_below(chance, 2), what = gk_random_below(chance, 1000);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)gk_random_next(chance);
    bytes[0] %= 4;
    if (what < 400) {
        give(table, slot, bytes, gk_random_below(chance, sizeof bytes + 1));
    } else if (what < 900) {
        struct gk_inputs given = {3, inputs};
        for (uint32_t i = 0; i < 2; i++)
            GAME->bot(NULL, &table->state, i, gk_random_next(chance),
                      inputs + i * BATTLESHIPS_INPUT_BYTES);
        GAME->tick(NULL, &table->state, &given);
    } else if (what < 910) {
        struct gk_inputs nobody = {0, inputs};
        GAME->tick(NULL, &table->state, &nobody);
    } else if (what < 950) {
        GAME->join(NULL, &table->state, slot);
    } else if (what < 999) {
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_DISCONNECTED);
    } else {
        GAME->leave(NULL, &table->state, slot, GK_LEAVE_LEFT);
    }
}

static void test_invariants_hold_through_100000_hostile_steps(void)
{
    struct gk_random chance;
    struct table table;
    uint32_t ended = 0, broken = 0;
    gk_random_seed(&chance, 7, 7);
    sit_down(&table, 0);
    for (uint32_t i = 0; i < 100000; i++) {
        do_something_hostile(&table, &chance);
        broken += !GAME->check(NULL, &table.state);
        if (table.state.phase == BATTLESHIPS_OVER) {
            ended++;
            sit_down_at(&table, i, i % 2, i / 2 % 2);
        }
    }
    CU_ASSERT_EQUAL(broken, 0);
    CU_ASSERT(ended > 100);
}

static void test_state_is_the_same_at_another_address_and_in_a_second_run(void)
{
    struct table one, *other = malloc(sizeof *other);
    struct gk_random chance_one, chance_other;
    assert(other != NULL);
    gk_random_seed(&chance_one, 3, 3);
    gk_random_seed(&chance_other, 3, 3);
    sit_down(&one, 99);
    sit_down(other, 99);
    for (uint32_t i = 0; i < 5000; i++) {
        do_something_hostile(&one, &chance_one);
        do_something_hostile(other, &chance_other);
        CU_ASSERT_EQUAL_FATAL(memcmp(&one.state, &other->state, sizeof one.state), 0);
    }
    free(other);
}

/* Returns the steps; the one who has won is in `ret_winner`. */
static uint32_t play_bots(uint64_t seed, uint32_t one, uint32_t other, uint8_t *ret_winner)
{
    struct table table;
    uint32_t steps = 0;
    sit_down_at(&table, seed, seed % 2, seed / 2 % 2);
    for (; steps < 300 && table.state.phase != BATTLESHIPS_OVER; steps++) {
        uint8_t inputs[2 * BATTLESHIPS_INPUT_BYTES] = {0};
        struct gk_inputs given = {0, inputs};
        given.present |= GAME->bot(NULL, &table.state, 0, one, inputs);
        given.present |= GAME->bot(NULL, &table.state, 1, other, inputs + BATTLESHIPS_INPUT_BYTES)
                         << 1;
        GAME->tick(NULL, &table.state, &given);
    }
    CU_ASSERT_EQUAL(table.state.phase, BATTLESHIPS_OVER);
    *ret_winner = table.state.winner;
    return steps;
}

static void test_bots_play_to_the_end_and_the_better_one_wins(void)
{
    uint32_t better = 0, best = 0, by_far = 0;
    uint8_t winner;
    for (uint64_t seed = 0; seed < 40; seed++) {
        CU_ASSERT(play_bots(seed, 1, 2, &winner) <= 201);
        better += winner == 1;
        CU_ASSERT(play_bots(seed, 3, 2, &winner) <= 201);
        best += winner == 0;
        play_bots(seed, 3, 1, &winner);
        by_far += winner == 0;
    }
    CU_ASSERT(better >= 34);
    CU_ASSERT(best >= 24);
    CU_ASSERT_EQUAL(by_far, 40);
}

#define TEST(name)                                                                                 \
    {                                                                                              \
#name, test_##name                                                                         \
    }

static CU_TestInfo rules[] = {
    TEST(shooting_begins_when_both_have_placed),
    TEST(ships_are_placed_once),
    TEST(ships_must_lie_in_the_sea_and_apart),
    TEST(who_begins_depends_on_the_seed_only),
    TEST(option_keeps_ships_apart),
    TEST(fleet_by_chance_is_fine_and_lies_anywhere),
    TEST(miss_gives_the_turn_to_the_other),
    TEST(hit_lets_shoot_again),
    TEST(option_gives_the_turn_away_after_a_hit_too),
    TEST(no_cell_is_shot_twice),
    TEST(last_part_sinks_the_ship),
    TEST(last_ship_ends_the_match),
    TEST(input_refuses_what_is_no_input),
    TEST(two_inputs_of_one_step_are_judged_one_after_the_other),
    TEST(time_of_placing_lays_the_fleets_by_chance),
    TEST(time_of_a_shot_gives_the_turn_away),
    TEST(who_lets_two_turns_go_by_in_a_row_has_lost),
    TEST(match_nobody_plays_ends),
    TEST(coming_and_going_is_no_move),
    TEST(ships_are_shown_to_their_owner_only),
    TEST(views_of_others_do_not_depend_on_hidden_ships),
    TEST(sunk_ships_are_shown_to_everybody),
    TEST(all_ships_are_shown_in_the_end),
    TEST(who_leaves_has_lost),
    TEST(nobody_wins_against_one_who_never_came),
    TEST(lost_connection_changes_nothing_but_the_presence),
    TEST(leaving_after_the_end_changes_nothing),
    TEST(view_says_what_stands_in_its_description),
    TEST(explain_stays_within_its_capacity),
    TEST(explain_stands_any_state),
    TEST(invariants_hold_through_100000_hostile_steps),
    TEST(state_is_the_same_at_another_address_and_in_a_second_run),
    TEST(bots_play_to_the_end_and_the_better_one_wins),
    CU_TEST_INFO_NULL,
};

/* The known view, for client.test.mjs: both sides are held to the same bytes. */
static int print_view(void)
{
    struct table table;
    uint8_t bytes[BATTLESHIPS_VIEW_BYTES];
    set_up_known_view(&table);
    view_of(&table, 0, bytes);
    for (uint32_t i = 0; i < sizeof bytes; i++)
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
