/*
 * Who sits where in a match: bots, seats that nobody has, people who come late, and turns that run
 * out. TEST_CROWD is the crowd game's image with a clock, TEST_PATIENCE the same in turns of a
 * second.
 */
#include <time.h>

#include "worker_driver.h"

#define PACE_MS_MIN 400 /* a bot moves half a second after the step before, at a heartbeat */
#define PACE_MS_MAX 3000

struct crowd { /* what the crowd game shows */
    uint32_t ticks, moves;
    int32_t options[3];
    uint32_t lapses;
    uint16_t counts[4];
    uint8_t joins[4], leaves[4], left[4];
    uint32_t players, last;
    uint32_t viewer, reserved;
};

static const uint8_t stranger[16] = {7};
static struct control_match_start start;

/* Begins a match of `people` people, then `bots` bots, then open seats, four in all. */
static void begin(const char *game, int people, int bots)
{
    struct control_ready ready;
    struct control_match running;
    start_worker_of(game);
    expect(CONTROL_READY, &ready, sizeof ready);
    start = (struct control_match_start){
        .match = {9}, .seed = 1, .slot_count = 4, .options = {60000, 2, 1}};
    for (int slot = 0; slot < people; slot++)
        memcpy(start.slots[slot].user, users[slot], 16);
    for (int slot = people; slot < people + bots; slot++)
        start.slots[slot].bot_difficulty = (uint8_t)(slot - people + 1);
    atomic_store(&arena_match_at(worker.arena, 0)->status, ARENA_LIVE);
    tell(CONTROL_MATCH_START, &start, sizeof start, -1);
    expect(CONTROL_MATCH_RUNNING, &running, sizeof running);
}

/* The worker dies; another one goes on, told of the seats as they are now. */
static void die_and_go_on(void)
{
    struct control_ready ready;
    end_worker(SIGKILL);
    spawn();
    expect(CONTROL_READY, &ready, sizeof ready);
    arena_match_at(worker.arena, 0)->start = start;
    resume();
}

static void seat(uint32_t slot, const uint8_t user[16])
{
    struct control_match_seat order = {.match = {9}, .slot = slot};
    memcpy(order.seat.user, user, 16);
    start.slots[slot] = order.seat;
    tell(CONTROL_MATCH_SEAT, &order, sizeof order, -1);
}

