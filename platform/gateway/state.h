/* What the parts of one gateway share. Everything runs on the one loop: no locks. */
#ifndef GATEWAY_STATE_H
#define GATEWAY_STATE_H

#include <event2/event.h>
#include <libwebsockets.h>

#include "core/http_client.h"
#include "core/metrics.h"
#include "core/token.h"
#include "gateway/channels.h"
#include "gateway/text.h"
#include "gateway/uv_bridge.h"
#include "settings/settings.h"
#include "store/redis_events.h"

#define GATEWAY_INSTANCE_BYTES 64

struct gateway {
    const struct settings *settings; /* borrowed */
    char instance[GATEWAY_INSTANCE_BYTES];
    char address[CONFIG_TEXT_BYTES]; /* HOST:PORT that this process binds */
    struct event_base *base;         /* owned, as all below */
    struct uv_bridge *bridge;
    struct lws_context *websockets;
    struct http_client *http;
    struct redis_events *redis;
    struct keyring *keyring;
    struct keys *keys;
    struct sockets *sockets;
    struct matches *matches;
    struct streams *streams;
    uint32_t reads; /* of streams, a number for each */
    struct presence *presence;
    struct channels channels;
    struct text scratch; /* for whoever makes a message to send at once */
    bool draining; /* takes nobody in any more, and sends those who are here to another gateway */
    bool stopping; /* answers nothing any more */
};

/* Its metrics, listed in metrics.c. */
enum gateway_metric {
    METRIC_CONNECTIONS,
    METRIC_HANDSHAKES_REFUSED,
    METRIC_COMMANDS_OK,
    METRIC_COMMANDS_FAILED,
    METRIC_EVENTS_RECEIVED,
    METRIC_EVENTS_DELIVERED,
    METRIC_FRAMES_DELIVERED,
    METRIC_FRAMES_REPLACED,
    METRIC_FRAMES_IGNORED,
    METRIC_INPUTS,
    METRIC_INPUTS_IGNORED,
    METRIC_STREAMS,
    METRIC_LINKS,
    METRIC_CLOSED_NORMALLY,
    METRIC_CLOSED_BAD_MESSAGE,
    METRIC_CLOSED_TOKEN,
    METRIC_CLOSED_SLOW,
    METRIC_CLOSED_REPLACED,
    METRIC_CLOSED_TOO_FAST,
    METRIC_CLOSED_SILENT,
    METRIC_CLOSED_RESTART,
    GATEWAY_METRICS
};
extern struct metric gateway_metrics[GATEWAY_METRICS];
void gateway_metrics_add(void);
static inline void count(enum gateway_metric metric)
{
    metric_add(&gateway_metrics[metric], 1);
}

#endif
