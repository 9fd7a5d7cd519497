#include "gateway/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/http_server.h"
#include "core/log.h"
#include "gateway/commands.h"
#include "gateway/handshake.h"
#include "gateway/keys.h"
#include "gateway/matches.h"

#define PROTOCOL_NAME       "transcendence.v1"
#define SOCKET_PATH         "/ws"
#define RECEIVE_BYTES       1024 /* of a piece; a longer message comes in several */
#define HEADERS_BYTES_MAX   12288
#define HANDSHAKE_SECONDS   10
#define PATH_BYTES_MAX      128
#define PROTOCOLS_BYTES_MAX (TOKEN_BYTES_MAX + 256)
#define LOG_BYTES_MAX       512
#define CLOSE_RUNS_MAX      1000 /* turns of libuv: of the connections, then of the rest */

static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                      size_t bytes);
static void on_library_log(int level, const char *line);
static int on_upgrade(struct gateway *gateway, struct lws *wsi, const char *protocol);
static void read_handshake(struct lws *wsi, struct handshake *ret_handshake);
static void read_bearer(struct lws *wsi, char ret_token[TOKEN_BYTES_MAX]);
static void read_client(struct lws *wsi, char ret_address[CLIENT_ADDRESS_BYTES],
                        char ret_request_id[HTTP_REQUEST_ID_BYTES]);
static int refuse(struct lws *wsi, int status, const char *reason, const char *request_id);
static void on_receive(struct gateway *gateway, struct socket *socket, const char *piece,
                       size_t bytes);
static void take_message(struct gateway *gateway, struct socket *socket, bool is_binary,
                         const char *message, size_t bytes);
static int on_http(struct gateway *gateway, struct lws *wsi, const char *path);
static int reply(struct lws *wsi, int status, const char *type, const char *body);
static bool is_ready(struct gateway *gateway);

