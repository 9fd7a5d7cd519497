#include "gateway/matches.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"
#include "gateway/commands.h"
#include "gateway/keys.h"
#include "gateway/stream.h"

#define MATCH_BUCKETS        4096
#define LINKS_PER_SOCKET     2 /* in the pool, on average */
#define LINK_INDEX_BITS      20
#define LINK_INDEX_MAX       ((1u << LINK_INDEX_BITS) - 2)
#define NOBODY_WAITS         -1
#define LINK_INPUT_BYTES_MAX 64 /* a longer one is not sent again */

struct link {
    struct match *match; /* borrowed; NULL: free */
    uint32_t number;     /* (generation, index + 1), as the worker knows it */
    uint32_t socket;     /* index; a link never outlives its socket */
    uint8_t channel, slot;
    bool is_asked, is_attached; /* on the match's present stream */
    bool was_attached;          /* on any */
    bool is_by_room, is_watched;
    uint32_t seq;                        /* of its last input */
    uint8_t input[LINK_INPUT_BYTES_MAX]; /* that one, until a frame acknowledges it */
    uint8_t input_bytes;                 /* 0: none is kept */
    int64_t watch_id;                    /* the command game:watch to answer, or NOBODY_WAITS */
    int64_t watch_deadline_ms;
    struct newest_frame newest;
    uint32_t read, frames;        /* the frames that the last read of its stream had for it */
    struct link *next, *previous; /* of the match */
    uint32_t next_free;           /* index + 1 */
};

struct match {
    struct gateway *gateway; /* borrowed */
    char id[ID_TEXT_BYTES];
    struct id uuid;
    char game[MATCH_TEXT_BYTES], sha[MATCH_TEXT_BYTES], room[MATCH_TEXT_BYTES];
    struct stream *stream; /* borrowed; NULL: looked for */
    bool is_asking;
    int tries;           /* to find it, since it was where it is for MATCH_LASTING_MS */
    int64_t placed_ms;   /* when it was found last; 0: never */
    struct event *again; /* owned */
    struct link *links;  /* holds its links */
    struct match *next;  /* of the same bucket */
};

struct matches {
    struct match *buckets[MATCH_BUCKETS];
    struct link *links; /* owned: the pool */
    uint32_t capacity, used_max, first_free, count;
};

/* A placement asked for; the match may be gone when the answer comes. */
struct placement_question {
    struct gateway *gateway;
    char match[ID_TEXT_BYTES];
};

static struct match **slot_of(struct matches *matches, const char *id);
static struct match *match_find(struct gateway *gateway, const char *id);
static struct match *match_get(struct gateway *gateway, const char *id);
static void match_drop_unused(struct match *match);
static void match_lost(struct match *match, struct stream *successor);
static void match_place(struct match *match, const struct placement *placement);
static void match_attach_links(struct match *match);
static void match_look(struct match *match);
static void match_look_later(struct match *match);
static void on_again(evutil_socket_t none, short what, void *context);
static void on_placement(void *context, enum error error, const struct http_answer *answer);
static void take_placement(struct match *match, const struct http_answer *answer);
static void match_refused(struct match *match, const struct http_answer *answer);
static void match_unreachable(struct match *match, enum error error);
static void match_end(struct match *match, enum error error, enum detach_reason reason);

static struct link *link_add(struct gateway *gateway, struct socket *socket, struct match *match);
static bool frame_is_usual(const struct gateway *gateway, struct link *link);
static struct link *link_by_number(struct matches *matches, uint32_t number);
static struct link *link_of(struct gateway *gateway, struct socket *socket, const char *match);
static void link_attach(struct link *link);
static void link_end(struct link *link, enum error error, enum detach_reason reason);
static void link_settle(struct link *link);
static void link_answer(struct link *link);
static void end_channel_name(const struct match *match, char ret_name[WIRE_CHANNEL_BYTES_MAX]);
static void link_detached(struct gateway *gateway, struct link *link, uint32_t reason);
static struct link *playing_link(struct gateway *gateway, struct socket *socket, int64_t channel);
static void keep_input(struct link *link, uint32_t seq, const uint8_t *input, size_t bytes);
static bool send_input(struct link *link, uint32_t seq, uint8_t again, const uint8_t *input,
                       size_t bytes);

