/* Hostile games in a real worker with all its walls: each is stopped, for its own reason.
 * TEST_WORKER is the worker without sanitizers, TEST_GAME the hostile game. */
#include <string.h>
#include <sys/syscall.h>

#include "games/hostile/deeds.h"
#include "worker_driver.h"

#include "host/sandbox.h"

#define LOGS_MAX 60 /* of three seconds, by LOGS_PER_SECOND_MAX of the worker */

static int stream;

/* A match that does the deed with its next tick. */
static void play(enum deed deed)
{
    uint8_t mischief[9] = "mischief";
    uint8_t body[RECORD_BODY_BYTES_MAX];
    mischief[8] = (uint8_t)deed;
    ready_with_match();
    stream = open_stream(0);
    attach(stream, 1, 9, users[0]);
    (void)get_type(stream, RECORD_ATTACHED, body);
    put(stream, RECORD_INPUT, 1, 1, mischief, sizeof mischief);
}

/* The wait status of the worker, which ends by itself. */
static int ended(void)
{
    int status = -1;
    alarm(WAIT_MS / 1000);
    CU_ASSERT_EQUAL(waitpid(worker.pid, &status, 0), worker.pid);
    alarm(0);
    return status;
}

static void clean_up(void)
{
    close(stream);
    close(worker.control);
    munmap(worker.arena, arena_file_bytes(worker.arena));
    close(worker.arena_file);
    close(worker.image);
}

static void test_sandbox_has_all_its_layers(void)
{
    struct control_ready ready;
    start_worker();
    expect(CONTROL_READY, &ready, sizeof ready);
    CU_ASSERT_EQUAL(ready.layers, SANDBOX_ALL);
    stop_worker();
}

static void test_sandbox_stops_each_forbidden_call_and_names_it(void)
{
    static const struct {
        enum deed deed;
        uint32_t call;
    } deeds[] = {
        {DEED_FORK, SYS_clone},          {DEED_OPEN, SYS_openat},
        {DEED_CONNECT, SYS_socket},      {DEED_KILL_PARENT, SYS_kill},
        {DEED_PTRACE, SYS_ptrace},       {DEED_EXECUTABLE, SYS_mprotect},
        {DEED_CLOCK, SYS_clock_gettime}, {DEED_MEMORY, SYS_mmap},
        {DEED_WRITE_ALL, SYS_write},     {DEED_TRUNCATE, SYS_ftruncate},
        {DEED_EXECUTE, SYS_execve},      {DEED_SIGNALS, SYS_rt_sigaction},
        {DEED_FILTER, SYS_seccomp},
    };
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        play(deeds[i].deed);
        int status = ended();
        CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == SANDBOX_EXIT_FORBIDDEN);
        CU_ASSERT_EQUAL(atomic_load(&worker.arena->forbidden_call), deeds[i].call + 1);
        CU_ASSERT_EQUAL(atomic_load(&worker.arena->callback_now), GAME_CALL_TICK);
        CU_ASSERT_EQUAL(atomic_load(&worker.arena->match_now), 0);
        clean_up();
    }
}

static void test_sandbox_ends_who_writes_where_he_may_not(void)
{
    static const enum deed deeds[] = {DEED_WILD, DEED_OWN_CODE, DEED_OWN_TABLE, DEED_STACK};
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        play(deeds[i]);
        int status = ended();
        CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
        CU_ASSERT_EQUAL(atomic_load(&worker.arena->callback_now), GAME_CALL_TICK);
        clean_up();
    }
}

/* The match ends as aborted while its worker lives on. */
static void aborts_alone(enum deed deed)
{
    struct control_match_over over;
    struct control_heartbeat beat;
    play(deed);
    expect(CONTROL_MATCH_OVER, &over, sizeof over);
    CU_ASSERT_EQUAL(over.result.reason, 2);
    expect(CONTROL_HEARTBEAT, &beat, sizeof beat);
    close(stream);
    stop_worker();
}

static void test_sandbox_ends_a_match_whose_view_is_over_its_size(void)
{
    aborts_alone(DEED_VIEW);
}

static void test_sandbox_ends_a_match_whose_ticks_take_longer_than_their_period(void)
{
    aborts_alone(DEED_SLOW);
}

static void test_sandbox_bounds_what_a_game_logs(void)
{
    uint8_t packet[CONTROL_BYTES_MAX];
    struct control_head head;
    int logs = 0;
    play(DEED_LOG_FLOOD);
    for (int beats = 0; beats < 12;) { /* three seconds */
        struct pollfd wait = {worker.control, POLLIN, 0};
        CU_ASSERT_EQUAL_FATAL(poll(&wait, 1, WAIT_MS), 1);
        CU_ASSERT_FATAL(recv(worker.control, packet, sizeof packet, 0) >= (ssize_t)sizeof head);
        memcpy(&head, packet, sizeof head);
        logs += head.type == CONTROL_LOG;
        beats += head.type == CONTROL_HEARTBEAT;
    }
    CU_ASSERT(logs > 0 && logs <= LOGS_MAX + 20);
    close(stream);
    stop_worker();
}

int main(void)
{
    if (!getenv("TEST_WORKER") || !getenv("TEST_GAME"))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("worker_sandbox", NULL, NULL);
    CU_ADD_TEST(suite, test_sandbox_has_all_its_layers);
    CU_ADD_TEST(suite, test_sandbox_stops_each_forbidden_call_and_names_it);
    CU_ADD_TEST(suite, test_sandbox_ends_who_writes_where_he_may_not);
    CU_ADD_TEST(suite, test_sandbox_ends_a_match_whose_view_is_over_its_size);
    CU_ADD_TEST(suite, test_sandbox_ends_a_match_whose_ticks_take_longer_than_their_period);
    CU_ADD_TEST(suite, test_sandbox_bounds_what_a_game_logs);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures ? 1 : 0;
}
