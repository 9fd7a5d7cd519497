/* Starting the own program with nothing but three descriptors. */
#include "tool/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/sandbox.h"

enum { FIRST = 3, COUNT = 3, ABOVE = 16 };

static bool start(void *context, const struct probe_descriptors *descriptors, pid_t *ret_pid);

struct probe_starter prober(void)
{
    return (struct probe_starter){.start = start, .stop = -1};
}

int prober_run(int argument_count, char **arguments)
{
    static struct sandbox sandbox;
    const struct probe_descriptors descriptors = {FIRST, FIRST + 1, FIRST + 2};
    sandbox_init(&sandbox, argument_count, arguments);
    return probe_run(&sandbox, &descriptors);
}

/* By way of higher numbers, as the given ones may be among the places where they have to be. */
static bool start(void *context, const struct probe_descriptors *descriptors, pid_t *ret_pid)
{
    static char *const arguments[] = {"gamekit", PROBER_TASK, SANDBOX_POSSIBLE, NULL};
    static char *const environment[] = {NULL};
    const int given[COUNT] = {descriptors->control, descriptors->image, descriptors->report};
    int copies[COUNT], error;
    posix_spawn_file_actions_t actions;
    (void)context;
    posix_spawn_file_actions_init(&actions);
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    for (int i = 0; i < COUNT; i++) {
        copies[i] = fcntl(given[i], F_DUPFD_CLOEXEC, ABOVE);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&actions, copies[i], FIRST + i);
    }
    if (error == 0)
        error = posix_spawn(ret_pid, "/proc/self/exe", &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < COUNT; i++)
        if (copies[i] >= 0)
            close(copies[i]);
    if (error != 0)
        fprintf(stderr, "gamekit: the probe cannot be started: %s.\n", strerror(error));
    return error == 0;
}
