#include "gateway/gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"
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
#define SEATS_HELD_MS           1000 /* after the last connection: by then they sit elsewhere */

struct stop {
    struct gateway *gateway;
    struct event *check; /* owned */
    int64_t since_ms, gone_ms;
    uint32_t share; /* of the connections, sent away with each check */
    bool seats_held;
};

static enum log_level level_by_name(const char *name);
static bool raise_descriptors(const struct settings *settings);
static void name_instance(struct gateway *gateway);
static bool start(struct gateway *gateway);
static void finish(struct gateway *gateway);
static void on_signal(evutil_socket_t number, short what, void *context);
static void drain_begin(struct stop *stop);
static void stop_at_once(struct stop *stop);
static void on_stop_check(evutil_socket_t none, short what, void *context);
static bool drain_step(struct stop *stop, int64_t ran_ms);

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

    struct stop stop = {.gateway = gateway};
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

/* SIGTERM: another one takes over here, and there are others meanwhile. A second signal, and
 * SIGINT, is the end at once. */
static void on_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    struct stop *stop = context;
    struct gateway *gateway = stop->gateway;
    if (gateway->stopping)
        return;
    log_info("gateway is told to stop, connections are closed", "signal", log_number(number),
             "connections", log_number(sockets_count(gateway)), NULL);
    stop->since_ms = clock_monotonic_ms();
    if (number == SIGTERM && !gateway->draining)
        drain_begin(stop);
    else
        stop_at_once(stop);
    struct timeval every = {0, STOP_CHECK_MS * 1000};
    event_add(stop->check, &every);
}

/* Over the first half of the time all are sent away, a share with each check, so that they do not
 * all stand at the next gateway's door at once. */
static void drain_begin(struct stop *stop)
{
    struct gateway *gateway = stop->gateway;
    int64_t checks = gateway->settings->drain_ms / 2 / STOP_CHECK_MS;
    gateway->draining = true;
    stop->share = 1 + sockets_count(gateway) / (uint32_t)(checks + 1);
    stop->seats_held = sockets_count(gateway) > 0;
}

static void stop_at_once(struct stop *stop)
{
    stop->gateway->stopping = true;
    sockets_close_all(stop->gateway);
}

static void on_stop_check(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct stop *stop = context;
    int64_t ran_ms = clock_monotonic_ms() - stop->since_ms;
    bool is_done = stop->gateway->stopping
                       ? sockets_count(stop->gateway) == 0 || ran_ms >= STOP_MS_MAX
                       : drain_step(stop, ran_ms);
    if (is_done)
        event_base_loopbreak(stop->gateway->base);
}

/* Who waits for an answer gets it first, within three quarters of the time. */
static bool drain_step(struct stop *stop, int64_t ran_ms)
{
    struct gateway *gateway = stop->gateway;
    int64_t drain_ms = gateway->settings->drain_ms;
    sockets_send_away(gateway, ran_ms < drain_ms / 2 ? stop->share : UINT32_MAX,
                      ran_ms >= drain_ms * 3 / 4);
    if (sockets_count(gateway) > 0)
        return ran_ms >= drain_ms + SEATS_HELD_MS;
    if (stop->gone_ms == 0)
        stop->gone_ms = ran_ms + 1;
    return !stop->seats_held || ran_ms - stop->gone_ms >= SEATS_HELD_MS;
}