static const struct lws_protocols protocols[] = {
    {PROTOCOL_NAME, on_library, 0, RECEIVE_BYTES, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

enum error listener_create(struct gateway *gateway)
{
    char host[CONFIG_TEXT_BYTES];
    snprintf(host, sizeof(host), "%s", gateway->address);
    char *port = strrchr(host, ':');
    if (!port) {
        log_error("the address is not HOST:PORT", "address", gateway->address, NULL);
        return ERROR_UNAVAILABLE;
    }
    *port++ = 0;
    bool is_any = !*host || !strcmp(host, "0.0.0.0") || !strcmp(host, "*");
    void *loops[] = {uv_bridge_loop(gateway->bridge)};
    struct lws_context_creation_info info = {
        .port = atoi(port),
        .iface = is_any                       ? NULL
                 : !strcmp(host, "localhost") ? "127.0.0.1"
                                              : host,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_DISABLE_IPV6,
        .foreign_loops = loops,
        .user = gateway,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .max_http_header_data = HEADERS_BYTES_MAX,
        .timeout_secs = HANDSHAKE_SECONDS,
        .keepalive_timeout = HANDSHAKE_SECONDS,
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
    gateway->websockets = lws_create_context(&info);
    if (!gateway->websockets) {
        log_error("cannot listen", "address", gateway->address, "reason", strerror(errno), NULL);
        return ERROR_UNAVAILABLE;
    }
    uv_bridge_touch(gateway->bridge);
    return OK;
}

void listener_destroy(struct gateway *gateway)
{
    if (!gateway->websockets)
        return;
    /* On a loop that is not its own the library ends in two steps: it closes what it has there,
     * and frees itself when the loop has done that. Its handles lie in the memory that it frees. */
    uv_loop_t *loop = uv_bridge_loop(gateway->bridge);
    lws_context_destroy(gateway->websockets);
    for (int runs = 0; uv_loop_alive(loop) && runs < CLOSE_RUNS_MAX; runs++)
        uv_run(loop, UV_RUN_NOWAIT);
    lws_context_destroy(gateway->websockets);
    gateway->websockets = NULL;
}

static int on_library(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                      size_t bytes)
{
    (void)user;
    struct gateway *gateway = lws_context_user(lws_get_context(wsi));
    struct socket *socket = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return on_http(gateway, wsi, in);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return on_upgrade(gateway, wsi, in);
    case LWS_CALLBACK_ESTABLISHED:
        if (!socket)
            return -1;
        socket_opened(gateway, socket, wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        if (!socket)
            return -1;
        on_receive(gateway, socket, in, bytes);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        if (socket)
            socket->heard_ms = clock_monotonic_ms();
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: /* 1: without a farewell, we said ours already */
        return socket && socket->is_farewell_said;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (socket)
            socket_writable(gateway, socket);
        return 0;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY: /* also of an upgrade that came to nothing */
        if (socket) {
            lws_set_opaque_user_data(wsi, NULL);
            socket_gone(gateway, socket);
        }
        return 0;
    default:
        return 0;
    }
}

static void on_library_log(int level, const char *line)
{
    char text[LOG_BYTES_MAX];
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
    if (level == LLL_ERR)
        log_error("libwebsockets", "text", text, NULL);
    else
        log_warn("libwebsockets", "text", text, NULL);
}

/* Below: the handshake. 0 lets the upgrade go on, 1 says that it was answered. */

static int on_upgrade(struct gateway *gateway, struct lws *wsi, const char *protocol)
{
    char path[PATH_BYTES_MAX] = "", address[CLIENT_ADDRESS_BYTES];
    char request_id[HTTP_REQUEST_ID_BYTES];
    read_client(wsi, address, request_id);
    /* The library would speak HTTP/2 too, past every rule of the proxy in front of it. */
    if (!protocol || strcasecmp(protocol, "websocket") != 0)
        return refuse(wsi, 400, "no upgrade to a WebSocket", request_id);
    if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) <= 0 || strcmp(path, SOCKET_PATH))
        return refuse(wsi, 404, "no such path", request_id);
    if (gateway->draining || gateway->stopping) /* nginx then asks another gateway */
        return refuse(wsi, 503, "stopping", request_id);
    if (keyring_is_empty(gateway->keyring))
        return refuse(wsi, 503, "no keys of auth yet", request_id);

    struct handshake handshake;
    const char *token;
    struct caller caller;
    read_handshake(wsi, &handshake);
    enum error error = handshake_token(&handshake, gateway->settings->public_origins, &token);
    if (!error)
        error = keys_verify(gateway, token, &caller);
    if (!error && !*caller.user_id)
        error = ERROR_FORBIDDEN; /* a service has nothing to do here */
    struct socket *socket;
    if (!error)
        error = socket_take(gateway, wsi, &caller, token, address, &socket);
    if (error)
        return refuse(wsi, error_status(error), error_code(error), request_id);
    lws_set_opaque_user_data(wsi, socket);
    log_request(request_id);
    log_info("connection accepted", "user", caller.user_id, "connection",
             log_number((int64_t)socket->number), "address", address, NULL);
    log_request(NULL);
    return 0;
}

static void read_handshake(struct lws *wsi, struct handshake *ret_handshake)
{
    *ret_handshake = (struct handshake){0};
    ret_handshake->has_origin = lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) > 0;
    if (lws_hdr_copy(wsi, ret_handshake->origin, ORIGIN_BYTES_MAX, WSI_TOKEN_ORIGIN) < 0)
        ret_handshake->origin[0] = 0;
    size_t bytes = TOKEN_BYTES_MAX;
    if (lws_http_cookie_get(wsi, COOKIE_ACCESS, ret_handshake->cookie_token, &bytes))
        ret_handshake->cookie_token[0] = 0;
    read_bearer(wsi, ret_handshake->bearer_token);
    char protocol_list[PROTOCOLS_BYTES_MAX];
    if (lws_hdr_copy(wsi, protocol_list, sizeof(protocol_list), WSI_TOKEN_PROTOCOL) > 0)
        handshake_protocol_token(protocol_list, ret_handshake->protocol_token);
}

static void read_bearer(struct lws *wsi, char ret_token[TOKEN_BYTES_MAX])
{
    static const char scheme[] = "Bearer ";
    char value[TOKEN_BYTES_MAX + sizeof(scheme)];
    int bytes = lws_hdr_copy(wsi, value, sizeof(value), WSI_TOKEN_HTTP_AUTHORIZATION);
    if (bytes > 0 && !strncasecmp(value, scheme, strlen(scheme)))
        snprintf(ret_token, TOKEN_BYTES_MAX, "%s", value + strlen(scheme));
}

