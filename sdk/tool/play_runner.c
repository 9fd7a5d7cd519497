/* The side that asks. A question is one byte over a socket, and so is the answer; everything else
 * lies on the desk, of which nothing is believed that could hurt: the game may write there. */
#include "tool/play_runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tool/program.h"

#define WHERE_BYTES 128
#define PATH_BYTES  64

static void become_runner(int socket, const struct play_image *image, struct play_desk *desk)
    __attribute__((noreturn));
static bool wait_for_answer(struct play_runner *runner, int ms_max);
static void note_death(struct play_runner *runner, bool was_silent);
static void find_where(const struct play_runner *runner, char ret_where[WHERE_BYTES]);
static bool is_traced(pid_t pid);
static int64_t now_ms(void);

struct play_runner *play_runner_start(const struct play_image *image,
                                      char ret_fault[PLAY_FAULT_BYTES_MAX])
{
    snprintf(ret_fault, PLAY_FAULT_BYTES_MAX, "no process for the game: ");
    struct play_runner *runner = calloc(1, sizeof *runner);
    int sockets[2];
    if (!runner)
        return NULL;
    *runner = (struct play_runner){.socket = -1, .image = image};
    runner->desk = mmap(NULL, play_desk_bytes(&image->manifest), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (runner->desk == MAP_FAILED) {
        runner->desk = NULL;
        goto fail;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        goto fail;
    fflush(NULL);
    runner->pid = fork();
    if (runner->pid == 0)
        become_runner(sockets[1], image, runner->desk);
    close(sockets[1]);
    runner->socket = sockets[0];
    if (runner->pid < 0)
        goto fail;
    if (!wait_for_answer(runner, PLAY_START_MS_MAX)) {
        snprintf(ret_fault, PLAY_FAULT_BYTES_MAX, "%s", runner->fault);
        play_runner_end(runner);
        return NULL;
    }
    return runner;
fail:
    strncat(ret_fault, strerror(errno), PLAY_FAULT_BYTES_MAX - strlen(ret_fault) - 1);
    play_runner_end(runner);
    return NULL;
}

void play_runner_end(struct play_runner *runner)
{
    if (!runner)
        return;
    if (runner->socket >= 0)
        close(runner->socket);
    if (runner->pid > 0) {
        kill(runner->pid, SIGKILL);
        waitpid(runner->pid, NULL, 0);
    }
    if (runner->desk)
        munmap(runner->desk, play_desk_bytes(&runner->image->manifest));
    free(runner);
}

bool play_runner_ask(struct play_runner *runner, enum play_question question)
{
    if (runner->pid == 0)
        return false; /* it died before */
    struct play_desk *desk = runner->desk;
    desk->question = question;
    desk->fault = RUN_FINE;
    desk->log_count = desk->log_lost = 0;
    desk->fault_address = desk->fault_place = 0;
    uint8_t byte = 1;
    if (send(runner->socket, &byte, 1, MSG_NOSIGNAL) != 1) {
        note_death(runner, false);
        return false;
    }
    if (!wait_for_answer(runner, PLAY_ANSWER_MS_MAX))
        return false;
    if (desk->log_count > PLAY_LOG_LINES_MAX)
        desk->log_count = PLAY_LOG_LINES_MAX;
    for (uint32_t i = 0; i < desk->log_count; i++)
        if (desk->log[i].bytes > PLAY_LOG_BYTES_MAX)
            desk->log[i].bytes = PLAY_LOG_BYTES_MAX;
    for (uint32_t i = 0; i < PLAY_VIEWERS_MAX; i++)
        if (desk->view_bytes[i] > runner->image->manifest.view_bytes_max)
            desk->view_bytes[i] = 0;
    desk->explain[PLAY_EXPLAIN_BYTES - 1] = 0;
    if (desk->fault != RUN_FINE) {
        snprintf(runner->fault, sizeof runner->fault, "`%s` %s.",
                 game_callback_name(desk->note.callback), run_fault_text(desk->fault));
        return false;
    }
    return true;
}

/* Everything of the tool that the game has no business with is closed; a crash is a crash, also
 * under a sanitizer. */
static void become_runner(int socket, const struct play_image *image, struct play_desk *desk)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGPIPE};
    struct gk_manifest manifest = image->manifest;
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], SIG_DFL);
    signal(SIGINT, SIG_IGN); /* the tool ends its runners itself */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* gdb -p */
    prctl(PR_SET_NAME, "gamekit-runner");
    int image_fd = dup2(image->fd, STDIN_FILENO), socket_fd = dup2(socket, STDERR_FILENO + 1);
    close_range(STDERR_FILENO + 2, ~0u, 0);
    play_runner_serve(socket_fd, image_fd, &manifest, desk);
}