enum error matches_create(struct gateway *gateway)
{
    struct matches *matches = calloc(1, sizeof(*matches));
    if (!matches)
        return ERROR_OVERLOADED;
    int64_t capacity = gateway->settings->connections_max * LINKS_PER_SOCKET;
    matches->capacity = capacity > LINK_INDEX_MAX ? LINK_INDEX_MAX : (uint32_t)capacity;
    matches->links = calloc(matches->capacity, sizeof(*matches->links));
    gateway->matches = matches;
    return matches->links ? OK : ERROR_OVERLOADED;
}

void matches_destroy(struct gateway *gateway)
{
    struct matches *matches = gateway->matches;
    if (!matches)
        return;
    for (size_t i = 0; i < MATCH_BUCKETS; i++)
        assert(!matches->buckets[i]); /* the sockets are gone, and so are their links */
    for (uint32_t i = 0; i < matches->used_max; i++)
        free(matches->links[i].newest.room);
    free(matches->links);
    free(matches);
    gateway->matches = NULL;
}

int matches_join(struct gateway *gateway, struct socket *socket, const struct placement *placement)
{
    struct match *match = match_get(gateway, placement->match);
    if (!match)
        return -1;
    if (!match->stream)
        match_place(match, placement);
    struct link *link = link_of(gateway, socket, match->id);
    if (!link)
        link = link_add(gateway, socket, match);
    if (!link) {
        match_drop_unused(match);
        return -1;
    }
    link->is_by_room = true;
    int channel = link->channel;
    if (match->stream)
        link_attach(link);
    else
        match_look_later(match);
    return channel;
}

void matches_over(struct gateway *gateway, const char *id)
{
    struct match *match = match_find(gateway, id);
    if (match)
        match_end(match, ERROR_MATCH_OVER, DETACH_MATCH_OVER);
}

void matches_swapped(struct gateway *gateway, const char *id, const char *sha)
{
    struct match *match = match_find(gateway, id);
    if (match)
        snprintf(match->sha, sizeof(match->sha), "%s", sha);
}

void matches_heard(struct gateway *gateway, const char *id)
{
    struct match *match = match_find(gateway, id);
    for (struct link *link = match ? match->links : NULL; link; link = link->next)
        link_settle(link);
}

void matches_leave_room(struct gateway *gateway, struct socket *socket, const char *room)
{
    for (int channel = 0; channel < SOCKET_LINKS_MAX; channel++) {
        struct link *link = link_by_number(gateway->matches, socket->links[channel]);
        if (!link || !link->is_by_room || strcmp(link->match->room, room) != 0)
            continue;
        link->is_by_room = false;
        if (!link->is_watched)
            link_end(link, ERROR_ROOM_NOT_MEMBER, DETACH_CLOSED);
    }
}

/* Of a gateway that drains the worker is told nothing: the seat is not left as long as the stream
 * stands, and by then its player has come back by another gateway. */
void matches_forget_socket(struct gateway *gateway, struct socket *socket)
{
    enum detach_reason reason = gateway->draining ? 0 : DETACH_CLOSED;
    for (int channel = 0; channel < SOCKET_LINKS_MAX; channel++) {
        struct link *link = link_by_number(gateway->matches, socket->links[channel]);
        if (link)
            link_end(link, OK, reason);
    }
}

void matches_sweep(struct gateway *gateway, struct socket *socket, int64_t now_ms)
{
    for (int channel = 0; channel < SOCKET_LINKS_MAX; channel++) {
        struct link *link = link_by_number(gateway->matches, socket->links[channel]);
        if (!link)
            continue;
        if (link->match->stream)
            link_attach(link);
        if (link->watch_id == NOBODY_WAITS || now_ms < link->watch_deadline_ms)
            continue;
        if (link->is_by_room) {
            socket_answer_failure(gateway, socket, link->watch_id, ERROR_TIMED_OUT);
            link->watch_id = NOBODY_WAITS;
        } else {
            link_end(link, ERROR_TIMED_OUT, DETACH_CLOSED);
        }
    }
}

/* Below: commands. */

