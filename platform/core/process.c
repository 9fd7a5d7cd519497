/*
 * Starting a child: fork, arrange, exec. Between fork and exec only async-signal-safe calls are
 * made, as other threads may have held any lock. A pipe that closes on exec tells the parent
 * whether the program runs, or which step failed and why.
 */
#include "core/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"

#define FIRST_DESCRIPTOR 3

enum step {
    STEP_PARENT,
    STEP_GROUP,
    STEP_CGROUP,
    STEP_DESCRIPTORS,
    STEP_DIRECTORY,
    STEP_USER,
    STEP_EXEC,
};

struct failure {
    int step;
    int error_number;
};

static void become_child(const struct process_options *options, pid_t parent, int report)
    __attribute__((noreturn));
static bool arrange_parent(const struct process_options *options, pid_t parent);
static bool arrange_signals(void);
static bool arrange_descriptors(const struct process_options *options, int *report);
static bool arrange_user(const struct process_options *options);
static void fail(int report, enum step step) __attribute__((noreturn));
static bool read_failure(int report, struct failure *ret_failure);

enum error process_start(const struct process_options *options, pid_t *ret_pid)
{
    static const char *const step_names[] = {"parent",    "process group", "cgroup", "descriptors",
                                             "directory", "user",          "exec"};
    assert(options->descriptor_count <= PROCESS_DESCRIPTORS_MAX);
    int report[2];
    if (pipe2(report, O_CLOEXEC)) {
        log_error("cannot start a program", "path", options->path, "reason", strerror(errno), NULL);
        return ERROR_UNAVAILABLE;
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        become_child(options, parent, report[1]);
    int fork_error = errno;
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        log_error("cannot start a program", "path", options->path, "reason", strerror(fork_error),
                  NULL);
        return ERROR_UNAVAILABLE;
    }
    struct failure failure;
    bool failed = read_failure(report[0], &failure);
    close(report[0]);
    if (failed) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
        log_error("cannot start a program", "path", options->path, "step", step_names[failure.step],
                  "reason", strerror(failure.error_number), NULL);
        return ERROR_UNAVAILABLE;
    }
    *ret_pid = child;
    return OK;
}

enum error process_raise_descriptors(int needed)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    if (limit.rlim_cur >= (rlim_t)needed)
        return OK;
    log_error("too few descriptors are allowed: raise the limit (ulimit -Hn) and start again",
              "allowed", log_number((int64_t)limit.rlim_cur), "needed", log_number(needed), NULL);
    return ERROR_UNAVAILABLE;
}

static void become_child(const struct process_options *options, pid_t parent, int report)
{
    if (!arrange_parent(options, parent))
        fail(report, STEP_PARENT);
    if (options->own_group && setpgid(0, 0))
        fail(report, STEP_GROUP);
    if (options->cgroup > 0 && write(options->cgroup, "0", 1) != 1) /* 0: whoever writes it */
        fail(report, STEP_CGROUP);
    if (!arrange_signals() || !arrange_descriptors(options, &report))
        fail(report, STEP_DESCRIPTORS);
    if (options->directory && chdir(options->directory))
        fail(report, STEP_DIRECTORY);
    if (options->change_user && !arrange_user(options))
        fail(report, STEP_USER);
    execve(options->path, options->arguments, options->environment);
    fail(report, STEP_EXEC);
}

static bool arrange_parent(const struct process_options *options, pid_t parent)
{
    if (!options->die_with_parent)
        return true;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL))
        return false;
    errno = ESRCH;
    return getppid() == parent; /* it may have died before the prctl */
}

static bool arrange_signals(void)
{
    struct sigaction by_default = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &by_default, NULL); /* refused for SIGKILL, SIGSTOP, the library's own */
    sigset_t none;
    sigemptyset(&none);
    return !sigprocmask(SIG_SETMASK, &none, NULL);
}

/* First everything up, out of the way of the numbers to be given, then down to these. */
static bool arrange_descriptors(const struct process_options *options, int *report)
{
    int beyond = FIRST_DESCRIPTOR + PROCESS_DESCRIPTORS_MAX;
    int raised[PROCESS_DESCRIPTORS_MAX];
    int raised_report = fcntl(*report, F_DUPFD_CLOEXEC, beyond);
    if (raised_report < 0)
        return false;
    *report = raised_report;
    for (int i = 0; i < options->descriptor_count; i++)
        if ((raised[i] = fcntl(options->descriptors[i], F_DUPFD_CLOEXEC, beyond)) < 0)
            return false;

    if (options->output >= 0 &&
        (dup2(options->output, STDOUT_FILENO) < 0 || dup2(options->output, STDERR_FILENO) < 0))
        return false;
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0)
        return false;
    for (int i = 0; i < options->descriptor_count; i++)
        if (dup2(raised[i], FIRST_DESCRIPTOR + i) < 0)
            return false;
    unsigned first_other = (unsigned)(FIRST_DESCRIPTOR + options->descriptor_count);
    return !close_range(first_other, ~0u, CLOSE_RANGE_CLOEXEC);
}

static bool arrange_user(const struct process_options *options)
{
    return !setgroups(0, NULL) && !setgid(options->group) && !setuid(options->user);
}

static void fail(int report, enum step step)
{
    struct failure failure = {step, errno};
    ssize_t written = write(report, &failure, sizeof(failure));
    (void)written; /* the parent sees the exit status all the same */
    _exit(127);
}

/* Blocks until the child's exec has closed its end: moments. */
static bool read_failure(int report, struct failure *ret_failure)
{
    ssize_t got;
    do
        got = read(report, ret_failure, sizeof(*ret_failure));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(*ret_failure);
}
