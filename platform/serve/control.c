/* The socket is bound and reached through the descriptor of its folder, so that a long data_dir
 * does not matter to the short sun_path. An asker who goes away does not stop what he asked for. */
#include "serve/control.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "serve/restart.h"

#define BACKLOG    4
#define WORD       "restart "
#define OK_LINE    "ok"
#define FAILED     "failed: "
#define NOT_FOUND  "not found: "
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

struct asker {
    struct control *control;    /* borrowed */
    struct bufferevent *stream; /* owned; NULL: free place */
};

struct control {
    struct master *master; /* borrowed */
    int folder;            /* owned */
    struct evconnlistener *listener;
    struct asker askers[CONTROL_ASKERS_MAX];
    struct asker *waiting; /* who asked for the restart that runs; NULL: nobody, or he has gone */
    struct restart *restart;
};

static bool address_in(int folder, struct sockaddr_un *ret_address);
static int bind_in(int folder);
static void on_asker(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                     int bytes, void *context);
static void on_line(struct bufferevent *stream, void *context);
static void take_line(struct asker *asker, const char *line);
static void on_event(struct bufferevent *stream, short what, void *context);
static void on_written(struct bufferevent *stream, void *context);
static void asker_end(struct asker *asker);
static void say_last(struct asker *asker, const char *line);
static void on_done(void *context, const char *name, int64_t duration_ms);
static void on_ended(void *context, enum error error, const char *sentence);