/* A process that a debugger holds is given all the time it wants. */
static bool wait_for_answer(struct play_runner *runner, int ms_max)
{
    int64_t begun_ms = now_ms();
    for (;;) {
        struct pollfd wait = {.fd = runner->socket, .events = POLLIN};
        uint8_t byte;
        int ready = poll(&wait, 1, ms_max);
        if (ready > 0) {
            if (recv(runner->socket, &byte, 1, 0) == 1)
                return true;
            note_death(runner, false);
            return false;
        }
        if (ready < 0 && errno != EINTR)
            break;
        if (now_ms() - begun_ms >= ms_max && !is_traced(runner->pid))
            break;
    }
    note_death(runner, true);
    return false;
}

static void note_death(struct play_runner *runner, bool was_silent)
{
    const struct play_desk *desk = runner->desk;
    const char *callback = game_callback_name(desk->note.callback);
    char where[WHERE_BYTES];
    int status = 0;
    if (was_silent) {
        struct pollfd wait = {.fd = runner->socket, .events = POLLIN};
        kill(runner->pid, PLAY_SIGNAL_WHERE);
        (void)poll(&wait, 1, PLAY_WHERE_MS_MAX);
        kill(runner->pid, SIGKILL);
    }
    waitpid(runner->pid, &status, 0);
    runner->pid = 0;
    find_where(runner, where);
    if (desk->question == PLAY_LOAD)
        snprintf(runner->fault, sizeof runner->fault,
                 "The game could not be loaded; the terminal says why.");
    else if (was_silent)
        snprintf(runner->fault, sizeof runner->fault,
                 "`%s` has not returned within %d ms%s: an endless loop?", callback,
                 PLAY_ANSWER_MS_MAX, where);
    else if (WIFSIGNALED(status))
        snprintf(runner->fault, sizeof runner->fault,
                 "`%s` crashed%s: signal %d (SIG%s, %s) at address 0x%llx.", callback, where,
                 WTERMSIG(status), sigabbrev_np(WTERMSIG(status)), strsignal(WTERMSIG(status)),
                 (unsigned long long)desk->fault_address);
    else
        snprintf(runner->fault, sizeof runner->fault, "`%s` ended its process (status %d).",
                 callback, WEXITSTATUS(status));
}

/* " in pong.c:109", as far as the image was built with -g and addr2line is here; else "". */
static void find_where(const struct play_runner *runner, char ret_where[WHERE_BYTES])
{
    char image[PATH_BYTES], place[PATH_BYTES];
    struct program_end end;
    ret_where[0] = 0;
    if (runner->desk->fault_place == 0 || !program_is_there("addr2line"))
        return;
    snprintf(image, sizeof image, "/proc/%d/fd/%d", (int)getpid(), runner->image->fd);
    snprintf(place, sizeof place, "0x%llx", (unsigned long long)runner->desk->fault_place);
    const char *const arguments[] = {"addr2line", "-s", "-e", image, place, NULL};
    if (!program_run(arguments, NULL, &end))
        return;
    end.output[strcspn(end.output, " \n")] = 0;
    if (end.status == 0 && end.output[0] != '?')
        snprintf(ret_where, WHERE_BYTES, " in %s", end.output);
    free(end.output);
}

static bool is_traced(pid_t pid)
{
    char path[64], line[128];
    int tracer = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    fclose(file);
    return tracer != 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
