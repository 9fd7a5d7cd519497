/*
 * The frame path. Per tick and gateway one send; per frame two copies of a few bytes. Nothing here
 * allocates, blocks or logs per frame. Whoever breaks a rule of wire/frames.h is cut off.
 */
#include "worker/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/control.h"
#include "worker/link.h"
#include "worker/match.h"

static bool obey(struct worker *worker, uint32_t index, const struct record_head *head,
                 const uint8_t *body);
static void obey_all(struct worker *worker, uint32_t index);
static void listen_for(struct worker *worker, uint32_t index);

bool streams_init(struct worker *worker)
{
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        void *buffers = mmap(NULL, STREAM_IN_BYTES + STREAM_OUT_BYTES, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (buffers == MAP_FAILED)
            return false;
        worker->streams[i] =
            (struct stream){.fd = -1, .in = buffers, .out = (uint8_t *)buffers + STREAM_IN_BYTES};
    }
    return true;
}

void stream_open(struct worker *worker, int fd, const char gateway[32])
{
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        struct stream *stream = &worker->streams[i];
        if (stream->fd >= 0)
            continue;
        struct epoll_event event = {.data.u32 = STREAM_EVENT_FIRST + i};
        if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            break;
        *stream = (struct stream){.fd = fd, .in = stream->in, .out = stream->out};
        listen_for(worker, i);
        memcpy(stream->gateway, gateway, sizeof stream->gateway);
        return;
    }
    static const char text[] = "no room for another gateway's stream; it is closed";
    control_log(worker, NULL, 3, text, sizeof text - 1);
    close(fd);
}

bool stream_receive(struct worker *worker, uint32_t index)
{
    struct stream *stream = &worker->streams[index];
    size_t room = STREAM_IN_BYTES - stream->in_used;
    ssize_t got = recv(stream->fd, stream->in + stream->in_used, room, MSG_DONTWAIT);
    if (got <= 0) {
        stream->broken = got == 0 || (errno != EAGAIN && errno != EINTR);
        return false;
    }
    stream->in_used += (uint32_t)got;
    obey_all(worker, index);
    return (size_t)got == room && !stream->broken;
}

void streams_receive(struct worker *worker)
{
    for (uint32_t i = 0; i < STREAMS_MAX; i++)
        while (worker->streams[i].fd >= 0 && stream_receive(worker, i))
            ;
}

/* Every whole record in the buffer. */
static void obey_all(struct worker *worker, uint32_t index)
{
    struct stream *stream = &worker->streams[index];
    uint32_t at = 0;
    struct record_head head;
    while (stream->in_used - at >= sizeof head) {
        memcpy(&head, stream->in + at, sizeof head);
        if (head.bytes > RECORD_BODY_BYTES_MAX) {
            stream->broken = true;
            return;
        }
        if (stream->in_used - at - sizeof head < head.bytes)
            break;
        if (!obey(worker, index, &head, stream->in + at + sizeof head)) {
            stream->broken = true;
            return;
        }
        at += (uint32_t)sizeof head + head.bytes;
    }
    memmove(stream->in, stream->in + at, stream->in_used - at);
    stream->in_used -= at;
}

void stream_answer(struct worker *worker, struct stream *stream, const struct record_head *answer)
{
    (void)worker;
    if (stream->broken)
        return;
    if (STREAM_OUT_BYTES - stream->out_used < sizeof *answer) {
        stream->broken = true;
        return;
    }
    memcpy(stream->out + stream->out_used, answer, sizeof *answer);
    stream->out_used += sizeof *answer;
}

bool stream_frame(struct worker *worker, struct stream *stream, const struct link *link,
                  uint32_t tick, uint32_t ack, const uint8_t *view, uint32_t bytes)
{
    struct record_head head = {.bytes = FRAME_STATE_HEAD_BYTES + bytes,
                               .type = RECORD_FRAME,
                               .channel = link->channel,
                               .slot = link->slot,
                               .link = link->number};
    if (STREAM_OUT_BYTES - STREAM_ANSWERS_RESERVE < stream->out_used + sizeof head + head.bytes) {
        worker->counts.frames_dropped++;
        return false;
    }
    uint8_t *to = stream->out + stream->out_used;
    memcpy(to, &head, sizeof head);
    to += sizeof head;
    to[0] = FRAME_STATE;
    to[1] = link->channel;
    memcpy(to + 2, &tick, sizeof tick);
    memcpy(to + 6, &ack, sizeof ack);
    memcpy(to + FRAME_STATE_HEAD_BYTES, view, bytes);
    stream->out_used += (uint32_t)sizeof head + head.bytes;
    worker->counts.frames_sent++;
    return true;
}

void stream_flush(struct worker *worker, uint32_t index)
{
    struct stream *stream = &worker->streams[index];
    if (stream->out_used > stream->out_sent && !stream->broken) {
        ssize_t sent = send(stream->fd, stream->out + stream->out_sent,
                            stream->out_used - stream->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            stream->out_sent += (uint32_t)sent;
        else if (sent < 0 && errno != EAGAIN && errno != EINTR)
            stream->broken = true;
    }
    if (stream->out_sent == stream->out_used)
        stream->out_sent = stream->out_used = 0;
    stream->behind = stream->out_used > 0;
    listen_for(worker, index);
}

void stream_close_broken(struct worker *worker, uint32_t index)
{
    struct stream *stream = &worker->streams[index];
    if (stream->fd < 0 || !stream->broken)
        return;
    links_drop_stream(worker, index);
    close(stream->fd);
    *stream = (struct stream){.fd = -1, .in = stream->in, .out = stream->out};
}

/* False for what breaks the rules. A link that is not known may just have been ended by us. */
static bool obey(struct worker *worker, uint32_t index, const struct record_head *head,
                 const uint8_t *body)
{
    uint32_t at = link_find(worker, index, head->link);
    struct link *link = at == NONE ? NULL : &worker->links[at];

    switch (head->type) {
    case RECORD_ATTACH: {
        struct record_attach attach;
        if (head->bytes != sizeof attach || link)
            return false;
        memcpy(&attach, body, sizeof attach);
        link_attach(worker, index, head, &attach);
        return true;
    }
    case RECORD_DETACH:
        if (head->bytes != 0)
            return false;
        if (link)
            link_detach(worker, at, head->value);
        return true;
    case RECORD_INPUT:
        if (link && link->slot != RECORD_SPECTATOR &&
            !(head->slot == RECORD_AGAIN &&
              match_knows_input(worker, &worker->matches[link->match], link->slot, head->value)))
            match_input(worker, &worker->matches[link->match], link->slot, body, head->bytes,
                        head->value);
        return true;
    case RECORD_WANT_FULL:
        if (head->bytes != 0)
            return false;
        if (link)
            link->owed = true;
        return true;
    default:
        return false;
    }
}

/* Room is waited for while a batch is behind. While matches tick, nothing is waited for: an input
 * counts for the next tick and is read there, and a quiet worker wakes once a tick. */
static void listen_for(struct worker *worker, uint32_t index)
{
    struct stream *stream = &worker->streams[index];
    uint32_t events = (worker_is_ticking(worker) ? 0 : EPOLLIN) | (stream->behind ? EPOLLOUT : 0);
    if (events == stream->events)
        return;
    struct epoll_event event = {.events = events, .data.u32 = STREAM_EVENT_FIRST + index};
    if (epoll_ctl(worker->epoll, EPOLL_CTL_MOD, stream->fd, &event) != 0)
        stream->broken = true;
    stream->events = events;
}
