#include "gateway/socket.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/commands.h"
#include "gateway/matches.h"
#include "gateway/presence.h"
#include "gateway/rooms.h"

#define SWEEP_MS 250
/* The library's own number for a close frame. Its lws_close_reason() works only for the callback of
 * a message, and hangs up at once with what is unread. */
#define WRITE_CLOSE         ((enum lws_write_protocol)4)
#define CLOSE_BYTES_MAX     125 /* of a control frame */
#define EXPIRY_TOLD_MS      60000
#define REDIS_CHANNEL_BYTES (sizeof(WIRE_EVENT_PREFIX) + WIRE_CHANNEL_BYTES_MAX)

struct waiting_text {
    struct waiting_text *next;
    size_t count;
    char room[]; /* head room, then the text */
};

struct sockets {
    struct socket *places; /* owned; untouched pages cost nothing */
    uint32_t capacity, used_max, count;
    uint32_t first_free; /* index + 1; 0: none */
    uint64_t last_number;
    struct event *sweep; /* owned */
};

static void on_sweep(evutil_socket_t none, short what, void *context);
static void sweep(struct gateway *gateway, struct socket *socket, int64_t now_ms,
                  int64_t now_unix_ms);
static void keep_alive(struct gateway *gateway, struct socket *socket, int64_t now_ms);
static void close_oldest_of_many(struct gateway *gateway, struct socket *socket);
static bool is_settled(const struct socket *socket);
static void become_ready(struct gateway *gateway, struct socket *socket);
static void add_ready(struct gateway *gateway, struct socket *socket);
static void leave_all(struct gateway *gateway, struct socket *socket);
static void subscribe(struct gateway *gateway, const char *channel, bool on);
static bool is_full(const struct socket *socket);
static void cut(struct gateway *gateway, struct socket *socket);
static void write_now(struct gateway *gateway, struct socket *socket, char *bytes, size_t count,
                      enum lws_write_protocol kind);
static void want_room(struct gateway *gateway, struct socket *socket);
static void say_farewell(struct socket *socket);
static void count_close(enum close_code code);

enum error sockets_create(struct gateway *gateway)
{
    struct sockets *sockets = calloc(1, sizeof(*sockets));
    if (!sockets)
        return ERROR_OVERLOADED;
    sockets->capacity = (uint32_t)gateway->settings->connections_max;
    sockets->places = calloc(sockets->capacity, sizeof(*sockets->places));
    sockets->sweep = event_new(gateway->base, -1, EV_PERSIST, on_sweep, gateway);
    if (!sockets->places || !sockets->sweep)
        return ERROR_OVERLOADED;
    struct timeval every = {0, SWEEP_MS * 1000};
    event_add(sockets->sweep, &every);
    gateway->sockets = sockets;
    return OK;
}

void sockets_destroy(struct gateway *gateway)
{
    struct sockets *sockets = gateway->sockets;
    if (!sockets)
        return;
    for (uint32_t i = 0; i < sockets->used_max; i++)
        if (sockets->places[i].state != SOCKET_FREE)
            socket_gone(gateway, &sockets->places[i]);
    event_free(sockets->sweep);
    free(sockets->places);
    free(sockets);
    gateway->sockets = NULL;
}

void sockets_close_all(struct gateway *gateway)
{
    for (uint32_t i = 0; i < gateway->sockets->used_max; i++)
        socket_close(gateway, &gateway->sockets->places[i], CLOSE_RESTART, "restart");
}

void sockets_send_away(struct gateway *gateway, uint32_t count_max, bool also_busy)
{
    for (uint32_t i = 0; i < gateway->sockets->used_max && count_max > 0; i++) {
        struct socket *socket = &gateway->sockets->places[i];
        if (socket->state == SOCKET_FREE || socket->state == SOCKET_CLOSING ||
            (socket->commands_waiting > 0 && !also_busy))
            continue;
        socket_close(gateway, socket, CLOSE_RESTART, "restart");
        count_max--;
    }
}

uint32_t sockets_count(const struct gateway *gateway)
{
    return gateway->sockets->count;
}

struct socket *socket_at(struct gateway *gateway, uint32_t index)
{
    return &gateway->sockets->places[index];
}

