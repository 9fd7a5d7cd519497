#include "serve/program.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/process.h"
#include "serve/environment.h"
#include "serve/logs.h"

static bool wait_for_end(pid_t pid);

bool program_run(const char *log_folder, const char *name, char *const *command,
                 const int *descriptors, int descriptor_count)
{
    struct environment environment;
    environment_init(&environment);
    int output = logs_open(log_folder, name);
    struct process_options options = {
        .path = command[0],
        .arguments = command,
        .environment = environment.entries,
        .output = output,
        .directory = "/",
        .descriptor_count = descriptor_count,
        .die_with_parent = true,
        .own_group = true,
    };
    for (int i = 0; i < descriptor_count; i++)
        options.descriptors[i] = descriptors[i];
    pid_t pid;
    enum error error = process_start(&options, &pid);
    if (output >= 0)
        close(output);
    environment_finish(&environment);
    return !error && wait_for_end(pid);
}

static bool wait_for_end(pid_t pid)
{
    int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = {.fd = descriptor, .events = POLLIN};
    int count;
    do
        count = poll(&ended, 1, PROGRAM_MS_MAX);
    while (count < 0 && errno == EINTR);
    if (count == 0)
        kill(-pid, SIGKILL);
    if (descriptor >= 0)
        close(descriptor);
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
