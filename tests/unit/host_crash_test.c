/* The step of a crash: what is read of a stranger's crash.json, and that the callback which died is
 * called again with what it was called with. The game is a table of this file that notes it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/crash_run.h"
#include "promises.h"

#define STATE_BYTES 8
#define INPUT_BYTES 2

static struct {
    char calls[64]; /* a letter each */
    uint32_t slot, reason, said_count;
    uint64_t seed, present;
    uint8_t said, input;
} seen;

static void call(char letter, uint32_t slot)
{
    seen.calls[strlen(seen.calls)] = letter;
    seen.slot = slot;
}

static void init(const struct gk_host *host, void *state, const struct gk_match *match)
{
    (void)host, (void)state;
    call('i', 0);
    seen.seed = match->seed;
}

static void join(const struct gk_host *host, void *state, uint32_t slot)
{
    (void)host, (void)state;
    call('j', slot);
}

static void leave(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason)
{
    (void)host, (void)state;
    call('l', slot);
    seen.reason = reason;
}

static uint32_t input(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    (void)host, (void)state, (void)ret_input;
    call('n', slot);
    seen.said = count > 0 ? bytes[0] : 0;
    seen.said_count = count;
    return 0;
}

static void tick(const struct gk_host *host, void *state, const struct gk_inputs *inputs)
{
    (void)host;
    call('t', 0);
    seen.present = inputs->present;
    seen.input = inputs->bytes[INPUT_BYTES]; /* of slot 1 */
    ((uint8_t *)state)[0]++;
}

static uint32_t view(const struct gk_host *host, const void *state, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    (void)host, (void)state, (void)ret_bytes, (void)capacity;
    call('v', viewer);
    return 0;
}

static uint32_t result(const struct gk_host *host, const void *state, struct gk_result *ret_result)
{
    (void)host, (void)state, (void)ret_result;
    call('r', 0);
    return 0;
}

static uint32_t bot(const struct gk_host *host, const void *state, uint32_t slot,
                    uint32_t difficulty, uint8_t *ret_input)
{
    (void)host, (void)state, (void)ret_input;
    call('b', slot);
    seen.said = (uint8_t)difficulty;
    return 0;
}

static const struct gk_game game = {.size = sizeof game,
                                    .init = init,
                                    .join = join,
                                    .leave = leave,
                                    .input = input,
                                    .tick = tick,
                                    .view = view,
                                    .result = result,
                                    .bot = bot};

static const struct gk_manifest manifest = {
    .tick_hz = 60,
    .state_bytes = STATE_BYTES,
    .input_bytes = INPUT_BYTES,
    .view_bytes_max = 1,
    .players_min = 2,
    .players_max = 2,
    .mode_count = 1,
    .id = "crashing",
    .version = "1.0.0",
    .modes = {{.id = "duel", .players_min = 2, .players_max = 2, .teams = 2}}};

static struct crash_step step_of(enum game_callback callback, uint32_t slot)
{
    return (struct crash_step){
        .what = "it ended in tick",
        .game = "crashing",
        .version = "1.0.0",
        .sha = "00ff",
        .match_id = "018f6a1c-0000-7000-8000-000000000000",
        .callback = callback,
        .slot = slot,
        .ticks = 299,
        .match = {.seed = ~0ull, .player_count = 2, .options = {-1, 7}},
        .joined = 3,
        .present = 2,
        .ticked = true,
    };
}

static void take(const struct crash_step *step, bool has_state, const uint8_t *said, uint32_t count)
{
    static struct crash_report crash;
    struct run *run = run_create(&manifest, &game);
    CU_ASSERT_PTR_NOT_NULL_FATAL(run);
    memset(&crash, 0, sizeof crash);
    memset(&seen, 0, sizeof seen);
    crash.step = *step;
    crash.has_state = has_state;
    crash.said_count = count;
    if (count > 0)
        memcpy(crash.said, said, count);
    crash.inputs[INPUT_BYTES] = 9;
    crash_take(run, &crash);
    run_destroy(run);
}

static void test_crash_takes_the_tick_with_its_inputs_and_who_came_and_went(void)
{
    struct crash_step step = step_of(GAME_CALL_TICK, 0);
    take(&step, true, NULL, 0);
    CU_ASSERT_STRING_EQUAL(seen.calls, "tr");
    CU_ASSERT_EQUAL(seen.present, 2);
    CU_ASSERT_EQUAL(seen.input, 9);

    step.joined = 2;
    step.came = 1;
    step.gave_up = 2;
    take(&step, true, NULL, 0);
    CU_ASSERT_STRING_EQUAL(seen.calls, "jltr");
    CU_ASSERT_EQUAL(seen.reason, GK_LEAVE_LEFT);
    CU_ASSERT_EQUAL(seen.present, 0); /* who has given up has none */
}

