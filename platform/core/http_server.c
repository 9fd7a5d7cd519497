/*
 * The server: evhttp on the loop's thread, a bounded queue, and a pool of threads that run the
 * handlers. An exchange belongs to one side at a time; it crosses by the two lists under `lock`,
 * and an eventfd wakes the loop for the way back.
 *
 * A client that goes away while its request runs is noticed only when the answer is written:
 * evhttp stops reading once a request is complete, and keeps the request alive until it is
 * answered. Handlers therefore always run to their end, and every request is answered to evhttp
 * exactly once, also while shutting down.
 */
#include "core/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/http_exchange.h"
#include "core/id.h"
#include "core/log.h"
#include "core/metrics.h"

#define BACKLOG              1024
#define BODY_BYTES_READ_MAX  (1u << 20) /* above it evhttp itself refuses, without our document */
#define IDLE_SECONDS         75         /* longer than nginx keeps its side of a connection */
#define FLUSH_TURNS          8
#define USER_AGENT_BYTES_MAX 256
#define HOST_BYTES           256
#define ALL_METHODS          0xffff

struct exchange_list {
    struct call_private *first, *last;
    int count;
};

struct http_server {
    struct event_base *base; /* borrowed */
    struct http_server_options options;
    struct evhttp *http;               /* owned */
    struct evhttp_bound_socket *bound; /* of http; NULL: no longer accepting */
    int port;
    struct event *wake; /* owned */
    int wake_fd;        /* owned */
    int in_flight;      /* exchanges that evhttp waits for; the loop's thread only */
    bool draining;      /* the loop's thread only */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct exchange_list waiting, done;
    bool stopping;

    pthread_t *threads; /* owned */
    int thread_count;
};

/* By class of status, 1xx to 5xx. */
static struct metric requests_total[] = {
    {METRIC_COUNTER, "http_requests_total", "status=\"1xx\"", "Requests answered.", 0},
    {METRIC_COUNTER, "http_requests_total", "status=\"2xx\"", "Requests answered.", 0},
    {METRIC_COUNTER, "http_requests_total", "status=\"3xx\"", "Requests answered.", 0},
    {METRIC_COUNTER, "http_requests_total", "status=\"4xx\"", "Requests answered.", 0},
    {METRIC_COUNTER, "http_requests_total", "status=\"5xx\"", "Requests answered.", 0},
};
static struct metric duration_total = {METRIC_COUNTER, "http_request_duration_microseconds_total",
                                       NULL, "Time from arrival to answer of all requests.", 0};
static struct metric queue_length = {METRIC_GAUGE, "http_queue_length", NULL,
                                     "Requests waiting for a thread.", 0};
static struct metric rejected_total = {METRIC_COUNTER, "http_requests_rejected_total", NULL,
                                       "Requests refused because the queue was full.", 0};

/* life */
static void add_metrics_once(void);
static bool check_routes(const struct http_server_options *options);
static enum error start_listening(struct http_server *server);
static int bind_address(const char *address);
static bool split_address(const char *address, char ret_host[HOST_BYTES], const char **ret_port);
static int bound_port(int fd);
static enum error start_threads(struct http_server *server);
static void stop_accepting(struct http_server *server);
static void turn_loop_until_idle(struct http_server *server, int drain_ms);
static void stop_turning(evutil_socket_t fd, short what, void *expired);
static void flush_answers(struct http_server *server);
static void stop_threads(struct http_server *server);
static void server_free(struct http_server *server);

/* the loop's thread */
static void on_request(struct evhttp_request *request, void *server);
static struct call_private *exchange_create(struct http_server *server,
                                            struct evhttp_request *request);
static void exchange_destroy(struct call_private *exchange);
static void take_request_id(struct call_private *exchange);
static void take_peer(struct call_private *exchange);
static const char *method_name(struct evhttp_request *request);
static const char *path_of(struct evhttp_request *request);
static bool answer_at_once(struct call_private *exchange);
static bool enqueue(struct http_server *server, struct call_private *exchange);
static void on_done(evutil_socket_t fd, short what, void *server);
static void send_answer(struct call_private *exchange);

