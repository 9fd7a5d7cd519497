/*
 * Two asynchronous Redis connections on the loop: one that subscribes, one for commands. Each ping
 * is a message to ourselves: published on the command connection, heard on the other, it proves
 * the whole way. When none was heard for REDIS_SILENCE_MS_MAX, both connections are made anew.
 *
 * A channel is subscribed, wanted and confirmed separately: hiredis 0.14 forgets a channel that is
 * subscribed again while its unsubscription is under way, so the second waits for the first.
 */
#include "store/redis_events.h"

#include <assert.h>
#include <hiredis/async.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/clock.h"
#include "core/id.h"
#include "core/log.h"
#include "store/redis_url.h"

#define BACKOFF_MS_MIN    50
#define PING_CHANNEL_MAX  64
#define PING_CHANNEL_NAME "ping:"

enum channel_state { CHANNEL_IDLE, CHANNEL_SUBSCRIBING, CHANNEL_SUBSCRIBED, CHANNEL_UNSUBSCRIBING };

struct channel {
    UT_hash_handle hh;
    enum channel_state state;
    bool wanted;
    char name[];
};

struct redis_events {
    struct event_base *base; /* borrowed */
    struct redis_url url;
    struct redis_events_handlers handlers;
    redisAsyncContext *subscriber; /* owned by hiredis; NULL: not connected */
    redisAsyncContext *commander;
    struct channel *channels; /* owned, hash by name */
    struct event *timer;      /* ping while connected, reconnect while not */
    char ping_channel[PING_CHANNEL_MAX];
    int64_t heard_at_ms;
    int backoff_ms;
    bool connected; /* the ping channel is confirmed */
    bool tearing_down;
};

static void connect_both(struct redis_events *events);
static redisAsyncContext *connect_one(struct redis_events *events);
static void on_timer(evutil_socket_t descriptor, short what, void *argument);
static void start_over(struct redis_events *events, const char *reason);
static void schedule(struct redis_events *events, int ms);
static void send_subscribe(struct redis_events *events, struct channel *channel);
static void on_answer(redisAsyncContext *connection, void *answer, void *argument);
static void on_reply(redisAsyncContext *context, void *reply, void *argument);
static void on_confirmed(struct redis_events *events, struct channel *channel);
static void on_gone(struct redis_events *events, struct channel *channel);

struct redis_events *redis_events_create(struct event_base *base, const char *url,
                                         const struct redis_events_handlers *handlers)
{
    struct redis_events *events = calloc(1, sizeof(*events));
    assert(events);
    events->base = base;
    events->handlers = *handlers;
    events->backoff_ms = BACKOFF_MS_MIN;
    if (!redis_url_parse(url, &events->url)) {
        free(events);
        return NULL;
    }
    struct id id = id_new();
    char id_name[ID_TEXT_BYTES];
    id_text(&id, id_name);
    snprintf(events->ping_channel, sizeof(events->ping_channel), "%s%s", PING_CHANNEL_NAME,
             id_name);
    events->timer = evtimer_new(base, on_timer, events);
    assert(events->timer);
    redis_events_subscribe(events, events->ping_channel);
    connect_both(events);
    return events;
}

static void disconnect_both(struct redis_events *events)
{
    events->tearing_down = true;
    if (events->subscriber)
        redisAsyncFree(events->subscriber);
    if (events->commander)
        redisAsyncFree(events->commander);
    events->subscriber = events->commander = NULL;
    events->tearing_down = false;
}

void redis_events_destroy(struct redis_events *events)
{
    if (!events)
        return;
    disconnect_both(events);
    event_free(events->timer);
    struct channel *channel, *next;
    HASH_ITER(hh, events->channels, channel, next)
    {
        HASH_DEL(events->channels, channel);
        free(channel);
    }
    free(events);
}

bool redis_events_connected(const struct redis_events *events)
{
    return events->connected;
}

