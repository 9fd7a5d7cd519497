/* posix_spawn, and a pipe that is read until the last writer is gone. */
#include "tool/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool start(const char *const *arguments, const char *folder, int output, pid_t *ret_pid);
static char *read_all(int file);

bool program_is_there(const char *name)
{
    const char *folders = getenv("PATH");
    if (strchr(name, '/'))
        return access(name, X_OK) == 0;
    while (folders && *folders) {
        char path[PATH_MAX];
        size_t length = strcspn(folders, ":");
        snprintf(path, sizeof path, "%.*s/%s", (int)length, folders, name);
        if (access(path, X_OK) == 0)
            return true;
        folders += length + (folders[length] == ':');
    }
    return false;
}

bool program_run(const char *const *arguments, const char *folder, struct program_end *ret_end)
{
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fprintf(stderr, "gamekit: no pipe: %s\n", strerror(errno));
        return false;
    }
    bool started = start(arguments, folder, ends[1], &pid);
    close(ends[1]);
    char *output = started ? read_all(ends[0]) : NULL;
    close(ends[0]);
    if (!started)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    *ret_end = (struct program_end){
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
        .output = output,
    };
    return true;
}

static bool start(const char *const *arguments, const char *folder, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (folder)
        posix_spawn_file_actions_addchdir_np(&actions, folder);
    int error = posix_spawnp(ret_pid, arguments[0], &actions, NULL,
                             (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        fprintf(stderr, "gamekit: %s cannot be started: %s.\n", arguments[0], strerror(error));
    return error == 0;
}

static char *read_all(int file)
{
    char *output = calloc(1, PROGRAM_OUTPUT_BYTES_MAX + 1), rest[4096];
    size_t count = 0;
    for (;;) {
        size_t room = output ? PROGRAM_OUTPUT_BYTES_MAX - count : 0;
        ssize_t got = room ? read(file, output + count, room) : read(file, rest, sizeof rest);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        count += room ? (size_t)got : 0;
    }
    return output ? output : strdup("");
}