/* the pool's threads */
static void *run_thread(void *server);
static void run_exchange(struct call_private *exchange);
static enum error prepare(struct call_private *exchange);
static enum error take_body(struct call_private *exchange);
static bool type_is(const char *content_type, const char *wanted);
static void take_addresses(struct call_private *exchange);
static void take_user_agent(struct call_private *exchange);
static enum error handle(struct call_private *exchange);
static enum error answer_ready(struct call *call);
static void count_and_log(const struct call_private *exchange);

static void list_append(struct exchange_list *list, struct call_private *exchange);
static struct call_private *list_take(struct exchange_list *list);

static const struct route ready_route = {"GET", "/readyz", ACCESS_PUBLIC, NULL, answer_ready};

enum error http_server_create(struct event_base *base, const struct http_server_options *options,
                              struct http_server **ret_server)
{
    assert(check_routes(options));
    add_metrics_once();
    struct http_server *server = calloc(1, sizeof(*server));
    assert(server);
    server->base = base;
    server->options = *options;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->work, NULL);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->wake = event_new(base, server->wake_fd, EV_READ | EV_PERSIST, on_done, server);
    server->http = evhttp_new(base);
    assert(server->wake_fd >= 0 && server->wake && server->http);
    event_add(server->wake, NULL);
    evhttp_set_gencb(server->http, on_request, server);
    evhttp_set_allowed_methods(server->http, ALL_METHODS);
    evhttp_set_max_headers_size(server->http, HTTP_HEADERS_BYTES_MAX);
    evhttp_set_max_body_size(server->http,
                             BODY_BYTES_READ_MAX +
                                 (ssize_t)(options->body ? options->body->bytes_max : 0));
    evhttp_set_default_content_type(server->http, NULL);
    evhttp_set_timeout(server->http, IDLE_SECONDS);

    enum error error = start_listening(server);
    if (!error)
        error = start_threads(server);
    if (error) {
        stop_threads(server);
        server_free(server);
        return error;
    }
    *ret_server = server;
    return OK;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_destroy(struct http_server *server, int drain_ms)
{
    if (!server)
        return;
    server->draining = true;
    stop_accepting(server);
    turn_loop_until_idle(server, drain_ms);

    /* Whoever still waits for a thread is told so; whoever has one is waited for. */
    pthread_mutex_lock(&server->lock);
    struct exchange_list left = server->waiting;
    server->waiting = (struct exchange_list){NULL, NULL, 0};
    pthread_mutex_unlock(&server->lock);
    for (struct call_private *exchange; (exchange = list_take(&left));) {
        exchange_fail(exchange, ERROR_UNAVAILABLE);
        count_and_log(exchange);
        send_answer(exchange);
    }
    flush_answers(server);
    stop_threads(server);
    on_done(server->wake_fd, 0, server);
    flush_answers(server);
    assert(server->in_flight == 0);
    server_free(server);
}

/* ------------------------------------------------------------------------------------- life */

static void add_metrics_once(void)
{
    static bool added;
    if (added)
        return;
    added = true;
    for (size_t i = 0; i < sizeof(requests_total) / sizeof(requests_total[0]); i++)
        metrics_add(&requests_total[i]);
    metrics_add(&duration_total);
    metrics_add(&queue_length);
    metrics_add(&rejected_total);
}

static bool check_routes(const struct http_server_options *options)
{
    for (size_t i = 0; i < options->route_count; i++) {
        const struct route *route = &options->routes[i];
        int params = 0;
        for (const char *c = route->path; *c; c++)
            params += *c == '{';
        if (route->path[0] != '/' || params > HTTP_PARAMS_MAX || !route->handler ||
            (route->access == ACCESS_SERVICE) != (route->scope != NULL))
            return false;
    }
    return true;
}

static enum error start_listening(struct http_server *server)
{
    int fd = bind_address(server->options.address);
    if (fd < 0)
        return ERROR_UNAVAILABLE;
    server->bound = evhttp_accept_socket_with_handle(server->http, fd);
    assert(server->bound);
    server->port = bound_port(fd);
    return OK;
}