struct socket *socket_by_number(struct gateway *gateway, uint32_t index, uint64_t number)
{
    struct socket *socket = socket_at(gateway, index);
    return socket->number == number && socket->state != SOCKET_CLOSING ? socket : NULL;
}

enum error socket_take(struct gateway *gateway, struct lws *wsi, const struct caller *caller,
                       const char *token, const char *client_address, struct socket **ret_socket)
{
    struct sockets *sockets = gateway->sockets;
    uint32_t index;
    if (sockets->first_free)
        index = sockets->first_free - 1;
    else if (sockets->used_max < sockets->capacity)
        index = sockets->used_max;
    else
        return ERROR_OVERLOADED;
    char *copy = strdup(token);
    if (!copy)
        return ERROR_OVERLOADED;

    struct socket *socket = &sockets->places[index];
    if (sockets->first_free)
        sockets->first_free = socket->next_free;
    else
        sockets->used_max++;
    int64_t now_ms = clock_monotonic_ms();
    *socket = (struct socket){
        .state = SOCKET_SHAKING,
        .index = index,
        .number = ++sockets->last_number,
        .wsi = wsi,
        .caller = *caller,
        .token = copy,
        .opened_ms = now_ms,
        .heard_ms = now_ms,
        .pinged_ms = now_ms,
    };
    snprintf(socket->client_address, sizeof(socket->client_address), "%s", client_address);
    bucket_init(&socket->commands, gateway->settings->commands_burst, now_ms);
    bucket_init(&socket->inputs, gateway->settings->inputs_per_second, now_ms);
    sockets->count++;
    metric_set(&gateway_metrics[METRIC_CONNECTIONS], sockets->count);
    *ret_socket = socket;
    return OK;
}

void socket_opened(struct gateway *gateway, struct socket *socket, struct lws *wsi)
{
    socket->wsi = wsi;
    socket->state = SOCKET_OPENING;
    socket->is_opened = true;
    int bytes = SOCKET_SEND_BYTES;
    setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    lws_rx_flow_control(wsi, 0); /* it is heard after session:ready */

    char own[WIRE_CHANNEL_BYTES_MAX];
    snprintf(own, sizeof(own), WIRE_CHANNEL_USER "%s", socket->caller.user_id);
    socket_join(gateway, socket, WIRE_CHANNEL_GLOBAL);
    socket_join(gateway, socket, own);
    close_oldest_of_many(gateway, socket);
    presence_online(gateway, socket->caller.user_id);
    rooms_ask(gateway, socket);
}

void socket_gone(struct gateway *gateway, struct socket *socket)
{
    struct sockets *sockets = gateway->sockets;
    if (socket->state == SOCKET_OPENING || socket->state == SOCKET_OPEN)
        count(METRIC_CLOSED_NORMALLY);
    socket->state = SOCKET_CLOSING;
    if (socket->is_opened)
        leave_all(gateway, socket);
    free(socket->token);
    text_finish(&socket->partial);
    socket->token = NULL;
    socket->wsi = NULL;
    socket->number = 0;
    socket->state = SOCKET_FREE;
    socket->next_free = sockets->first_free;
    sockets->first_free = socket->index + 1;
    sockets->count--;
    metric_set(&gateway_metrics[METRIC_CONNECTIONS], sockets->count);
}

void socket_close(struct gateway *gateway, struct socket *socket, enum close_code code,
                  const char *reason)
{
    if (socket->state == SOCKET_FREE || socket->state == SOCKET_CLOSING)
        return;
    log_info("connection ended by us", "user", socket->caller.user_id, "connection",
             log_number((int64_t)socket->number), "code", log_number(code), "reason", reason, NULL);
    count_close(code);
    bool is_told = socket->is_opened && code != CLOSE_SILENT;
    bool is_now = is_told && !lws_partial_buffered(socket->wsi);
    socket->state = SOCKET_CLOSING;
    socket->close_code = code;
    socket->close_reason = reason;
    lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND,
                    is_told ? SOCKET_CLOSE_SECONDS : LWS_TO_KILL_ASYNC);
    if (is_now)
        say_farewell(socket);
    else if (is_told)
        lws_callback_on_writable(socket->wsi);
    uv_bridge_touch(gateway->bridge);
}

