#include "gateway/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "gateway/matches.h"
#include "gateway/presence.h"
#include "gateway/rooms.h"
#include "gateway/socket.h"

#define STARTED        "{\"type\":\"game:started\""
#define ENDED          "{\"type\":\"game:ended\""
#define SWAPPED        "{\"type\":\"game:swapped\""
#define FOUND          "{\"type\":\"matchmaking:found\""
#define HEAD_BYTES_MAX (WIRE_CHANNEL_BYTES_MAX + 128) /* of an event, before its data */
#define IS(payload, count, type)                                                                   \
    ((count) >= sizeof(type) - 1 && memcmp(payload, type, sizeof(type) - 1) == 0)

struct started {
    json_t *event;              /* owned */
    const json_t *players;      /* borrowed from the event, as all below */
    struct placement placement; /* taken out of the data before it goes to a browser */
    char *worker, *frames;      /* owned */
};

static void order(struct gateway *gateway, struct channel *channel, const char *text, size_t bytes);
static void order_revoke(struct gateway *gateway, struct channel *channel, const char *session);
static void deliver(struct gateway *gateway, struct channel *channel, const char *payload,
                    size_t bytes, const char *but_in);
static void deliver_started(struct gateway *gateway, struct channel *channel, const char *payload,
                            size_t bytes);
static void send_started(struct gateway *gateway, struct socket *socket,
                         const struct started *started);
static uint64_t seq_of(const char *payload, size_t bytes);
static void note_seq(const struct socket *socket, struct membership *membership, uint64_t seq);
static bool started_decode(const char *payload, size_t bytes, struct started *ret_started);
static void started_finish(struct started *started);
static void add_started(struct text *text, const struct started *started, int channel, int slot);
static int slot_of_user(const json_t *players, const char *user_id);
static void deliver_ended(struct gateway *gateway, struct channel *channel, const char *payload,
                          size_t bytes);
static void deliver_swapped(struct gateway *gateway, struct channel *channel, const char *payload,
                            size_t bytes);
static void forget_channel(struct gateway *gateway, struct channel *channel);
static void forget_queue(struct gateway *gateway, struct channel *channel);
static const char *without_prefix(const char *redis_channel);

void events_message(void *context, const char *redis_channel, const char *payload, size_t bytes)
{
    struct gateway *gateway = context;
    struct channel *channel = channels_find(&gateway->channels, without_prefix(redis_channel));
    if (!channel || bytes == 0 || bytes > WIRE_EVENT_BYTES_MAX)
        return;
    count(METRIC_EVENTS_RECEIVED);
    if (payload[0] == '@') {
        order(gateway, channel, payload + 1, bytes - 1);
    } else if (IS(payload, bytes, STARTED)) {
        deliver_started(gateway, channel, payload, bytes);
    } else if (IS(payload, bytes, ENDED)) {
        deliver_ended(gateway, channel, payload, bytes);
    } else if (IS(payload, bytes, SWAPPED)) {
        deliver_swapped(gateway, channel, payload, bytes);
    } else {
        deliver(gateway, channel, payload, bytes, NULL);
        if (IS(payload, bytes, FOUND))
            forget_queue(gateway, channel);
    }
}

void events_subscribed(void *context, const char *redis_channel)
{
    struct gateway *gateway = context;
    struct channel *channel = channels_find(&gateway->channels, without_prefix(redis_channel));
    if (!channel)
        return;
    channel->confirmed = true;
    bool is_users = !strncmp(channel->name, WIRE_CHANNEL_USER, strlen(WIRE_CHANNEL_USER));
    for (uint32_t i = 0; i < channel->count; i++) {
        struct membership *membership = channel->members[i];
        struct socket *socket = socket_at(gateway, membership->socket);
        /* While Redis was away, orders to hear a new room were lost. */
        if (is_users && socket->state == SOCKET_OPEN && socket->resync_due)
            rooms_ask(gateway, socket);
        if (membership->resync_due)
            socket_resync(gateway, socket, channel->name);
        membership->resync_due = false;
        socket_settle(gateway, socket);
    }
    if (!strncmp(channel->name, WIRE_CHANNEL_MATCH, strlen(WIRE_CHANNEL_MATCH)))
        matches_heard(gateway, channel->name + strlen(WIRE_CHANNEL_MATCH));
}