static int bind_address(const char *address)
{
    char host[HOST_BYTES];
    const char *port;
    if (!split_address(address, host, &port)) {
        log_error("cannot listen", "address", address, "reason", "not HOST:PORT", NULL);
        return -1;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                             .ai_family = AF_UNSPEC};
    struct addrinfo *found;
    int failure = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (failure) {
        log_error("cannot listen", "address", address, "reason", gai_strerror(failure), NULL);
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    bool good = fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
                !bind(fd, found->ai_addr, found->ai_addrlen) && !listen(fd, BACKLOG);
    if (!good) {
        log_error("cannot listen", "address", address, "reason", strerror(errno), NULL);
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* HOST:PORT or [HOST]:PORT. */
static bool split_address(const char *address, char ret_host[HOST_BYTES], const char **ret_port)
{
    const char *colon = strrchr(address, ':');
    if (!colon || !colon[1])
        return false;
    size_t bytes = (size_t)(colon - address);
    if (bytes >= 2 && address[0] == '[' && address[bytes - 1] == ']') {
        address++;
        bytes -= 2;
    }
    if (bytes >= HOST_BYTES)
        return false;
    memcpy(ret_host, address, bytes);
    ret_host[bytes] = '\0';
    *ret_port = colon + 1;
    return true;
}

static int bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t bytes = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &bytes))
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Signals are for the loop's thread. */
static enum error start_threads(struct http_server *server)
{
    server->threads = calloc((size_t)server->options.threads, sizeof(server->threads[0]));
    assert(server->threads);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    while (!failure && server->thread_count < server->options.threads) {
        failure = pthread_create(&server->threads[server->thread_count], NULL, run_thread, server);
        server->thread_count += !failure;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) {
        log_error("cannot start the threads", "wanted", log_number(server->options.threads),
                  "reason", strerror(failure), NULL);
        return ERROR_UNAVAILABLE;
    }
    return OK;
}

static void stop_accepting(struct http_server *server)
{
    if (server->bound)
        evhttp_del_accept_socket(server->http, server->bound);
    server->bound = NULL;
}

static void turn_loop_until_idle(struct http_server *server, int drain_ms)
{
    bool expired = false;
    struct event *deadline = event_new(server->base, -1, 0, stop_turning, &expired);
    assert(deadline);
    struct timeval after = {drain_ms / 1000, drain_ms % 1000 * 1000};
    event_add(deadline, &after);
    while (server->in_flight > 0 && !expired)
        event_base_loop(server->base, EVLOOP_ONCE);
    event_free(deadline);
}

static void stop_turning(evutil_socket_t fd, short what, void *expired)
{
    (void)fd;
    (void)what;
    *(bool *)expired = true;
}

/* What fits into the sockets' buffers; nobody is waited for. */
static void flush_answers(struct http_server *server)
{
    for (int turn = 0; turn < FLUSH_TURNS; turn++)
        event_base_loop(server->base, EVLOOP_NONBLOCK);
}

static void stop_threads(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->work);
    pthread_mutex_unlock(&server->lock);
    for (int i = 0; i < server->thread_count; i++)
        pthread_join(server->threads[i], NULL);
    server->thread_count = 0;
}

