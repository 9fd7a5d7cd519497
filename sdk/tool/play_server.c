#include "tool/play_server.h"

#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PROTOCOL      "gamekit-play"
#define SOCKET_PATH   "/socket"
#define WATCHES_MAX   8
#define PIECE_BYTES   65536
#define HEADER_BYTES  256
#define ADDRESS_BYTES 1024

struct message {
    struct message *next;
    bool is_text;
    size_t bytes;
    uint8_t space[]; /* LWS_PRE, then the bytes */
};

struct watch {
    int fd; /* -1: none */
    struct lws *wsi;
    void (*ready)(void *context);
};

struct play_server {
    struct play_places *places; /* borrowed */
    char token[PLAY_SECRET_BYTES];
    struct play_handlers handlers;
    struct lws_context *library; /* owned */
    lws_sorted_usec_list_t timer;
    struct watch watches[WATCHES_MAX];
    bool is_stopping;

    struct lws *page; /* NULL: none */
    struct message *first, *last;
    size_t waiting_bytes;
    uint8_t received[PLAY_MESSAGE_BYTES_MAX];
    size_t received_bytes;
};

static bool is_free(int port);
static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                      size_t bytes);
static int serve(struct play_server *server, struct lws *wsi, const char *address);
static int refuse(struct lws *wsi, unsigned status);
static bool is_local(struct play_server *server, struct lws *wsi, bool needs_origin);
static bool has_token(struct play_server *server, struct lws *wsi);
static void page_opened(struct play_server *server, struct lws *wsi);
static void page_closed(struct play_server *server);
static int hang_up(struct lws *wsi, unsigned code, const char *reason);
static int receive(struct play_server *server, struct lws *wsi, const uint8_t *piece, size_t bytes);
static void send_later(struct play_server *server, bool is_text, const void *bytes, size_t count);
static int send_waiting(struct play_server *server, struct lws *wsi);
static void drop_waiting(struct play_server *server);
static void wake(lws_sorted_usec_list_t *timer);
static void on_library_log(int level, const char *line);

