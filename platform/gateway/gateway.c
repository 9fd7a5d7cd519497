#include "gateway/gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/log.h"
#include "gateway/events.h"
#include "gateway/keys.h"
#include "gateway/listener.h"
#include "gateway/matches.h"
#include "gateway/presence.h"
#include "gateway/socket.h"
#include "gateway/state.h"
#include "gateway/stream.h"

#define DESCRIPTORS_SPARE       512 /* beside the browsers' connections */
#define SERVICE_CONNECTIONS_MAX 64  /* to one instance of a service */
#define STOP_MS_MAX             5000
#define STOP_CHECK_MS           20

struct stop {
    struct gateway *gateway;
    struct event *check; /* owned */
    int left_ms;
};

static enum log_level level_by_name(const char *name);
static bool raise_descriptors(const struct settings *settings);
static void name_instance(struct gateway *gateway);
static bool start(struct gateway *gateway);
static void finish(struct gateway *gateway);
static void on_signal(evutil_socket_t number, short what, void *context);
static void on_stop_check(evutil_socket_t none, short what, void *context);

int gateway_run(const struct settings *settings)
{
    log_init("gateway", level_by_name(settings->log_level));
    if (!raise_descriptors(settings))
        return 2;
    struct gateway *gateway = calloc(1, sizeof(*gateway));
    if (!gateway)
        return 1;
    gateway->settings = settings;
    gateway->base = event_base_new();
    name_instance(gateway);
    gateway_metrics_add();
    signal(SIGPIPE, SIG_IGN);

    struct stop stop = {.gateway = gateway, .left_ms = STOP_MS_MAX};
    struct event *terminate = evsignal_new(gateway->base, SIGTERM, on_signal, &stop);
    struct event *interrupt = evsignal_new(gateway->base, SIGINT, on_signal, &stop);
    stop.check = event_new(gateway->base, -1, EV_PERSIST, on_stop_check, &stop);
    event_add(terminate, NULL);
    event_add(interrupt, NULL);

    bool is_started = start(gateway);
    if (is_started) {
        log_info("gateway listens", "instance", gateway->instance, "address", gateway->address,
                 NULL);
        event_base_dispatch(gateway->base);
        log_info("gateway stops", "instance", gateway->instance, NULL);
    }
    gateway->stopping = true;
    finish(gateway);
    event_free(terminate);
    event_free(interrupt);
    event_free(stop.check);
    event_base_free(gateway->base);
    free(gateway);
    return is_started ? 0 : 1;
}

static enum log_level level_by_name(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
        if (!strcmp(names[level], name))
            return (enum log_level)level;
    return LOG_INFO;
}

/* One descriptor a connection, or none of them is promised. */
static bool raise_descriptors(const struct settings *settings)
{
    rlim_t needed = (rlim_t)settings->connections_max + DESCRIPTORS_SPARE;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return false;
    if (limit.rlim_cur >= needed)
        return true;
    limit.rlim_cur = needed;
    if (limit.rlim_max < needed)
        limit.rlim_max = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return true;
    log_error("connections_max needs more open files than this process may have; raise the limit "
              "(ulimit -n) or lower the setting",
              "connections_max", log_number(settings->connections_max), "needed",
              log_number((int64_t)needed), NULL);
    return false;
}

static void name_instance(struct gateway *gateway)
{
    const struct settings *settings = gateway->settings;
    if (*settings->listen)
        snprintf(gateway->address, sizeof(gateway->address), "%s", settings->listen);
    else
        settings_list_item(settings->gateway_address, 0, gateway->address);
    if (*settings->instance)
        snprintf(gateway->instance, sizeof(gateway->instance), "%.60s", settings->instance);
    else
        snprintf(gateway->instance, sizeof(gateway->instance), "gateway-%.40s",
                 strrchr(gateway->address, ':') ? strrchr(gateway->address, ':') + 1 : "1");
}

static bool start(struct gateway *gateway)
{
    const struct settings *settings = gateway->settings;
    const struct redis_events_handlers handlers = {
        .message = events_message,
        .connected = events_connected,
        .subscribed = events_subscribed,
        .context = gateway,
    };
    gateway->bridge = uv_bridge_create(gateway->base);
    gateway->http = http_client_create(gateway->base, SERVICE_CONNECTIONS_MAX);
    gateway->keyring = keyring_create();
    if (!gateway->bridge || !gateway->http || !gateway->keyring || sockets_create(gateway) ||
        matches_create(gateway) || streams_create(gateway) || keys_create(gateway) ||
        presence_create(gateway))
        return false;
    gateway->redis = redis_events_create(gateway->base, settings->redis_url, &handlers);
    return gateway->redis && listener_create(gateway) == OK;
}

/* In the order of who uses whom: the library's connections first, then what served them. */
static void finish(struct gateway *gateway)
{
    listener_destroy(gateway);
    uv_bridge_destroy(gateway->bridge);
    http_client_destroy(gateway->http);
    sockets_destroy(gateway);
    matches_destroy(gateway);
    streams_destroy(gateway);
    presence_destroy(gateway);
    keys_destroy(gateway);
    if (gateway->redis)
        redis_events_destroy(gateway->redis);
    keyring_destroy(gateway->keyring);
    text_finish(&gateway->scratch);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    struct stop *stop = context;
    struct gateway *gateway = stop->gateway;
    if (gateway->stopping)
        return;
    log_info("gateway is told to stop, connections are closed", "signal", log_number(number),
             "connections", log_number(sockets_count(gateway)), NULL);
    gateway->stopping = true;
    sockets_close_all(gateway);
    struct timeval every = {0, STOP_CHECK_MS * 1000};
    event_add(stop->check, &every);
}

static void on_stop_check(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct stop *stop = context;
    stop->left_ms -= STOP_CHECK_MS;
    if (sockets_count(stop->gateway) == 0 || stop->left_ms <= 0)
        event_base_loopbreak(stop->gateway->base);
}
