/*
 * The floor of `./dev bench play`: what no server can go below. One epoll loop that accepts
 * WebSocket connections, throws away what they send, and sends each of them one binary frame of
 * the same size as a state frame, 60 times a second, with one send() each. No parsing, no game, no
 * second process.
 *
 *     play_floor PORT FRAME_BYTES
 *
 * Prints `cpu_ns=N frames=N` of the time since the last line it read, for every line on its input.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "wire/frames.h"

#define TICK_HZ         60
#define CONNECTIONS_MAX 65536
#define FRAME_BYTES_MAX 125 /* of a WebSocket frame with a two-byte head */
#define UPGRADE                                                                                    \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: none\r\n\r\n"

static bool is_open[CONNECTIONS_MAX]; /* by descriptor: the handshake is answered */
static int highest;
static uint64_t frames_sent;

static void accept_all(int listener, int epoll);
static void read_some(int descriptor);
static void send_tick(uint32_t tick, size_t frame_bytes);
static void report(void);

static int listen_on(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 4096) < 0) {
        perror("play_floor: listen");
        exit(1);
    }
    return listener;
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 3 || atoi(arguments[2]) > FRAME_BYTES_MAX ||
        atoi(arguments[2]) < FRAME_STATE_HEAD_BYTES) {
        fprintf(stderr, "usage: play_floor PORT FRAME_BYTES\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    int listener = listen_on(atoi(arguments[1]));
    int epoll = epoll_create1(0);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec period = {{0, 1000000000 / TICK_HZ}, {0, 1000000000 / TICK_HZ}};
    timerfd_settime(timer, 0, &period, NULL);
    const int watched[] = {listener, timer, STDIN_FILENO};
    for (int i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = watched[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, watched[i], &event);
    }

    uint32_t tick = 0;
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == listener) {
                accept_all(listener, epoll);
            } else if (descriptor == timer) {
                uint64_t expired;
                if (read(timer, &expired, sizeof(expired)) == sizeof(expired))
                    send_tick(++tick, (size_t)atoi(arguments[2]));
            } else if (descriptor == STDIN_FILENO) {
                char line[256];
                if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
                    return 0;
                report();
            } else {
                read_some(descriptor);
            }
        }
    }
}

static void accept_all(int listener, int epoll)
{
    for (;;) {
        int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (descriptor < 0)
            return;
        assert(descriptor < CONNECTIONS_MAX);
        int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
        if (descriptor > highest)
            highest = descriptor;
    }
}

static void read_some(int descriptor)
{
    char bytes[4096];
    ssize_t got = read(descriptor, bytes, sizeof(bytes));
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        is_open[descriptor] = false;
        close(descriptor);
    } else if (!is_open[descriptor]) {
        /* The load generator sends its whole handshake at once. */
        is_open[descriptor] = write(descriptor, UPGRADE, strlen(UPGRADE)) > 0;
    }
}

static void send_tick(uint32_t tick, size_t frame_bytes)
{
    uint8_t frame[2 + FRAME_BYTES_MAX] = {0x82, (uint8_t)frame_bytes, FRAME_STATE, 0};
    memcpy(&frame[4], &tick, sizeof(tick));
    for (int descriptor = 0; descriptor <= highest; descriptor++)
        if (is_open[descriptor] &&
            send(descriptor, frame, 2 + frame_bytes, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            frames_sent++;
}

static void report(void)
{
    static uint64_t frames_before;
    static int64_t cpu_before;
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    int64_t cpu = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    printf("cpu_ns=%lld frames=%llu\n", (long long)(cpu - cpu_before),
           (unsigned long long)(frames_sent - frames_before));
    fflush(stdout);
    cpu_before = cpu;
    frames_before = frames_sent;
}
