#include "serve/child.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/http_client.h"
#include "core/log.h"
#include "core/process.h"
#include "serve/backoff.h"
#include "serve/files.h"
#include "serve/logs.h"
#include "serve/ports.h"
#include "settings/settings.h"

struct child {
    char name[CHILD_NAME_BYTES];
    char log_folder[FILES_PATH_BYTES];
    char **command;     /* owned */
    char **environment; /* owned */
    char *directory;    /* owned; may be NULL */
    int descriptor;     /* borrowed; 0: none */
    int stop_signal, stop_timeout_ms;
    enum child_renewal renewal;
    char *address;          /* owned; may be NULL */
    const char *ready_path; /* static; may be NULL */

    pid_t pid; /* 0: does not run */
    bool stopping;
    bool restarting; /* on demand: its end is followed by a start at once */
    int64_t started_ms;
    int starts, ends;
    struct backoff backoff;
    struct event *restart_timer; /* owned */
    struct event *kill_timer;    /* owned */
};

static char **copy_list(char *const *list);
static void free_list(char **list);
static void on_restart(evutil_socket_t unused, short events, void *context);
static void on_stop_timeout(evutil_socket_t unused, short events, void *context);
static void restart_later(struct child *child, const char *how);
static bool answers_ready(const char *address, const char *path);
static bool address_answers(const char *address);
static void describe_end(int status, char ret_text[64]);
static void arm(struct event *timer, int ms);

struct child *child_create(struct event_base *base, const char *log_folder,
                           const struct child_options *options)
{
    struct child *child = calloc(1, sizeof *child);
    assert(child && strlen(options->name) < CHILD_NAME_BYTES);
    snprintf(child->name, sizeof child->name, "%s", options->name);
    snprintf(child->log_folder, sizeof child->log_folder, "%s", log_folder);
    child->command = copy_list(options->command);
    child->environment = copy_list(options->environment);
    child->directory = options->directory ? strdup(options->directory) : NULL;
    child->descriptor = options->descriptor;
    child->stop_signal = options->stop_signal;
    child->stop_timeout_ms = options->stop_timeout_ms;
    child->renewal = options->renewal;
    child->address = options->address ? strdup(options->address) : NULL;
    child->ready_path = options->ready_path;
    child->restart_timer = evtimer_new(base, on_restart, child);
    child->kill_timer = evtimer_new(base, on_stop_timeout, child);
    assert(child->restart_timer && child->kill_timer);
    return child;
}

void child_destroy(struct child *child)
{
    if (!child)
        return;
    assert(child->pid == 0);
    event_free(child->restart_timer);
    event_free(child->kill_timer);
    free_list(child->command);
    free_list(child->environment);
    free(child->directory);
    free(child->address);
    free(child);
}

void child_start(struct child *child)
{
    assert(child->pid == 0 && !child->stopping);
    int output = logs_open(child->log_folder, child->name);
    struct process_options options = {
        .path = child->command[0],
        .arguments = child->command,
        .environment = child->environment,
        .output = output,
        .directory = child->directory,
        .descriptors = {child->descriptor},
        .descriptor_count = child->descriptor ? 1 : 0,
        .die_with_parent = true,
        .own_group = true,
    };
    child->started_ms = clock_monotonic_ms();
    child->starts++;
    enum error error = process_start(&options, &child->pid);
    if (output >= 0)
        close(output);
    if (error) {
        child->pid = 0;
        restart_later(child, "it cannot be started");
    }
}

void child_ended(struct child *child, int status)
{
    kill(-child->pid, SIGKILL); /* what is left of its group */
    child->pid = 0;
    evtimer_del(child->kill_timer);
    char how[64];
    describe_end(status, how);
    bool is_asked = child->restarting;
    child->restarting = false;
    if (child->stopping) {
        log_debug("child stopped", "child", child->name, "how", how, NULL);
    } else if (is_asked) {
        log_info("child ended when asked, starting it again", "child", child->name, "how", how,
                 NULL);
        child_start(child);
    } else {
        restart_later(child, how);
    }
}