void events_connected(void *context, bool connected)
{
    struct gateway *gateway = context;
    log_info(connected ? "Redis is there" : "Redis is away, events are missed until it is back",
             NULL);
    sockets_redis(gateway, connected);
    if (connected)
        presence_refresh(gateway);
}

/* Below: orders, see wire/events.h. They act on every socket of the user. On any other channel an
 * order could take away the very list that is walked here. */

static void order(struct gateway *gateway, struct channel *channel, const char *text, size_t bytes)
{
    json_t *object;
    if (strncmp(channel->name, WIRE_CHANNEL_USER, strlen(WIRE_CHANNEL_USER)) != 0) {
        log_error("an order is not for a user, nothing is done", "channel", channel->name, NULL);
        return;
    }
    if (json_parse_object(text, bytes, &object)) {
        log_error("an order is not JSON, nothing is done", "channel", channel->name, NULL);
        return;
    }
    const char *what = json_string_value(json_object_get(object, "do"));
    const char *where = json_string_value(json_object_get(object, "ch"));
    bool is_room = where && !strncmp(where, WIRE_CHANNEL_ROOM, strlen(WIRE_CHANNEL_ROOM));
    if (what && !strcmp(what, "revoke")) {
        order_revoke(gateway, channel, json_string_value(json_object_get(object, "session")));
    } else if (what && is_room && !strcmp(what, "subscribe")) {
        for (uint32_t i = 0; i < channel->count; i++)
            socket_join(gateway, socket_at(gateway, channel->members[i]->socket), where);
    } else if (what && is_room && !strcmp(what, "unsubscribe")) {
        for (uint32_t i = 0; i < channel->count; i++) {
            struct socket *socket = socket_at(gateway, channel->members[i]->socket);
            socket_leave(gateway, socket, where);
            matches_leave_room(gateway, socket, where + strlen(WIRE_CHANNEL_ROOM));
        }
    } else {
        log_error("an order is not known, nothing is done", "channel", channel->name, NULL);
    }
    json_decref(object);
}

static void order_revoke(struct gateway *gateway, struct channel *channel, const char *session)
{
    for (uint32_t i = 0; i < channel->count; i++) {
        struct socket *socket = socket_at(gateway, channel->members[i]->socket);
        if (!session || !strcmp(socket->caller.session_id, session))
            socket_close(gateway, socket, CLOSE_TOKEN, "session ended");
    }
}

/* Below: events. */

/* To all of the channel but those who also hear `but_in`; NULL: to all. */
static void deliver(struct gateway *gateway, struct channel *channel, const char *payload,
                    size_t bytes, const char *but_in)
{
    struct text *text = &gateway->scratch;
    text_clear(text);
    text_add(text, payload, bytes);
    uint64_t seq = seq_of(payload, bytes);
    for (uint32_t i = 0; i < channel->count; i++) {
        struct socket *socket = socket_at(gateway, channel->members[i]->socket);
        if (but_in && socket_hears(socket, but_in))
            continue;
        note_seq(socket, channel->members[i], seq);
        socket_send_text(gateway, socket, text_bytes(text), text->count);
        count(METRIC_EVENTS_DELIVERED);
    }
}

/* Each connection gets its own channel number and seat; where the match runs stays inside. */
static void deliver_started(struct gateway *gateway, struct channel *channel, const char *payload,
                            size_t bytes)
{
    struct started started;
    if (!started_decode(payload, bytes, &started)) {
        log_error("a started match's event is not whole, it is lost", "channel", channel->name,
                  NULL);
        return;
    }
    uint64_t seq = seq_of(payload, bytes);
    for (uint32_t i = 0; i < channel->count; i++) {
        struct socket *socket = socket_at(gateway, channel->members[i]->socket);
        if (socket->state != SOCKET_OPEN && socket->state != SOCKET_OPENING)
            continue;
        note_seq(socket, channel->members[i], seq);
        send_started(gateway, socket, &started);
    }
    started_finish(&started);
}

