/*
 * The life of a business service: limits and signals, the stores, the check that the database is of
 * our version, keys, the service's own start, then requests until a signal. While PostgreSQL is
 * away at the start it waits; a database of another version ends it with one sentence.
 */
#include "service/service_private.h"

#include <assert.h>
#include <event2/thread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/process.h"
#include "service/background.h"

#define DESCRIPTORS_NEEDED    1024
#define DATABASE_RETRY_MS     500
#define SPARE_CONNECTIONS     2 /* for background threads */
#define STORE_CONNECTIONS_MAX 64
#define EXIT_SETTINGS         2

struct running {
    const struct service *service; /* borrowed */
    struct service_context context;
    struct service_private private;
    struct event *terminate, *interrupt; /* owned */
    struct background *keys;             /* owned */
    bool stopping;
};

static void prepare_process(const struct service *service, const struct settings *settings);
static enum log_level level_by_name(const char *name);
static void log_of_libevent(int severity, const char *message);
static int check_settings(const struct service *service, const struct settings *settings);
static void make_loop(struct running *running);
static void on_signal(evutil_socket_t number, short what, void *running);
static bool make_stores(struct running *running);
static enum error wait_for_database(struct running *running);
static bool is_our_version(const struct service *service, int number);
static void pause_for(struct running *running, int milliseconds);
static enum error run(struct running *running);
static enum error serve(struct running *running);
static bool is_ready(void *context, char ret_reason[128]);
static void finish(struct running *running);

int service_run(const struct service *service, const struct settings *settings)
{
    prepare_process(service, settings);
    int status = check_settings(service, settings);
    if (status)
        return status;
    if (process_raise_descriptors(DESCRIPTORS_NEEDED))
        return EXIT_FAILURE;

    struct running *running = calloc(1, sizeof(*running));
    assert(running);
    running->service = service;
    running->context.settings = settings;
    running->context.private = &running->private;
    running->private.service = service;
    pthread_mutex_init(&running->private.keys_lock, NULL);
    pthread_mutex_init(&running->private.tokens_lock, NULL);
    make_loop(running);
    enum error error = make_stores(running) ? wait_for_database(running) : ERROR_BAD_REQUEST;
    if (!error && !running->stopping)
        error = run(running);
    finish(running);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void prepare_process(const struct service *service, const struct settings *settings)
{
    const char *name = settings->instance[0] ? settings->instance : service->name;
    log_init(name, level_by_name(settings->log_level));
    event_set_log_callback(log_of_libevent);
    evthread_use_pthreads();
    signal(SIGPIPE, SIG_IGN);
    json_object_seed(0); /* before there are threads */
}

static enum log_level level_by_name(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(names[i], name))
            return (enum log_level)i;
    return LOG_INFO;
}

static void log_of_libevent(int severity, const char *message)
{
    if (severity >= EVENT_LOG_WARN)
        log_warn("libevent", "message", message, NULL);
}

static int check_settings(const struct service *service, const struct settings *settings)
{
    const char *missing = NULL;
    if (!settings->database_url[0])
        missing = "DATABASE_URL";
    else if (!settings->redis_url[0])
        missing = "REDIS_URL";
    if (!missing)
        return 0;
    fprintf(stderr, "The service %s needs %s; `transcendence serve` would bring its own.\n",
            service->name, missing);
    return EXIT_SETTINGS;
}

static void make_loop(struct running *running)
{
    struct event_base *base = event_base_new();
    assert(base);
    running->context.base = base;
    running->terminate = evsignal_new(base, SIGTERM, on_signal, running);
    running->interrupt = evsignal_new(base, SIGINT, on_signal, running);
    assert(running->terminate && running->interrupt);
    event_add(running->terminate, NULL);
    event_add(running->interrupt, NULL);
}

static void on_signal(evutil_socket_t number, short what, void *argument)
{
    (void)what;
    struct running *running = argument;
    if (!running->stopping)
        log_info("stopping", "signal", number == SIGTERM ? "SIGTERM" : "SIGINT", NULL);
    running->context.another_follows = number == SIGTERM;
    running->stopping = true;
    event_base_loopexit(running->context.base, NULL);
}