static const struct lws_protocols protocols[] = {
    {PROTOCOL, on_library, 0, PIECE_BYTES, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

struct play_server *play_server_create(struct play_places *places, int port,
                                       const char token[PLAY_SECRET_BYTES],
                                       const struct play_handlers *handlers)
{
    struct play_server *server = is_free(port) ? calloc(1, sizeof *server) : NULL;
    if (!server) {
        fprintf(stderr, "gamekit: cannot listen on 127.0.0.1:%d: %s. Give another --port.\n", port,
                strerror(errno));
        return NULL;
    }
    server->places = places;
    server->handlers = *handlers;
    snprintf(server->token, sizeof server->token, "%s", token);
    for (int i = 0; i < WATCHES_MAX; i++)
        server->watches[i].fd = -1;
    const struct lws_context_creation_info info = {
        .port = port,
        .iface = "127.0.0.1",
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_DISABLE_IPV6,
        .user = server,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    lws_set_log_level(LLL_ERR, on_library_log);
    server->library = lws_create_context(&info);
    if (!server->library) {
        free(server); /* the library has said why */
        return NULL;
    }
    int listens_on = lws_get_vhost_listen_port(lws_get_vhost_by_name(server->library, "default"));
    snprintf(places->origin, sizeof places->origin, "http://127.0.0.1:%d", listens_on);
    return server;
}

void play_server_destroy(struct play_server *server)
{
    if (!server)
        return;
    server->is_stopping = true;
    lws_context_destroy(server->library);
    drop_waiting(server);
    free(server);
}

bool play_server_watch(struct play_server *server, int fd, void (*ready)(void *context))
{
    struct watch *watch = server->watches;
    while (watch < server->watches + WATCHES_MAX && watch->fd >= 0)
        watch++;
    if (watch == server->watches + WATCHES_MAX)
        return false;
    *watch = (struct watch){.fd = fd, .ready = ready};
    lws_sock_file_fd_type adopted = {.filefd = fd};
    watch->wsi = lws_adopt_descriptor_vhost(lws_get_vhost_by_name(server->library, "default"),
                                            LWS_ADOPT_RAW_FILE_DESC, adopted, PROTOCOL, NULL);
    if (watch->wsi)
        lws_set_opaque_user_data(watch->wsi, watch);
    else
        watch->fd = -1;
    return watch->wsi != NULL;
}

void play_server_forget(struct play_server *server, int fd)
{
    for (struct watch *watch = server->watches; watch < server->watches + WATCHES_MAX; watch++)
        if (watch->fd == fd) {
            watch->fd = -1;
            lws_set_opaque_user_data(watch->wsi, NULL);
            lws_set_timeout(watch->wsi, 1, LWS_TO_KILL_ASYNC);
        }
}

void play_server_send_text(struct play_server *server, const char *text, size_t bytes)
{
    send_later(server, true, text, bytes);
}

void play_server_send_frame(struct play_server *server, const uint8_t *frame, size_t bytes)
{
    send_later(server, false, frame, bytes);
}

void play_server_wake(struct play_server *server, int64_t at_us)
{
    int64_t in_us = at_us - play_server_now_us();
    lws_sul_schedule(server->library, 0, &server->timer, wake, in_us > 1 ? in_us : 1);
}

int64_t play_server_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void play_server_run(struct play_server *server)
{
    while (!server->is_stopping && lws_service(server->library, 0) >= 0)
        ;
}

void play_server_stop(struct play_server *server)
{
    server->is_stopping = true;
    lws_cancel_service(server->library);
}

/* Asked beforehand, for the library answers in its own words and forgets memory on the way. */
static bool is_free(int port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int reuse = 1;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return false;
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    bool fine = bind(probe, (const struct sockaddr *)&address, sizeof address) == 0 &&
                listen(probe, 1) == 0;
    int error = errno;
    close(probe);
    errno = error;
    return fine;
}

static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                      size_t bytes)
{
    (void)user;
    struct play_server *server = lws_context_user(lws_get_context(wsi));
    struct watch *watch;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return serve(server, wsi, in);
    case LWS_CALLBACK_HTTP_FILE_COMPLETION:
        return lws_http_transaction_completed(wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        if (strcmp(in, "websocket") != 0)
            return refuse(wsi, HTTP_STATUS_BAD_REQUEST);
        if (!is_local(server, wsi, true) || !has_token(server, wsi))
            return refuse(wsi, HTTP_STATUS_FORBIDDEN);
        return 0;
    case LWS_CALLBACK_ESTABLISHED:
        page_opened(server, wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return wsi == server->page ? receive(server, wsi, in, bytes) : 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (wsi != server->page)
            return hang_up(wsi, PLAY_CLOSE_REPLACED, "another page has taken over");
        return send_waiting(server, wsi);
    case LWS_CALLBACK_CLOSED:
        if (wsi == server->page)
            page_closed(server);
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        watch = lws_get_opaque_user_data(wsi);
        if (watch)
            watch->ready(server->handlers.context);
        return 0;
    case LWS_CALLBACK_RAW_CLOSE_FILE: /* a pipe at its end is only told of like this */
        watch = lws_get_opaque_user_data(wsi);
        if (watch && !server->is_stopping) {
            watch->fd = -1;
            watch->ready(server->handlers.context);
        }
        return 0;
    default:
        return 0;
    }
}

/* --- HTTP --- */

static int serve(struct play_server *server, struct lws *wsi, const char *address)
{
    struct play_file file;
    bool is_get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    if (!is_local(server, wsi, false))
        return refuse(wsi, HTTP_STATUS_FORBIDDEN);
    if (!is_get)
        return refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED);
    if (!play_files_find(server->places, address, &file))
        return refuse(wsi, HTTP_STATUS_NOT_FOUND);
    int sent =
        lws_serve_http_file(wsi, file.path, file.type, file.headers, (int)strlen(file.headers));
    if (sent < 0 || (sent > 0 && lws_http_transaction_completed(wsi)))
        return -1;
    return 0;
}

/* Answered: 1 says so to the library in an upgrade, and ends the connection of a request. */
static int refuse(struct lws *wsi, unsigned status)
{
    lws_return_http_status(wsi, status, NULL);
    return lws_http_transaction_completed(wsi) ? 1 : 0;
}

/* A page of another site that has got our address by a name of its own comes with that name as the
 * Host; one that just asks comes with its Origin. The frames of the game have the Origin "null". */
static bool is_local(struct play_server *server, struct lws *wsi, bool needs_origin)
{
    char host[HEADER_BYTES], origin[HEADER_BYTES];
    const char *ours = server->places->origin;
    if (lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) <= 0 ||
        strcmp(host, ours + strlen("http://")) != 0)
        return false;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0)
        return !needs_origin;
    return lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) > 0 &&
           (strcmp(origin, ours) == 0 || (!needs_origin && strcmp(origin, "null") == 0));
}