static void server_free(struct http_server *server)
{
    evhttp_free(server->http);
    event_free(server->wake);
    close(server->wake_fd);
    free(server->threads);
    pthread_cond_destroy(&server->work);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

/* ------------------------------------------------------------------------ the loop's thread */

static void on_request(struct evhttp_request *request, void *argument)
{
    struct http_server *server = argument;
    struct call_private *exchange = exchange_create(server, request);
    server->in_flight++;
    if (answer_at_once(exchange)) {
        send_answer(exchange);
        return;
    }
    if (!enqueue(server, exchange)) {
        metric_add(&rejected_total, 1);
        exchange_fail(exchange, server->draining ? ERROR_UNAVAILABLE : ERROR_OVERLOADED);
        count_and_log(exchange);
        send_answer(exchange);
    }
}

static struct call_private *exchange_create(struct http_server *server,
                                            struct evhttp_request *request)
{
    struct call_private *exchange = calloc(1, sizeof(*exchange));
    assert(exchange);
    exchange->server = server;
    exchange->request = request;
    exchange->started_ns = clock_monotonic_ns();
    exchange->call.private = exchange;
    exchange->call.arena = arena_create();
    exchange->call.context = server->options.context;
    exchange->call.method = method_name(request);
    exchange->call.path = path_of(request);
    exchange->call.body = "";
    exchange->call.user_agent = "";
    exchange->call.request_id = exchange->request_id;
    exchange->call.client_address = exchange->peer;
    take_request_id(exchange);
    take_peer(exchange);
    return exchange;
}

static void exchange_destroy(struct call_private *exchange)
{
    free(exchange->answer.body);
    free(exchange->bytes);
    json_decref(exchange->parsed);
    arena_destroy(exchange->call.arena);
    free(exchange);
}

/* A stranger's id is taken only when it can do no harm in a log line or a header. */
static void take_request_id(struct call_private *exchange)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *given = call_request_header(&exchange->call, "X-Request-Id");
    size_t bytes = given ? strnlen(given, HTTP_REQUEST_ID_BYTES) : 0;
    if (bytes > 0 && bytes < HTTP_REQUEST_ID_BYTES && strspn(given, allowed) == bytes) {
        memcpy(exchange->request_id, given, bytes + 1);
        return;
    }
    struct id id = id_new();
    char text[ID_TEXT_BYTES];
    id_text(&id, text);
    memcpy(exchange->request_id, text, sizeof(text));
}

static void take_peer(struct call_private *exchange)
{
    char *address = NULL;
    ev_uint16_t port;
    struct evhttp_connection *connection = evhttp_request_get_connection(exchange->request);
    if (connection)
        evhttp_connection_get_peer(connection, &address, &port);
    snprintf(exchange->peer, sizeof(exchange->peer), "%s", address ? address : "");
    exchange->peer_is_loopback = !strncmp(exchange->peer, "127.", 4) ||
                                 !strcmp(exchange->peer, "::1") ||
                                 !strncmp(exchange->peer, "::ffff:127.", 11);
}

static const char *method_name(struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    case EVHTTP_REQ_OPTIONS:
        return "OPTIONS";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    default:
        return "-";
    }
}

/* "" for a target that names a host, `//HOST/PATH` or `http://HOST/PATH`: evhttp would give us the
 * path behind the host, while the nginx in front of us has judged the whole of it as a path. */
static const char *path_of(struct evhttp_request *request)
{
    const char *target = evhttp_request_get_uri(request);
    if (!target || target[0] != '/' || target[1] == '/')
        return "";
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    return path ? path : "";
}

/* Health and metrics need no thread, so that they answer also when all threads are busy. */
static bool answer_at_once(struct call_private *exchange)
{
    struct call *call = &exchange->call;
    if (strcmp(call->method, "GET"))
        return false;
    if (!strcmp(call->path, "/healthz")) {
        call_reply_text(call, 200, "text/plain; charset=utf-8", "ok\n");
        return true;
    }
    if (!strcmp(call->path, "/metrics")) {
        char *page = metrics_print();
        call_reply_text(call, 200, "text/plain; version=0.0.4; charset=utf-8", page);
        free(page);
        return true;
    }
    return false;
}

static bool enqueue(struct http_server *server, struct call_private *exchange)
{
    pthread_mutex_lock(&server->lock);
    bool has_room = server->waiting.count < server->options.queue_max && !server->draining;
    if (has_room) {
        list_append(&server->waiting, exchange);
        metric_set(&queue_length, server->waiting.count);
        pthread_cond_signal(&server->work);
    }
    pthread_mutex_unlock(&server->lock);
    return has_room;
}

static void on_done(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct http_server *server = argument;
    eventfd_t count;
    (void)eventfd_read(fd, &count);
    pthread_mutex_lock(&server->lock);
    struct exchange_list done = server->done;
    server->done = (struct exchange_list){NULL, NULL, 0};
    pthread_mutex_unlock(&server->lock);
    for (struct call_private *exchange; (exchange = list_take(&done));)
        send_answer(exchange);
}

