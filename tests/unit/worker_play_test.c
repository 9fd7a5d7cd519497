/* What a worker does for players and watchers. TEST_GAME is the counter game's image, TEST_TURNS
 * that of battleships, which is turn-based and has secrets. */
#include "worker_driver.h"

#define COUNTER_HZ 100
#define STOPPED_MS 300

static void test_worker_seats_players_and_lets_others_watch(void)
{
    static const uint8_t stranger[16] = {7};
    uint8_t body[RECORD_BODY_BYTES_MAX];
    ready_with_match();
    int stream = open_stream(0);
    attach(stream, 1, 9, users[1]);
    attach(stream, 2, 9, stranger);
    attach(stream, 3, 8, stranger);
    CU_ASSERT_EQUAL(get_type(stream, RECORD_ATTACHED, body).slot, 1);
    CU_ASSERT_EQUAL(get_type(stream, RECORD_ATTACHED, body).slot, RECORD_SPECTATOR);
    struct record_head refused = get_type(stream, RECORD_DETACHED, body);
    CU_ASSERT_EQUAL(refused.link, 3);
    CU_ASSERT_EQUAL(refused.value, DETACH_NO_MATCH);
    struct view view;
    uint32_t ack;
    for (int seen = 0; seen != 3;) {
        struct record_head head = get_view(stream, &view, &ack);
        CU_ASSERT_EQUAL(view.viewer, head.link == 1 ? 1 : GK_SPECTATOR);
        seen |= (int)head.link;
    }
    close(stream);
    stop_worker();
}

static void test_worker_commits_before_it_sends(void)
{
    ready_with_match();
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    for (int i = 0; i < 50; i++) {
        struct view view;
        uint32_t ack;
        get_view(stream, &view, &ack);
        struct arena_block *newest = arena_newest(worker.arena, arena_match_at(worker.arena, 0));
        CU_ASSERT(newest->tick >= view.ticks);
    }
    close(stream);
    stop_worker();
}

static void test_worker_takes_the_last_input_of_a_tick_and_acknowledges_it(void)
{
    static const uint8_t small = 1, refused[2] = {1, 1};
    ready_with_match();
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    struct view view;
    uint32_t ack = 0;
    put(stream, RECORD_INPUT, 1, 41, &small, 1);
    put(stream, RECORD_INPUT, 1, 42, &small, 1);
    put(stream, RECORD_INPUT, 1, 43, refused, 2);
    while (ack != 42)
        get_view(stream, &view, &ack);
    CU_ASSERT(view.counts[0] == 1 || view.counts[0] == 2); /* two when a tick came between */
    close(stream);
    stop_worker();
}