void socket_writable(struct gateway *gateway, struct socket *socket)
{
    if (socket->state == SOCKET_CLOSING) {
        say_farewell(socket);
        return;
    }
    while (socket->first && !lws_partial_buffered(socket->wsi)) {
        struct waiting_text *text = socket->first;
        socket->first = text->next;
        if (!socket->first)
            socket->last = NULL;
        socket->waiting_bytes -= text->count;
        write_now(gateway, socket, text->room + LWS_PRE, text->count, LWS_WRITE_TEXT);
        free(text);
    }
    for (int channel = 0; channel < SOCKET_LINKS_MAX && socket->frames_waiting; channel++) {
        if (lws_partial_buffered(socket->wsi))
            break;
        struct newest_frame *newest = matches_newest_frame(gateway, socket->links[channel]);
        if (newest && newest->waiting) {
            newest->waiting = false;
            write_now(gateway, socket, (char *)newest->room + LWS_PRE, newest->count,
                      LWS_WRITE_BINARY);
            count(METRIC_FRAMES_DELIVERED);
        }
        if (channel == SOCKET_LINKS_MAX - 1)
            socket->frames_waiting = false;
    }
    if (socket->state == SOCKET_OPEN && (socket->first || socket->frames_waiting))
        want_room(gateway, socket);
}

void socket_send_text(struct gateway *gateway, struct socket *socket, char *text, size_t bytes)
{
    if (socket->state != SOCKET_OPEN)
        return;
    if (!is_full(socket)) {
        write_now(gateway, socket, text, bytes, LWS_WRITE_TEXT);
        return;
    }
    struct waiting_text *waiting = NULL;
    if (socket->waiting_bytes + bytes <= (size_t)gateway->settings->outgoing_bytes_max)
        waiting = malloc(sizeof(*waiting) + LWS_PRE + bytes);
    if (!waiting) {
        socket_close(gateway, socket, CLOSE_SLOW, "slow consumer");
        return;
    }
    waiting->next = NULL;
    waiting->count = bytes;
    memcpy(waiting->room + LWS_PRE, text, bytes);
    if (socket->last)
        socket->last->next = waiting;
    else
        socket->first = waiting;
    socket->last = waiting;
    socket->waiting_bytes += bytes;
    want_room(gateway, socket);
}

void socket_send_state(struct gateway *gateway, struct socket *socket, struct newest_frame *newest,
                       uint8_t *frame, size_t bytes, bool at_once)
{
    if (socket->state != SOCKET_OPEN) {
        count(METRIC_FRAMES_IGNORED);
        return;
    }
    if (at_once && !is_full(socket)) {
        write_now(gateway, socket, (char *)frame, bytes, LWS_WRITE_BINARY);
        count(METRIC_FRAMES_DELIVERED);
        return;
    }
    if (newest->waiting)
        count(METRIC_FRAMES_REPLACED);
    if (newest->capacity < bytes) {
        uint8_t *grown = realloc(newest->room, LWS_PRE + bytes);
        if (!grown)
            return;
        newest->room = grown;
        newest->capacity = bytes;
    }
    memcpy(newest->room + LWS_PRE, frame, bytes);
    newest->count = bytes;
    newest->waiting = true;
    if (!socket->frames_waiting) {
        socket->frames_waiting = true;
        want_room(gateway, socket);
    }
}

void socket_send_or_drop(struct gateway *gateway, struct socket *socket, uint8_t *frame,
                         size_t bytes)
{
    if (socket->state == SOCKET_OPEN && !is_full(socket))
        write_now(gateway, socket, (char *)frame, bytes, LWS_WRITE_BINARY);
}

void socket_answer(struct gateway *gateway, struct socket *socket, int64_t id, const char *data,
                   size_t bytes)
{
    struct text *text = &gateway->scratch;
    text_clear(text);
    text_printf(text, "{\"id\":%lld,\"ok\":true,\"data\":", (long long)id);
    text_add(text, data, bytes);
    text_add(text, "}", 1);
    count(METRIC_COMMANDS_OK);
    socket_send_text(gateway, socket, text_bytes(text), text->count);
}