/* Frees the exchange. evhttp frees the request, also when its connection is gone. */
static void send_answer(struct call_private *exchange)
{
    struct http_server *server = exchange->server;
    struct answer *answer = &exchange->answer;
    struct evhttp_request *request = exchange->request;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    evhttp_add_header(headers, "X-Request-Id", exchange->request_id);
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < answer->header_count; i++)
        evhttp_add_header(headers, answer->headers[i].name, answer->headers[i].value);
    if (!evhttp_find_header(headers, "Cache-Control"))
        evhttp_add_header(headers, "Cache-Control", "no-store");
    if (answer->content_type)
        evhttp_add_header(headers, "Content-Type", answer->content_type);
    if (exchange->error) /* for nginx, which cannot read a body */
        evhttp_add_header(headers, "X-Problem", error_code(exchange->error));
    if (server->draining)
        evhttp_add_header(headers, "Connection", "close");

    struct evbuffer *body = evbuffer_new();
    assert(body);
    if (answer->body && strcmp(exchange->call.method, "HEAD"))
        evbuffer_add(body, answer->body, answer->bytes);
    evhttp_send_reply(request, answer->status, NULL, body);
    evbuffer_free(body);
    server->in_flight--;
    exchange_destroy(exchange);
}

/* ------------------------------------------------------------------------ the pool's threads */

