#include "gateway/rooms.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/json.h"
#include "core/log.h"

#define ROOMS_PATH           "/api/rooms?mine=1&limit=100"
#define ROOMS_BACKOFF_MS_MIN 200
#define ROOMS_BACKOFF_MS_MAX 10000

struct question {
    struct gateway *gateway; /* borrowed */
    struct event *again;     /* owned; NULL until the service was down */
    uint32_t socket;
    uint64_t number;
    int backoff_ms;
};

static void ask(struct question *question, struct socket *socket);
static void on_answer(void *context, enum error error, const struct http_answer *answer);
static bool join_rooms(struct gateway *gateway, struct socket *socket,
                       const struct http_answer *answer);
static void ask_later(struct question *question);
static void on_again(evutil_socket_t none, short what, void *context);
static void question_free(struct question *question);

void rooms_ask(struct gateway *gateway, struct socket *socket)
{
    struct question *question = calloc(1, sizeof(*question));
    if (!question) {
        socket_close(gateway, socket, CLOSE_RESTART, "no memory");
        return;
    }
    question->gateway = gateway;
    question->socket = socket->index;
    question->number = socket->number;
    question->backoff_ms = ROOMS_BACKOFF_MS_MIN;
    ask(question, socket);
}

static void ask(struct question *question, struct socket *socket)
{
    struct gateway *gateway = question->gateway;
    char request_id[GATEWAY_INSTANCE_BYTES + 32];
    snprintf(request_id, sizeof(request_id), "%s-%llu-rooms", gateway->instance,
             (unsigned long long)socket->number);
    const struct http_question http = {
        .method = "GET",
        .addresses = gateway->settings->rooms_address,
        .path = ROOMS_PATH,
        .token = socket->token,
        .request_id = request_id,
        .client_address = socket->client_address,
        .timeout_ms = (int)gateway->settings->request_timeout_ms,
    };
    http_ask(gateway->http, &http, on_answer, question);
}

static void on_answer(void *context, enum error error, const struct http_answer *answer)
{
    struct question *question = context;
    struct gateway *gateway = question->gateway;
    struct socket *socket =
        gateway->stopping ? NULL : socket_by_number(gateway, question->socket, question->number);
    if (!socket) {
        question_free(question);
        return;
    }
    bool is_answered = !error && answer->status == 200 && join_rooms(gateway, socket, answer);
    bool is_refused = !error && (answer->status == 401 || answer->status == 403);
    socket->rooms_known = true;
    socket_settle(gateway, socket);
    if (is_answered || is_refused)
        question_free(question);
    else
        ask_later(question);
}

/* {"items":[{"id":"...", ...}, ...], ...} */
static bool join_rooms(struct gateway *gateway, struct socket *socket,
                       const struct http_answer *answer)
{
    json_t *object;
    if (json_parse_object(answer->body, answer->bytes, &object))
        return false;
    json_t *items = json_object_get(object, "items");
    bool is_list = json_is_array(items);
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        const char *room = json_string_value(json_object_get(item, "id"));
        struct id id;
        char channel[WIRE_CHANNEL_BYTES_MAX];
        if (!room || !id_parse(room, &id))
            continue;
        snprintf(channel, sizeof(channel), WIRE_CHANNEL_ROOM "%s", room);
        socket_join(gateway, socket, channel);
    }
    json_decref(object);
    return is_list;
}

static void ask_later(struct question *question)
{
    struct gateway *gateway = question->gateway;
    if (!question->again) {
        log_warn("rooms of a connection are not known, asking again in the background",
                 "connection", log_number((int64_t)question->number), NULL);
        question->again = evtimer_new(gateway->base, on_again, question);
    }
    struct timeval wait = {question->backoff_ms / 1000, (question->backoff_ms % 1000) * 1000};
    evtimer_add(question->again, &wait);
    question->backoff_ms *= 2;
    if (question->backoff_ms > ROOMS_BACKOFF_MS_MAX)
        question->backoff_ms = ROOMS_BACKOFF_MS_MAX;
}

static void on_again(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct question *question = context;
    struct socket *socket = socket_by_number(question->gateway, question->socket, question->number);
    if (socket)
        ask(question, socket);
    else
        question_free(question);
}

static void question_free(struct question *question)
{
    if (question->again)
        event_free(question->again);
    free(question);
}
