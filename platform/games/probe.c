/* Two processes, one after the other, each with a report in shared memory of its own. */
#include "games/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/probe.h"
#include "wire/sandbox.h"

static const char *run(const struct worker_program *program, int memory, int report_file,
                       const struct probe_report *report, char *reason);
static bool wait_for(pid_t pid, int *ret_status);
static const char *judge(const struct probe_report *report, int status, char *reason);
static const char *compare(const struct probe_report *one, const struct probe_report *other,
                           char *reason);
static const char *callback_name(uint32_t callback);

const char *probe_game(const struct worker_program *program, int memory,
                       char ret_reason[PROBE_REASON_BYTES])
{
    struct probe_report *reports[2] = {MAP_FAILED, MAP_FAILED};
    const char *code = NULL;
    for (int i = 0; i < 2 && !code; i++) {
        int file = memfd_create("probe", MFD_CLOEXEC);
        if (file >= 0 && ftruncate(file, sizeof *reports[i]) == 0)
            reports[i] =
                mmap(NULL, sizeof *reports[i], PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        snprintf(ret_reason, PROBE_REASON_BYTES, "The probe has no memory: try again.");
        code = reports[i] == MAP_FAILED ? "probe_failed"
                                        : run(program, memory, file, reports[i], ret_reason);
        if (file >= 0)
            close(file);
    }
    if (!code)
        code = compare(reports[0], reports[1], ret_reason);
    for (int i = 0; i < 2; i++)
        if (reports[i] != MAP_FAILED)
            munmap(reports[i], sizeof *reports[i]);
    return code;
}

static const char *run(const struct worker_program *program, int memory, int report_file,
                       const struct probe_report *report, char *reason)
{
    const int descriptors[] = {memory, report_file};
    int sockets[2], status = 0;
    pid_t pid;
    snprintf(reason, PROBE_REASON_BYTES, "The probe could not be started: try again.");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return "probe_failed";
    enum error error =
        worker_program_start(program, "probe", WORKER_PROBE, sockets[1], descriptors, 2, &pid);
    close(sockets[0]);
    close(sockets[1]);
    if (error != OK)
        return "probe_failed";
    if (wait_for(pid, &status))
        return judge(report, status, reason);
    snprintf(reason, PROBE_REASON_BYTES, "In tick %u, %s did not return: bound every loop.",
             atomic_load(&report->tick), callback_name(atomic_load(&report->callback)));
    return "probe_timeout";
}

/* False when it had to be killed. */
static bool wait_for(pid_t pid, int *ret_status)
{
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd wait = {handle, POLLIN, 0};
    bool has_ended = handle >= 0 && poll(&wait, 1, PROBE_MS_MAX) == 1;
    if (!has_ended)
        kill(pid, SIGKILL);
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
        ;
    if (handle >= 0)
        close(handle);
    return has_ended;
}

/* The limit of its processor time ends it by SIGKILL, as both limits are the same. */
static const char *judge(const struct probe_report *report, int status, char *reason)
{
    uint32_t tick = atomic_load(&report->tick), verdict = atomic_load(&report->verdict);
    const char *callback = callback_name(atomic_load(&report->callback));
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)) {
        snprintf(reason, PROBE_REASON_BYTES, "In tick %u, %s did not return: bound every loop.",
                 tick, callback);
        return "probe_timeout";
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        bool is_call = WIFEXITED(status) && WEXITSTATUS(status) == WORKER_EXIT_FORBIDDEN;
        snprintf(reason, PROBE_REASON_BYTES,
                 "In tick %u, %s crashed (%s): run the game's tests with sanitizers.", tick,
                 callback,
                 is_call               ? "a system call, and a game makes none"
                 : WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                                       : "it ended the process");
        return "probe_crashed";
    }
    if (verdict == PROBE_FINE)
        return NULL;
    if (verdict == PROBE_OVERRUN) {
        snprintf(reason, PROBE_REASON_BYTES,
                 "In tick %u, %s wrote behind its state or its view: check every index.", tick,
                 callback);
        return "probe_overrun";
    }
    if (verdict == PROBE_BROKEN) {
        snprintf(reason, PROBE_REASON_BYTES,
                 "In tick %u, check did not return 1: look at what the tick before it did.", tick);
        return "probe_check";
    }
    snprintf(reason, PROBE_REASON_BYTES,
             "In tick %u, %s gave two answers to the same question: set every byte, and use no "
             "clock, no address and nothing but state, inputs and seed.",
             tick, callback);
    return "impure";
}

static const char *compare(const struct probe_report *one, const struct probe_report *other,
                           char *reason)
{
    for (uint32_t tick = 0; tick < PROBE_TICKS; tick++)
        for (uint32_t callback = 0; callback < PROBE_CALLBACKS; callback++)
            if (one->hashes[tick][callback] != other->hashes[tick][callback]) {
                snprintf(reason, PROBE_REASON_BYTES,
                         "In tick %u, %s gave two answers in two processes: keep no pointer in "
                         "the state, and show none.",
                         tick, callback_name(callback));
                return "impure";
            }
    return NULL;
}

static const char *callback_name(uint32_t callback)
{
    static const char *const names[] = {"nothing", "init", "join",   "leave", "input",
                                        "tick",    "view", "result", "check"};
    return names[callback < PROBE_CALLBACKS ? callback : 0];
}