void matches_watch(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data)
{
    const char *name = json_string_value(json_object_get(data, "match"));
    struct id uuid;
    if (!id_parse(name, &uuid)) {
        socket_answer_failure(gateway, socket, id, ERROR_MATCH_NOT_FOUND);
        return;
    }
    struct link *link = link_of(gateway, socket, name);
    if (link && link->watch_id != NOBODY_WAITS) {
        socket_answer_failure(gateway, socket, id, ERROR_TOO_MANY_REQUESTS);
        return;
    }
    if (!link) {
        struct match *match = match_get(gateway, name);
        link = match ? link_add(gateway, socket, match) : NULL;
        if (!link) {
            if (match)
                match_drop_unused(match);
            socket_answer_failure(gateway, socket, id, ERROR_TOO_MANY_REQUESTS);
            return;
        }
    }
    link->is_watched = true;
    link->watch_id = id;
    link->watch_deadline_ms =
        clock_monotonic_ms() + gateway->settings->request_timeout_ms + COMMAND_MARGIN_MS;
    if (link->is_attached)
        link_settle(link);
    else if (link->match->stream)
        link_attach(link);
    else if (!link->match->is_asking)
        match_look(link->match);
}

void matches_leave(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data)
{
    struct link *link = link_of(gateway, socket, json_string_value(json_object_get(data, "match")));
    if (!link) {
        socket_answer_failure(gateway, socket, id, ERROR_NOT_IN_MATCH);
        return;
    }
    if (!link->is_attached) { /* the worker would never hear that the seat is given up */
        socket_answer_failure(gateway, socket, id, ERROR_UNAVAILABLE);
        return;
    }
    link_end(link, OK, DETACH_LEFT);
    socket_answer(gateway, socket, id, "null", 4);
}

void matches_action(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data)
{
    int64_t channel = json_integer_value(json_object_get(data, "channel"));
    const char *text = json_string_value(json_object_get(data, "input"));
    uint8_t input[RECORD_BODY_BYTES_MAX];
    long bytes = base64url_decode(text, input, sizeof(input));
    struct link *link = playing_link(gateway, socket, channel);
    if (bytes < 0)
        socket_answer_error(gateway, socket, id, error_code(ERROR_VALIDATION),
                            "This must be bytes in base64.", "input");
    else if (!link)
        socket_answer_failure(gateway, socket, id, ERROR_NOT_IN_MATCH);
    else if (!send_input(link, link->seq + 1, 0, input, (size_t)bytes))
        socket_answer_failure(gateway, socket, id, ERROR_UNAVAILABLE);
    else {
        keep_input(link, link->seq, input, (size_t)bytes);
        socket_answer(gateway, socket, id, "{}", 2);
    }
}

/* Below: the frame path. */

bool matches_receive(struct gateway *gateway, struct socket *socket, const uint8_t *frame,
                     size_t bytes)
{
    if (bytes < 2)
        return false;
    struct link *link;
    switch (frame[0]) {
    case FRAME_INPUT:
        if (bytes < FRAME_INPUT_HEAD_BYTES ||
            bytes - FRAME_INPUT_HEAD_BYTES > RECORD_BODY_BYTES_MAX)
            return false;
        uint32_t seq;
        memcpy(&seq, frame + 2, sizeof(seq));
        link = playing_link(gateway, socket, frame[1]);
        if (link)
            keep_input(link, seq, frame + FRAME_INPUT_HEAD_BYTES, bytes - FRAME_INPUT_HEAD_BYTES);
        if (!link || !send_input(link, seq, 0, frame + FRAME_INPUT_HEAD_BYTES,
                                 bytes - FRAME_INPUT_HEAD_BYTES))
            count(METRIC_INPUTS_IGNORED);
        return true;
    case FRAME_FULL:
        if (bytes != 2)
            return false;
        link = frame[1] < SOCKET_LINKS_MAX
                   ? link_by_number(gateway->matches, socket->links[frame[1]])
                   : NULL;
        if (link && link->is_attached) {
            const struct record_head head = {
                .type = RECORD_WANT_FULL, .channel = link->channel, .link = link->number};
            (void)stream_send(link->match->stream, &head, NULL);
        }
        return true;
    case FRAME_PING: {
        if (bytes != FRAME_PING_BYTES)
            return false;
        uint8_t pong[LWS_PRE + FRAME_PING_BYTES];
        memcpy(pong + LWS_PRE, frame, FRAME_PING_BYTES);
        pong[LWS_PRE] = FRAME_PONG;
        socket_send_or_drop(gateway, socket, pong + LWS_PRE, FRAME_PING_BYTES);
        return true;
    }
    default:
        return false;
    }
}

