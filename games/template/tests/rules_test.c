/*
 * rules_test.c: the rules, each a promise by name. They are reached as a host reaches them, through
 * the exported table; situations are set up by writing into the state. Runs with sanitizers.
 */
#include "template.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define GAME    (&gk_game_v1)
#define SECONDS 60

static struct state state;

/* Makes a match of so many seats and lets the first `here` of them come. */
static void begin(uint32_t seats, uint32_t here)
{
    const struct gk_match match = {
        .seed = 7, .player_count = seats, .options = {[OPTION_SECONDS] = SECONDS}};
    memset(&state, 0, sizeof state);
    GAME->init(NULL, &state, &match);
    for (uint32_t slot = 0; slot < here; slot++)
        GAME->join(NULL, &state, slot);
}

/* Steps in which slot 0 sends `dx` and `dy` first. */
static void steps(uint32_t count, int dx, int dy)
{
    uint8_t bytes[PLAYERS_MAX * INPUT_BYTES] = {(uint8_t)dx, (uint8_t)dy};
    for (uint32_t i = 0; i < count; i++) {
        const struct gk_inputs inputs = {.present = i == 0, .bytes = bytes};
        GAME->tick(NULL, &state, &inputs);
        assert(GAME->check(NULL, &state) == 1);
    }
}

static struct gk_result result(void)
{
    struct gk_result result = {0};
    assert(GAME->result(NULL, &state, &result) == 1);
    return result;
}

static void test_player_walks_until_the_next_input_and_stops_at_the_edge(void)
{
    begin(1, 1);
    state.players[0].x = WIDTH / 2;
    steps(3, 1, 0);
    assert(state.players[0].x == WIDTH / 2 + 3 * SPEED);
    steps(1000, 1, 1);
    assert(state.players[0].x == WIDTH - MARGIN && state.players[0].y == HEIGHT - MARGIN);
}

static void test_coin_is_collected_and_another_one_appears(void)
{
    begin(1, 1);
    state.coins[2] = (struct coin){state.players[0].x, state.players[0].y};
    uint16_t before = state.players[0].score;
    steps(1, 0, 0);
    assert(state.players[0].score > before);
    assert(state.coins[2].x != state.players[0].x || state.coins[2].y != state.players[0].y);
}

static void test_most_coins_win_when_the_time_is_over(void)
{
    struct gk_result none = {0};
    begin(3, 2);
    assert(GAME->result(NULL, &state, &none) == 0);
    memset(state.coins, 0, sizeof state.coins); /* out of everybody's reach */
    state.players[1].score = 5;
    steps(SECONDS * TICK_HZ, 0, 0);
    assert(result().reason == 0);
    assert(result().players[1].outcome == GK_OUTCOME_WIN && result().players[1].place == 1);
    assert(result().players[0].outcome == GK_OUTCOME_LOSS);
    assert(result().players[2].outcome == GK_OUTCOME_NONE); /* nobody ever sat there */
}

static void test_who_has_left_does_not_win_nor_does_an_empty_seat_draw(void)
{
    begin(3, 2);
    memset(state.coins, 0, sizeof state.coins);
    state.players[0].score = 5;
    GAME->leave(NULL, &state, 0, GK_LEAVE_LEFT);
    steps(SECONDS * TICK_HZ, 0, 0);
    assert(result().players[0].outcome == GK_OUTCOME_LOSS && result().players[0].place == 2);
    assert(result().players[1].outcome == GK_OUTCOME_WIN && result().players[1].place == 1);
}

static void test_seat_may_be_taken_late(void)
{
    begin(4, 1);
    steps(AWAY_TICKS + 1, 0, 0);
    GAME->join(NULL, &state, 3);
    assert(gk_presence_has(state.presence.here, 3));
    assert(GAME->check(NULL, &state) == 1);
}

static void test_who_is_away_stands_still_and_may_come_back(void)
{
    begin(2, 2);
    steps(1, 1, 0);
    GAME->leave(NULL, &state, 0, GK_LEAVE_DISCONNECTED);
    int16_t x = state.players[0].x;
    steps(10, 1, 0);
    assert(state.players[0].x == x);
    GAME->join(NULL, &state, 0);
    assert(gk_presence_has(state.presence.here, 0));
}

static void test_match_ends_when_everybody_has_left(void)
{
    begin(2, 2);
    GAME->leave(NULL, &state, 0, GK_LEAVE_LEFT);
    GAME->leave(NULL, &state, 1, GK_LEAVE_LEFT);
    assert(result().reason == 1);
    assert(result().players[0].forfeit == 1);
}

static void test_input_refuses_what_is_none(void)
{
    static const uint8_t bytes[][3] = {{2, 0}, {0, 0x80}, {1, 1, 1}};
    static const uint32_t counts[] = {2, 2, 3};
    uint8_t canonical[INPUT_BYTES];
    begin(1, 1);
    for (uint32_t i = 0; i < 3; i++)
        assert(GAME->input(NULL, &state, 0, bytes[i], counts[i], canonical) == 0);
    assert(GAME->input(NULL, &state, 0, NULL, 0, canonical) == 0);
}

static void test_same_seed_gives_the_same_match(void)
{
    static struct state first;
    begin(8, 8);
    steps(200, 1, 0);
    first = state;
    begin(8, 8);
    steps(200, 1, 0);
    assert(memcmp(&first, &state, sizeof state) == 0);
}

static void test_better_bot_collects_more(void)
{
    uint32_t scores[4] = {0};
    for (uint32_t difficulty = 1; difficulty <= 3; difficulty++) {
        begin(1, 1);
        for (uint32_t i = 0; i < SECONDS * TICK_HZ; i++) {
            uint8_t bytes[INPUT_BYTES] = {0};
            const struct gk_inputs inputs = {
                .present = GAME->bot(NULL, &state, 0, difficulty, bytes), .bytes = bytes};
            GAME->tick(NULL, &state, &inputs);
        }
        scores[difficulty] = state.players[0].score;
        assert(scores[difficulty] > scores[difficulty - 1]);
    }
}

/* A view that tests/client.test.mjs decodes: so both sides mean the same bytes. */
static int print_view(void)
{
    uint8_t bytes[VIEW_BYTES_MAX];
    begin(2, 1);
    state.players[0] = (struct player){.x = 300, .y = 200, .score = 12};
    state.coins[5] = (struct coin){17, 390};
    uint32_t count = GAME->view(NULL, &state, GK_SPECTATOR, bytes, sizeof bytes);
    for (uint32_t i = 0; i < count; i++)
        printf("%02x", bytes[i]);
    printf("\n");
    return 0;
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1 && strcmp(arguments[1], "--print-view") == 0)
        return print_view();
    test_player_walks_until_the_next_input_and_stops_at_the_edge();
    test_coin_is_collected_and_another_one_appears();
    test_most_coins_win_when_the_time_is_over();
    test_who_has_left_does_not_win_nor_does_an_empty_seat_draw();
    test_seat_may_be_taken_late();
    test_who_is_away_stands_still_and_may_come_back();
    test_match_ends_when_everybody_has_left();
    test_input_refuses_what_is_none();
    test_same_seed_gives_the_same_match();
    test_better_bot_collects_more();
    printf("all promises are kept\n");
    return 0;
}
