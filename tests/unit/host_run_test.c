/* One match by hand, with the counter: the order of a step, and what is seen of a game that
 * misbehaves. */
#include "host/run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "host/load.h"
#include "promises.h"

static struct run *run;
static struct replay_writer writer;
static uint8_t file[65536];

/* The descriptor stays open: the loader takes what it has loaded under one name for the same. */
static struct run *load(const char *variable)
{
    struct gk_manifest manifest;
    struct gk_game game;
    uint64_t mapped_bytes;
    int image = open(getenv(variable), O_RDONLY | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(game_inspect(image, &manifest, &mapped_bytes) && game_load(image, &game));
    return run_create(&manifest, &game);
}

static struct gk_match match_of(uint32_t mode, uint32_t player_count)
{
    return (struct gk_match){.seed = 3, .mode = mode, .player_count = player_count};
}

static void begin(const char *variable)
{
    const struct gk_match match = match_of(0, 2);
    run = load(variable);
    run_begin(run, &match);
}

static bool add(uint32_t slot, uint8_t number)
{
    return run_input(run, slot, &number, 1);
}

static void misbehave(uint8_t how)
{
    uint8_t bytes[9] = "mischief";
    bytes[8] = how;
    CU_ASSERT_TRUE(run_input(run, 0, bytes, sizeof bytes));
}

/* The counter's state. */
struct counted {
    uint64_t ticks;
    uint32_t counts[2];
    uint8_t joins[2], leaves[2], left[2];
};

static const struct counted *counted(void)
{
    return (const struct counted *)(const void *)run->state.bytes;
}

static void test_run_plays_a_match_to_its_result(void)
{
    begin("TEST_GAME");
    run_join(run, 0);
    run_join(run, 1);
    CU_ASSERT_TRUE(run_step(run));
    CU_ASSERT_FALSE(add(0, 101));
    CU_ASSERT_TRUE(add(0, 7));
    CU_ASSERT_TRUE(add(0, 60)); /* the newest counts */
    CU_ASSERT_TRUE(run_step(run));
    CU_ASSERT_EQUAL(counted()->counts[0], 60);
    CU_ASSERT_TRUE(run_step(run)); /* and only once */
    CU_ASSERT_EQUAL(counted()->counts[0], 60);
    CU_ASSERT_TRUE(add(0, 40));
    CU_ASSERT_FALSE(run_step(run));
    CU_ASSERT_TRUE(run->is_over);
    CU_ASSERT_EQUAL(run->fault, RUN_FINE);
    CU_ASSERT_EQUAL(run->result.players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(run->ticks, 4);
    CU_ASSERT_FALSE(run_step(run));
    CU_ASSERT_FALSE(add(1, 1));
    run_destroy(run);
}

static void test_run_tells_of_coming_and_going_once_each_way(void)
{
    begin("TEST_GAME");
    run_join(run, 1);
    run_leave(run, 1, GK_LEAVE_DISCONNECTED); /* nobody has noticed */
    run_step(run);
    CU_ASSERT_EQUAL(counted()->joins[1] + counted()->leaves[1], 0);
    run_join(run, 1);
    run_step(run);
    run_step(run);
    CU_ASSERT_EQUAL(counted()->joins[1], 1);
    CU_ASSERT_TRUE(add(1, 9));
    run_leave(run, 1, GK_LEAVE_LEFT);
    CU_ASSERT_FALSE(add(1, 9));
    CU_ASSERT_FALSE(run_step(run));
    CU_ASSERT_EQUAL(counted()->left[1], 1);
    CU_ASSERT_EQUAL(counted()->counts[1], 0); /* its input went with it */
    CU_ASSERT_EQUAL(run->result.reason, 1);
    run_destroy(run);
}

static void test_run_steps_a_turn_based_game_on_input_or_when_the_turn_is_over(void)
{
    begin("TEST_TURNS");
    run_join(run, 0);
    run_step(run);
    CU_ASSERT_EQUAL(counted()->joins[0], 1);
    CU_ASSERT_EQUAL(run->ticks, 0);
    CU_ASSERT_TRUE(add(0, 1));
    run_step(run);
    CU_ASSERT_EQUAL(run->ticks, 1);
    run_step(run);
    CU_ASSERT_EQUAL(run->ticks, 1);
    run_end_turn(run);
    run_step(run);
    CU_ASSERT_EQUAL(run->ticks, 2);
    CU_ASSERT_EQUAL(counted()->ticks, 2);
    run_destroy(run);
}

static void test_run_shows_what_a_viewer_sees(void)
{
    uint32_t viewer;
    begin("TEST_GAME");
    uint32_t bytes = run_view(run, GK_SPECTATOR);
    CU_ASSERT_EQUAL_FATAL(bytes, run->manifest.view_bytes_max);
    memcpy(&viewer, run->view.bytes + bytes - 8, sizeof viewer);
    CU_ASSERT_EQUAL(viewer, GK_SPECTATOR);
    char text[64] = "x";
    run_explain(run, text, sizeof text); /* the counter has none */
    CU_ASSERT_STRING_EQUAL(text, "");
    CU_ASSERT_FALSE(run_bot(run, 0, 1));
    run_destroy(run);
}

static enum run_fault fault_of(uint8_t mischief, enum game_callback *ret_callback)
{
    begin("TEST_GAME");
    misbehave(mischief);
    bool goes_on = run_step(run);
    if (goes_on)
        CU_ASSERT_EQUAL(run_view(run, 0), 0);
    enum run_fault fault = run->fault;
    *ret_callback = (enum game_callback)run->note->callback;
    CU_ASSERT_TRUE(run->is_over);
    run_destroy(run);
    return fault;
}

static void test_run_names_the_callback_that_misbehaves(void)
{
    enum game_callback callback;
    CU_ASSERT_EQUAL(fault_of(201, &callback), RUN_ANSWER_BYTES);
    CU_ASSERT_EQUAL(callback, GAME_CALL_VIEW);
    CU_ASSERT_EQUAL(fault_of(202, &callback), RUN_CHECK);
    CU_ASSERT_EQUAL(callback, GAME_CALL_CHECK);
    CU_ASSERT_EQUAL(fault_of(203, &callback), RUN_STATE_OVERRUN);
    CU_ASSERT_EQUAL(callback, GAME_CALL_TICK);
}

static void test_run_finds_a_game_impure_when_it_repeats(void)
{
    static const char *const impure[] = {"TEST_BYTE", "TEST_POINTER"};
    for (size_t i = 0; i < sizeof impure / sizeof impure[0]; i++) {
        run = load(impure[i]);
        const struct gk_match match = match_of(0, run->manifest.modes[0].players_max);
        run->repeats = true;
        run_begin(run, &match);
        for (int tick = 0; tick < 100; tick++) {
            run_join(run, 0);
            (void)add(0, (uint8_t)tick);
            run_step(run);
        }
        CU_ASSERT_EQUAL(run->fault, RUN_IMPURE);
        run_destroy(run);
    }
}

static void test_run_records_what_happens(void)
{
    static struct replay_reader reader;
    struct replay_head head;
    struct replay_record record;
    const struct gk_match match = match_of(0, 2);
    const uint8_t sha[32] = {1};
    run = load("TEST_TURNS");
    run_head(&run->manifest, sha, &match, 1, &head);
    replay_write_begin(&writer, file, sizeof file, NULL, NULL, &head);
    run->recorder = &writer;
    run_begin(run, &match);
    run_join(run, 0);
    run_step(run);
    add(0, 100);
    run_step(run);
    uint64_t hash = run_hash(run);
    CU_ASSERT_TRUE(run_end_recording(run));
    run_destroy(run);

    const enum replay_record_type types[] = {REPLAY_JOIN, REPLAY_MEET, REPLAY_TICK, REPLAY_HASH,
                                             REPLAY_END};
    CU_ASSERT_EQUAL(replay_read_begin(&reader, file, writer.used), REPLAY_FINE);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        CU_ASSERT_EQUAL_FATAL(replay_read_next(&reader, &record), REPLAY_FINE);
        CU_ASSERT_EQUAL(record.type, types[i]);
    }
    CU_ASSERT_EQUAL(record.hash, hash);
    CU_ASSERT_EQUAL(record.result.players[0].outcome, GK_OUTCOME_WIN);
}

static void test_run_goes_on_from_a_state_that_was_kept(void)
{
    uint8_t kept[GK_VIEW_BYTES_MAX];
    begin("TEST_GAME");
    run_join(run, 0);
    run_join(run, 1);
    CU_ASSERT_TRUE(add(0, 7));
    CU_ASSERT_TRUE(run_step(run));
    memcpy(kept, run->state.bytes, run->state.count);
    struct gk_match match = run->match;
    uint32_t ticks = run->ticks;
    uint64_t joined = run->joined;
    CU_ASSERT_TRUE(add(1, 9));
    CU_ASSERT_TRUE(run_step(run));
    uint64_t hash = run_hash(run);
    run_destroy(run);

    run = load("TEST_GAME"); /* that has begun nothing */
    run_resume(run, &match, kept, ticks, joined, 0);
    CU_ASSERT_TRUE(add(1, 9));
    CU_ASSERT_TRUE(run_step(run));
    CU_ASSERT_EQUAL(run_hash(run), hash);
    CU_ASSERT_EQUAL(run->ticks, ticks + 1);
    CU_ASSERT_EQUAL(counted()->joins[0], 1);
    run_resume(run, &match, kept, ticks, joined, 2); /* and back again, the second one being gone */
    CU_ASSERT_FALSE(add(1, 9));
    CU_ASSERT_EQUAL(counted()->counts[0], 7);
    run_destroy(run);
}

static void test_run_migrates_only_by_the_game(void)
{
    const struct gk_match match = match_of(0, 2);
    uint8_t old[16] = {1};
    run = load("TEST_GAME"); /* which has no migrate */
    CU_ASSERT_FALSE(run_migrate(run, &match, old, sizeof old, 0));
    run_destroy(run);
}

static void test_run_knows_which_matches_fit(void)
{
    run = load("TEST_GAME");
    struct gk_match match = match_of(1, 1);
    CU_ASSERT_TRUE(run_match_fits(&run->manifest, &match));
    match.player_count = 2;
    CU_ASSERT_FALSE(run_match_fits(&run->manifest, &match));
    match.player_count = 0;
    CU_ASSERT_FALSE(run_match_fits(&run->manifest, &match));
    match = match_of(2, 1);
    CU_ASSERT_FALSE(run_match_fits(&run->manifest, &match));
    run_destroy(run);
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_run_plays_a_match_to_its_result),
        PROMISE(test_run_tells_of_coming_and_going_once_each_way),
        PROMISE(test_run_steps_a_turn_based_game_on_input_or_when_the_turn_is_over),
        PROMISE(test_run_shows_what_a_viewer_sees),
        PROMISE(test_run_names_the_callback_that_misbehaves),
        PROMISE(test_run_finds_a_game_impure_when_it_repeats),
        PROMISE(test_run_records_what_happens),
        PROMISE(test_run_goes_on_from_a_state_that_was_kept),
        PROMISE(test_run_migrates_only_by_the_game),
        PROMISE(test_run_knows_which_matches_fit),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("host_run", promises);
}
