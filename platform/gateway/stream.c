#include "gateway/stream.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/bucket.h"
#include "gateway/keys.h"
#include "gateway/matches.h"
#include "gateway/record.h"

_Static_assert(LWS_PRE <= sizeof(struct record_head), "a record's head is the frame's head room");

struct stream {
    struct gateway *gateway; /* borrowed */
    struct stream *next;     /* owned */
    char frames[STREAM_NAME_BYTES], worker[STREAM_NAME_BYTES];
    int descriptor;                            /* owned */
    struct event *readable, *writable, *flush; /* owned */
    bool is_connecting, is_broken;
    bool is_moved;            /* and that this is its last word, for another process plays now */
    struct bucket successors; /* how many may follow at once; the next one has the rest */
    uint8_t *in, *out;        /* owned */
    size_t in_count, out_count;
};

struct streams {
    struct stream *first; /* owned */
    int count;
};

static struct stream *stream_open(struct gateway *gateway, const char *frames, const char *worker);
static int connect_to(const char *frames);
static bool send_hello(struct stream *stream, const char *token);
static void on_readable(evutil_socket_t descriptor, short what, void *context);
static void take_records(struct stream *stream);
static void on_writable(evutil_socket_t descriptor, short what, void *context);
static void on_flush(evutil_socket_t none, short what, void *context);
static void flush(struct stream *stream);
static void stream_end(struct stream *stream, const char *reason);
static bool may_follow(struct stream *stream);
static void stream_free(struct stream *stream);

enum error streams_create(struct gateway *gateway)
{
    gateway->streams = calloc(1, sizeof(*gateway->streams));
    return gateway->streams ? OK : ERROR_OVERLOADED;
}

void streams_destroy(struct gateway *gateway)
{
    if (!gateway->streams)
        return;
    while (gateway->streams->first) {
        struct stream *stream = gateway->streams->first;
        gateway->streams->first = stream->next;
        stream_free(stream);
    }
    free(gateway->streams);
    gateway->streams = NULL;
}

struct stream *stream_get(struct gateway *gateway, const char *frames, const char *worker,
                          const char *token)
{
    struct streams *streams = gateway->streams;
    for (struct stream *one = streams->first; one; one = one->next)
        if (!strcmp(one->frames, frames) && !strcmp(one->worker, worker) && !one->is_broken)
            return one;
    if (streams->count >= STREAMS_MAX || strlen(frames) >= STREAM_NAME_BYTES ||
        strlen(worker) >= STREAM_NAME_BYTES) {
        log_error("stream not opened", "worker", worker, "frames", frames, "reason", "limit", NULL);
        return NULL;
    }
    struct stream *stream = stream_open(gateway, frames, worker);
    if (!stream || !send_hello(stream, token)) {
        log_warn("stream not opened", "worker", worker, "frames", frames, "reason", strerror(errno),
                 NULL);
        stream_free(stream);
        return NULL;
    }
    stream->next = streams->first;
    streams->first = stream;
    streams->count++;
    metric_set(&gateway_metrics[METRIC_STREAMS], streams->count);
    log_info("stream opened", "worker", worker, "frames", frames, NULL);
    return stream;
}

bool stream_send(struct stream *stream, const struct record_head *head, const void *body)
{
    size_t needed = sizeof(*head) + head->bytes;
    if (stream->is_broken || needed > STREAM_OUT_BYTES - stream->out_count)
        return false;
    if (stream->out_count == 0 && !stream->is_connecting)
        event_active(stream->flush, EV_TIMEOUT, 0); /* at the end of this turn */
    memcpy(stream->out + stream->out_count, head, sizeof(*head));
    if (head->bytes)
        memcpy(stream->out + stream->out_count + sizeof(*head), body, head->bytes);
    stream->out_count += needed;
    return true;
}

static struct stream *stream_open(struct gateway *gateway, const char *frames, const char *worker)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        return NULL;
    stream->gateway = gateway;
    bucket_init(&stream->successors, STREAM_SUCCESSORS_FIRST, clock_monotonic_ms());
    stream->is_connecting = true;
    stream->in = malloc(STREAM_IN_BYTES);
    stream->out = malloc(STREAM_OUT_BYTES);
    snprintf(stream->frames, sizeof(stream->frames), "%s", frames);
    snprintf(stream->worker, sizeof(stream->worker), "%s", worker);
    stream->descriptor = connect_to(frames);
    if (stream->descriptor < 0 || !stream->in || !stream->out) {
        stream_free(stream);
        return NULL;
    }
    struct event_base *base = gateway->base;
    stream->readable =
        event_new(base, stream->descriptor, EV_READ | EV_PERSIST, on_readable, stream);
    stream->writable = event_new(base, stream->descriptor, EV_WRITE, on_writable, stream);
    stream->flush = event_new(base, -1, 0, on_flush, stream);
    struct timeval wait = {STREAM_CONNECT_MS_MAX / 1000, 0};
    event_add(stream->readable, NULL);
    event_add(stream->writable, &wait);
    return stream;
}

/* A connection under way, or -1 with errno. Games announces an address: the settings refuse a name,
 * for looking it up would hold up the loop. */
