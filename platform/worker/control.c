/*
 * Orders of the supervisor. Both sides are of one build, so a packet that does not fit is our own
 * mistake and is dropped with a log line. Never blocks.
 */
#include "worker/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/match.h"
#include "worker/stream.h"
#include "worker/takeover.h"

#define PACKETS_PER_WAKE_UP_MAX 64

static void obey(struct worker *worker, uint32_t type, const uint8_t *body, uint32_t bytes, int fd);
static int descriptor_of(struct msghdr *message);

bool control_receive(struct worker *worker)
{
    for (int i = 0; i < PACKETS_PER_WAKE_UP_MAX; i++) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(sizeof(int))];
        } ancillary;
        struct iovec part = {worker->packet, sizeof worker->packet};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = ancillary.bytes,
                                 .msg_controllen = sizeof ancillary.bytes};
        ssize_t got = recvmsg(WORKER_CONTROL_FD, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;

        int fd = descriptor_of(&message);
        struct control_head head = {0};
        if ((size_t)got >= sizeof head)
            memcpy(&head, worker->packet, sizeof head);
        if ((size_t)got >= sizeof head && head.bytes == (size_t)got - sizeof head)
            obey(worker, head.type, worker->packet + sizeof head, head.bytes, fd);
        else if (fd >= 0)
            close(fd);
    }
    return true;
}

bool control_send(struct worker *worker, enum control_type type, const void *body, uint32_t bytes)
{
    (void)worker;
    struct control_head head = {type, bytes};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)(uintptr_t)body, bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(WORKER_CONTROL_FD, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void control_log(struct worker *worker, const uint8_t *match, uint32_t level, const char *text,
                 uint32_t bytes)
{
    struct control_log log = {.level = level};
    if (match)
        memcpy(log.match, match, sizeof log.match);
    memcpy(log.text, text, bytes < sizeof log.text ? bytes : sizeof log.text - 1);
    (void)control_send(worker, CONTROL_LOG, &log, sizeof log);
}

static void obey(struct worker *worker, uint32_t type, const uint8_t *body, uint32_t bytes, int fd)
{
    if (type == CONTROL_MATCH_START && bytes == sizeof(struct control_match_start)) {
        struct control_match_start start;
        memcpy(&start, body, sizeof start);
        match_start(worker, &start);
    } else if (type == CONTROL_MATCH_STOP && bytes == sizeof(struct control_match)) {
        struct match *match = match_find(worker, body);
        if (match)
            match_abort(worker, match, "stopped by the supervisor");
    } else if (type == CONTROL_MATCH_SEAT && bytes == sizeof(struct control_match_seat)) {
        struct control_match_seat seat;
        memcpy(&seat, body, sizeof seat);
        match_seat(worker, &seat);
    } else if (type == CONTROL_STREAM && bytes == sizeof(struct control_stream) && fd >= 0) {
        struct control_stream stream;
        memcpy(&stream, body, sizeof stream);
        stream_open(worker, fd, stream.gateway);
        fd = -1;
    } else if (type == CONTROL_RESUME && bytes == 0) {
        matches_resume(worker);
    } else if (type == CONTROL_REHEARSE && bytes == 0) {
        matches_rehearse(worker);
    } else if (type == CONTROL_PARK && bytes == 0) {
        worker->parking = true; /* after the next tick, see worker.c */
    } else if (type == CONTROL_SHUTDOWN && bytes == 0) {
        worker->stopping = true;
    } else {
        static const char text[] = "a control packet does not fit and was dropped";
        control_log(worker, NULL, 3, text, sizeof text - 1);
    }
    if (fd >= 0)
        close(fd);
}

static int descriptor_of(struct msghdr *message)
{
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
        return -1;
    int fd;
    memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return fd;
}