void socket_answer_error(struct gateway *gateway, struct socket *socket, int64_t id,
                         const char *code, const char *message, const char *field)
{
    struct text *text = &gateway->scratch;
    text_clear(text);
    text_printf(text, "{\"id\":%lld,\"ok\":false,\"error\":{\"code\":", (long long)id);
    text_add_json(text, code);
    text_printf(text, ",\"message\":");
    text_add_json(text, message);
    text_printf(text, ",\"field\":");
    text_add_json(text, field);
    text_printf(text, "}}");
    count(METRIC_COMMANDS_FAILED);
    socket_send_text(gateway, socket, text_bytes(text), text->count);
}

void socket_answer_failure(struct gateway *gateway, struct socket *socket, int64_t id,
                           enum error error)
{
    socket_answer_error(gateway, socket, id, error_code(error), error_sentence(error), NULL);
}

void socket_join(struct gateway *gateway, struct socket *socket, const char *name)
{
    struct channel *channel;
    bool is_first;
    enum error error = channels_join(&gateway->channels, name, socket->index, &socket->channels,
                                     &channel, &is_first);
    if (error == ERROR_ROOM_ALREADY_MEMBER)
        return;
    if (error) {
        log_warn("channel not joined, its events are missed", "user", socket->caller.user_id,
                 "channel", name, "error", error_code(error), NULL);
        return;
    }
    bool is_room = !strncmp(name, WIRE_CHANNEL_ROOM, strlen(WIRE_CHANNEL_ROOM));
    /* before session:ready nothing is shown that could be stale */
    socket->channels->resync_due = is_room && !channel->confirmed && socket->state == SOCKET_OPEN;
    if (is_first)
        subscribe(gateway, channel->name, true);
}

void socket_leave(struct gateway *gateway, struct socket *socket, const char *name)
{
    bool is_last;
    char copy[WIRE_CHANNEL_BYTES_MAX]; /* `name` may be the channel's own */
    snprintf(copy, sizeof(copy), "%s", name);
    if (channels_leave(&gateway->channels, copy, &socket->channels, &is_last) && is_last)
        subscribe(gateway, copy, false);
}

bool socket_hears(const struct socket *socket, const char *name)
{
    for (const struct membership *one = socket->channels; one; one = one->next)
        if (!strcmp(one->channel->name, name))
            return true;
    return false;
}

void socket_settle(struct gateway *gateway, struct socket *socket)
{
    if (!is_settled(socket))
        return;
    if (socket->state == SOCKET_OPENING)
        become_ready(gateway, socket);
    else if (socket->state == SOCKET_OPEN && socket->resync_due) {
        socket->resync_due = false;
        socket_resync(gateway, socket, NULL);
    }
}

void socket_resync(struct gateway *gateway, struct socket *socket, const char *channel)
{
    struct text *text = &gateway->scratch;
    text_clear(text);
    text_printf(text, "{\"type\":\"session:resync\",\"ch\":");
    text_add_json(text, channel);
    text_printf(text, ",\"seq\":0,\"data\":{}}");
    socket_send_text(gateway, socket, text_bytes(text), text->count);
}

void sockets_redis(struct gateway *gateway, bool connected)
{
    if (connected)
        return; /* each subscription is confirmed by itself */
    for (size_t i = 0; i < CHANNEL_BUCKETS; i++)
        for (struct channel *one = gateway->channels.buckets[i]; one; one = one->next)
            one->confirmed = false;
    for (uint32_t i = 0; i < gateway->sockets->used_max; i++)
        gateway->sockets->places[i].resync_due = true;
}

/* Below: time's work. */

static void on_sweep(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct gateway *gateway = context;
    int64_t now_ms = clock_monotonic_ms();
    int64_t now_unix_ms = clock_unix_ms();
    for (uint32_t i = 0; i < gateway->sockets->used_max; i++)
        sweep(gateway, &gateway->sockets->places[i], now_ms, now_unix_ms);
}

