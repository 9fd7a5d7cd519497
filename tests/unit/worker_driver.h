/*
 * Drives a real worker process over its control socket and a stream, as the supervisor and a
 * gateway do. TEST_WORKER is the program, TEST_GAME the image. One worker at a time; what is static
 * here belongs to the one test program that includes it.
 */
#ifndef UNIT_WORKER_DRIVER_H
#define UNIT_WORKER_DRIVER_H

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/arena.h"
#include "wire/control.h"
#include "wire/frames.h"
#include "host/image.h"

#define WAIT_MS 10000
#define MATCHES 4

struct view { /* what the counter game shows */
    uint64_t ticks;
    uint32_t counts[2];
    uint8_t joins[2], leaves[2], left[2], mischief, players;
    uint32_t viewer, reserved;
};

static struct {
    pid_t pid;
    int control, image, arena_file;
    struct arena_head *arena;
} worker;
static const uint8_t users[2][16] = {{1}, {2}};

static inline void spawn(void)
{
    int sockets[2];
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
    worker.pid = fork();
    if (worker.pid == 0) {
        int high[3] = {fcntl(sockets[1], F_DUPFD, 20), fcntl(worker.image, F_DUPFD, 20),
                       fcntl(worker.arena_file, F_DUPFD, 20)};
        for (int i = 0; i < 3; i++)
            dup2(high[i], 3 + i);
        for (int fd = 6; fd < 64; fd++)
            close(fd);
        execl(getenv("TEST_WORKER"), "transcendence-worker", "test", (char *)NULL);
        _exit(127);
    }
    close(sockets[1]);
    worker.control = sockets[0];
}

/* In an arena with room for states of another schema. */
static inline void start_worker_with_import(const char *game, uint32_t import_bytes)
{
    static uint8_t bytes[GAME_IMAGE_BYTES_MAX];
    struct gk_manifest manifest;
    struct arena_head head;
    char sentence[GAME_IMAGE_SENTENCE_BYTES];
    const uint8_t sha[32] = {0};
    int file = open(getenv(game), O_RDONLY | O_CLOEXEC);
    ssize_t count = read(file, bytes, sizeof bytes);
    close(file);
    CU_ASSERT_FATAL(count > 0);
    CU_ASSERT_EQUAL_FATAL(game_image_inspect(bytes, (size_t)count, &manifest, sentence),
                          IMAGE_FINE);
    worker.image = memfd_create("game", MFD_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(write(worker.image, bytes, (size_t)count), count);
    arena_head_init(&head, &manifest, sha, MATCHES, import_bytes, ARENA_JOURNAL_BYTES);
    worker.arena_file = memfd_create("arena", MFD_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(ftruncate(worker.arena_file, (off_t)arena_file_bytes(&head)), 0);
    worker.arena = mmap(NULL, arena_file_bytes(&head), PROT_READ | PROT_WRITE, MAP_SHARED,
                        worker.arena_file, 0);
    *worker.arena = head;
    spawn();
}

static inline void start_worker_of(const char *game)
{
    start_worker_with_import(game, 0);
}

static inline void start_worker(void)
{
    start_worker_of("TEST_GAME");
}

static inline void end_worker(int signal)
{
    kill(worker.pid, signal);
    waitpid(worker.pid, NULL, 0);
    close(worker.control);
}

static inline void stop_worker(void)
{
    end_worker(SIGKILL);
    munmap(worker.arena, arena_file_bytes(worker.arena));
    close(worker.arena_file);
    close(worker.image);
}

/* The next packet of this type; others are passed over. */
static inline void expect(enum control_type type, void *ret_body, uint32_t bytes)
{
    uint8_t packet[CONTROL_BYTES_MAX];
    struct control_head head;
    for (;;) {
        struct pollfd wait = {worker.control, POLLIN, 0};
        CU_ASSERT_EQUAL_FATAL(poll(&wait, 1, WAIT_MS), 1);
        ssize_t got = recv(worker.control, packet, sizeof packet, 0);
        CU_ASSERT_FATAL(got >= (ssize_t)sizeof head);
        memcpy(&head, packet, sizeof head);
        if (head.type != type)
            continue;
        CU_ASSERT_EQUAL_FATAL(head.bytes, bytes);
        if (bytes > 0)
            memcpy(ret_body, packet + sizeof head, bytes);
        return;
    }
}

static inline void tell(enum control_type type, const void *body, uint32_t bytes, int fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } ancillary = {.bytes = {0}};
    struct control_head head = {type, bytes};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)(uintptr_t)body, bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (fd >= 0) {
        message.msg_control = ancillary.bytes;
        message.msg_controllen = sizeof ancillary.bytes;
        ancillary.head.cmsg_level = SOL_SOCKET;
        ancillary.head.cmsg_type = SCM_RIGHTS;
        ancillary.head.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&ancillary.head), &fd, sizeof fd);
    }
    CU_ASSERT_FATAL(sendmsg(worker.control, &message, 0) > 0);
}

