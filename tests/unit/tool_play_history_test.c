/* The history of a match on the playground: a toy match, whose state is computed again from what
 * the history has kept. */
#include "tool/play_history.h"

#include <stdlib.h>
#include <string.h>

#include "promises.h"

#define PLAYERS     3
#define INPUT_BYTES 2
#define MUCH        (1u << 24)

static const struct play_sizes sizes = {.state_bytes = 64, .input_bytes = INPUT_BYTES};

static struct play_history *history;
static struct play_moment moment;
static uint8_t state[64];
static uint8_t image; /* the toy's rules add it */

/* The toy: a number grows by what is put in, by who is there and by its rules. */
static void play(uint8_t *block, const struct play_step *step, uint8_t rules)
{
    uint64_t sum;
    memcpy(&sum, block, sizeof sum);
    sum = sum * 31 + step->joined + 7 * step->left + rules;
    for (uint32_t slot = 0; slot < PLAYERS; slot++)
        if (step->present >> slot & 1)
            sum += step->inputs[slot * INPUT_BYTES] + 256u * step->inputs[slot * INPUT_BYTES + 1];
    memcpy(block, &sum, sizeof sum);
}

static void begin(size_t bytes_max)
{
    history = play_history_create(PLAYERS, bytes_max);
    moment = (struct play_moment){.step = 0};
    memset(state, 0, sizeof state);
    image = 0;
    CU_ASSERT_TRUE_FATAL(history && play_history_begin(history, &moment, state, sizes));
}

/* Something else in each step. */
static void step_on(uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++) {
        uint32_t at = moment.step;
        uint8_t inputs[PLAYERS * INPUT_BYTES] = {(uint8_t)at, 1, (uint8_t)(at >> 8), 2, 3, 4};
        const struct play_step step = {.joined = at % 8,
                                       .left = at > 500,
                                       .present = (at / 3) % 8,
                                       .ticks = at % 5 != 0,
                                       .inputs = inputs};
        play(state, &step, image);
        moment.step++;
        moment.tick += step.ticks;
        CU_ASSERT_TRUE(play_history_add(history, &step, &moment, state));
    }
}

static void turn(void)
{
    moment.image = ++image;
    state[63] = image;
    CU_ASSERT_TRUE(play_history_turn(history, &moment, state, sizes));
}

/* The state at `step`, from the history alone; returns how many steps it took. */
static uint32_t compute(uint32_t step, uint8_t ret_state[64])
{
    struct play_moment at;
    struct play_sizes kept;
    uint8_t inputs[PLAYERS * INPUT_BYTES];
    memcpy(ret_state, play_history_find(history, step, &at, &kept), 64);
    CU_ASSERT_TRUE(at.step <= step);
    CU_ASSERT_EQUAL(kept.state_bytes, 64);
    for (uint32_t i = at.step; i < step; i++) {
        struct play_step recorded;
        play_history_read(history, i, inputs, &recorded);
        CU_ASSERT_EQUAL(recorded.ticks, i % 5 != 0);
        play(ret_state, &recorded, (uint8_t)at.image);
    }
    return step - at.step;
}

static void test_history_computes_every_moment_again(void)
{
    uint8_t seen[700][64], again[64];
    begin(MUCH);
    for (uint32_t i = 0; i < 700; i++) {
        memcpy(seen[i], state, 64);
        step_on(1);
    }
    for (uint32_t i = 0; i < 700; i++) {
        CU_ASSERT_TRUE(compute(i, again) < PLAY_HISTORY_KEEP);
        CU_ASSERT_EQUAL(memcmp(again, seen[i], 64), 0);
    }
    play_history_destroy(history);
}

static void test_history_of_two_images_keeps_what_each_of_them_did(void)
{
    uint8_t before[64], after[64], again[64];
    begin(MUCH);
    step_on(90);
    memcpy(before, state, 64);
    step_on(7);
    turn();
    memcpy(after, state, 64);
    step_on(200);
    (void)compute(90, again);
    CU_ASSERT_EQUAL(memcmp(again, before, 64), 0);
    CU_ASSERT_EQUAL(compute(97, again), 0);
    CU_ASSERT_EQUAL(memcmp(again, after, 64), 0);
    (void)compute(297, again);
    CU_ASSERT_EQUAL(memcmp(again, state, 64), 0);
    play_history_destroy(history);
}