void matches_record(struct gateway *gateway, struct stream *stream, const struct record_head *head,
                    uint8_t *body)
{
    struct link *link = link_by_number(gateway->matches, head->link);
    if (!link || link->match->stream != stream) {
        count(METRIC_FRAMES_IGNORED); /* it ended while this was under way */
        return;
    }
    if (head->type == RECORD_FRAME) {
        uint32_t ack;
        memcpy(&ack, body + FRAME_STATE_ACK_AT, sizeof(ack));
        if (ack == link->seq)
            link->input_bytes = 0;
        if (head->channel == link->channel)
            socket_send_state(gateway, socket_at(gateway, link->socket), &link->newest, body,
                              head->bytes, frame_is_usual(gateway, link));
    } else if (head->type == RECORD_ATTACHED) {
        link->is_attached = link->was_attached = true;
        link->slot = head->slot;
        link_settle(link);
    } else {
        link_detached(gateway, link, head->value);
    }
}

/* A worker says each tick how things are; what one read holds beyond some ticks is somebody who
 * wants to keep us busy. */
static bool frame_is_usual(const struct gateway *gateway, struct link *link)
{
    if (link->read != gateway->reads)
        link->frames = 0;
    link->read = gateway->reads;
    return ++link->frames <= STREAM_FRAMES_MAX;
}

struct newest_frame *matches_newest_frame(struct gateway *gateway, uint32_t number)
{
    struct link *link = link_by_number(gateway->matches, number);
    return link ? &link->newest : NULL;
}

/* Whose attachment is under way may have a seat: its inputs follow on the same stream, and the
 * worker drops a spectator's. Between two streams they are kept, see keep_input(). */
static struct link *playing_link(struct gateway *gateway, struct socket *socket, int64_t channel)
{
    if (channel < 0 || channel >= SOCKET_LINKS_MAX)
        return NULL;
    struct link *link = link_by_number(gateway->matches, socket->links[channel]);
    bool may_play = link && (link->is_asked || link->was_attached) &&
                    (!link->was_attached || link->slot != RECORD_SPECTATOR);
    return may_play ? link : NULL;
}

/* A process of a worker may end before it has used it: the next one gets it again. */
static void keep_input(struct link *link, uint32_t seq, const uint8_t *input, size_t bytes)
{
    link->seq = seq;
    link->input_bytes = bytes <= sizeof(link->input) ? (uint8_t)bytes : 0;
    memcpy(link->input, input, link->input_bytes);
}

static bool send_input(struct link *link, uint32_t seq, uint8_t again, const uint8_t *input,
                       size_t bytes)
{
    if (!link->is_asked)
        return false;
    const struct record_head head = {
        .bytes = (uint32_t)bytes,
        .type = RECORD_INPUT,
        .channel = link->channel,
        .slot = again,
        .link = link->number,
        .value = seq,
    };
    if (!stream_send(link->match->stream, &head, input))
        return false;
    link->seq = seq;
    count(METRIC_INPUTS);
    return true;
}

/* Below: matches. */

void matches_stream_ended(struct gateway *gateway, struct stream *stream, struct stream *successor)
{
    for (size_t i = 0; i < MATCH_BUCKETS; i++) {
        struct match *next;
        for (struct match *match = gateway->matches->buckets[i]; match; match = next) {
            next = match->next;
            if (match->stream == stream)
                match_lost(match, successor);
        }
    }
}

/* `successor` NULL: where it is now is asked for. */
static void match_lost(struct match *match, struct stream *successor)
{
    match->stream = successor;
    for (struct link *link = match->links; link; link = link->next)
        link->is_asked = link->is_attached = false;
    if (successor)
        match_attach_links(match);
    else
        match_look_later(match);
}

static struct match **slot_of(struct matches *matches, const char *id)
{
    uint32_t hash = 2166136261u;
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return &matches->buckets[(hash ^ hash >> 16) % MATCH_BUCKETS];
}

static struct match *match_find(struct gateway *gateway, const char *id)
{
    struct match *match = *slot_of(gateway->matches, id);
    while (match && strcmp(match->id, id) != 0)
        match = match->next;
    return match;
}

