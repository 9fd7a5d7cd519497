#include "serve/master.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "serve/logs.h"

static void on_child(evutil_socket_t unused, short events, void *context);
static void on_stop(evutil_socket_t unused, short events, void *context);
static void on_trim(evutil_socket_t unused, short events, void *context);
static const struct child *hopeless_child(const struct master *master);
static void stop_stage(struct master *master, enum stage stage);
static bool stage_is_running(const struct master *master, enum stage stage);
static void run_for(struct master *master, int ms_max);

enum error master_init(struct master *master, const struct settings *settings)
{
    memset(master, 0, sizeof *master);
    master->settings = settings;
    files_join(master->log_folder, settings->data_dir, "logs");
    ssize_t bytes = readlink("/proc/self/exe", master->program, sizeof master->program - 1);
    if (bytes <= 0)
        return ERROR_INTERNAL;
    enum error error = files_folder(master->log_folder, 0700);
    if (error)
        return error;

    master->base = event_base_new();
    assert(master->base);
    master->events[0] = evsignal_new(master->base, SIGCHLD, on_child, master);
    master->events[1] = evsignal_new(master->base, SIGINT, on_stop, master);
    master->events[2] = evsignal_new(master->base, SIGTERM, on_stop, master);
    master->events[3] = event_new(master->base, -1, EV_PERSIST, on_trim, master);
    for (int i = 0; i < 3; i++)
        event_add(master->events[i], NULL);
    struct timeval trim = {.tv_sec = LOGS_TRIM_MS / 1000};
    event_add(master->events[3], &trim);
    return OK;
}

void master_finish(struct master *master)
{
    if (!master->base)
        return;
    for (int stage = STAGE_COUNT - 1; stage >= 0; stage--)
        stop_stage(master, (enum stage)stage);
    for (int i = 0; i < master->child_count; i++)
        child_destroy(master->children[i].child);
    for (int i = 0; i < MASTER_EVENTS; i++)
        event_free(master->events[i]);
    event_base_free(master->base);
    master->base = NULL;
}

void master_start(struct master *master, enum stage stage, const struct child_options *options)
{
    assert(master->child_count < MASTER_CHILDREN_MAX);
    struct child *child = child_create(master->base, master->log_folder, options);
    master->children[master->child_count].child = child;
    master->children[master->child_count].stage = stage;
    master->child_count++;
    child_start(child);
}

enum error master_wait(struct master *master, const char *what, master_ready *is_ready,
                       void *context)
{
    int64_t from_ms = clock_monotonic_ms();
    while (!is_ready(context)) {
        run_for(master, MASTER_POLL_MS);
        if (master->stop_requested)
            return ERROR_UNAVAILABLE;
        const struct child *hopeless = hopeless_child(master);
        if (hopeless) {
            fprintf(stderr, "transcendence: %s does not start.\n", child_name(hopeless));
            logs_tail(master->log_folder, child_name(hopeless), stderr);
            return ERROR_UNAVAILABLE;
        }
        if (clock_monotonic_ms() - from_ms > MASTER_READY_MS_MAX) {
            fprintf(stderr, "transcendence: %s is not ready after %d s; see %s.\n", what,
                    MASTER_READY_MS_MAX / 1000, master->log_folder);
            return ERROR_TIMED_OUT;
        }
    }
    master_say(what, "ready", clock_monotonic_ms() - from_ms);
    return OK;
}

struct named {
    const struct master *master;
    const char *name;
};

static bool named_are_ready(void *context)
{
    const struct named *named = context;
    return master_is_ready(named->master, named->name);
}

enum error master_wait_child(struct master *master, const char *name)
{
    struct named named = {master, name};
    return master_wait(master, name, named_are_ready, &named);
}

bool master_is_named(const struct child *child, const char *name)
{
    size_t bytes = strlen(name);
    const char *whole = child_name(child);
    return strncmp(whole, name, bytes) == 0 && (!whole[bytes] || whole[bytes] == '-');
}

bool master_is_ready(const struct master *master, const char *name)
{
    for (int i = 0; i < master->child_count; i++)
        if (master_is_named(master->children[i].child, name) &&
            !child_is_ready(master->children[i].child))
            return false;
    return true;
}

void master_run(struct master *master)
{
    while (!master->stop_requested)
        event_base_loop(master->base, EVLOOP_ONCE);
}

void master_say(const char *what, const char *state, long long duration_ms)
{
    printf("  %-14s %-8s %6lld ms\n", what, state, duration_ms);
    fflush(stdout);
}

static void on_child(evutil_socket_t unused, short events, void *context)
{
    (void)unused, (void)events;
    struct master *master = context;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < master->child_count; i++)
            if (child_pid(master->children[i].child) == pid)
                child_ended(master->children[i].child, status);
}

/* The first signal asks for an orderly stop, the second one is impatient. */
static void on_stop(evutil_socket_t unused, short events, void *context)
{
    (void)unused, (void)events;
    struct master *master = context;
    if (master->stop_requested)
        for (int i = 0; i < master->child_count; i++)
            child_kill(master->children[i].child);
    master->stop_requested = true;
}

static void on_trim(evutil_socket_t unused, short events, void *context)
{
    (void)unused, (void)events;
    const struct master *master = context;
    logs_trim(master->log_folder);
}

static const struct child *hopeless_child(const struct master *master)
{
    for (int i = 0; i < master->child_count; i++)
        if (child_ends(master->children[i].child) >= MASTER_START_ENDS_MAX)
            return master->children[i].child;
    return NULL;
}

static void stop_stage(struct master *master, enum stage stage)
{
    for (int i = 0; i < master->child_count; i++)
        if (master->children[i].stage == stage)
            child_stop(master->children[i].child);
    while (stage_is_running(master, stage))
        event_base_loop(master->base, EVLOOP_ONCE);
}

static bool stage_is_running(const struct master *master, enum stage stage)
{
    for (int i = 0; i < master->child_count; i++)
        if (master->children[i].stage == stage && child_is_running(master->children[i].child))
            return true;
    return false;
}

static void run_for(struct master *master, int ms_max)
{
    struct timeval limit = {.tv_usec = ms_max * 1000L};
    event_base_loopexit(master->base, &limit);
    event_base_dispatch(master->base);
}