enum error control_create(struct master *master, struct control **ret_control)
{
    struct control *control = calloc(1, sizeof *control);
    assert(control);
    control->master = master;
    control->folder = open(master->settings->data_dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    int fd = control->folder >= 0 ? bind_in(control->folder) : -1;
    if (fd < 0) {
        fprintf(stderr, "transcendence: cannot make %s/" CONTROL_SOCKET ": %s.\n",
                master->settings->data_dir, strerror(errno));
        control_destroy(control);
        return ERROR_UNAVAILABLE;
    }
    control->listener =
        evconnlistener_new(master->base, on_asker, control,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    assert(control->listener);
    *ret_control = control;
    return OK;
}

void control_destroy(struct control *control)
{
    if (!control)
        return;
    restart_destroy(control->restart);
    for (int i = 0; i < CONTROL_ASKERS_MAX; i++)
        if (control->askers[i].stream)
            asker_end(&control->askers[i]);
    if (control->listener) {
        evconnlistener_free(control->listener);
        (void)unlinkat(control->folder, CONTROL_SOCKET, 0);
    }
    if (control->folder >= 0)
        close(control->folder);
    free(control);
}

enum error control_ask(const char *data_dir, const char *name, FILE *out)
{
    struct sockaddr_un address;
    struct timeval patience = {.tv_sec = CONTROL_ANSWER_MS_MAX / 1000};
    int folder = open(data_dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = folder >= 0 && fd >= 0 && address_in(folder, &address) &&
                    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
                    connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                    dprintf(fd, WORD "%s\n", name) > 0;
    int reason = errno;
    if (folder >= 0)
        close(folder);
    FILE *answer = is_there ? fdopen(fd, "r") : NULL;
    if (!answer) {
        fprintf(stderr, "transcendence: no `transcendence serve` answers on %s: %s.\n", data_dir,
                strerror(reason));
        if (fd >= 0)
            close(fd);
        return ERROR_UNAVAILABLE;
    }
    char line[CONTROL_LINE_BYTES_MAX];
    const char *said = "it has ended meanwhile\n";
    enum error error = ERROR_UNAVAILABLE;
    while (fgets(line, sizeof line, answer)) {
        if (strcmp(line, OK_LINE "\n") == 0) {
            error = OK;
        } else if (strncmp(line, FAILED, strlen(FAILED)) == 0) {
            said = line + strlen(FAILED);
        } else if (strncmp(line, NOT_FOUND, strlen(NOT_FOUND)) == 0) {
            said = line + strlen(NOT_FOUND);
            error = ERROR_NOT_FOUND;
        } else {
            fputs(line, out);
            fflush(out);
            continue;
        }
        break;
    }
    if (error)
        fprintf(stderr, "transcendence: %s", said);
    fclose(answer);
    return error;
}

static bool address_in(int folder, struct sockaddr_un *ret_address)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int bytes = snprintf(ret_address->sun_path, sizeof ret_address->sun_path,
                         "/proc/self/fd/%d/" CONTROL_SOCKET, folder);
    return bytes < (int)sizeof ret_address->sun_path;
}

/* Only one master runs on the folder (files_lock): what is there was left by a dead one. */
static int bind_in(int folder)
{
    struct sockaddr_un address;
    (void)unlinkat(folder, CONTROL_SOCKET, 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    bool is_bound = fd >= 0 && address_in(folder, &address) &&
                    bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    umask(before);
    if (is_bound)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void on_asker(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                     int bytes, void *context)
{
    (void)listener, (void)from, (void)bytes;
    struct control *control = context;
    struct asker *asker = NULL;
    for (int i = 0; i < CONTROL_ASKERS_MAX && !asker; i++)
        if (!control->askers[i].stream)
            asker = &control->askers[i];
    struct bufferevent *stream =
        asker ? bufferevent_socket_new(control->master->base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
    if (!stream) {
        close(fd);
        return;
    }
    *asker = (struct asker){.control = control, .stream = stream};
    bufferevent_setcb(stream, on_line, NULL, on_event, asker);
    bufferevent_setwatermark(stream, EV_READ, 0, CONTROL_LINE_BYTES_MAX);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

static void on_line(struct bufferevent *stream, void *context)
{
    struct asker *asker = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    char *line = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF);
    if (line)
        take_line(asker, line);
    else if (evbuffer_get_length(input) >= CONTROL_LINE_BYTES_MAX)
        asker_end(asker);
    free(line);
}

static void take_line(struct asker *asker, const char *line)
{
    struct control *control = asker->control;
    const char *name = line + strlen(WORD);
    const struct restart_handlers handlers = {on_done, on_ended, control};
    char sentence[CONTROL_LINE_BYTES_MAX];
    if (strncmp(line, WORD, strlen(WORD)) != 0 || !*name || name[strspn(name, NAME_CHARS)] ||
        strlen(name) >= CHILD_NAME_BYTES) {
        say_last(asker, NOT_FOUND "that is no name");
    } else if (control->restart) {
        say_last(asker, FAILED "a restart is under way; wait until it is done");
    } else if (restart_create(control->master, name, &handlers, &control->restart) != OK) {
        snprintf(sentence, sizeof sentence,
                 NOT_FOUND "there is no %s that can be restarted while people play", name);
        say_last(asker, sentence);
    } else {
        log_info("restart asked for", "what", name, NULL);
        control->waiting = asker;
    }
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        asker_end(context);
}

static void on_written(struct bufferevent *stream, void *context)
{
    (void)stream;
    asker_end(context);
}

static void asker_end(struct asker *asker)
{
    if (asker->control->waiting == asker)
        asker->control->waiting = NULL;
    bufferevent_free(asker->stream);
    *asker = (struct asker){.stream = NULL};
}

static void say_last(struct asker *asker, const char *line)
{
    bufferevent_disable(asker->stream, EV_READ);
    bufferevent_setcb(asker->stream, NULL, on_written, on_event, asker);
    evbuffer_add_printf(bufferevent_get_output(asker->stream), "%s\n", line);
}

static void on_done(void *context, const char *name, int64_t duration_ms)
{
    struct control *control = context;
    log_info("restarted", "child", name, "ms", log_number(duration_ms), NULL);
    master_say(name, "again", duration_ms);
    if (control->waiting)
        evbuffer_add_printf(bufferevent_get_output(control->waiting->stream),
                            "  %-14s ready again after %" PRId64 " ms\n", name, duration_ms);
}

static void on_ended(void *context, enum error error, const char *sentence)
{
    struct control *control = context;
    char line[CONTROL_LINE_BYTES_MAX];
    if (error)
        log_error("restart given up", "reason", sentence, NULL);
    snprintf(line, sizeof line, "%s%s", error ? FAILED : OK_LINE, sentence);
    if (control->waiting)
        say_last(control->waiting, line);
    control->waiting = NULL;
    restart_destroy(control->restart);
    control->restart = NULL;
}