static bool make_stores(struct running *running)
{
    struct service_context *context = &running->context;
    int connections = (int)context->settings->threads + SPARE_CONNECTIONS;
    if (connections > STORE_CONNECTIONS_MAX)
        connections = STORE_CONNECTIONS_MAX;
    context->database = database_pool_create(context->settings->database_url, connections);
    context->redis = redis_pool_create(context->settings->redis_url, connections);
    context->keyring = keyring_create();
    if (!context->database)
        log_error("DATABASE_URL cannot be understood", NULL);
    if (!context->redis)
        log_error("REDIS_URL cannot be understood", NULL);
    return context->database && context->redis;
}

/* OK when it is ours, or when a signal came before it answered. */
static enum error wait_for_database(struct running *running)
{
    const struct settings *settings = running->context.settings;
    bool logged = false;
    while (!running->stopping) {
        int number;
        enum error error = migrate_version(settings->database_url, &number);
        if (!error)
            return is_our_version(running->service, number) ? OK : ERROR_INTERNAL;
        if (error != ERROR_UNAVAILABLE) {
            log_error("the database cannot be used: run `transcendence migrate` first", "schema",
                      running->service->schema.name, "code", error_code(error), NULL);
            return error;
        }
        if (!logged)
            log_warn("PostgreSQL does not answer; waiting for it", NULL);
        logged = true;
        pause_for(running, DATABASE_RETRY_MS);
    }
    return OK;
}

static bool is_our_version(const struct service *service, int number)
{
    const struct migration_list *migrations = service->schema.migrations;
    int ours =
        migrations && migrations->count ? migrations->items[migrations->count - 1].number : 0;
    if (number == ours)
        return true;
    log_error(number < ours ? "the database is older than this program: run `transcendence migrate`"
                            : "the database is newer than this program: install the new program",
              "schema", service->schema.name, "database", log_number(number), "program",
              log_number(ours), NULL);
    return false;
}

/* Shorter when a signal comes. */
static void pause_for(struct running *running, int milliseconds)
{
    struct timeval after = {milliseconds / 1000, milliseconds % 1000 * 1000};
    event_base_loopexit(running->context.base, &after);
    event_base_dispatch(running->context.base);
}

static enum error run(struct running *running)
{
    struct service_context *context = &running->context;
    const struct service *service = running->service;
    enum error error = service->start ? service->start(context) : OK;
    if (error) {
        log_error("the service cannot start", "code", error_code(error), NULL);
        return error;
    }
    service_keys_fetch(context, 0);
    error = background_start(context, service_keys_step, SERVICE_KEYS_STEP_MS, &running->keys);
    if (!error)
        error = serve(running);
    background_stop(running->keys);
    if (service->stop)
        service->stop(context);
    return error;
}

static enum error serve(struct running *running)
{
    struct service_context *context = &running->context;
    const struct settings *settings = context->settings;
    const char *own = (const char *)settings + running->service->address_offset;
    char address[CONFIG_TEXT_BYTES];
    if (!settings_list_item(settings->listen[0] ? settings->listen : own, 0, address))
        return ERROR_BAD_REQUEST;
    struct http_server_options options = {
        .address = address,
        .routes = running->service->routes,
        .route_count = running->service->route_count,
        .body = running->service->body,
        .threads = (int)settings->threads,
        .queue_max = (int)settings->request_queue_max,
        .keyring = context->keyring,
        .own_origins = settings->public_origins,
        .context = context,
        .is_ready = is_ready,
        .refetch_keys = service_keys_refetch,
    };
    struct http_server *server;
    enum error error = http_server_create(context->base, &options, &server);
    if (error)
        return error;
    log_info("serving", "address", address, NULL);
    if (!running->stopping)
        event_base_dispatch(context->base);
    http_server_destroy(server, (int)settings->drain_ms);
    log_info("stopped", NULL);
    return OK;
}

static bool is_ready(void *argument, char ret_reason[128])
{
    struct service_context *context = argument;
    const char *missing = NULL;
    if (!database_pool_answers(context->database))
        missing = "PostgreSQL does not answer";
    else if (!redis_pool_answers(context->redis))
        missing = "Redis does not answer";
    else if (keyring_is_empty(context->keyring))
        missing = "the keys of auth are not known yet";
    if (missing)
        snprintf(ret_reason, 128, "%s", missing);
    return !missing;
}

static void finish(struct running *running)
{
    struct service_context *context = &running->context;
    event_free(running->terminate);
    event_free(running->interrupt);
    event_base_free(context->base);
    database_pool_destroy(context->database);
    redis_pool_destroy(context->redis);
    keyring_destroy(context->keyring);
    pthread_mutex_destroy(&running->private.keys_lock);
    pthread_mutex_destroy(&running->private.tokens_lock);
    free(running);
}
