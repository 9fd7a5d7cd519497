/* The gateway's counters and gauges, for /metrics. */
#include "gateway/state.h"

#define COUNTER(id, text, label, about)                                                            \
    [id] = {.kind = METRIC_COUNTER, .name = text, .labels = label, .help = about}
#define GAUGE(id, text, about) [id] = {.kind = METRIC_GAUGE, .name = text, .help = about}
#define CLOSED(id, label)                                                                          \
    COUNTER(id, "gateway_closes_total", label, "Connections ended, by close code")

struct metric gateway_metrics[GATEWAY_METRICS] = {
    GAUGE(METRIC_CONNECTIONS, "gateway_connections", "Open browser connections"),
    COUNTER(METRIC_HANDSHAKES_REFUSED, "gateway_handshakes_refused_total", NULL,
            "Connections refused before the upgrade"),
    COUNTER(METRIC_COMMANDS_OK, "gateway_commands_total", "result=\"ok\"", "Commands answered"),
    COUNTER(METRIC_COMMANDS_FAILED, "gateway_commands_total", "result=\"error\"",
            "Commands answered"),
    COUNTER(METRIC_EVENTS_RECEIVED, "gateway_events_received_total", NULL, "Events from Redis"),
    COUNTER(METRIC_EVENTS_DELIVERED, "gateway_events_delivered_total", NULL,
            "Events written to connections"),
    COUNTER(METRIC_FRAMES_DELIVERED, "gateway_frames_delivered_total", NULL,
            "Game state frames written to connections"),
    COUNTER(METRIC_FRAMES_REPLACED, "gateway_frames_replaced_total", NULL,
            "Game state frames that a newer one replaced on a full connection"),
    COUNTER(METRIC_FRAMES_IGNORED, "gateway_frames_ignored_total", NULL,
            "Game state frames whose connection had gone"),
    COUNTER(METRIC_INPUTS, "gateway_inputs_total", NULL, "Inputs passed on to workers"),
    COUNTER(METRIC_INPUTS_IGNORED, "gateway_inputs_ignored_total", NULL,
            "Inputs without a seat to play"),
    GAUGE(METRIC_STREAMS, "gateway_streams", "Open streams to workers"),
    GAUGE(METRIC_LINKS, "gateway_links", "Connections attached to matches"),
    CLOSED(METRIC_CLOSED_NORMALLY, "code=\"none\""),
    CLOSED(METRIC_CLOSED_BAD_MESSAGE, "code=\"4400\""),
    CLOSED(METRIC_CLOSED_TOKEN, "code=\"4401\""),
    CLOSED(METRIC_CLOSED_SLOW, "code=\"4408\""),
    CLOSED(METRIC_CLOSED_REPLACED, "code=\"4409\""),
    CLOSED(METRIC_CLOSED_TOO_FAST, "code=\"4429\""),
    CLOSED(METRIC_CLOSED_SILENT, "code=\"silent\""),
    CLOSED(METRIC_CLOSED_RESTART, "code=\"1012\""),
};

void gateway_metrics_add(void)
{
    for (int i = 0; i < GATEWAY_METRICS; i++)
        metrics_add(&gateway_metrics[i]);
}