static void sweep(struct gateway *gateway, struct socket *socket, int64_t now_ms,
                  int64_t now_unix_ms)
{
    if (socket->state != SOCKET_OPENING && socket->state != SOCKET_OPEN)
        return;
    int64_t left_ms = socket->caller.expires_unix_ms - now_unix_ms;
    if (left_ms <= 0) {
        socket_close(gateway, socket, CLOSE_TOKEN, "token ended");
        return;
    }
    if (socket->state == SOCKET_OPENING) {
        if (now_ms - socket->opened_ms > SOCKET_OPENING_MS_MAX) {
            socket->resync_due = true;
            become_ready(gateway, socket);
        }
        return;
    }
    if (left_ms <= EXPIRY_TOLD_MS && !socket->is_expiry_told) {
        socket->is_expiry_told = true;
        char expires[CLOCK_RFC3339_BYTES];
        clock_rfc3339(socket->caller.expires_unix_ms, expires);
        struct text *text = &gateway->scratch;
        text_clear(text);
        text_printf(text,
                    "{\"type\":\"session:expiring\",\"ch\":null,\"seq\":0,\"data\":"
                    "{\"expiresAt\":\"%s\"}}",
                    expires);
        socket_send_text(gateway, socket, text_bytes(text), text->count);
    }
    matches_sweep(gateway, socket, now_ms);
    keep_alive(gateway, socket, now_ms);
}

static void keep_alive(struct gateway *gateway, struct socket *socket, int64_t now_ms)
{
    int64_t every_ms = gateway->settings->heartbeat_ms;
    if (now_ms - socket->heard_ms > 2 * every_ms) {
        socket_close(gateway, socket, CLOSE_SILENT, "silent");
        return;
    }
    if (now_ms - socket->pinged_ms < every_ms || is_full(socket))
        return;
    socket->pinged_ms = now_ms;
    char room[LWS_PRE + 4] = ""; /* of an empty pong the library does not tell */
    write_now(gateway, socket, room + LWS_PRE, 4, LWS_WRITE_PING);
}

static void close_oldest_of_many(struct gateway *gateway, struct socket *socket)
{
    const struct channel *own = NULL;
    for (struct membership *one = socket->channels; one && !own; one = one->next)
        if (!strncmp(one->channel->name, WIRE_CHANNEL_USER, strlen(WIRE_CHANNEL_USER)))
            own = one->channel;
    uint32_t open = 0;
    struct socket *oldest = NULL;
    for (uint32_t i = 0; own && i < own->count; i++) {
        struct socket *one = socket_at(gateway, own->members[i]->socket);
        if (one->state == SOCKET_CLOSING)
            continue;
        open++;
        if (!oldest || one->number < oldest->number)
            oldest = one;
    }
    if (open > SOCKETS_PER_USER_MAX)
        socket_close(gateway, oldest, CLOSE_REPLACED, "replaced by a newer connection");
}

/* Below: from OPENING to OPEN. */

static bool is_settled(const struct socket *socket)
{
    if (!socket->rooms_known)
        return false;
    for (struct membership *one = socket->channels; one; one = one->next)
        if (!one->channel->confirmed)
            return false;
    return true;
}

static void become_ready(struct gateway *gateway, struct socket *socket)
{
    socket->state = SOCKET_OPEN;
    add_ready(gateway, socket);
    socket_send_text(gateway, socket, text_bytes(&gateway->scratch), gateway->scratch.count);
    lws_rx_flow_control(socket->wsi, 1 | LWS_RXFLOW_REASON_FLAG_PROCESS_NOW);
    uv_bridge_touch(gateway->bridge);
}