static int64_t abandoned_ms; /* of the matches that are started */

static inline void start_match(uint8_t number, uint32_t index)
{
    struct control_match_start start = {.match = {number},
                                        .seed = 1,
                                        .arena_index = index,
                                        .slot_count = 2,
                                        .abandoned_ms = abandoned_ms};
    struct control_match running;
    memcpy(start.slots[0].user, users[0], 16);
    memcpy(start.slots[1].user, users[1], 16);
    atomic_store(&arena_match_at(worker.arena, index)->status, ARENA_LIVE);
    tell(CONTROL_MATCH_START, &start, sizeof start, -1);
    expect(CONTROL_MATCH_RUNNING, &running, sizeof running);
    CU_ASSERT_EQUAL(running.match[0], number);
}

static inline void resume(void)
{
    struct control_match running;
    tell(CONTROL_RESUME, NULL, 0, -1);
    expect(CONTROL_MATCH_RUNNING, &running, sizeof running);
}

static inline void ready_with_match(void)
{
    struct control_ready ready;
    start_worker();
    expect(CONTROL_READY, &ready, sizeof ready);
    start_match(9, 0);
}

static inline int open_stream(int send_buffer)
{
    int sockets[2];
    struct control_stream stream = {.gateway = "test"};
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    if (send_buffer)
        setsockopt(sockets[1], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    tell(CONTROL_STREAM, &stream, sizeof stream, sockets[1]);
    close(sockets[1]);
    return sockets[0];
}

static inline void put(int stream, uint16_t type, uint32_t link, uint32_t value, const void *body,
                       uint32_t bytes)
{
    struct record_head head = {
        .bytes = bytes, .type = type, .channel = (uint8_t)link, .link = link, .value = value};
    CU_ASSERT_EQUAL_FATAL(send(stream, &head, sizeof head, 0), sizeof head);
    if (bytes)
        CU_ASSERT_EQUAL_FATAL(send(stream, body, bytes, 0), bytes);
}

static inline void attach(int stream, uint32_t link, uint8_t match, const uint8_t user[16])
{
    struct record_attach attach = {.match = {match}};
    memcpy(attach.user, user, 16);
    put(stream, RECORD_ATTACH, link, 0, &attach, sizeof attach);
}

/* The next record; false at the end of the stream. */
static inline bool get(int stream, struct record_head *ret_head, uint8_t *ret_body)
{
    struct pollfd wait = {stream, POLLIN, 0};
    CU_ASSERT_EQUAL_FATAL(poll(&wait, 1, WAIT_MS), 1);
    if (recv(stream, ret_head, sizeof *ret_head, MSG_WAITALL) != sizeof *ret_head)
        return false;
    CU_ASSERT_FATAL(ret_head->bytes <= RECORD_BODY_BYTES_MAX);
    return ret_head->bytes == 0 ||
           recv(stream, ret_body, ret_head->bytes, MSG_WAITALL) == (ssize_t)ret_head->bytes;
}

static inline struct record_head get_type(int stream, uint16_t type, uint8_t *ret_body)
{
    struct record_head head = {0};
    do {
        CU_ASSERT_FATAL(get(stream, &head, ret_body));
    } while (head.type != type);
    return head;
}

static inline struct record_head get_view(int stream, struct view *ret_view, uint32_t *ret_ack)
{
    uint8_t body[RECORD_BODY_BYTES_MAX];
    struct record_head head = get_type(stream, RECORD_FRAME, body);
    CU_ASSERT_EQUAL_FATAL(head.bytes, FRAME_STATE_HEAD_BYTES + sizeof *ret_view);
    CU_ASSERT_EQUAL(body[0], FRAME_STATE);
    CU_ASSERT_EQUAL(body[1], head.channel);
    memcpy(ret_ack, body + 6, sizeof *ret_ack);
    memcpy(ret_view, body + FRAME_STATE_HEAD_BYTES, sizeof *ret_view);
    return head;
}

#endif
