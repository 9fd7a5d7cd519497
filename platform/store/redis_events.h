/*
 * Redis on the loop, for the gateway: one subscribe connection and one for commands, both kept
 * alive by a ping of our own (hiredis 0.14 has no asynchronous time-outs) and reconnected with
 * back-off; subscriptions are restored. Loop's thread only.
 */
#ifndef STORE_REDIS_EVENTS_H
#define STORE_REDIS_EVENTS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#define REDIS_PING_MS        2000
#define REDIS_SILENCE_MS_MAX 5000
#define REDIS_BACKOFF_MS_MAX 2000

struct redis_events;
struct redis_events_handlers {
    /* `payload` is borrowed for the call. */
    void (*message)(void *context, const char *channel, const char *payload, size_t bytes);
    /* Lost and found: while not connected, events are missed; the gateway tells its clients. */
    void (*connected)(void *context, bool connected);
    /* Redis has confirmed a subscription: from here on nothing on `channel` is missed. */
    void (*subscribed)(void *context, const char *channel);
    void *context;
};
struct redis_events *redis_events_create(struct event_base *base, const char *url,
                                         const struct redis_events_handlers *handlers);
void redis_events_destroy(struct redis_events *events);
bool redis_events_connected(const struct redis_events *events);
/* Idempotent; the handler `subscribed` follows, also when it already was. */
void redis_events_subscribe(struct redis_events *events, const char *channel);
void redis_events_unsubscribe(struct redis_events *events, const char *channel);
/* Runs a command, `words` of which the first is its name, on the command connection. `answered`
 * gets its array of texts (NULL: nothing), borrowed for the call; `texts` NULL when there was no
 * such answer, be it for a lost connection. Exactly once and never from inside this call, which
 * does nothing and returns false while disconnected. */
typedef void redis_answered(void *context, const char *const *texts, size_t count);
bool redis_events_ask(struct redis_events *events, int word_count, const char *const *words,
                      redis_answered *answered, void *context);
/* Fire and forget on the command connection; dropped while disconnected. */
void redis_events_command(struct redis_events *events, const char *format, ...);

#endif