/* "/socket?token=TOKEN", compared in a time that tells nothing. */
static bool has_token(struct play_server *server, struct lws *wsi)
{
    char path[ADDRESS_BYTES], argument[HEADER_BYTES];
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0 ||
        strcmp(path, SOCKET_PATH) != 0 ||
        lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, 0) <= 0)
        return false;
    const char *given = argument + strlen("token=");
    if (strncmp(argument, "token=", strlen("token=")) != 0 ||
        strlen(given) != strlen(server->token))
        return false;
    return lws_timingsafe_bcmp(given, server->token, (uint32_t)strlen(server->token)) == 0;
}

/* --- the page --- */

static void page_opened(struct play_server *server, struct lws *wsi)
{
    struct lws *before = server->page;
    if (before) {
        page_closed(server);
        lws_callback_on_writable(before); /* which ends it */
    }
    server->page = wsi;
    server->handlers.opened(server->handlers.context);
}

static void page_closed(struct play_server *server)
{
    server->page = NULL;
    server->received_bytes = 0;
    drop_waiting(server);
    server->handlers.closed(server->handlers.context);
}

static int hang_up(struct lws *wsi, unsigned code, const char *reason)
{
    char text[HEADER_BYTES];
    snprintf(text, sizeof text, "%s", reason);
    lws_close_reason(wsi, (enum lws_close_status)code, (unsigned char *)text, strlen(text));
    return -1;
}

static int receive(struct play_server *server, struct lws *wsi, const uint8_t *piece, size_t bytes)
{
    if (server->received_bytes + bytes > sizeof server->received)
        return hang_up(wsi, PLAY_CLOSE_BAD, "a message is too long");
    memcpy(server->received + server->received_bytes, piece, bytes);
    server->received_bytes += bytes;
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0)
        return 0;
    size_t count = server->received_bytes;
    server->received_bytes = 0;
    if (lws_frame_is_binary(wsi))
        server->handlers.frame(server->handlers.context, server->received, count);
    else
        server->handlers.text(server->handlers.context, (const char *)server->received, count);
    return 0;
}

static void send_later(struct play_server *server, bool is_text, const void *bytes, size_t count)
{
    if (!server->page)
        return;
    struct message *message = malloc(sizeof *message + LWS_PRE + count);
    if (!message)
        return;
    *message = (struct message){.is_text = is_text, .bytes = count};
    memcpy(message->space + LWS_PRE, bytes, count);
    if (server->last)
        server->last->next = message;
    else
        server->first = message;
    server->last = message;
    server->waiting_bytes += count;
    lws_callback_on_writable(server->page);
}

static int send_waiting(struct play_server *server, struct lws *wsi)
{
    if (server->waiting_bytes > PLAY_WAITING_BYTES_MAX)
        return hang_up(wsi, PLAY_CLOSE_BAD, "the page reads nothing");
    while (server->first && !lws_send_pipe_choked(wsi)) {
        struct message *message = server->first;
        int wrote = lws_write(wsi, message->space + LWS_PRE, message->bytes,
                              message->is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY);
        server->first = message->next;
        if (!server->first)
            server->last = NULL;
        server->waiting_bytes -= message->bytes;
        free(message);
        if (wrote < 0)
            return -1;
    }
    if (server->first)
        lws_callback_on_writable(wsi);
    return 0;
}

static void drop_waiting(struct play_server *server)
{
    while (server->first) {
        struct message *message = server->first;
        server->first = message->next;
        free(message);
    }
    server->last = NULL;
    server->waiting_bytes = 0;
}

static void wake(lws_sorted_usec_list_t *timer)
{
    struct play_server *server = lws_container_of(timer, struct play_server, timer);
    server->handlers.woken(server->handlers.context);
}

static void on_library_log(int level, const char *line)
{
    (void)level;
    fprintf(stderr, "gamekit: %s", line);
}
