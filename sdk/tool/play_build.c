#include "tool/play_build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/build.h"

static void become_build(int to, const char *folder) __attribute__((noreturn));
static void write_all(int to, const char *bytes, size_t count);
static void take_apart(struct play_build *build);

bool play_build_start(struct play_build *build, const char *folder)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    build->bytes = 0;
    build->pid = fork();
    if (build->pid == 0)
        become_build(ends[1], folder);
    close(ends[1]);
    build->fd = ends[0];
    if (build->pid > 0)
        return true;
    build->pid = 0;
    close(ends[0]);
    return false;
}

bool play_build_read(struct play_build *build)
{
    for (;;) {
        char left_out[4096];
        size_t room = sizeof build->raw - build->bytes;
        ssize_t got = room ? read(build->fd, build->raw + build->bytes, room)
                           : read(build->fd, left_out, sizeof left_out);
        if (got == 0)
            break;
        if (got < 0)
            return false; /* no more yet */
        build->bytes += room ? (size_t)got : 0;
    }
    int status = 0;
    waitpid(build->pid, &status, 0);
    build->pid = 0;
    build->status = WIFEXITED(status) ? (enum command_status)WEXITSTATUS(status) : COMMAND_MACHINE;
    take_apart(build);
    return true;
}

void play_build_end(struct play_build *build)
{
    if (build->pid == 0)
        return;
    kill(-build->pid, SIGKILL);
    waitpid(build->pid, NULL, 0);
    build->pid = 0;
}

/* The compiler and what it starts are one group, so that they end together. */
static void become_build(int to, const char *folder)
{
    struct build build;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(to, STDERR_FILENO + 1);
    close_range(STDERR_FILENO + 2, ~0u, 0);
    fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC);
    enum command_status status = build_game(folder, &build);
    write_all(STDERR_FILENO + 1, build.bundle, strlen(build.bundle) + 1);
    if (build.output)
        write_all(STDERR_FILENO + 1, build.output, strlen(build.output));
    _exit(status);
}

static void write_all(int to, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t wrote = write(to, bytes, count);
        if (wrote <= 0)
            _exit(COMMAND_MACHINE);
        bytes += wrote;
        count -= (size_t)wrote;
    }
}

/* The path of the bundle and its zero, then the words. */
static void take_apart(struct play_build *build)
{
    const char *end = memchr(build->raw, 0, build->bytes);
    size_t path = end ? (size_t)(end - build->raw) : 0;
    build->bundle[0] = build->output[0] = 0;
    if (!end || path >= sizeof build->bundle)
        return;
    memcpy(build->bundle, build->raw, path + 1);
    size_t words = build->bytes - path - 1;
    if (words >= sizeof build->output)
        words = sizeof build->output - 1;
    memcpy(build->output, end + 1, words);
    build->output[words] = 0;
}