void redis_events_subscribe(struct redis_events *events, const char *name)
{
    struct channel *channel;
    HASH_FIND_STR(events->channels, name, channel);
    if (!channel) {
        size_t bytes = strlen(name) + 1;
        channel = calloc(1, sizeof(*channel) + bytes);
        assert(channel);
        memcpy(channel->name, name, bytes);
        HASH_ADD_STR(events->channels, name, channel);
    }
    channel->wanted = true;
    if (channel->state == CHANNEL_IDLE)
        send_subscribe(events, channel);
    else if (channel->state == CHANNEL_SUBSCRIBED)
        events->handlers.subscribed(events->handlers.context, channel->name);
}

void redis_events_unsubscribe(struct redis_events *events, const char *name)
{
    struct channel *channel;
    HASH_FIND_STR(events->channels, name, channel);
    if (!channel)
        return;
    channel->wanted = false;
    if (channel->state == CHANNEL_SUBSCRIBED) {
        channel->state = CHANNEL_UNSUBSCRIBING;
        redisAsyncCommand(events->subscriber, NULL, NULL, "UNSUBSCRIBE %s", channel->name);
    } else if (channel->state == CHANNEL_IDLE) {
        on_gone(events, channel);
    }
}

void redis_events_command(struct redis_events *events, const char *format, ...)
{
    if (!events->commander)
        return;
    va_list list;
    va_start(list, format);
    redisvAsyncCommand(events->commander, NULL, NULL, format, list);
    va_end(list);
}

struct question {
    redis_answered *answered;
    void *context; /* borrowed */
};

bool redis_events_ask(struct redis_events *events, int word_count, const char *const *words,
                      redis_answered *answered, void *context)
{
    struct question *question = events->commander ? malloc(sizeof(*question)) : NULL;
    if (!question)
        return false;
    *question = (struct question){answered, context};
    if (redisAsyncCommandArgv(events->commander, on_answer, question, word_count,
                              (const char **)(uintptr_t)words, NULL) == REDIS_OK)
        return true;
    free(question);
    return false;
}

/* A connection that ends answers every command with nothing. */
static void on_answer(redisAsyncContext *connection, void *answer, void *argument)
{
    (void)connection;
    struct question *question = argument;
    const redisReply *reply = answer;
    const char **texts = NULL;
    size_t count = 0;
    if (reply && reply->type == REDIS_REPLY_ARRAY) {
        count = reply->elements;
        texts = calloc(count + 1, sizeof(*texts));
        assert(texts);
        for (size_t i = 0; i < count; i++)
            texts[i] =
                reply->element[i]->type == REDIS_REPLY_STRING ? reply->element[i]->str : NULL;
    } else if (reply && reply->type == REDIS_REPLY_ERROR) {
        log_error("redis refuses a command", "reason", reply->str, NULL);
    }
    question->answered(question->context, texts, count);
    free(texts);
    free(question);
}

static void connect_both(struct redis_events *events)
{
    events->heard_at_ms = clock_monotonic_ms();
    events->commander = connect_one(events);
    events->subscriber = events->commander ? connect_one(events) : NULL;
    if (!events->subscriber) {
        start_over(events, "cannot connect");
        return;
    }
    struct channel *channel, *next;
    HASH_ITER(hh, events->channels, channel, next)
    {
        if (channel->wanted)
            send_subscribe(events, channel);
    }
    schedule(events, REDIS_PING_MS);
}

static void on_connected(const redisAsyncContext *context, int status)
{
    struct redis_events *events = context->data;
    if (status == REDIS_OK)
        return;
    /* hiredis frees a context that failed to connect. */
    if (context == events->subscriber)
        events->subscriber = NULL;
    if (context == events->commander)
        events->commander = NULL;
    if (!events->tearing_down)
        start_over(events, context->errstr);
}

static void on_disconnected(const redisAsyncContext *context, int status)
{
    (void)status;
    on_connected(context, REDIS_ERR);
}

static void on_login(redisAsyncContext *context, void *answer, void *argument)
{
    struct redis_events *events = argument;
    const redisReply *reply = answer;
    if (reply && reply->type == REDIS_REPLY_ERROR && !events->tearing_down)
        log_error("redis refuses our login", "reason", reply->str, NULL);
    (void)context;
}

