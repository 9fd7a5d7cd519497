/* Starts one worker with the task WORKER_POSTURE and believes what it reports of itself: no game is
 * in it. */
#include "games/posture.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "host/sandbox.h"

static void program_path(const struct settings *settings, char ret_path[CONFIG_TEXT_BYTES]);
static bool user_find(const char *name, struct worker_program *program);
static enum error ask(const struct worker_program *program, uint32_t *ret_layers);
static bool hear(int control, uint32_t *ret_layers);

enum error posture_find(const struct settings *settings, struct worker_program *ret_program)
{
    struct worker_program program = {.relaxed = strcmp(settings->sandbox, SANDBOX_RELAXED) == 0};
    char text[POSTURE_TEXT_BYTES];
    uint32_t layers = 0;
    program_path(settings, program.path);
    if (!user_find(settings->worker_user, &program)) {
        log_error("there is no such user for the workers, or it is root: set worker_user to an "
                  "account without rights",
                  "worker_user", settings->worker_user, NULL);
        return ERROR_UNAVAILABLE;
    }
    if (ask(&program, &layers) != OK) {
        log_error("THE SANDBOX OF THE GAMES IS INCOMPLETE, SO NONE IS PLAYED: see the line of "
                  "transcendence-worker above, or set sandbox=relaxed and trust every game",
                  "program", program.path, NULL);
        return ERROR_UNAVAILABLE;
    }
    posture_text(layers, text);
    if (layers == SANDBOX_ALL)
        log_info("games are sandboxed", "layers", text, NULL);
    else
        log_warn("THE SANDBOX IS RELAXED: A GAME CAN HARM THIS MACHINE. For tests and debuggers "
                 "only",
                 "layers", text, NULL);
    worker_groups_find(settings, &program.groups);
    *ret_program = program;
    return OK;
}

void posture_text(uint32_t layers, char ret_text[POSTURE_TEXT_BYTES])
{
    static const char *const names[] = {
#define X(name, text) text,
        SANDBOX_LAYERS(X)
#undef X
    };
    size_t used = 0;
    for (unsigned i = 0; i < SANDBOX_LAYER_COUNT; i++)
        used += (size_t)snprintf(ret_text + used, POSTURE_TEXT_BYTES - used, "%s%s:%s",
                                 i ? " " : "", names[i], layers >> i & 1 ? "on" : "off");
}

/* Beside this program, when the settings do not say. */
static void program_path(const struct settings *settings, char ret_path[CONFIG_TEXT_BYTES])
{
    if (settings->worker_path[0]) {
        snprintf(ret_path, CONFIG_TEXT_BYTES, "%s", settings->worker_path);
        return;
    }
    char own[CONFIG_TEXT_BYTES - 32] = "";
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash)
        *slash = '\0';
    snprintf(ret_path, CONFIG_TEXT_BYTES, "%s/transcendence-worker", own);
}

/* Only root can become another one; everybody else's workers are what we are. */
static bool user_find(const char *name, struct worker_program *program)
{
    program->user = geteuid();
    program->group = getegid();
    if (program->user != 0)
        return true;
    char buffer[4096];
    struct passwd entry, *found = NULL;
    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return false;
    program->user = entry.pw_uid;
    program->group = entry.pw_gid;
    return program->user != 0 && program->group != 0;
}

static enum error ask(const struct worker_program *program, uint32_t *ret_layers)
{
    int sockets[2], status = -1;
    pid_t pid;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return ERROR_UNAVAILABLE;
    enum error error =
        worker_program_start(program, "posture", WORKER_POSTURE, 0, sockets[1], NULL, 0, &pid);
    close(sockets[1]);
    if (error == OK) {
        bool heard = hear(sockets[0], ret_layers);
        if (!heard)
            kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        error = heard && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? OK : ERROR_UNAVAILABLE;
    }
    close(sockets[0]);
    return error;
}

static bool hear(int control, uint32_t *ret_layers)
{
    struct {
        struct control_head head;
        struct control_ready ready;
    } packet;
    struct pollfd wait = {control, POLLIN, 0};
    if (poll(&wait, 1, POSTURE_MS_MAX) != 1 ||
        recv(control, &packet, sizeof packet, MSG_DONTWAIT) != sizeof packet ||
        packet.head.type != CONTROL_READY)
        return false;
    *ret_layers = packet.ready.layers;
    return true;
}