static struct match *match_get(struct gateway *gateway, const char *id)
{
    struct match *match = match_find(gateway, id);
    if (match)
        return match;
    struct id uuid;
    match = id_parse(id, &uuid) ? calloc(1, sizeof(*match)) : NULL;
    if (!match)
        return NULL;
    match->gateway = gateway;
    match->uuid = uuid;
    snprintf(match->id, sizeof(match->id), "%s", id);
    match->again = evtimer_new(gateway->base, on_again, match);
    struct match **slot = slot_of(gateway->matches, id);
    match->next = *slot;
    *slot = match;
    return match;
}

static void match_drop_unused(struct match *match)
{
    if (match->links)
        return;
    struct match **at = slot_of(match->gateway->matches, match->id);
    while (*at != match)
        at = &(*at)->next;
    *at = match->next;
    event_free(match->again);
    free(match);
}

static void match_place(struct match *match, const struct placement *placement)
{
    snprintf(match->game, sizeof(match->game), "%s", placement->game);
    snprintf(match->sha, sizeof(match->sha), "%s", placement->sha);
    if (*placement->room)
        snprintf(match->room, sizeof(match->room), "%s", placement->room);
    const char *token = keys_service_token(match->gateway);
    if (token)
        match->stream = stream_get(match->gateway, placement->frames, placement->worker, token);
    if (match->stream) {
        match->placed_ms = clock_monotonic_ms();
        match_attach_links(match);
    }
}

static void match_attach_links(struct match *match)
{
    for (struct link *link = match->links; link; link = link->next)
        link_attach(link);
}

static void match_look(struct match *match)
{
    struct gateway *gateway = match->gateway;
    const char *token = keys_service_token(gateway);
    if (!token) {
        match_unreachable(match, ERROR_UNAVAILABLE);
        return;
    }
    struct placement_question *context = calloc(1, sizeof(*context));
    if (!context) {
        match_unreachable(match, ERROR_OVERLOADED);
        return;
    }
    context->gateway = gateway;
    memcpy(context->match, match->id, sizeof(context->match));
    char path[96], request_id[GATEWAY_INSTANCE_BYTES + ID_TEXT_BYTES + 8];
    snprintf(path, sizeof(path), "/internal/games/matches/%s/placement", match->id);
    snprintf(request_id, sizeof(request_id), "%s-place-%s", gateway->instance, match->id);
    const struct http_question question = {
        .method = "GET",
        .addresses = gateway->settings->games_address,
        .path = path,
        .token = token,
        .request_id = request_id,
        .timeout_ms = (int)gateway->settings->request_timeout_ms,
    };
    match->is_asking = true;
    http_ask(gateway->http, &question, on_placement, context);
}

static void match_look_later(struct match *match)
{
    if (match->is_asking || match->gateway->stopping || evtimer_pending(match->again, NULL))
        return;
    if (match->placed_ms != 0 && clock_monotonic_ms() - match->placed_ms >= MATCH_LASTING_MS)
        match->tries = 0; /* it was there for a while: a worker that breaks each stream is not */
    match->placed_ms = 0;
    if (match->tries >= MATCH_TRIES_MAX) {
        match_end(match, ERROR_UNAVAILABLE, 0);
        return;
    }
    int64_t wait_ms = (int64_t)MATCH_BACKOFF_MS_MIN << match->tries++;
    if (wait_ms > MATCH_BACKOFF_MS_MAX)
        wait_ms = MATCH_BACKOFF_MS_MAX;
    struct timeval wait = {wait_ms / 1000, (wait_ms % 1000) * 1000};
    evtimer_add(match->again, &wait);
}

static void on_again(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct match *match = context;
    if (!match->stream && !match->is_asking)
        match_look(match);
}

static void on_placement(void *context, enum error error, const struct http_answer *answer)
{
    struct placement_question *question = context;
    struct gateway *gateway = question->gateway;
    struct match *match = gateway->stopping ? NULL : match_find(gateway, question->match);
    free(question);
    if (!match || !match->is_asking)
        return;
    match->is_asking = false;
    if (match->stream)
        return;
    if (error)
        match_unreachable(match, error);
    else if (answer->status == 200)
        take_placement(match, answer);
    else
        match_refused(match, answer);
}