/* Only a proxy of our own, on this machine, is believed about the browser's address. */
static void read_client(struct lws *wsi, char ret_address[CLIENT_ADDRESS_BYTES],
                        char ret_request_id[HTTP_REQUEST_ID_BYTES])
{
    static const char id_name[] = "x-request-id:";
    char forwarded[CLIENT_ADDRESS_BYTES];
    ret_address[0] = 0;
    lws_get_peer_simple(wsi, ret_address, CLIENT_ADDRESS_BYTES);
    if (!strncmp(ret_address, "127.", 4) &&
        lws_hdr_copy(wsi, forwarded, sizeof(forwarded), WSI_TOKEN_HTTP_X_REAL_IP) > 0)
        memcpy(ret_address, forwarded, sizeof(forwarded));
    if (lws_hdr_custom_copy(wsi, ret_request_id, HTTP_REQUEST_ID_BYTES, id_name,
                            sizeof(id_name) - 1) <= 0)
        ret_request_id[0] = 0;
}

static int refuse(struct lws *wsi, int status, const char *reason, const char *request_id)
{
    log_request(request_id);
    log_info("connection refused", "status", log_number(status), "reason", reason, NULL);
    log_request(NULL);
    count(METRIC_HANDSHAKES_REFUSED);
    lws_return_http_status(wsi, (unsigned)status, NULL);
    return 1;
}

/* Below: messages. */

static void on_receive(struct gateway *gateway, struct socket *socket, const char *piece,
                       size_t bytes)
{
    if (socket->state == SOCKET_CLOSING)
        return;
    socket->heard_ms = clock_monotonic_ms();
    bool is_first = lws_is_first_fragment(socket->wsi);
    bool is_final = lws_is_final_fragment(socket->wsi);
    bool is_binary = lws_frame_is_binary(socket->wsi);
    size_t before = is_first ? 0 : socket->partial.count;
    if (before + bytes > (size_t)gateway->settings->message_bytes_max) {
        socket_close(gateway, socket, CLOSE_BAD_MESSAGE, "message too large");
    } else if (is_first && is_final) {
        take_message(gateway, socket, is_binary, piece, bytes);
    } else {
        if (is_first) {
            text_clear(&socket->partial);
            socket->is_partial_binary = is_binary;
        }
        text_add(&socket->partial, piece, bytes);
        if (is_final) {
            take_message(gateway, socket, socket->is_partial_binary, text_bytes(&socket->partial),
                         socket->partial.count);
            text_finish(&socket->partial);
        }
    }
}

static void take_message(struct gateway *gateway, struct socket *socket, bool is_binary,
                         const char *message, size_t bytes)
{
    int64_t per_second = gateway->settings->inputs_per_second;
    if (!is_binary)
        commands_receive(gateway, socket, message, bytes);
    else if (!bucket_take(&socket->inputs, per_second, per_second, socket->heard_ms))
        socket_close(gateway, socket, CLOSE_TOO_FAST, "too many inputs");
    else if (!matches_receive(gateway, socket, (const uint8_t *)message, bytes))
        socket_close(gateway, socket, CLOSE_BAD_MESSAGE, "not a game frame");
}

/* Below: health and metrics. nginx routes none of it. */

static int on_http(struct gateway *gateway, struct lws *wsi, const char *path)
{
    if (!strcmp(path, "/healthz"))
        return reply(wsi, 200, "text/plain", "ok\n");
    if (!strcmp(path, "/readyz"))
        return is_ready(gateway)
                   ? reply(wsi, 200, "text/plain", "ready\n")
                   : reply(wsi, 503, "text/plain", "no keys of auth, no Redis, or told to stop\n");
    if (!strcmp(path, "/metrics")) {
        char *page = metrics_print();
        int result = reply(wsi, 200, "text/plain; version=0.0.4", page);
        free(page);
        return result;
    }
    return reply(wsi, 404, "text/plain", "There is nothing here.\n");
}

static int reply(struct lws *wsi, int status, const char *type, const char *body)
{
    unsigned char head[LWS_PRE + 512];
    unsigned char *start = head + LWS_PRE, *at = start, *end = head + sizeof(head);
    struct text text = {0};
    text_clear(&text);
    text_add(&text, body, strlen(body));
    bool is_sent =
        !lws_add_http_common_headers(wsi, (unsigned)status, type, text.count, &at, end) &&
        !lws_finalize_write_http_header(wsi, start, &at, end) &&
        lws_write(wsi, (unsigned char *)text_bytes(&text), text.count, LWS_WRITE_HTTP_FINAL) >= 0;
    text_finish(&text);
    return is_sent && !lws_http_transaction_completed(wsi) ? 0 : -1;
}

static bool is_ready(struct gateway *gateway)
{
    return !gateway->draining && !gateway->stopping && !keyring_is_empty(gateway->keyring) &&
           redis_events_connected(gateway->redis);
}