static int connect_to(const char *frames)
{
    struct sockaddr_storage address;
    int bytes = sizeof(address);
    if (evutil_parse_sockaddr_port(frames, (struct sockaddr *)&address, &bytes)) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(descriptor, (struct sockaddr *)&address, (socklen_t)bytes) &&
        errno != EINPROGRESS) {
        int reason = errno;
        close(descriptor);
        errno = reason;
        return -1;
    }
    return descriptor;
}

/* "WORKER\0INSTANCE\0TOKEN\0" */
static bool send_hello(struct stream *stream, const char *token)
{
    char body[RECORD_HELLO_BYTES_MAX];
    int bytes = snprintf(body, sizeof(body), "%s%c%s%c%s%c", stream->worker, 0,
                         stream->gateway->instance, 0, token, 0);
    errno = EMSGSIZE;
    if (bytes < 0 || (size_t)bytes >= sizeof(body))
        return false;
    const struct record_head head = {
        .bytes = (uint32_t)bytes, .type = RECORD_HELLO, .value = RECORD_VERSION};
    return stream_send(stream, &head, body);
}

static void on_readable(evutil_socket_t descriptor, short what, void *context)
{
    (void)what;
    struct stream *stream = context;
    ssize_t taken =
        recv(descriptor, stream->in + stream->in_count, STREAM_IN_BYTES - stream->in_count, 0);
    if (taken < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (taken <= 0) {
        stream_end(stream, taken ? strerror(errno) : "closed by the worker");
        return;
    }
    stream->in_count += (size_t)taken;
    stream->gateway->reads++;
    take_records(stream);
    if (stream->is_broken)
        stream_end(stream, "a record broke a rule");
    else if (stream->is_moved)
        stream_end(stream, "another process plays now");
}

/* The rest of the last, partial record moves to the front; it is smaller than the buffer. */
static void take_records(struct stream *stream)
{
    size_t at = 0;
    struct record_head head;
    for (;;) {
        enum record_step step = record_take(stream->in + at, stream->in_count - at, &head);
        if (step == RECORD_BROKEN)
            stream->is_broken = true;
        if (step == RECORD_WHOLE && head.type == RECORD_MOVED)
            stream->is_moved = true;
        if (step != RECORD_WHOLE || stream->is_moved)
            break;
        matches_record(stream->gateway, stream, &head, stream->in + at + sizeof(head));
        at += sizeof(head) + head.bytes;
    }
    stream->in_count -= at;
    memmove(stream->in, stream->in + at, stream->in_count);
}

static void on_writable(evutil_socket_t descriptor, short what, void *context)
{
    struct stream *stream = context;
    if (stream->is_connecting) {
        int reason = 0;
        socklen_t bytes = sizeof(reason);
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &bytes);
        if (what & EV_TIMEOUT || reason) {
            stream_end(stream, reason ? strerror(reason) : "no connection in time");
            return;
        }
        stream->is_connecting = false;
    }
    flush(stream);
}

static void on_flush(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    flush(context);
}

static void flush(struct stream *stream)
{
    if (stream->out_count == 0)
        return;
    ssize_t sent = send(stream->descriptor, stream->out, stream->out_count, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        stream_end(stream, strerror(errno));
        return;
    }
    if (sent > 0) {
        stream->out_count -= (size_t)sent;
        memmove(stream->out, stream->out + sent, stream->out_count);
    }
    if (stream->out_count)
        event_add(stream->writable, NULL);
}

static void stream_end(struct stream *stream, const char *reason)
{
    struct gateway *gateway = stream->gateway;
    struct streams *streams = gateway->streams;
    log_write(stream->is_moved ? LOG_INFO : LOG_WARN, "stream ended, its matches go on elsewhere",
              "worker", stream->worker, "frames", stream->frames, "reason", reason, NULL);
    stream->is_broken = true;
    struct stream **at = &streams->first;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    streams->count--;
    metric_set(&gateway_metrics[METRIC_STREAMS], streams->count);
    const char *token = may_follow(stream) ? keys_service_token(gateway) : NULL;
    struct stream *successor =
        token ? stream_get(gateway, stream->frames, stream->worker, token) : NULL;
    if (successor)
        successor->successors = stream->successors;
    matches_stream_ended(gateway, stream, successor);
    stream_free(stream);
}

/* Also one on which nothing was said: a match may kill a second process as soon as it has begun.
 * But not where nobody listens: the match is to be looked for. */
static bool may_follow(struct stream *stream)
{
    int cost = stream->is_moved ? 1 : STREAM_BREAK_COST;
    while (!stream->is_connecting && cost > 0 &&
           bucket_take(&stream->successors, STREAM_SUCCESSORS_PER_SECOND, STREAM_SUCCESSORS_BURST,
                       clock_monotonic_ms()))
        cost--;
    return cost == 0;
}

static void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    if (stream->readable)
        event_free(stream->readable);
    if (stream->writable)
        event_free(stream->writable);
    if (stream->flush)
        event_free(stream->flush);
    if (stream->descriptor >= 0)
        close(stream->descriptor);
    free(stream->in);
    free(stream->out);
    free(stream);
}