static void send_started(struct gateway *gateway, struct socket *socket,
                         const struct started *started)
{
    int number = matches_join(gateway, socket, &started->placement);
    int slot = slot_of_user(started->players, socket->caller.user_id);
    add_started(&gateway->scratch, started, number, slot);
    socket_send_text(gateway, socket, text_bytes(&gateway->scratch), gateway->scratch.count);
    count(METRIC_EVENTS_DELIVERED);
}

bool events_send_again(struct gateway *gateway, struct socket *socket, const char *channel,
                       const char *payload, size_t bytes)
{
    const struct membership *membership = socket->channels;
    while (membership && strcmp(membership->channel->name, channel) != 0)
        membership = membership->next;
    if (!membership ||
        (membership->first_seq != 0 && seq_of(payload, bytes) >= membership->first_seq))
        return false;
    struct started started;
    if (IS(payload, bytes, STARTED) && started_decode(payload, bytes, &started)) {
        send_started(gateway, socket, &started);
        started_finish(&started);
        return true;
    }
    struct text *text = &gateway->scratch;
    text_clear(text);
    text_add(text, payload, bytes);
    socket_send_text(gateway, socket, text_bytes(text), text->count);
    count(METRIC_EVENTS_DELIVERED);
    return true;
}

/* It stands behind type and channel, which have no quotes in them; see WIRE_EVENT_SCRIPT. */
static uint64_t seq_of(const char *payload, size_t bytes)
{
    static const char name[] = "\"seq\":";
    const char *at =
        memmem(payload, bytes < HEAD_BYTES_MAX ? bytes : HEAD_BYTES_MAX, name, sizeof(name) - 1);
    return at ? strtoull(at + sizeof(name) - 1, NULL, 10) : 0;
}

static void note_seq(const struct socket *socket, struct membership *membership, uint64_t seq)
{
    if (membership->first_seq == 0 && socket->state == SOCKET_OPEN)
        membership->first_seq = seq;
}

static bool started_decode(const char *payload, size_t bytes, struct started *ret_started)
{
    json_t *event;
    if (json_parse_object(payload, bytes, &event))
        return false;
    json_t *data = json_object_get(event, "data");
    const char *worker = json_string_value(json_object_get(data, "worker"));
    const char *frames = json_string_value(json_object_get(data, "frames"));
    struct started started = {.event = event, .players = json_object_get(data, "players")};
    started.placement = (struct placement){
        .match = json_string_value(json_object_get(data, "match")),
        .game = json_string_value(json_object_get(data, "game")),
        .sha = json_string_value(json_object_get(data, "sha")),
        .room = json_string_value(json_object_get(data, "room")),
    };
    started.worker = worker ? strdup(worker) : NULL;
    started.frames = frames ? strdup(frames) : NULL;
    started.placement.worker = started.worker;
    started.placement.frames = started.frames;
    const struct placement *placement = &started.placement;
    if (!placement->match || !placement->game || !placement->sha || !placement->room ||
        !placement->worker || !placement->frames) {
        started_finish(&started);
        return false;
    }
    json_object_del(data, "worker");
    json_object_del(data, "frames");
    *ret_started = started;
    return true;
}

static void started_finish(struct started *started)
{
    free(started->worker);
    free(started->frames);
    json_decref(started->event);
}

static void add_started(struct text *text, const struct started *started, int channel, int slot)
{
    json_t *data = json_object_get(started->event, "data");
    json_object_set_new(data, "channel", channel < 0 ? json_null() : json_integer(channel));
    json_object_set_new(data, "slot", slot < 0 ? json_null() : json_integer(slot));
    char *dump = json_dumps(started->event, JSON_COMPACT);
    text_clear(text);
    if (dump)
        text_add(text, dump, strlen(dump));
    free(dump);
}