static void test_history_that_is_cut_goes_on_from_there(void)
{
    uint8_t there[64], again[64];
    const uint32_t places[] = {0, 1, 59, 60, 61, 130};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        begin(MUCH);
        step_on(places[i]);
        struct play_moment back = moment;
        memcpy(there, state, 64);
        step_on(100);
        play_history_cut(history, places[i]);
        CU_ASSERT_EQUAL(play_history_newest(history), places[i]);
        (void)compute(places[i], again);
        CU_ASSERT_EQUAL(memcmp(again, there, 64), 0);
        moment = back;
        memcpy(state, there, 64);
        step_on(80);
        (void)compute(places[i] + 80, again);
        CU_ASSERT_EQUAL(memcmp(again, state, 64), 0);
        play_history_destroy(history);
    }
}

static void test_history_cut_at_a_turn_keeps_the_new_image(void)
{
    struct play_moment at;
    struct play_sizes kept;
    begin(MUCH);
    step_on(70);
    turn();
    step_on(5);
    play_history_cut(history, 70);
    (void)play_history_find(history, 70, &at, &kept);
    CU_ASSERT_EQUAL(at.image, 1);
    (void)play_history_find(history, 69, &at, &kept);
    CU_ASSERT_EQUAL(at.image, 0);
    play_history_destroy(history);
}

static void test_history_stays_within_its_bytes_and_keeps_states_apart_first(void)
{
    uint8_t first[64], again[64];
    const size_t limit = 200000;
    begin(limit);
    step_on(1);
    memcpy(first, state, 64);
    /* Enough for the steps, not for all the states. */
    step_on(5999);
    CU_ASSERT_TRUE(play_history_bytes(history) <= limit);
    CU_ASSERT_EQUAL(play_history_first(history), 0);
    CU_ASSERT_TRUE(compute(1, again) <= PLAY_HISTORY_KEEP_MAX);
    CU_ASSERT_EQUAL(memcmp(again, first, 64), 0);
    (void)compute(6000, again);
    CU_ASSERT_EQUAL(memcmp(again, state, 64), 0);
    play_history_destroy(history);
}

static void test_history_forgets_the_oldest_when_that_is_not_enough(void)
{
    uint8_t again[64];
    const size_t limit = 60000;
    begin(limit);
    step_on(20000);
    CU_ASSERT_TRUE(play_history_bytes(history) <= limit);
    CU_ASSERT_TRUE(play_history_first(history) > 0);
    CU_ASSERT_EQUAL(play_history_newest(history), 20000);
    (void)compute(20000, again);
    CU_ASSERT_EQUAL(memcmp(again, state, 64), 0);
    (void)compute(play_history_first(history), again);
    play_history_destroy(history);
}

static void test_history_that_begins_anew_forgets_all(void)
{
    begin(MUCH);
    step_on(300);
    moment.step = 40;
    CU_ASSERT_TRUE(play_history_begin(history, &moment, state, sizes));
    CU_ASSERT_EQUAL(play_history_first(history), 40);
    CU_ASSERT_EQUAL(play_history_newest(history), 40);
    play_history_destroy(history);
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_history_computes_every_moment_again),
        PROMISE(test_history_of_two_images_keeps_what_each_of_them_did),
        PROMISE(test_history_that_is_cut_goes_on_from_there),
        PROMISE(test_history_cut_at_a_turn_keeps_the_new_image),
        PROMISE(test_history_stays_within_its_bytes_and_keeps_states_apart_first),
        PROMISE(test_history_forgets_the_oldest_when_that_is_not_enough),
        PROMISE(test_history_that_begins_anew_forgets_all),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("tool/play_history", promises);
}
