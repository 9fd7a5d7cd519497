/* Starting the own program with nothing but three descriptors. */
#include "tool/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/crash_run.h"
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
    return strcmp(arguments[1], PROBER_CRASH) == 0 ? crash_run(&sandbox, &descriptors)
                                                   : probe_run(&sandbox, &descriptors);
}

bool prober_is_task(const char *argument)
{
    return strcmp(argument, PROBER_PROBE) == 0 || strcmp(argument, PROBER_CRASH) == 0;
}

void prober_say_walls(uint32_t layers)
{
    if (layers == SANDBOX_ALL)
        return;
    printf("\nThe game ran without these layers of the sandbox, which this machine or this build "
           "of the\ntool does not have; a platform does:");
    for (uint32_t layer = 0; layer < SANDBOX_LAYER_COUNT; layer++)
        if (!(layers >> layer & 1))
            printf(" %s", sandbox_layer_name(layer));
    printf("\n");
}

static bool start(void *context, const struct probe_descriptors *descriptors, pid_t *ret_pid)
{
    (void)context;
    return prober_start(PROBER_PROBE, descriptors, ret_pid);
}

/* By way of higher numbers, as the given ones may be among the places where they have to be. */
bool prober_start(const char *task, const struct probe_descriptors *descriptors, pid_t *ret_pid)
{
    const char *const arguments[] = {"gamekit", task, SANDBOX_POSSIBLE, NULL};
    static char *const environment[] = {NULL};
    const int given[COUNT] = {descriptors->control, descriptors->image, descriptors->report};
    int copies[COUNT], error;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    for (int i = 0; i < COUNT; i++) {
        copies[i] = fcntl(given[i], F_DUPFD_CLOEXEC, ABOVE);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&actions, copies[i], FIRST + i);
    }
    if (error == 0)
        error = posix_spawn(ret_pid, "/proc/self/exe", &actions, NULL,
                            (char *const *)(uintptr_t)arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < COUNT; i++)
        if (copies[i] >= 0)
            close(copies[i]);
    if (error != 0)
        fprintf(stderr, "gamekit: its process cannot be started: %s.\n", strerror(error));
    return error == 0;
}
