#include "serve/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct addrinfo *resolve(const char *host, int64_t port);

bool port_answers(const char *host, int64_t port)
{
    struct addrinfo *address = resolve(host, port);
    if (!address)
        return false;
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool answers = false;
    if (descriptor >= 0) {
        answers = connect(descriptor, address->ai_addr, address->ai_addrlen) == 0;
        struct pollfd connected = {.fd = descriptor, .events = POLLOUT};
        if (!answers && errno == EINPROGRESS && poll(&connected, 1, PORT_ANSWER_MS_MAX) == 1)
            answers = !(connected.revents & (POLLERR | POLLHUP));
        close(descriptor);
    }
    freeaddrinfo(address);
    return answers;
}

bool port_is_free(const char *host, int64_t port, char ret_reason[64])
{
    struct addrinfo *address = resolve(host, port);
    if (!address) {
        snprintf(ret_reason, 64, "no such address");
        return false;
    }
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1; /* connections of an earlier run that still linger are no obstacle */
    bool is_free = descriptor >= 0 &&
                   setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                   bind(descriptor, address->ai_addr, address->ai_addrlen) == 0 &&
                   listen(descriptor, 1) == 0;
    if (!is_free)
        snprintf(ret_reason, 64, "%s", errno == EADDRINUSE ? "it is in use" : strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    freeaddrinfo(address);
    return is_free;
}

static struct addrinfo *resolve(const char *host, int64_t port)
{
    char service[16];
    snprintf(service, sizeof service, "%d", (int)port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *address = NULL;
    return getaddrinfo(host, service, &hints, &address) == 0 ? address : NULL;
}