static struct crowd look(int stream, uint32_t link)
{
    uint8_t body[RECORD_BODY_BYTES_MAX];
    struct crowd crowd;
    while (get_type(stream, RECORD_FRAME, body).link != link)
        ;
    memcpy(&crowd, body + FRAME_STATE_HEAD_BYTES, sizeof crowd);
    return crowd;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_for_beats(int count)
{
    struct control_heartbeat beat;
    for (int i = 0; i < count; i++)
        expect(CONTROL_HEARTBEAT, &beat, sizeof beat);
}

static void test_worker_hands_the_options_to_the_game(void)
{
    begin("TEST_CROWD", 1, 0);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    struct crowd crowd = look(stream, 1);
    CU_ASSERT_EQUAL(crowd.options[0], 60000);
    CU_ASSERT_EQUAL(crowd.options[1], 2);
    CU_ASSERT_EQUAL(crowd.options[2], 1);
    close(stream);
    stop_worker();
}

static void test_worker_lets_bots_join_at_once_and_play_and_open_seats_wait(void)
{
    begin("TEST_CROWD", 1, 2);
    int stream = open_stream(0);
    attach(stream, 1, 9, stranger);
    struct crowd crowd;
    do
        crowd = look(stream, 1);
    while (crowd.moves < 4);
    CU_ASSERT_EQUAL(crowd.players, 4);
    CU_ASSERT_EQUAL(crowd.joins[0], 0); /* he has not come yet */
    CU_ASSERT_EQUAL(crowd.joins[1], 1);
    CU_ASSERT_EQUAL(crowd.joins[2], 1);
    CU_ASSERT_EQUAL(crowd.joins[3], 0);
    CU_ASSERT_EQUAL(crowd.counts[2], 2 * crowd.counts[1]); /* the difficulty is its own */
    CU_ASSERT_EQUAL(crowd.counts[3], 0);
    close(stream);
    stop_worker();
}

static void test_worker_refuses_bots_of_a_game_that_has_none(void)
{
    struct control_match_over over;
    struct control_ready ready;
    start_worker_of("TEST_GAME");
    expect(CONTROL_READY, &ready, sizeof ready);
    struct control_match_start bad = {.match = {3}, .slot_count = 2};
    bad.slots[1].bot_difficulty = 1;
    tell(CONTROL_MATCH_START, &bad, sizeof bad, -1);
    expect(CONTROL_MATCH_OVER, &over, sizeof over);
    CU_ASSERT_EQUAL(over.match[0], 3);
    CU_ASSERT_EQUAL(over.result.reason, 2);
    stop_worker();
}

static void test_worker_lets_an_open_seat_join_when_somebody_takes_it(void)
{
    begin("TEST_CROWD", 1, 0);
    int stream = open_stream(0);
    uint8_t body[RECORD_BODY_BYTES_MAX];
    attach(stream, 1, 9, users[0]);
    CU_ASSERT_EQUAL(look(stream, 1).joins[2], 0);
    seat(2, stranger);
    attach(stream, 2, 9, stranger);
    struct record_head head;
    do
        head = get_type(stream, RECORD_ATTACHED, body);
    while (head.link != 2);
    CU_ASSERT_EQUAL(head.slot, 2);
    struct crowd crowd;
    do
        crowd = look(stream, 2);
    while (crowd.joins[2] == 0);
    CU_ASSERT_EQUAL(crowd.viewer, 2);
    static const uint8_t five = 5;
    put(stream, RECORD_INPUT, 2, 1, &five, 1);
    do
        crowd = look(stream, 2);
    while (crowd.counts[2] == 0);
    CU_ASSERT_EQUAL(crowd.counts[2], 5);
    CU_ASSERT_EQUAL(crowd.joins[2], 1);
    close(stream);
    stop_worker();
}

/* He has watched until now: the link that he has becomes the seat's. */
static void test_worker_hides_from_the_game_that_a_person_takes_over_a_bot(void)
{
    begin("TEST_CROWD", 1, 1);
    int stream = open_stream(0);
    uint8_t body[RECORD_BODY_BYTES_MAX];
    attach(stream, 1, 9, stranger);
    attach(stream, 2, 9, (const uint8_t[16]){8});
    struct crowd crowd;
    do
        crowd = look(stream, 1);
    while (crowd.counts[1] == 0);
    CU_ASSERT_EQUAL(crowd.viewer, GK_SPECTATOR);
    seat(1, stranger);
    struct record_head head = get_type(stream, RECORD_ATTACHED, body);
    CU_ASSERT_EQUAL(head.link, 1);
    CU_ASSERT_EQUAL(head.slot, 1);
    do
        crowd = look(stream, 1);
    while (crowd.viewer != 1);
    uint16_t count = crowd.counts[1];
    uint32_t ticks = crowd.ticks;
    static const uint8_t nine = 9;
    put(stream, RECORD_INPUT, 1, 1, &nine, 1);
    do
        crowd = look(stream, 1);
    while (crowd.counts[1] == count || crowd.ticks < ticks + 100);
    CU_ASSERT_EQUAL(crowd.counts[1], count + 9); /* nobody plays for him */
    CU_ASSERT_EQUAL(crowd.joins[1], 1);
    CU_ASSERT_EQUAL(crowd.leaves[1], 0);
    CU_ASSERT_EQUAL(look(stream, 2).viewer, GK_SPECTATOR);
    close(stream);
    stop_worker();
}

/* He took the seat and never came. */
static void test_worker_waits_some_time_for_who_takes_over_a_bot(void)
{
    begin("TEST_CROWD", 1, 1);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    struct crowd crowd;
    do
        crowd = look(stream, 1);
    while (crowd.joins[1] == 0);
    seat(1, stranger);
    int64_t since = now_ms();
    do
        crowd = look(stream, 1);
    while (crowd.leaves[1] == 0);
    CU_ASSERT(now_ms() - since >= 4500);
    close(stream);
    stop_worker();
}

static void test_worker_keeps_the_seats_over_its_own_death(void)
{
    uint8_t body[RECORD_BODY_BYTES_MAX];
    begin("TEST_CROWD", 1, 2);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    while (look(stream, 1).moves < 2)
        ;
    seat(1, stranger); /* whether it hears of it or not: the next one is told */
    close(stream);
    die_and_go_on();
    stream = open_stream(0);
    attach(stream, 2, 9, stranger);
    CU_ASSERT_EQUAL(get_type(stream, RECORD_ATTACHED, body).slot, 1);
    struct crowd crowd = look(stream, 2);
    uint16_t count = crowd.counts[2];
    do
        crowd = look(stream, 2);
    while (crowd.counts[2] == count); /* the other bot plays on */
    for (int slot = 0; slot < 3; slot++) {
        CU_ASSERT_EQUAL(crowd.joins[slot], 1);
        CU_ASSERT_EQUAL(crowd.leaves[slot], 0);
    }
    close(stream);
    stop_worker();
}

static void test_worker_moves_a_bot_at_a_humans_pace_and_once(void)
{
    static const uint8_t one = 1;
    begin("TEST_PATIENCE", 1, 1);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    struct crowd crowd;
    do
        crowd = look(stream, 1);
    while (crowd.counts[1] == 0); /* the bot begins */
    for (int i = 0; i < 2; i++) {
        uint16_t before = crowd.counts[1];
        put(stream, RECORD_INPUT, 1, 1, &one, 1);
        int64_t since = now_ms();
        do
            crowd = look(stream, 1);
        while (crowd.counts[1] == before);
        int64_t took = now_ms() - since;
        CU_ASSERT(took >= PACE_MS_MIN && took <= PACE_MS_MAX);
        CU_ASSERT_EQUAL(crowd.counts[1], before + 1);
        CU_ASSERT_EQUAL(crowd.last, 1);
    }
    close(stream);
    stop_worker();
}

/* Two bots answer each other for ever, and yet a step at a time. */
static void test_worker_never_runs_away_with_its_bots(void)
{
    begin("TEST_PATIENCE", 0, 2);
    wait_for_beats(10);
    uint64_t ticks = arena_newest(worker.arena, arena_match_at(worker.arena, 0))->tick;
    CU_ASSERT(ticks >= 2 && ticks <= 6);
    stop_worker();
}

static void test_worker_ends_a_turn_that_takes_too_long(void)
{
    struct control_match_over over;
    begin("TEST_PATIENCE", 2, 0);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    int64_t since = now_ms();
    struct crowd crowd;
    do
        crowd = look(stream, 1);
    while (crowd.lapses == 0);
    CU_ASSERT(now_ms() - since >= 500);
    CU_ASSERT_EQUAL(crowd.ticks, 1);
    CU_ASSERT_EQUAL(crowd.moves, 0);
    expect(CONTROL_MATCH_OVER, &over, sizeof over);
    CU_ASSERT(now_ms() - since >= 2500 && now_ms() - since < 8000);
    CU_ASSERT_EQUAL(over.ticks, 3);
    CU_ASSERT_EQUAL(over.result.reason, 0);
    close(stream);
    stop_worker();
}

static void test_worker_starts_the_turn_anew_with_each_move(void)
{
    static const uint8_t one = 1;
    begin("TEST_PATIENCE", 2, 0);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    struct crowd crowd = look(stream, 1);
    for (int i = 0; i < 6; i++) {
        wait_for_beats(2); /* half a second each: three seconds without a pause of one */
        put(stream, RECORD_INPUT, 1, 1, &one, 1);
        do
            crowd = look(stream, 1);
        while (crowd.moves == (uint32_t)i);
    }
    CU_ASSERT_EQUAL(crowd.lapses, 0);
    close(stream);
    stop_worker();
}

static void test_worker_takes_nobody_of_a_turn_based_match_for_gone_when_it_goes_on(void)
{
    static const uint8_t one = 1;
    begin("TEST_PATIENCE", 2, 0);
    int stream = open_stream(0), other = open_stream(0);
    attach(stream, 1, 9, users[0]);
    attach(other, 1, 9, users[1]);
    struct crowd crowd;
    do
        crowd = look(stream, 1);
    while (crowd.joins[1] == 0);
    close(other);
    close(stream);
    die_and_go_on();
    stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    put(stream, RECORD_INPUT, 1, 1, &one, 1);
    do
        crowd = look(stream, 1);
    while (crowd.moves == 0);
    CU_ASSERT_EQUAL(crowd.joins[0], 1);
    CU_ASSERT_EQUAL(crowd.leaves[0], 0);
    CU_ASSERT_EQUAL(crowd.leaves[1], 0); /* he may yet come */
    wait_for_beats(6);
    struct arena_block *block = arena_newest(worker.arena, arena_match_at(worker.arena, 0));
    CU_ASSERT(block->joined == 3);
    while (block->joined == 3) { /* but not for ever */
        put(stream, RECORD_INPUT, 1, 2, &one, 1);
        wait_for_beats(1);
        block = arena_newest(worker.arena, arena_match_at(worker.arena, 0));
    }
    CU_ASSERT_EQUAL(block->joined, 1);
    close(stream);
    stop_worker();
}

/* A turn of a second was as good as over when the worker died: the players cannot help it. */
static void test_worker_gives_time_to_come_back_before_a_turn_is_over(void)
{
    begin("TEST_PATIENCE", 2, 0);
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    (void)look(stream, 1);
    close(stream);
    die_and_go_on();
    wait_for_beats(12);
    CU_ASSERT_EQUAL(arena_newest(worker.arena, arena_match_at(worker.arena, 0))->tick, 0);
    wait_for_beats(10); /* five and a half seconds in all */
    CU_ASSERT_EQUAL(arena_newest(worker.arena, arena_match_at(worker.arena, 0))->tick, 1);
    stop_worker();
}

int main(void)
{
    if (!getenv("TEST_WORKER") || !getenv("TEST_GAME") || !getenv("TEST_CROWD") ||
        !getenv("TEST_PATIENCE"))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("worker_seats", NULL, NULL);
    CU_ADD_TEST(suite, test_worker_hands_the_options_to_the_game);
    CU_ADD_TEST(suite, test_worker_lets_bots_join_at_once_and_play_and_open_seats_wait);
    CU_ADD_TEST(suite, test_worker_refuses_bots_of_a_game_that_has_none);
    CU_ADD_TEST(suite, test_worker_lets_an_open_seat_join_when_somebody_takes_it);
    CU_ADD_TEST(suite, test_worker_hides_from_the_game_that_a_person_takes_over_a_bot);
    CU_ADD_TEST(suite, test_worker_waits_some_time_for_who_takes_over_a_bot);
    CU_ADD_TEST(suite, test_worker_keeps_the_seats_over_its_own_death);
    CU_ADD_TEST(suite, test_worker_moves_a_bot_at_a_humans_pace_and_once);
    CU_ADD_TEST(suite, test_worker_never_runs_away_with_its_bots);
    CU_ADD_TEST(suite, test_worker_ends_a_turn_that_takes_too_long);
    CU_ADD_TEST(suite, test_worker_starts_the_turn_anew_with_each_move);
    CU_ADD_TEST(suite, test_worker_takes_nobody_of_a_turn_based_match_for_gone_when_it_goes_on);
    CU_ADD_TEST(suite, test_worker_gives_time_to_come_back_before_a_turn_is_over);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures ? 1 : 0;
}