static void test_crash_calls_what_died_with_what_it_was_given(void)
{
    static const uint8_t said[] = {200, 1, 2}, difficulty = 3;
    struct crash_step step = step_of(GAME_CALL_INPUT, 1);
    take(&step, true, said, sizeof said);
    CU_ASSERT_STRING_EQUAL(seen.calls, "n");
    CU_ASSERT_EQUAL(seen.slot, 1);
    CU_ASSERT_EQUAL(seen.said, 200);
    CU_ASSERT_EQUAL(seen.said_count, sizeof said);

    step = step_of(GAME_CALL_BOT, 1);
    take(&step, true, &difficulty, 1);
    CU_ASSERT_STRING_EQUAL(seen.calls, "b");
    CU_ASSERT_EQUAL(seen.said, 3);

    step = step_of(GAME_CALL_VIEW, GK_SPECTATOR);
    take(&step, true, NULL, 0);
    CU_ASSERT_STRING_EQUAL(seen.calls, "v");
    CU_ASSERT_EQUAL(seen.slot, GK_SPECTATOR);

    step = step_of(GAME_CALL_RESULT, 0);
    take(&step, true, NULL, 0);
    CU_ASSERT_STRING_EQUAL(seen.calls, "r");

    step = step_of(GAME_CALL_INIT, 0);
    take(&step, false, NULL, 0);
    CU_ASSERT_STRING_EQUAL(seen.calls, "i");
    CU_ASSERT_EQUAL(seen.seed, ~0ull);
}

static void test_crash_json_is_read_as_it_was_written(void)
{
    const struct crash_step step = step_of(GAME_CALL_LEAVE, 1);
    struct crash_step read = {.ticks = 0};
    char reason[CRASH_REASON_BYTES], *text = crash_step_encode(&step);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_TRUE(crash_step_decode(text, strlen(text), &read, reason));
    CU_ASSERT_STRING_EQUAL(read.what, step.what);
    CU_ASSERT_STRING_EQUAL(read.game, step.game);
    CU_ASSERT_STRING_EQUAL(read.sha, step.sha);
    CU_ASSERT_STRING_EQUAL(read.match_id, step.match_id);
    CU_ASSERT_EQUAL(read.callback, GAME_CALL_LEAVE);
    CU_ASSERT_EQUAL(read.slot, 1);
    CU_ASSERT_EQUAL(read.ticks, 299);
    CU_ASSERT_EQUAL(memcmp(&read.match, &step.match, sizeof read.match), 0);
    CU_ASSERT_EQUAL(read.joined, 3);
    CU_ASSERT_EQUAL(read.present, 2);
    CU_ASSERT_TRUE(read.ticked);
    free(text);
}

/* The text of a good one, with `from` replaced by `to`, must be refused for `key`. */
static void refuses(const char *from, const char *to, const char *key)
{
    const struct crash_step step = step_of(GAME_CALL_TICK, 0);
    struct crash_step read = {.ticks = 5};
    char changed[CRASH_JSON_BYTES_MAX], reason[CRASH_REASON_BYTES] = "";
    char *text = crash_step_encode(&step);
    const char *at = text ? strstr(text, from) : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    CU_ASSERT_FALSE(crash_step_decode(changed, strlen(changed), &read, reason));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, key));
    CU_ASSERT_EQUAL(read.ticks, 5);
    free(text);
}

static void test_crash_json_of_a_stranger_is_refused(void)
{
    refuses("{", "[", "JSON");
    refuses("\"tick\": 299", "\"tick\": 4294967296", "tick");
    refuses("\"tick\": 299", "\"tick\": -1", "tick");
    refuses("\"tick\": 299", "\"tick\": \"299\"", "tick");
    refuses("\"tick\": 299,", "", "other fields");
    refuses("\"tick\": 299", "\"tick\": 299, \"more\": 1", "other fields");
    refuses("\"callback\": \"tick\"", "\"callback\": \"migrate\"", "callback");
    refuses("\"players\": 2", "\"players\": 65", "players");
    refuses("\"players\": 2", "\"players\": 0", "players");
    refuses("\"players\": 2", "\"players\": 1", "joined");
    refuses("\"slot\": 0", "\"slot\": 2", "slot");
    refuses("\"slot\": 0", "\"slot\": 4294967295", "slot");
    refuses("\"joined\": \"3\"", "\"joined\": \"-3\"", "joined");
    refuses("\"joined\": \"3\"", "\"joined\": \"\"", "joined");
    refuses("\"joined\": \"3\"", "\"joined\": \"00000000000000003\"", "joined");
    refuses("\"sha\": \"00ff\"", "\"sha\": \"\\u001b[2J\"", "sha");
    refuses("\"version\": \"1.0.0\"", "\"version\": \"123456789012345678901234\"", "version");
    refuses("-1,", "-1, 5,", "options");
}

static void test_crash_fits_only_its_game(void)
{
    struct crash_step step = step_of(GAME_CALL_TICK, 0);
    CU_ASSERT_TRUE(crash_fits(&manifest, &step));
    step.match.mode = 1;
    CU_ASSERT_FALSE(crash_fits(&manifest, &step));
    step = step_of(GAME_CALL_TICK, 0);
    step.game[0] = 'x';
    CU_ASSERT_FALSE(crash_fits(&manifest, &step));
}

int main(void)
{
    CU_TestInfo promises[] = {
        PROMISE(test_crash_takes_the_tick_with_its_inputs_and_who_came_and_went),
        PROMISE(test_crash_calls_what_died_with_what_it_was_given),
        PROMISE(test_crash_json_is_read_as_it_was_written),
        PROMISE(test_crash_json_of_a_stranger_is_refused),
        PROMISE(test_crash_fits_only_its_game),
        CU_TEST_INFO_NULL,
    };
    return keep_promises("host_crash", promises);
}
