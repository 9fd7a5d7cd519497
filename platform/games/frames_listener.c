/* Accept, hello, hand over. A refused guest is closed without a word and logged with the reason. */
#include "games/frames_listener.h"

#include <errno.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "wire/frames.h"

#define SEND_BUFFER_BYTES (4 << 20)

struct guest {
    struct frames_listener *listener; /* borrowed */
    int fd;
    struct event *event;
    struct guest *next, **link;
    size_t count; /* of what has come: the head, then the body */
    struct record_head head;
    char body[RECORD_HELLO_BYTES_MAX + 1];
};

struct frames_listener {
    struct service_context *context; /* borrowed */
    struct supervisor *supervisor;   /* borrowed */
    struct evconnlistener *listener;
    struct guest *guests; /* owned */
    int guest_count;
};

static bool bind_address(struct frames_listener *listener, const char *address);
static void on_accept(struct evconnlistener *evconnlistener, evutil_socket_t fd,
                      struct sockaddr *address, int length, void *context);
static void on_hello(evutil_socket_t fd, short what, void *context);
static bool read_more(struct guest *guest, const char **ret_refusal);
static void judge(struct guest *guest);
static const char *split(const struct guest *guest, const char **ret_worker,
                         const char **ret_gateway, const char **ret_token);
static void guest_end(struct guest *guest, const char *refusal);

enum error frames_listener_create(struct service_context *context, struct supervisor *supervisor,
                                  struct frames_listener **ret_listener)
{
    struct frames_listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return ERROR_INTERNAL;
    listener->context = context;
    listener->supervisor = supervisor;
    if (!bind_address(listener, context->settings->frames_address)) {
        log_error("cannot take frame streams", "address", context->settings->frames_address,
                  "reason", strerror(errno), NULL);
        free(listener);
        return ERROR_UNAVAILABLE;
    }
    *ret_listener = listener;
    return OK;
}

void frames_listener_destroy(struct frames_listener *listener)
{
    if (!listener)
        return;
    while (listener->guests)
        guest_end(listener->guests, NULL);
    evconnlistener_free(listener->listener);
    free(listener);
}

static bool bind_address(struct frames_listener *listener, const char *address)
{
    char host[CONFIG_TEXT_BYTES];
    snprintf(host, sizeof host, "%s", address);
    char *colon = strrchr(host, ':');
    if (!colon)
        return false;
    *colon = '\0';
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return false;
    listener->listener =
        evconnlistener_new_bind(listener->context->base, on_accept, listener,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                -1, found->ai_addr, (int)found->ai_addrlen);
    freeaddrinfo(found);
    return listener->listener != NULL;
}

static void on_accept(struct evconnlistener *evconnlistener, evutil_socket_t fd,
                      struct sockaddr *address, int length, void *context)
{
    const struct timeval patience = {FRAMES_HELLO_MS_MAX / 1000, FRAMES_HELLO_MS_MAX % 1000 * 1000};
    struct frames_listener *listener = context;
    struct guest *guest =
        listener->guest_count < FRAMES_GUESTS_MAX ? calloc(1, sizeof *guest) : NULL;
    (void)evconnlistener;
    (void)address;
    (void)length;
    if (!guest) {
        log_warn("too many frame streams at once; one is closed", NULL);
        close(fd);
        return;
    }
    guest->listener = listener;
    guest->fd = fd;
    guest->next = listener->guests;
    guest->link = &listener->guests;
    if (guest->next)
        guest->next->link = &guest->next;
    listener->guests = guest;
    listener->guest_count++;
    guest->event = event_new(listener->context->base, fd, EV_READ | EV_PERSIST, on_hello, guest);
    if (!guest->event || event_add(guest->event, &patience) != 0)
        guest_end(guest, "no memory");
}

static void on_hello(evutil_socket_t fd, short what, void *context)
{
    struct guest *guest = context;
    const char *refusal = NULL;
    (void)fd;
    if (what & EV_TIMEOUT)
        guest_end(guest, "no hello in time");
    else if (read_more(guest, &refusal))
        judge(guest);
    else if (refusal)
        guest_end(guest, refusal);
}

/* Reads up to the end of the hello and not a byte further: what follows is the worker's. True when
 * it is complete. */
static bool read_more(struct guest *guest, const char **ret_refusal)
{
    const size_t head_bytes = sizeof guest->head;
    for (;;) {
        bool in_head = guest->count < head_bytes;
        size_t whole = in_head ? head_bytes : head_bytes + guest->head.bytes;
        uint8_t *to = in_head ? (uint8_t *)&guest->head + guest->count
                              : (uint8_t *)guest->body + (guest->count - head_bytes);
        if (guest->count < whole) {
            ssize_t got = recv(guest->fd, to, whole - guest->count, MSG_DONTWAIT);
            if (got < 0 && (errno == EAGAIN || errno == EINTR))
                return false;
            if (got <= 0) {
                *ret_refusal = "the connection ended before the hello did";
                return false;
            }
            guest->count += (size_t)got;
        }
        if (guest->count < head_bytes)
            continue;
        if (guest->head.type != RECORD_HELLO || guest->head.bytes > RECORD_HELLO_BYTES_MAX ||
            guest->head.value != RECORD_VERSION) {
            *ret_refusal = "not a hello of this version";
            return false;
        }
        if (guest->count == head_bytes + guest->head.bytes)
            return true;
    }
}

static void judge(struct guest *guest)
{
    struct frames_listener *listener = guest->listener;
    const char *worker, *gateway, *token;
    struct caller caller;
    bool unknown_key;
    const int one = 1, buffer = SEND_BUFFER_BYTES;

    const char *refusal = split(guest, &worker, &gateway, &token);
    if (!refusal && token_verify(listener->context->keyring, token, clock_unix_ms(), &caller,
                                 &unknown_key) != OK)
        refusal = "the token is not valid";
    if (!refusal && !caller_has_scope(&caller, FRAMES_SCOPE))
        refusal = "the token is for something else";
    if (!refusal) {
        (void)setsockopt(guest->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        (void)setsockopt(guest->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        if (!supervisor_hand_over(listener->supervisor, worker, gateway, guest->fd))
            refusal = "there is no such worker now";
        else
            log_info("frame stream handed over", "worker", worker, "gateway", gateway, NULL);
    }
    guest_end(guest, refusal);
}

/* "WORKER\0INSTANCE\0TOKEN\0", exactly. */
static const char *split(const struct guest *guest, const char **ret_worker,
                         const char **ret_gateway, const char **ret_token)
{
    const char **parts[] = {ret_worker, ret_gateway, ret_token};
    const char *at = guest->body, *end = guest->body + guest->head.bytes;
    for (int i = 0; i < 3; i++) {
        const char *zero = memchr(at, '\0', (size_t)(end - at));
        if (!zero)
            return "the hello is not three texts";
        *parts[i] = at;
        at = zero + 1;
    }
    return at == end ? NULL : "the hello is longer than its texts";
}

static void guest_end(struct guest *guest, const char *refusal)
{
    if (refusal)
        log_warn("frame stream refused and closed", "reason", refusal, NULL);
    *guest->link = guest->next;
    if (guest->next)
        guest->next->link = guest->link;
    guest->listener->guest_count--;
    if (guest->event)
        event_free(guest->event);
    close(guest->fd);
    free(guest);
}
