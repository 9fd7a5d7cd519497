/*
 * Telling the sockets of a channel, by way of Redis. The script takes the channel's next number,
 * publishes and keeps the text for a while in one step, so that numbers have no holes and arrive in
 * order. See wire/events.h.
 */
#include "service/service.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "wire/events.h"

static struct redis_script event_script = {.name = "event", .text = WIRE_EVENT_SCRIPT};

static char *to_text(json_t *data);
static void log_lost(const char *channel, const char *type, enum error error);

void service_publish(struct service_context *context, const char *channel, const char *type,
                     json_t *data)
{
    char counter[sizeof(WIRE_SEQ_PREFIX) + WIRE_CHANNEL_BYTES_MAX];
    char recent[sizeof(WIRE_RECENT_PREFIX) + WIRE_CHANNEL_BYTES_MAX];
    char address[sizeof(WIRE_EVENT_PREFIX) + WIRE_CHANNEL_BYTES_MAX];
    assert(strlen(channel) < WIRE_CHANNEL_BYTES_MAX);
    snprintf(counter, sizeof(counter), WIRE_SEQ_PREFIX "%s", channel);
    snprintf(address, sizeof(address), WIRE_EVENT_PREFIX "%s", channel);
    snprintf(recent, sizeof(recent), WIRE_RECENT_PREFIX "%s", channel);
    char *text = to_text(data);
    const char *const arguments[] = {counter, address, recent, type, channel, text};
    enum error error = ERROR_PAYLOAD_TOO_LARGE;
    if (strlen(text) < WIRE_EVENT_BYTES_MAX)
        error = redis_run_script(context->redis, &event_script, 3, 6, arguments, NULL);
    free(text);
    if (error)
        log_lost(channel, type, error);
}

void service_order(struct service_context *context, const char *user_id, json_t *order)
{
    char *text = to_text(order);
    enum error error =
        redis_run(context->redis, NULL, "PUBLISH " WIRE_EVENT_PREFIX WIRE_CHANNEL_USER "%s @%s",
                  user_id, text);
    free(text);
    if (error)
        log_lost(user_id, "@", error);
}

static char *to_text(json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY);
    assert(text);
    json_decref(data);
    return text;
}

static void log_lost(const char *channel, const char *type, enum error error)
{
    log_warn("an event is lost; its hearers see the change when they ask again", "channel", channel,
             "type", type, "code", error_code(error), NULL);
}