/* {"match","game","sha","worker","frames"} */
static void take_placement(struct match *match, const struct http_answer *answer)
{
    json_t *object = NULL;
    struct placement placement = {.match = match->id, .room = ""};
    bool is_whole = json_parse_object(answer->body, answer->bytes, &object) == OK;
    if (is_whole) {
        placement.game = json_string_value(json_object_get(object, "game"));
        placement.sha = json_string_value(json_object_get(object, "sha"));
        placement.worker = json_string_value(json_object_get(object, "worker"));
        placement.frames = json_string_value(json_object_get(object, "frames"));
        is_whole = placement.game && placement.sha && placement.worker && placement.frames;
    }
    if (is_whole)
        match_place(match, &placement);
    bool is_placed = match->stream != NULL;
    json_decref(object);
    if (!is_placed)
        match_unreachable(match, ERROR_UNAVAILABLE);
}

static void match_refused(struct match *match, const struct http_answer *answer)
{
    if (answer->status == 404) {
        match_end(match, ERROR_MATCH_NOT_FOUND, 0);
    } else if (answer->status == 409 || answer->status == 410) {
        match_end(match, ERROR_MATCH_OVER, 0);
    } else {
        if (answer->status == 401 || answer->status == 403)
            keys_drop_service_token(match->gateway);
        match_unreachable(match, ERROR_UNAVAILABLE);
    }
}

/* Who waits for an answer gets it; who was attached before goes on waiting in silence. */
static void match_unreachable(struct match *match, enum error error)
{
    struct link *next;
    bool is_left = false;
    for (struct link *link = match->links; link; link = next) {
        next = link->next;
        if (link->watch_id == NOBODY_WAITS) {
            is_left = true;
        } else if (link->is_by_room) {
            is_left = true;
            socket_answer_failure(match->gateway, socket_at(match->gateway, link->socket),
                                  link->watch_id, error);
            link->watch_id = NOBODY_WAITS;
        } else {
            link_end(link, error, 0); /* the last one takes the match along */
        }
    }
    if (is_left)
        match_look_later(match);
}

static void match_end(struct match *match, enum error error, enum detach_reason reason)
{
    struct link *next;
    for (struct link *link = match->links; link; link = next) {
        next = link->next;
        link_end(link, error, reason);
    }
}

/* Below: links. */

static struct link *link_add(struct gateway *gateway, struct socket *socket, struct match *match)
{
    struct matches *matches = gateway->matches;
    int channel = 0;
    while (channel < SOCKET_LINKS_MAX && socket->links[channel])
        channel++;
    bool has_place = matches->first_free || matches->used_max < matches->capacity;
    if (channel == SOCKET_LINKS_MAX || !has_place)
        return NULL;
    uint32_t index = matches->first_free ? matches->first_free - 1 : matches->used_max;
    struct link *link = &matches->links[index];
    if (matches->first_free)
        matches->first_free = link->next_free;
    else
        matches->used_max++;
    uint32_t generation = (link->number >> LINK_INDEX_BITS) + 1;
    struct newest_frame newest = link->newest;
    newest.waiting = false;
    *link = (struct link){
        .match = match,
        .number = generation << LINK_INDEX_BITS | (index + 1),
        .socket = socket->index,
        .channel = (uint8_t)channel,
        .slot = RECORD_SPECTATOR,
        .watch_id = NOBODY_WAITS,
        .newest = newest,
        .next = match->links,
    };
    if (match->links)
        match->links->previous = link;
    match->links = link;
    socket->links[channel] = link->number;
    metric_set(&gateway_metrics[METRIC_LINKS], ++matches->count);
    return link;
}

static struct link *link_by_number(struct matches *matches, uint32_t number)
{
    uint32_t index = (number & ((1u << LINK_INDEX_BITS) - 1)) - 1;
    if (index >= matches->used_max)
        return NULL;
    struct link *link = &matches->links[index];
    return link->match && link->number == number ? link : NULL;
}

static struct link *link_of(struct gateway *gateway, struct socket *socket, const char *match)
{
    for (int channel = 0; channel < SOCKET_LINKS_MAX; channel++) {
        struct link *link = link_by_number(gateway->matches, socket->links[channel]);
        if (link && !strcmp(link->match->id, match))
            return link;
    }
    return NULL;
}

static void link_attach(struct link *link)
{
    if (link->is_asked)
        return;
    struct match *match = link->match;
    const struct socket *socket = socket_at(match->gateway, link->socket);
    struct record_attach attach = {0};
    struct id user;
    memcpy(attach.match, match->uuid.bytes, sizeof(attach.match));
    if (id_parse(socket->caller.user_id, &user))
        memcpy(attach.user, user.bytes, sizeof(attach.user));
    const struct record_head head = {
        .bytes = sizeof(attach),
        .type = RECORD_ATTACH,
        .channel = link->channel,
        .link = link->number,
    };
    link->is_asked = stream_send(match->stream, &head, &attach); /* else by the next sweep */
    if (link->is_asked && link->input_bytes > 0)
        (void)send_input(link, link->seq, RECORD_AGAIN, link->input, link->input_bytes);
}