static void test_worker_shows_the_last_view_then_ends_the_match_once(void)
{
    static const uint8_t all = 100;
    uint8_t body[RECORD_BODY_BYTES_MAX];
    struct control_match_over over;
    struct record_head head = {0}, last = {0};
    ready_with_match();
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    put(stream, RECORD_INPUT, 1, 1, &all, 1);
    do {
        last = head;
        CU_ASSERT_FATAL(get(stream, &head, body));
    } while (head.type != RECORD_DETACHED);
    CU_ASSERT_EQUAL(head.value, DETACH_MATCH_OVER);
    CU_ASSERT_EQUAL(last.type, RECORD_FRAME);
    expect(CONTROL_MATCH_OVER, &over, sizeof over);
    CU_ASSERT_EQUAL(over.result.players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(atomic_load(&arena_match_at(worker.arena, 0)->status), ARENA_OVER);
    start_match(10, 0); /* the place is free again */
    close(stream);
    stop_worker();
}

static void test_worker_aborts_a_match_that_all_players_have_abandoned(void)
{
    static const uint8_t stranger[16] = {7};
    struct control_match_over over;
    struct control_heartbeat beat;
    struct control_ready ready;
    uint8_t body[RECORD_BODY_BYTES_MAX];
    start_worker();
    expect(CONTROL_READY, &ready, sizeof ready);
    int stream = open_stream(0);
    abandoned_ms = 1;
    start_match(1, 0);
    attach(stream, 1, 1, users[1]);
    CU_ASSERT_EQUAL(get_type(stream, RECORD_ATTACHED, body).slot, 1);
    for (int beats = 0; beats < 3; beats++) /* one player is enough */
        expect(CONTROL_HEARTBEAT, &beat, sizeof beat);
    CU_ASSERT_EQUAL(beat.matches, 1);
    attach(stream, 2, 1, stranger);
    put(stream, RECORD_DETACH, 1, DETACH_CLOSED, NULL, 0);
    expect(CONTROL_MATCH_OVER, &over, sizeof over);
    CU_ASSERT_EQUAL(over.match[0], 1);
    CU_ASSERT_EQUAL(over.result.reason, 2);
    struct record_head end = get_type(stream, RECORD_DETACHED, body);
    CU_ASSERT_EQUAL(end.link, 2);
    CU_ASSERT_EQUAL(end.value, DETACH_MATCH_OVER);
    abandoned_ms = 0;
    close(stream);
    stop_worker();
}

/* Nothing is held back from the account: what is not done is skipped, and told. */
static void test_worker_tells_late_ticks_from_those_that_it_missed(void)
{
    struct control_heartbeat before, after;
    uint64_t counted = 0;
    ready_with_match();
    expect(CONTROL_HEARTBEAT, &before, sizeof before);
    kill(worker.pid, SIGSTOP);
    usleep(STOPPED_MS * 1000);
    kill(worker.pid, SIGCONT);
    for (int beats = 0; beats < 3; beats++)
        expect(CONTROL_HEARTBEAT, &after, sizeof after);
    uint64_t due = (after.age_ns - before.age_ns) / (1000000000 / COUNTER_HZ);
    uint64_t known = after.ticks - before.ticks + after.ticks_skipped - before.ticks_skipped;
    CU_ASSERT(after.ticks_skipped - before.ticks_skipped > STOPPED_MS * COUNTER_HZ / 1000 / 2);
    CU_ASSERT(after.ticks_caught_up > before.ticks_caught_up);
    CU_ASSERT(after.tick_late_ns_max > (STOPPED_MS - 20) * 1000000ull);
    CU_ASSERT(known <= due + 5 && due <= known + 5);
    for (int i = 0; i < CONTROL_LATE_CLASSES; i++)
        counted += after.ticks_late[i];
    CU_ASSERT_EQUAL(counted, after.ticks);
    CU_ASSERT_EQUAL(after.steps, after.ticks); /* of the only match */
    stop_worker();
}

static void test_worker_skips_frames_of_a_slow_stream_and_goes_on_with_the_newest(void)
{
    struct control_heartbeat beat = {.frames_dropped = 0};
    ready_with_match();
    int slow = open_stream(1), quick = open_stream(0);
    for (uint32_t link = 1; link <= 200; link++)
        attach(slow, link, 9, (const uint8_t[16]){7});
    attach(quick, 1, 9, users[0]);
    while (beat.frames_dropped < 1000)
        expect(CONTROL_HEARTBEAT, &beat, sizeof beat);
    struct view view;
    uint32_t ack;
    struct arena_match *match = arena_match_at(worker.arena, 0);
    uint64_t now = arena_newest(worker.arena, match)->tick;
    do
        get_view(slow, &view, &ack);
    while (view.ticks < now);
    get_view(quick, &view, &ack);
    CU_ASSERT(view.ticks >= 1);
    close(slow);
    close(quick);
    stop_worker();
}

static void test_worker_closes_a_stream_that_breaks_the_rules(void)
{
    struct record_head head;
    uint8_t body[RECORD_BODY_BYTES_MAX];
    ready_with_match();
    static const struct record_head bad[] = {
        {.bytes = RECORD_BODY_BYTES_MAX + 1, .type = RECORD_INPUT},
        {.bytes = 0, .type = RECORD_ATTACH},
        {.bytes = 0, .type = RECORD_FRAME},
        {.bytes = 0, .type = 0xffff},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int stream = open_stream(0);
        CU_ASSERT_EQUAL(send(stream, &bad[i], sizeof bad[i], 0), sizeof bad[i]);
        CU_ASSERT_FALSE(get(stream, &head, body));
        close(stream);
    }
    stop_worker();
}

static void test_worker_goes_on_from_the_arena_of_a_dead_one(void)
{
    static const uint8_t some = 33;
    struct control_ready ready;
    struct view view = {.ticks = 0};
    uint32_t ack = 0;
    ready_with_match();
    int stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    put(stream, RECORD_INPUT, 1, 5, &some, 1);
    while (ack != 5)
        get_view(stream, &view, &ack);
    end_worker(SIGKILL);
    close(stream);
    uint64_t seen = view.ticks;

    spawn();
    expect(CONTROL_READY, &ready, sizeof ready);
    resume();
    stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    get_view(stream, &view, &ack);
    CU_ASSERT(view.ticks >= seen);
    CU_ASSERT_EQUAL(view.counts[0], 33);
    CU_ASSERT_EQUAL(view.joins[0], 1); /* nobody has noticed */
    CU_ASSERT_EQUAL(view.leaves[0], 0);
    close(stream);
    stop_worker();
}

/* The next frame of a turn-based match for this link; its view is in `ret_frame`. */
static uint32_t get_turn(int stream, uint32_t link, uint8_t *ret_frame)
{
    while (get_type(stream, RECORD_FRAME, ret_frame).link != link)
        ;
    uint32_t tick;
    memcpy(&tick, ret_frame + 2, sizeof tick);
    return tick;
}

/* Battleships: byte 1 of a view has bit s when slot s is here; the five bytes behind the 25 of a
 * board's cells are its ships, 255 for a secret. */
static void test_worker_steps_a_turn_based_match_when_something_comes_and_keeps_its_secrets(void)
{
    static const uint8_t fleet[] = {1, 0, 20, 40, 60, 80}, stranger[16] = {7};
    static const uint8_t secret[] = {0xff, 0xff, 0xff, 0xff, 0xff}, shot[] = {2, 5};
    uint8_t frame[RECORD_BODY_BYTES_MAX], *view = frame + FRAME_STATE_HEAD_BYTES;
    const uint8_t *ships = view + 10 + 25;
    struct control_heartbeat beat;
    struct control_match_over over;
    struct control_ready ready;
    start_worker_of("TEST_TURNS");
    expect(CONTROL_READY, &ready, sizeof ready);
    start_match(9, 0);
    int one = open_stream(0), other = open_stream(0), watcher = open_stream(0);
    attach(one, 1, 9, users[0]);
    attach(other, 2, 9, users[1]);
    attach(watcher, 3, 9, stranger);
    do {
        CU_ASSERT_EQUAL(get_turn(one, 1, frame), 0); /* coming is no turn */
    } while (view[1] != 3);
    do
        get_turn(other, 2, frame);
    while (view[1] != 3);
    get_turn(watcher, 3, frame);

    put(one, RECORD_INPUT, 1, 6, shot, sizeof shot); /* refused: it is no time to shoot */
    put(one, RECORD_INPUT, 1, 7, fleet, sizeof fleet);
    CU_ASSERT_EQUAL(get_turn(one, 1, frame), 1);
    CU_ASSERT_EQUAL(frame[6], 7);
    CU_ASSERT_EQUAL(memcmp(ships, fleet + 1, 5), 0);
    CU_ASSERT_EQUAL(get_turn(other, 2, frame), 1);
    CU_ASSERT_EQUAL(memcmp(ships, secret, 5), 0);
    while (get_turn(watcher, 3, frame) != 1)
        ;
    CU_ASSERT_EQUAL(memcmp(ships, secret, 5), 0);

    for (int beats = 0; beats < 3; beats++) /* no clock runs */
        expect(CONTROL_HEARTBEAT, &beat, sizeof beat);
    CU_ASSERT_EQUAL(beat.steps, 1);
    CU_ASSERT_EQUAL(beat.ticks, 0);
    put(other, RECORD_DETACH, 2, DETACH_CLOSED, NULL, 0);
    CU_ASSERT_EQUAL(get_turn(one, 1, frame), 1);
    CU_ASSERT_EQUAL(view[1], 1 | 4);
    attach(other, 2, 9, users[1]);
    get_turn(one, 1, frame);
    put(other, RECORD_DETACH, 2, DETACH_LEFT, NULL, 0);
    expect(CONTROL_MATCH_OVER, &over, sizeof over);
    CU_ASSERT_EQUAL(over.result.reason, 1);
    CU_ASSERT_EQUAL(over.result.players[0].outcome, GK_OUTCOME_WIN);
    CU_ASSERT_EQUAL(over.result.players[1].forfeit, 1);
    close(one);
    close(other);
    close(watcher);
    stop_worker();
}

static void test_worker_ends_with_its_supervisor(void)
{
    struct control_ready ready;
    int status = -1;
    start_worker();
    expect(CONTROL_READY, &ready, sizeof ready);
    close(worker.control);
    CU_ASSERT_EQUAL(waitpid(worker.pid, &status, 0), worker.pid);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    munmap(worker.arena, arena_file_bytes(worker.arena));
    close(worker.arena_file);
    close(worker.image);
}

int main(void)
{
    if (!getenv("TEST_WORKER") || !getenv("TEST_GAME") || !getenv("TEST_TURNS"))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("worker_play", NULL, NULL);
    CU_ADD_TEST(suite, test_worker_seats_players_and_lets_others_watch);
    CU_ADD_TEST(suite, test_worker_commits_before_it_sends);
    CU_ADD_TEST(suite, test_worker_takes_the_last_input_of_a_tick_and_acknowledges_it);
    CU_ADD_TEST(suite, test_worker_shows_the_last_view_then_ends_the_match_once);
    CU_ADD_TEST(suite, test_worker_aborts_a_match_that_all_players_have_abandoned);
    CU_ADD_TEST(suite, test_worker_skips_frames_of_a_slow_stream_and_goes_on_with_the_newest);
    CU_ADD_TEST(suite, test_worker_tells_late_ticks_from_those_that_it_missed);
    CU_ADD_TEST(suite, test_worker_closes_a_stream_that_breaks_the_rules);
    CU_ADD_TEST(suite, test_worker_goes_on_from_the_arena_of_a_dead_one);
    CU_ADD_TEST(suite,
                test_worker_steps_a_turn_based_match_when_something_comes_and_keeps_its_secrets);
    CU_ADD_TEST(suite, test_worker_ends_with_its_supervisor);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures ? 1 : 0;
}