static void *run_thread(void *argument)
{
    struct http_server *server = argument;
    pthread_mutex_lock(&server->lock);
    for (;;) {
        struct call_private *exchange = list_take(&server->waiting);
        if (!exchange && server->stopping)
            break;
        if (!exchange) {
            pthread_cond_wait(&server->work, &server->lock);
            continue;
        }
        metric_set(&queue_length, server->waiting.count);
        pthread_mutex_unlock(&server->lock);
        run_exchange(exchange);
        pthread_mutex_lock(&server->lock);
        list_append(&server->done, exchange);
        (void)eventfd_write(server->wake_fd, 1);
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void run_exchange(struct call_private *exchange)
{
    log_request(exchange->request_id);
    enum error error = prepare(exchange);
    int64_t waited_ms = (clock_monotonic_ns() - exchange->started_ns) / 1000000;
    if (!error && waited_ms > HTTP_QUEUE_MS_MAX)
        error = ERROR_OVERLOADED; /* whoever asked has given up by now */
    if (!error)
        error = handle(exchange);
    if (error)
        exchange_fail(exchange, error);
    count_and_log(exchange);
    log_request(NULL);
}

static enum error prepare(struct call_private *exchange)
{
    struct call *call = &exchange->call;
    const struct http_server_options *options = &exchange->server->options;
    take_addresses(exchange);
    take_user_agent(exchange);
    if (!strcmp(call->path, ready_route.path) && !strcmp(call->method, ready_route.method)) {
        exchange->route = &ready_route;
        return OK;
    }
    const char *allowed = NULL;
    enum error error = route_find(options->routes, options->route_count, call->method, call->path,
                                  call->arena, &exchange->route, call->params, &allowed);
    if (allowed)
        call_header(call, "Allow", allowed);
    if (error)
        return error;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(exchange->request);
    error = query_parse(call->arena, evhttp_uri_get_query(uri), exchange->query,
                        &exchange->query_count);
    if (error)
        return call_complain(call, error, NULL, "the query cannot be decoded");
    error = access_check(call, exchange->route, options->keyring, options->own_origins,
                         clock_unix_ms(), options->refetch_keys, options->context);
    if (error)
        return error;
    return take_body(exchange);
}

static enum error take_body(struct call_private *exchange)
{
    const struct route_body json = {exchange->route->handler, "application/json",
                                    HTTP_BODY_BYTES_MAX, NULL};
    const struct route_body *own = exchange->server->options.body;
    const struct route_body *wanted = own && own->handler == json.handler ? own : &json;
    struct call *call = &exchange->call;
    struct evbuffer *input = evhttp_request_get_input_buffer(exchange->request);
    size_t bytes = evbuffer_get_length(input);
    if (bytes == 0)
        return OK;
    if (bytes > wanted->bytes_max)
        return call_complain(call, ERROR_PAYLOAD_TOO_LARGE, NULL, "at most %zu bytes are allowed",
                             wanted->bytes_max);
    if (!type_is(call_request_header(call, "Content-Type"), wanted->content_type))
        return call_complain(call, ERROR_UNSUPPORTED_MEDIA_TYPE, NULL, "it is %s",
                             wanted->content_type);
    if (wanted == own && !(exchange->bytes = malloc(bytes + 1)))
        return ERROR_OVERLOADED;
    char *body = exchange->bytes ? exchange->bytes : arena_alloc(call->arena, bytes + 1);
    evbuffer_remove(input, body, bytes);
    body[bytes] = '\0';
    call->body = body;
    call->body_bytes = bytes;
    return OK;
}

static bool type_is(const char *content_type, const char *wanted)
{
    size_t bytes = strlen(wanted);
    return content_type && !strncasecmp(content_type, wanted, bytes) &&
           (content_type[bytes] == '\0' || content_type[bytes] == ';' ||
            content_type[bytes] == ' ');
}

/* Only somebody on this machine, nginx or the gateway, is believed about the browser's address. */
static void take_addresses(struct call_private *exchange)
{
    const char *given = call_request_header(&exchange->call, "X-Real-IP");
    struct in6_addr address;
    bool is_address = given && (inet_pton(AF_INET, given, &address) == 1 ||
                                inet_pton(AF_INET6, given, &address) == 1);
    if (exchange->peer_is_loopback && is_address)
        exchange->call.client_address = given;
}

/* It is kept in the database and shown to its owner: printable ASCII, and not long. */
static void take_user_agent(struct call_private *exchange)
{
    const char *given = call_request_header(&exchange->call, "User-Agent");
    if (!given)
        return;
    char *copy = arena_strndup(exchange->call.arena, given, USER_AGENT_BYTES_MAX);
    for (char *c = copy; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    exchange->call.user_agent = copy;
}

static enum error handle(struct call_private *exchange)
{
    enum error error = exchange->route->handler(&exchange->call);
    assert(error || exchange->answer.status); /* a handler answers or fails */
    return error;
}

static enum error answer_ready(struct call *call)
{
    const struct http_server_options *options = &call->private->server->options;
    char reason[128] = "";
    if (options->is_ready && !options->is_ready(options->context, reason))
        return call_complain(call, ERROR_UNAVAILABLE, NULL, "%s", reason);
    call_reply_text(call, 200, "text/plain; charset=utf-8", "ready\n");
    return OK;
}

/* The route's pattern, never the path: paths and queries may hold what is nobody's business. */
static void count_and_log(const struct call_private *exchange)
{
    const struct call *call = &exchange->call;
    int status = exchange->answer.status;
    int64_t microseconds = (clock_monotonic_ns() - exchange->started_ns) / 1000;
    metric_add(&requests_total[status / 100 - 1], 1);
    metric_add(&duration_total, microseconds);
    if (exchange->route == &ready_route)
        return;
    bool is_ours = status >= 500;
    log_write(is_ours ? LOG_WARN : LOG_INFO, "request", "method", call->method, "route",
              exchange->route ? exchange->route->path : "-", "status", log_number(status), "ms",
              log_number(microseconds / 1000), "user",
              call->caller.user_id[0] ? call->caller.user_id : "-", "code",
              exchange->error ? error_code(exchange->error) : "-", "detail",
              is_ours && exchange->detail[0] ? exchange->detail : "-", NULL);
}

static void list_append(struct exchange_list *list, struct call_private *exchange)
{
    exchange->next = NULL;
    if (list->last)
        list->last->next = exchange;
    else
        list->first = exchange;
    list->last = exchange;
    list->count++;
}

static struct call_private *list_take(struct exchange_list *list)
{
    struct call_private *exchange = list->first;
    if (!exchange)
        return NULL;
    list->first = exchange->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    return exchange;
}
