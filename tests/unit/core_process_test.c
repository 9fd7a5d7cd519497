/* A child gets exactly what it is given: descriptors, environment, signals, folder. */
#include "core/process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "promises.h"

static char output[4096];

/* Runs a shell script with these options; its output goes into `output`, its status comes back. */
static int run(struct process_options *options, const char *script)
{
    char *const arguments[] = {"sh", "-c", (char *)script, NULL};
    char *const environment[] = {"PATH=/usr/bin:/bin", "ONLY=this", NULL};
    int pipe_ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(pipe_ends, O_CLOEXEC), 0);
    options->path = "/bin/sh";
    options->arguments = arguments;
    options->environment = environment;
    options->output = pipe_ends[1];
    pid_t child;
    CU_ASSERT_EQUAL_FATAL(process_start(options, &child), OK);
    close(pipe_ends[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(pipe_ends[0], output + used, sizeof(output) - 1 - used)) > 0;)
        used += (size_t)got;
    output[used] = '\0';
    close(pipe_ends[0]);
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_process_gets_only_the_environment_it_is_given(void)
{
    struct process_options options = {0};
    setenv("SECRET", "x", 1);
    CU_ASSERT_EQUAL(run(&options, "env"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "ONLY=this\n"));
    CU_ASSERT_PTR_NULL(strstr(output, "SECRET"));
}

static void test_process_gets_its_descriptors_in_order_and_no_other(void)
{
    int first[2], second[2];
    CU_ASSERT_EQUAL_FATAL(pipe(first), 0); /* on purpose without close-on-exec */
    CU_ASSERT_EQUAL_FATAL(pipe(second), 0);
    CU_ASSERT_EQUAL(write(first[1], "one\n", 4), 4);
    CU_ASSERT_EQUAL(write(second[1], "two\n", 4), 4);
    /* crosswise, so that a careless dup2 would overwrite one with the other */
    struct process_options options = {.descriptors = {second[0], first[0]}, .descriptor_count = 2};
    CU_ASSERT_EQUAL(run(&options, "read a <&3; read b <&4; echo $a $b; ls /proc/$$/fd | tr '\\n' "
                                  "' '; readlink /proc/$$/fd/0"),
                    0);
    CU_ASSERT_EQUAL(strncmp(output, "two one\n0 1 2 3 4 ", 18), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "/dev/null\n"));
    for (int i = 0; i < 2; i++) {
        close(first[i]);
        close(second[i]);
    }
}

static void test_process_starts_with_default_signals(void)
{
    struct process_options options = {0};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    signal(SIGPIPE, SIG_IGN);
    CU_ASSERT_EQUAL(run(&options, "grep -E 'Sig(Blk|Ign)' /proc/self/status"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "SigBlk:\t0000000000000000\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "SigIgn:\t0000000000000000\n"));
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_process_may_have_a_folder_and_a_group_of_its_own(void)
{
    struct process_options options = {.directory = "/usr", .own_group = true};
    CU_ASSERT_EQUAL(run(&options, "pwd; test $$ = $(cut -d' ' -f5 /proc/$$/stat)"), 0);
    CU_ASSERT_STRING_EQUAL(output, "/usr\n");
}

static void test_process_that_cannot_run_says_so(void)
{
    char *const none[] = {NULL};
    pid_t child = 7;
    struct process_options options = {
        .path = "/nonexistent/program", .arguments = none, .environment = none, .output = -1};
    CU_ASSERT_EQUAL(process_start(&options, &child), ERROR_UNAVAILABLE);
    options.path = "/bin/sh";
    options.directory = "/nonexistent";
    CU_ASSERT_EQUAL(process_start(&options, &child), ERROR_UNAVAILABLE);
    CU_ASSERT_EQUAL(child, 7);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left to be waited for */
}

static void test_process_may_die_with_its_parent(void)
{
    int life[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(life, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t parent = fork();
    if (parent == 0) {
        char *const arguments[] = {"sleep", "1000", NULL}, *const none[] = {NULL};
        struct process_options options = {.path = "/bin/sleep",
                                          .arguments = arguments,
                                          .environment = none,
                                          .descriptors = {life[1]},
                                          .descriptor_count = 1,
                                          .output = -1,
                                          .die_with_parent = true};
        pid_t child;
        _exit(process_start(&options, &child) ? 1 : 0);
    }
    close(life[1]);
    int status;
    waitpid(parent, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    char byte;
    CU_ASSERT_EQUAL(read(life[0], &byte, 1), 0); /* its end is closed: it is dead */
    close(life[0]);
}

static void test_process_refuses_too_few_descriptors(void)
{
    CU_ASSERT_EQUAL(process_raise_descriptors(64), OK);
    CU_ASSERT_EQUAL(process_raise_descriptors(INT_MAX), ERROR_UNAVAILABLE);
}

static CU_TestInfo promises[] = {
    PROMISE(test_process_gets_only_the_environment_it_is_given),
    PROMISE(test_process_gets_its_descriptors_in_order_and_no_other),
    PROMISE(test_process_starts_with_default_signals),
    PROMISE(test_process_may_have_a_folder_and_a_group_of_its_own),
    PROMISE(test_process_that_cannot_run_says_so),
    PROMISE(test_process_may_die_with_its_parent),
    PROMISE(test_process_refuses_too_few_descriptors),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    log_init("test", LOG_ERROR + 1);
    return keep_promises("core/process", promises);
}