static void add_ready(struct gateway *gateway, struct socket *socket)
{
    const struct settings *settings = gateway->settings;
    const struct caller *caller = &socket->caller;
    struct text *text = &gateway->scratch;
    char expires[CLOCK_RFC3339_BYTES];
    clock_rfc3339(caller->expires_unix_ms, expires);
    text_clear(text);
    text_printf(text, "{\"type\":\"session:ready\",\"ch\":null,\"seq\":0,\"data\":{\"gateway\":");
    text_add_json(text, gateway->instance);
    text_printf(text, ",\"user\":{\"id\":\"%s\",\"username\":", caller->user_id);
    text_add_json(text, caller->name);
    text_printf(text,
                ",\"guest\":%s,\"admin\":%s},\"expiresAt\":\"%s\",\"heartbeatMs\":%lld,"
                "\"limits\":{\"messageBytes\":%lld,\"commandsPerSecond\":%lld,"
                "\"inputsPerSecond\":%lld}}}",
                caller->guest ? "true" : "false", caller->admin ? "true" : "false", expires,
                (long long)settings->heartbeat_ms, (long long)settings->message_bytes_max,
                (long long)settings->commands_per_second, (long long)settings->inputs_per_second);
}

/* Below: the end. */

/* Whatever has its number forgets it. */
static void leave_all(struct gateway *gateway, struct socket *socket)
{
    matches_forget_socket(gateway, socket);
    commands_forget_socket(gateway, socket);
    while (socket->channels)
        socket_leave(gateway, socket, socket->channels->channel->name);
    if (!gateway->draining) /* he is online elsewhere in a moment; what is written runs off */
        presence_offline(gateway, socket->caller.user_id);
    while (socket->first) {
        struct waiting_text *text = socket->first;
        socket->first = text->next;
        free(text);
    }
    socket->last = NULL;
}

static void subscribe(struct gateway *gateway, const char *channel, bool on)
{
    char name[REDIS_CHANNEL_BYTES];
    snprintf(name, sizeof(name), WIRE_EVENT_PREFIX "%s", channel);
    if (on)
        redis_events_subscribe(gateway->redis, name);
    else
        redis_events_unsubscribe(gateway->redis, name);
}

/* Below: writing. */

static bool is_full(const struct socket *socket)
{
    return socket->first || socket->frames_waiting || lws_partial_buffered(socket->wsi);
}

static void cut(struct gateway *gateway, struct socket *socket)
{
    socket_close(gateway, socket, CLOSE_SILENT, "connection lost");
}

static void write_now(struct gateway *gateway, struct socket *socket, char *bytes, size_t size,
                      enum lws_write_protocol kind)
{
    if (lws_write(socket->wsi, (unsigned char *)bytes, size, kind) < 0)
        cut(gateway, socket);
    else if (lws_partial_buffered(socket->wsi))
        uv_bridge_touch(gateway->bridge);
}

static void want_room(struct gateway *gateway, struct socket *socket)
{
    lws_callback_on_writable(socket->wsi);
    uv_bridge_touch(gateway->bridge);
}

/* The close frame, once. The browser answers it and the library then ends the connection; until
 * then what still comes in is thrown away, for unread bytes would cut the farewell off. */
static void say_farewell(struct socket *socket)
{
    if (socket->is_farewell_said)
        return;
    socket->is_farewell_said = true;
    unsigned char room[LWS_PRE + CLOSE_BYTES_MAX];
    unsigned char *frame = room + LWS_PRE;
    frame[0] = (unsigned char)(socket->close_code >> 8);
    frame[1] = (unsigned char)(socket->close_code & 0xff);
    size_t bytes = strlen(socket->close_reason);
    assert(bytes <= CLOSE_BYTES_MAX - 2); /* every reason is ours */
    memcpy(frame + 2, socket->close_reason, bytes);
    if (lws_write(socket->wsi, frame, 2 + bytes, WRITE_CLOSE) < 0)
        lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

static void count_close(enum close_code code)
{
    switch (code) {
    case CLOSE_SILENT:
        count(METRIC_CLOSED_SILENT);
        break;
    case CLOSE_RESTART:
        count(METRIC_CLOSED_RESTART);
        break;
    case CLOSE_BAD_MESSAGE:
        count(METRIC_CLOSED_BAD_MESSAGE);
        break;
    case CLOSE_TOKEN:
        count(METRIC_CLOSED_TOKEN);
        break;
    case CLOSE_SLOW:
        count(METRIC_CLOSED_SLOW);
        break;
    case CLOSE_REPLACED:
        count(METRIC_CLOSED_REPLACED);
        break;
    case CLOSE_TOO_FAST:
        count(METRIC_CLOSED_TOO_FAST);
        break;
    }
}