static redisAsyncContext *connect_one(struct redis_events *events)
{
    redisAsyncContext *context = redisAsyncConnect(events->url.host, events->url.port);
    if (!context)
        return NULL;
    context->data = events;
    if (context->err || redisLibeventAttach(context, events->base) != REDIS_OK) {
        redisAsyncFree(context);
        return NULL;
    }
    redisAsyncSetConnectCallback(context, on_connected);
    redisAsyncSetDisconnectCallback(context, on_disconnected);
    if (events->url.password[0])
        redisAsyncCommand(context, on_login, events, "AUTH %s", events->url.password);
    if (events->url.database)
        redisAsyncCommand(context, on_login, events, "SELECT %d", events->url.database);
    return context;
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor, (void)what;
    struct redis_events *events = argument;
    if (!events->subscriber) {
        connect_both(events);
        return;
    }
    if (clock_monotonic_ms() - events->heard_at_ms > REDIS_SILENCE_MS_MAX) {
        start_over(events, "silent");
        return;
    }
    redis_events_command(events, "PUBLISH %s 1", events->ping_channel);
    schedule(events, REDIS_PING_MS);
}

static void start_over(struct redis_events *events, const char *reason)
{
    log_warn("redis events lost, connecting again", "reason", reason, "wait_ms",
             log_number(events->backoff_ms), NULL);
    disconnect_both(events);
    struct channel *channel, *next;
    HASH_ITER(hh, events->channels, channel, next)
    {
        channel->state = CHANNEL_IDLE;
        if (!channel->wanted)
            on_gone(events, channel);
    }
    bool was_connected = events->connected;
    events->connected = false;
    schedule(events, events->backoff_ms);
    events->backoff_ms = events->backoff_ms * 2 < REDIS_BACKOFF_MS_MAX ? events->backoff_ms * 2
                                                                       : REDIS_BACKOFF_MS_MAX;
    if (was_connected)
        events->handlers.connected(events->handlers.context, false);
}

static void schedule(struct redis_events *events, int ms)
{
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    evtimer_add(events->timer, &wait);
}

static void send_subscribe(struct redis_events *events, struct channel *channel)
{
    if (!events->subscriber)
        return; /* connect_both() does it */
    channel->state = CHANNEL_SUBSCRIBING;
    redisAsyncCommand(events->subscriber, on_reply, NULL, "SUBSCRIBE %s", channel->name);
}

/* Everything the subscriber hears: [subscribe|unsubscribe|message, channel, payload]. */
static void on_reply(redisAsyncContext *context, void *answer, void *argument)
{
    (void)argument;
    struct redis_events *events = context->data;
    const redisReply *reply = answer;
    if (events->tearing_down || !reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 3)
        return;
    const char *kind = reply->element[0]->str;
    struct channel *channel;
    HASH_FIND_STR(events->channels, reply->element[1]->str, channel);
    if (!channel)
        return;
    events->heard_at_ms = clock_monotonic_ms();
    if (strcmp(kind, "subscribe") == 0)
        on_confirmed(events, channel);
    else if (strcmp(kind, "unsubscribe") == 0)
        on_gone(events, channel);
    else if (channel->wanted && strcmp(channel->name, events->ping_channel) != 0)
        events->handlers.message(events->handlers.context, channel->name, reply->element[2]->str,
                                 reply->element[2]->len);
}

static void on_confirmed(struct redis_events *events, struct channel *channel)
{
    channel->state = CHANNEL_SUBSCRIBED;
    if (!channel->wanted) {
        redis_events_unsubscribe(events, channel->name);
    } else if (strcmp(channel->name, events->ping_channel) == 0) {
        events->connected = true;
        events->backoff_ms = BACKOFF_MS_MIN;
        events->handlers.connected(events->handlers.context, true);
    } else {
        events->handlers.subscribed(events->handlers.context, channel->name);
    }
}

/* Unsubscribed: forgotten, unless somebody wants it again meanwhile. */
static void on_gone(struct redis_events *events, struct channel *channel)
{
    channel->state = CHANNEL_IDLE;
    if (channel->wanted) {
        send_subscribe(events, channel);
        return;
    }
    HASH_DEL(events->channels, channel);
    free(channel);
}