void child_stop(struct child *child)
{
    child->stopping = true;
    evtimer_del(child->restart_timer);
    if (child->pid == 0)
        return;
    kill(child->pid, child->stop_signal);
    arm(child->kill_timer, child->stop_timeout_ms);
}

void child_kill(struct child *child)
{
    child->stopping = true;
    evtimer_del(child->restart_timer);
    if (child->pid != 0)
        kill(-child->pid, SIGKILL);
}

void child_renew(struct child *child)
{
    assert(!child->stopping && child->renewal != CHILD_STAYS);
    if (child->pid == 0) {
        evtimer_del(child->restart_timer);
        child_start(child);
    } else if (child->renewal == CHILD_RELOADS) {
        kill(child->pid, SIGHUP);
    } else {
        child->restarting = true;
        kill(child->pid, SIGTERM);
        arm(child->kill_timer, child->stop_timeout_ms);
    }
}

const char *child_name(const struct child *child)
{
    return child->name;
}

pid_t child_pid(const struct child *child)
{
    return child->pid;
}

bool child_is_running(const struct child *child)
{
    return child->pid != 0;
}

enum child_renewal child_renewal(const struct child *child)
{
    return child->renewal;
}

int child_starts(const struct child *child)
{
    return child->starts;
}

int child_ends(const struct child *child)
{
    return child->ends;
}

bool child_is_ready(const struct child *child)
{
    if (child->pid == 0 || !child->address)
        return child->pid != 0;
    return child->ready_path ? answers_ready(child->address, child->ready_path)
                             : address_answers(child->address);
}

static void restart_later(struct child *child, const char *how)
{
    int64_t ran_ms = clock_monotonic_ms() - child->started_ms;
    int wait_ms = backoff_after(&child->backoff, ran_ms);
    child->ends++;
    log_warn("child ended by itself, starting it again", "child", child->name, "how", how, "ran_ms",
             log_number(ran_ms), "wait_ms", log_number(wait_ms), NULL);
    arm(child->restart_timer, wait_ms);
}

static void on_restart(evutil_socket_t unused, short events, void *context)
{
    (void)unused, (void)events;
    child_start(context);
}

static void on_stop_timeout(evutil_socket_t unused, short events, void *context)
{
    (void)unused, (void)events;
    struct child *child = context;
    log_warn("child does not stop, killing it", "child", child->name, NULL);
    if (child->pid != 0)
        kill(-child->pid, SIGKILL);
}

static bool answers_ready(const char *address, const char *path)
{
    struct arena *arena = arena_create();
    struct http_question question = {
        .method = "GET", .addresses = address, .path = path, .timeout_ms = CHILD_READY_MS_MAX};
    struct http_answer answer = {.status = 0};
    enum error error = http_call(arena, &question, &answer);
    bool ready = !error && answer.status == 200;
    arena_destroy(arena);
    return ready;
}

static bool address_answers(const char *address)
{
    char host[CONFIG_TEXT_BYTES];
    snprintf(host, sizeof host, "%s", address);
    char *colon = strrchr(host, ':');
    *colon = 0;
    return port_answers(host, atoi(colon + 1));
}

static void describe_end(int status, char ret_text[64])
{
    if (WIFSIGNALED(status))
        snprintf(ret_text, 64, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(ret_text, 64, "exit status %d", WEXITSTATUS(status));
}

static void arm(struct event *timer, int ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L};
    evtimer_add(timer, &wait);
}

static char **copy_list(char *const *list)
{
    size_t count = 0;
    while (list[count])
        count++;
    char **copy = calloc(count + 1, sizeof *copy);
    assert(copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = strdup(list[i]);
        assert(copy[i]);
    }
    return copy;
}

static void free_list(char **list)
{
    for (char **item = list; *item; item++)
        free(*item);
    free(list);
}
