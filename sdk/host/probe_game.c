/* Two processes, one after the other, each with a report in shared memory of its own. */
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

#include "host/probe.h"

static void tell_options(const struct game_options *options, struct probe_report *report);
static const char *run(const struct probe_starter *starter, int image, int report_file,
                       const struct probe_report *report, char *reason);
static bool wait_for(pid_t pid, int stop, int *ret_status);
static void note(const struct probe_report *report, struct probe_facts *facts);

const char *probe_game(const struct probe_starter *starter, int image,
                       const struct game_options *options, struct probe_facts *ret_facts,
                       char ret_reason[PROBE_REASON_BYTES])
{
    struct probe_report *reports[2] = {MAP_FAILED, MAP_FAILED};
    struct probe_facts facts = {0};
    const char *code = NULL;
    for (int i = 0; i < 2 && !code; i++) {
        int file = memfd_create("probe", MFD_CLOEXEC);
        if (file >= 0 && ftruncate(file, sizeof *reports[i]) == 0)
            reports[i] =
                mmap(NULL, sizeof *reports[i], PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (reports[i] != MAP_FAILED)
            tell_options(options, reports[i]);
        snprintf(ret_reason, PROBE_REASON_BYTES, "The probe has no memory: try again.");
        code = reports[i] == MAP_FAILED ? "probe_failed"
                                        : run(starter, image, file, reports[i], ret_reason);
        if (file >= 0)
            close(file);
        if (reports[i] != MAP_FAILED)
            note(reports[i], &facts);
    }
    if (!code)
        code = probe_compare(reports[0], reports[1], ret_reason);
    for (int i = 0; i < 2; i++)
        if (reports[i] != MAP_FAILED)
            munmap(reports[i], sizeof *reports[i]);
    *ret_facts = facts;
    return code;
}

static void tell_options(const struct game_options *options, struct probe_report *report)
{
    for (uint32_t i = 0; options && i < options->count; i++) {
        const struct game_option *option = &options->options[i];
        struct probe_option *told = &report->options[report->option_count++];
        if (option->type == GAME_OPTION_INTEGER)
            *told = (struct probe_option){option->min, option->max, option->step};
        else if (option->type == GAME_OPTION_ENUM)
            *told = (struct probe_option){0, (int32_t)option->value_count - 1, 1};
        else
            *told = (struct probe_option){0, 1, 1};
    }
}

static const char *run(const struct probe_starter *starter, int image, int report_file,
                       const struct probe_report *report, char *reason)
{
    int sockets[2], status = 0;
    pid_t pid;
    snprintf(reason, PROBE_REASON_BYTES, "The probe could not be started: try again.");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return "probe_failed";
    const struct probe_descriptors descriptors = {sockets[1], image, report_file};
    bool started = starter->start(starter->context, &descriptors, &pid);
    close(sockets[0]);
    close(sockets[1]);
    if (!started)
        return "probe_failed";
    if (wait_for(pid, starter->stop, &status))
        return probe_judge(report, status, reason);
    return probe_judge_silence(report, reason);
}

/* False when it had to be killed. */
static bool wait_for(pid_t pid, int stop, int *ret_status)
{
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd waits[] = {{handle, POLLIN, 0}, {stop, POLLIN, 0}};
    bool has_ended = handle >= 0 && poll(waits, 2, PROBE_MS_MAX) > 0 && waits[0].revents != 0;
    if (!has_ended)
        kill(pid, SIGKILL);
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
        ;
    if (handle >= 0)
        close(handle);
    return has_ended;
}

static void note(const struct probe_report *report, struct probe_facts *facts)
{
    facts->layers = atomic_load(&report->layers) & SANDBOX_ALL;
    facts->callbacks = atomic_load(&report->callbacks) & ((1u << GAME_CALL_COUNT) - 1);
}