static int slot_of_user(const json_t *players, const char *user_id)
{
    size_t i;
    json_t *player;
    json_array_foreach(players, i, player)
    {
        const char *user = json_string_value(json_object_get(player, "user"));
        if (user && !strcmp(user, user_id))
            return (int)json_integer_value(json_object_get(player, "slot"));
    }
    return -1;
}

/* {"type":"game:ended",...,"data":{"id":MATCH,"room":ROOM,...}}, by the channel of the room and
 * then by that of the match: who hears both gets the room's. */
static void deliver_ended(struct gateway *gateway, struct channel *channel, const char *payload,
                          size_t bytes)
{
    bool is_by_match = !strncmp(channel->name, WIRE_CHANNEL_MATCH, strlen(WIRE_CHANNEL_MATCH));
    json_t *event = NULL;
    const char *match = NULL, *room = NULL;
    if (json_parse_object(payload, bytes, &event) == OK) {
        const json_t *data = json_object_get(event, "data");
        match = json_string_value(json_object_get(data, "id"));
        room = json_string_value(json_object_get(data, "room"));
    }
    if (match && room) {
        char room_channel[WIRE_CHANNEL_BYTES_MAX];
        snprintf(room_channel, sizeof(room_channel), WIRE_CHANNEL_ROOM "%s", room);
        deliver(gateway, channel, payload, bytes, is_by_match ? room_channel : NULL);
        matches_over(gateway, match);
        if (is_by_match)
            forget_channel(gateway, channel);
    } else {
        log_error("an ended match's event is not whole, it is lost", "channel", channel->name,
                  NULL);
    }
    json_decref(event);
}

/* {"type":"game:swapped",...,"data":{"match":MATCH,"room":ROOM,"sha":SHA,...}}, by both channels as
 * the end is. */
static void deliver_swapped(struct gateway *gateway, struct channel *channel, const char *payload,
                            size_t bytes)
{
    bool is_by_match = !strncmp(channel->name, WIRE_CHANNEL_MATCH, strlen(WIRE_CHANNEL_MATCH));
    json_t *event = NULL;
    const char *match = NULL, *room = NULL, *sha = NULL;
    if (json_parse_object(payload, bytes, &event) == OK) {
        const json_t *data = json_object_get(event, "data");
        match = json_string_value(json_object_get(data, "match"));
        room = json_string_value(json_object_get(data, "room"));
        sha = json_string_value(json_object_get(data, "sha"));
    }
    if (match && room && sha) {
        char room_channel[WIRE_CHANNEL_BYTES_MAX];
        snprintf(room_channel, sizeof(room_channel), WIRE_CHANNEL_ROOM "%s", room);
        matches_swapped(gateway, match, sha);
        deliver(gateway, channel, payload, bytes, is_by_match ? room_channel : NULL);
    } else {
        log_error("a swapped match's event is not whole, it is lost", "channel", channel->name,
                  NULL);
    }
    json_decref(event);
}

/* Nothing more comes by it: the last to leave takes it along. */
static void deliver_swapped(struct gateway *gateway, struct channel *channel, const char *payload,
                            size_t bytes);
static void forget_channel(struct gateway *gateway, struct channel *channel)
{
    char name[WIRE_CHANNEL_BYTES_MAX];
    snprintf(name, sizeof(name), "%s", channel->name);
    for (uint32_t left = channel->count; left > 0; left--)
        socket_leave(gateway, socket_at(gateway, channel->members[left - 1]->socket), name);
}

/* A found match has taken the user out of the queue. */
static void forget_queue(struct gateway *gateway, struct channel *channel)
{
    for (uint32_t i = 0; i < channel->count; i++)
        socket_at(gateway, channel->members[i]->socket)->is_queued = false;
}

static const char *without_prefix(const char *redis_channel)
{
    size_t prefix = strlen(WIRE_EVENT_PREFIX);
    return strncmp(redis_channel, WIRE_EVENT_PREFIX, prefix) ? redis_channel
                                                             : redis_channel + prefix;
}