/* The one end of a link. `reason` 0: the worker knows, or is not there. */
static void link_end(struct link *link, enum error error, enum detach_reason reason)
{
    struct match *match = link->match;
    struct gateway *gateway = match->gateway;
    struct matches *matches = gateway->matches;
    struct socket *socket = socket_at(gateway, link->socket);
    bool is_result_due = error == ERROR_MATCH_OVER && link->watch_id == NOBODY_WAITS;
    if (link->is_watched && !is_result_due) {
        char channel[WIRE_CHANNEL_BYTES_MAX];
        end_channel_name(match, channel);
        socket_leave(gateway, socket, channel);
    }
    if (link->watch_id != NOBODY_WAITS)
        socket_answer_failure(gateway, socket, link->watch_id, error ? error : ERROR_NOT_IN_MATCH);
    if (reason && link->is_asked && match->stream) {
        const struct record_head head = {
            .type = RECORD_DETACH,
            .channel = link->channel,
            .link = link->number,
            .value = reason,
        };
        if (!stream_send(match->stream, &head, NULL))
            log_warn("detach not sent, the stream is full", "match", match->id, NULL);
    }
    socket->links[link->channel] = 0;
    if (link->previous)
        link->previous->next = link->next;
    else
        match->links = link->next;
    if (link->next)
        link->next->previous = link->previous;
    link->match = NULL;
    uint32_t index = (uint32_t)(link - matches->links);
    link->next_free = matches->first_free;
    matches->first_free = index + 1;
    metric_set(&gateway_metrics[METRIC_LINKS], --matches->count);
    match_drop_unused(match);
}

/* A watch is answered when frames come and the end will be heard, also by who is not in the room.
 * Without Redis no end is heard anyhow, and a session:resync follows when it is back. */
static void link_settle(struct link *link)
{
    if (link->watch_id == NOBODY_WAITS || !link->is_attached)
        return;
    struct gateway *gateway = link->match->gateway;
    char name[WIRE_CHANNEL_BYTES_MAX];
    end_channel_name(link->match, name);
    socket_join(gateway, socket_at(gateway, link->socket), name);
    const struct channel *channel = channels_find(&gateway->channels, name);
    if (!channel || channel->confirmed || !redis_events_connected(gateway->redis))
        link_answer(link);
}

static void end_channel_name(const struct match *match, char ret_name[WIRE_CHANNEL_BYTES_MAX])
{
    snprintf(ret_name, WIRE_CHANNEL_BYTES_MAX, WIRE_CHANNEL_MATCH "%s", match->id);
}

static void link_answer(struct link *link)
{
    if (link->watch_id == NOBODY_WAITS)
        return;
    struct gateway *gateway = link->match->gateway;
    int64_t id = link->watch_id;
    link->watch_id = NOBODY_WAITS;
    json_t *slot = link->slot == RECORD_SPECTATOR ? json_null() : json_integer(link->slot);
    json_t *data =
        json_pack("{s:s,s:s,s:s,s:i,s:o}", "match", link->match->id, "game", link->match->game,
                  "sha", link->match->sha, "channel", (int)link->channel, "slot", slot);
    char *text = json_dumps(data, JSON_COMPACT);
    json_decref(data);
    socket_answer(gateway, socket_at(gateway, link->socket), id, text, strlen(text));
    free(text);
}

static void link_detached(struct gateway *gateway, struct link *link, uint32_t reason)
{
    (void)gateway;
    switch (reason) {
    case DETACH_WORKER_STOPS: /* it lives on elsewhere */
    case DETACH_NO_MATCH:     /* elsewhere too, or over: games knows */
        match_lost(link->match, NULL);
        break;
    case DETACH_MATCH_OVER:
        link_end(link, ERROR_MATCH_OVER, 0);
        break;
    case DETACH_FULL:
        link_end(link, ERROR_OVERLOADED, 0);
        break;
    default:
        link_end(link, ERROR_MATCH_NOT_FOUND, 0);
        break;
    }
}
