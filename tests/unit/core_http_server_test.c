/*
 * The HTTP server as a client sees it, over real sockets: routing, access, problem documents, a
 * full queue, clients that go away, and shutting down with requests in flight. The server runs on a
 * thread of its own; the test speaks raw HTTP.
 */
#include "core/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <event2/thread.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "promises.h"
#include "tokens.h"

#define ANSWER_BYTES_MAX (256 * 1024)
#define OUR_ORIGIN       "https://play.example"
#define THREADS          2
#define QUEUE_MAX        3

/* ------------------------------------------------------------------------------------- tokens */

static char user_token[TOKEN_BYTES_MAX], admin_token[TOKEN_BYTES_MAX],
    service_token[TOKEN_BYTES_MAX], expired_token[TOKEN_BYTES_MAX];

static void make_tokens(void)
{
    make_key();
    make_user_token(false, 900, user_token);
    make_user_token(true, 900, admin_token);
    make_user_token(false, -100, expired_token);
    make_service_token("rooms", "games:start rooms:read", 60, service_token);
}

/* ------------------------------------------------------------------------------- the handlers */

static sem_t entered, let_go; /* of /wait */
static _Atomic int refetches;
static _Atomic bool ready = true;

static enum error say_who(struct call *call)
{
    call_reply(call, 200,
               json_pack("{s:s, s:s, s:b, s:s, s:s, s:b}", "user", call->caller.user_id, "name",
                         call->caller.name, "token", call->token != NULL, "address",
                         call->client_address, "agent", call->user_agent, "https",
                         call_is_https(call)));
    return OK;
}

static enum error say_part(struct call *call)
{
    int64_t limit;
    enum error error = call_query_limit(call, &limit);
    if (error)
        return error;
    call_reply(call, 200,
               json_pack("{s:s, s:s, s:I}", "part", call->params[0], "q",
                         call_query(call, "q", "none"), "limit", (json_int_t)limit));
    return OK;
}

struct wish {
    char name[16];
    int64_t seat;
    bool has_seat;
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, name, 1, 8),
    JSON_INT_OPTIONAL(struct wish, seat, has_seat, 0, 63),
};

static enum error decode_wish(struct call *call)
{
    struct wish wish = {0};
    enum error error = call_decode(call, wish_fields, 2, &wish);
    if (error)
        return error;
    call_header(call, "Set-Cookie", "a=1");
    call_header(call, "Set-Cookie", "b=2");
    call_reply(call, 201, json_pack("{s:s}", "name", wish.name));
    return OK;
}

static enum error decode_nothing(struct call *call)
{
    enum error error = call_decode_nothing(call);
    if (error)
        return error;
    call_reply_empty(call, 204);
    return OK;
}

static enum error fail_with_detail(struct call *call)
{
    call_header(call, "Cache-Control", "no-cache");
    return call_complain(call, ERROR_ROOM_FULL, NULL, "there are %d seats", 2);
}

static enum error wait_for_leave(struct call *call)
{
    sem_post(&entered);
    while (sem_wait(&let_go))
        ;
    call_reply_text(call, 200, "text/plain", "waited");
    return OK;
}

static enum error answer_large(struct call *call)
{
    char *text = arena_alloc(call->arena, 200001);
    memset(text, 'x', 200000);
    call_reply_text(call, 200, "text/plain", text);
    return OK;
}

static enum error say_bytes(struct call *call)
{
    CU_ASSERT_EQUAL(call->body[call->body_bytes], 0);
    call_reply(call, 200, json_pack("{s:I}", "bytes", (json_int_t)call->body_bytes));
    return OK;
}

#define LARGE_BYTES_MAX (100u << 10)
static const struct route_body large = {say_bytes, "application/x-tar", LARGE_BYTES_MAX, "/admin"};

static const struct route routes[] = {
    {"POST", "/large", ACCESS_PUBLIC, NULL, say_bytes},
    {"GET", "/public", ACCESS_PUBLIC, NULL, say_who},
    {"POST", "/public", ACCESS_PUBLIC, NULL, say_who},
    {"GET", "/user", ACCESS_USER, NULL, say_who},
    {"POST", "/user", ACCESS_USER, NULL, say_who},
    {"GET", "/admin", ACCESS_ADMIN, NULL, say_who},
    {"POST", "/service", ACCESS_SERVICE, "games:start", say_who},
    {"POST", "/other-service", ACCESS_SERVICE, "games", say_who},
    {"GET", "/parts/{part}", ACCESS_PUBLIC, NULL, say_part},
    {"POST", "/wish", ACCESS_PUBLIC, NULL, decode_wish},
    {"POST", "/nothing", ACCESS_PUBLIC, NULL, decode_nothing},
    {"GET", "/fail", ACCESS_PUBLIC, NULL, fail_with_detail},
    {"GET", "/wait", ACCESS_PUBLIC, NULL, wait_for_leave},
    {"GET", "/large", ACCESS_PUBLIC, NULL, answer_large},
};

/* --------------------------------------------------------------------------------- the server */

static struct house {
    pthread_t thread;
    struct event_base *base;
    struct keyring *keyring;
    int port;
    int drain_ms;
    sem_t open;
} house;

static void load_keys(void *context)
{
    (void)context;
    refetches++;
    CU_ASSERT_EQUAL(keyring_load(house.keyring, jwks, strlen(jwks)), OK);
}

static bool say_ready(void *context, char ret_reason[128])
{
    (void)context;
    snprintf(ret_reason, 128, "PostgreSQL does not answer");
    return ready;
}

static struct http_server_options options_at(const char *address)
{
    return (struct http_server_options){
        .address = address,
        .routes = routes,
        .route_count = sizeof(routes) / sizeof(routes[0]),
        .body = &large,
        .threads = THREADS,
        .queue_max = QUEUE_MAX,
        .keyring = house.keyring,
        .own_origins = "http://localhost:8080, " OUR_ORIGIN,
        .is_ready = say_ready,
        .refetch_keys = load_keys,
    };
}

static void *run_house(void *unused)
{
    (void)unused;
    struct http_server_options options = options_at("127.0.0.1:0");
    struct http_server *server;
    enum error error = http_server_create(house.base, &options, &server);
    assert(!error);
    house.port = http_server_port(server);
    sem_post(&house.open);
    event_base_loop(house.base, EVLOOP_NO_EXIT_ON_EMPTY);
    http_server_destroy(server, house.drain_ms);
    return NULL;
}

static void open_house(void)
{
    sem_init(&entered, 0, 0);
    sem_init(&let_go, 0, 0);
    sem_init(&house.open, 0, 0);
    refetches = 0;
    ready = true;
    house.drain_ms = 5000;
    house.keyring = keyring_create();
    house.base = event_base_new();
    pthread_create(&house.thread, NULL, run_house, NULL);
    sem_wait(&house.open);
}

static void begin_closing(void)
{
    event_base_loopexit(house.base, NULL);
}

static void end_closing(void)
{
    pthread_join(house.thread, NULL);
    event_base_free(house.base);
    keyring_destroy(house.keyring);
}

static void close_house(void)
{
    begin_closing();
    end_closing();
}

/* --------------------------------------------------------------------------------- the client */

static char answer[ANSWER_BYTES_MAX];

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)house.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)));
    struct timeval patience = {20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

static void say(int fd, const char *text)
{
    size_t bytes = strlen(text);
    CU_ASSERT_EQUAL(send(fd, text, bytes, MSG_NOSIGNAL), (ssize_t)bytes);
}

/* To the end of the connection, which is closed. */
static const char *hear(int fd)
{
    size_t used = 0;
    for (ssize_t got; used < sizeof(answer) - 1 &&
                      (got = recv(fd, answer + used, sizeof(answer) - 1 - used, 0)) > 0;)
        used += (size_t)got;
    answer[used] = '\0';
    close(fd);
    return answer;
}

/* `headers`: each line with its end, "" for none. */
static const char *ask(const char *method, const char *path, const char *headers, const char *body)
{
    static char request[ANSWER_BYTES_MAX];
    int fd = dial();
    snprintf(request, sizeof(request),
             "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s",
             method, path, strlen(body), headers, body);
    say(fd, request);
    return hear(fd);
}

static const char *ask_with_token(const char *method, const char *path, const char *token)
{
    char headers[TOKEN_BYTES_MAX + 64];
    snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", token);
    return ask(method, path, headers, "");
}

static const char *ask_with_cookie(const char *method, const char *path, const char *more)
{
    char headers[TOKEN_BYTES_MAX + 256];
    snprintf(headers, sizeof(headers), "Cookie: x=1; " COOKIE_ACCESS "=%s; y=2\r\n%s", user_token,
             more);
    return ask(method, path, headers, "");
}

static const char *ask_json(const char *path, const char *body)
{
    return ask("POST", path, "Content-Type: application/json; charset=utf-8\r\n", body);
}

static int status_of(const char *text)
{
    int status = 0;
    sscanf(text, "HTTP/1.1 %d", &status);
    return status;
}

static bool has(const char *text, const char *part)
{
    if (!strstr(text, part))
        printf("\n    lacks %s in:\n%s\n", part, text);
    return strstr(text, part) != NULL;
}

static void assert_problem(const char *text, enum error error)
{
    char code[64];
    snprintf(code, sizeof(code), "\"code\":\"%s\"", error_code(error));
    CU_ASSERT_EQUAL(status_of(text), error_status(error));
    CU_ASSERT(has(text, "Content-Type: application/problem+json\r\n"));
    CU_ASSERT(has(text, code));
    CU_ASSERT(has(text, "{\"type\":\"about:blank\",\"title\":\""));
    CU_ASSERT(has(text, "\"detail\":"));
    CU_ASSERT(has(text, "\"field\":"));
    CU_ASSERT(has(text, "X-Request-Id: "));
}

/* -------------------------------------------------------------------------------- the promises */

static void test_http_answer_has_its_headers(void)
{
    open_house();
    const char *text = ask("GET", "/public", "", "");
    CU_ASSERT_EQUAL(status_of(text), 200);
    CU_ASSERT(has(text, "Content-Type: application/json\r\n"));
    CU_ASSERT(has(text, "Cache-Control: no-store\r\n"));
    CU_ASSERT(has(text, "X-Content-Type-Options: nosniff\r\n"));
    CU_ASSERT(has(text, "\"user\":\"\""));
    CU_ASSERT_EQUAL(status_of(ask("GET", "/large", "", "")), 200);
    CU_ASSERT(strlen(answer) > 200000);
    close_house();
}

static void test_http_handler_may_set_headers(void)
{
    open_house();
    const char *text = ask_json("/wish", "{\"name\":\"ann\"}");
    CU_ASSERT_EQUAL(status_of(text), 201);
    CU_ASSERT(has(text, "Set-Cookie: a=1\r\n"));
    CU_ASSERT(has(text, "Set-Cookie: b=2\r\n"));
    text = ask("GET", "/fail", "", "");
    CU_ASSERT(has(text, "Cache-Control: no-cache\r\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "no-store"));
    text = ask_json("/nothing", "{}");
    CU_ASSERT_EQUAL(status_of(text), 204);
    CU_ASSERT_PTR_NULL(strstr(text, "\nContent-Type"));
    close_house();
}

static void test_http_request_id_is_taken_only_when_harmless(void)
{
    static const char *const bad[] = {
        "X-Request-Id: a b\r\n", "X-Request-Id: \r\n", "X-Request-Id: a\"b\r\n",
        "X-Request-Id: "
        "0123456789012345678901234567890123456789012345678901234567890123456789\r\n"};
    open_house();
    CU_ASSERT(has(ask("GET", "/public", "X-Request-Id: a-B_9.z\r\n", ""), "X-Request-Id: a-B_9.z"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *given = strstr(ask("GET", "/public", bad[i], ""), "X-Request-Id: ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(given);
        CU_ASSERT_EQUAL(strcspn(given, "\r") - strlen("X-Request-Id: "), ID_TEXT_BYTES - 1);
    }
    close_house();
}

static void test_http_unknown_path_and_method_are_problems(void)
{
    open_house();
    assert_problem(ask("GET", "/nowhere", "", ""), ERROR_NOT_FOUND);
    assert_problem(ask("PATCH", "/user", "", ""), ERROR_METHOD_NOT_ALLOWED);
    CU_ASSERT(has(answer, "Allow: GET, POST\r\n"));
    assert_problem(ask("BREW", "/user", "", ""), ERROR_METHOD_NOT_ALLOWED);
    CU_ASSERT_EQUAL(status_of(ask("HEAD", "/user", "", "")), 405);
    CU_ASSERT_PTR_NULL(strstr(answer, "about:blank"));
    assert_problem(ask("OPTIONS", "/user", "", ""), ERROR_METHOD_NOT_ALLOWED);
    close_house();
}

/* nginx takes `//api%2fauth/internal/x` for /api/auth/internal/x and passes it on as it came. */
static void test_http_target_with_a_host_is_no_way_around_the_proxy(void)
{
    static const char *const targets[] = {"//api%2fauth/public", "//x/public",  "///public",
                                          "http://x/public",     "//x/metrics", "//x/readyz"};
    open_house();
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        assert_problem(ask("GET", targets[i], "", ""), ERROR_NOT_FOUND);
    close_house();
}

static void test_http_parts_and_query_arrive_decoded(void)
{
    open_house();
    const char *text = ask("GET", "/parts/a%2Fb?q=x+y%26&limit=7", "", "");
    CU_ASSERT(has(text, "{\"part\":\"a/b\",\"q\":\"x y&\",\"limit\":7}"));
    CU_ASSERT(has(ask("GET", "/parts/a", "", ""), "\"q\":\"none\",\"limit\":50"));
    assert_problem(ask("GET", "/parts/a?limit=0", "", ""), ERROR_VALIDATION);
    CU_ASSERT(has(answer, "\"field\":\"limit\""));
    assert_problem(ask("GET", "/parts/a?limit=101", "", ""), ERROR_VALIDATION);
    assert_problem(ask("GET", "/parts/a?limit=1x", "", ""), ERROR_VALIDATION);
    assert_problem(ask("GET", "/parts/%ff", "", ""), ERROR_BAD_REQUEST);
    assert_problem(ask("GET", "/parts/a?q=%", "", ""), ERROR_BAD_REQUEST);
    close_house();
}

static void test_http_body_is_judged_before_the_handler_sees_it(void)
{
    open_house();
    CU_ASSERT(has(ask_json("/wish", "{\"name\":\"ann\"}"), "{\"name\":\"ann\"}"));
    assert_problem(ask_json("/wish", "{\"name\":"), ERROR_MALFORMED_JSON);
    assert_problem(ask_json("/wish", "{\"name\":\"a\",\"name\":\"b\"}"), ERROR_MALFORMED_JSON);
    assert_problem(ask_json("/wish", "[]"), ERROR_MALFORMED_JSON);
    assert_problem(ask_json("/wish", "{\"name\":7}"), ERROR_VALIDATION);
    CU_ASSERT(has(answer, "\"field\":\"name\""));
    assert_problem(ask_json("/wish", "{\"name\":\"ann\",\"seat\":4294967296}"), ERROR_VALIDATION);
    assert_problem(ask_json("/wish", ""), ERROR_VALIDATION);
    CU_ASSERT_EQUAL(status_of(ask_json("/nothing", "")), 204);
    assert_problem(ask_json("/nothing", "{\"a\":1}"), ERROR_VALIDATION);
    CU_ASSERT(has(answer, "\"field\":\"a\""));
    close_house();
}

static void test_http_body_may_be_larger_on_the_one_route_that_says_so(void)
{
    static char body[LARGE_BYTES_MAX + 2];
    const char *tar = "Content-Type: application/x-tar\r\n";
    memset(body, 'x', LARGE_BYTES_MAX);
    open_house();
    CU_ASSERT(has(ask("POST", "/large", tar, body), "{\"bytes\":102400}"));
    CU_ASSERT(has(ask("POST", "/large", tar, ""), "{\"bytes\":0}"));
    assert_problem(ask_json("/large", "{}"), ERROR_UNSUPPORTED_MEDIA_TYPE);
    assert_problem(ask("POST", "/wish", tar, "{}"), ERROR_UNSUPPORTED_MEDIA_TYPE);
    assert_problem(ask_json("/wish", body), ERROR_PAYLOAD_TOO_LARGE);
    body[LARGE_BYTES_MAX] = 'x';
    assert_problem(ask("POST", "/large", tar, body), ERROR_PAYLOAD_TOO_LARGE);
    close_house();
}

static void test_http_body_of_another_type_is_refused(void)
{
    open_house();
    assert_problem(ask("POST", "/wish", "", "{}"), ERROR_UNSUPPORTED_MEDIA_TYPE);
    assert_problem(ask("POST", "/wish", "Content-Type: text/plain\r\n", "{}"),
                   ERROR_UNSUPPORTED_MEDIA_TYPE);
    assert_problem(ask("POST", "/wish", "Content-Type: application/jsonx\r\n", "{}"),
                   ERROR_UNSUPPORTED_MEDIA_TYPE);
    CU_ASSERT_EQUAL(
        status_of(ask("POST", "/wish", "Content-Type: Application/JSON\r\n", "{\"name\":\"ann\"}")),
        201);
    close_house();
}

static void test_http_body_over_the_limit_is_a_problem(void)
{
    open_house();
    char *body = malloc(HTTP_BODY_BYTES_MAX + 2);
    memset(body, ' ', HTTP_BODY_BYTES_MAX + 1);
    memcpy(body, "{\"name\":\"ann\"}", 14);
    body[HTTP_BODY_BYTES_MAX + 1] = '\0';
    assert_problem(ask_json("/wish", body), ERROR_PAYLOAD_TOO_LARGE);
    body[HTTP_BODY_BYTES_MAX] = '\0';
    CU_ASSERT_EQUAL(status_of(ask_json("/wish", body)), 201);
    free(body);
    int fd = dial();
    say(fd, "POST /wish HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{");
    CU_ASSERT_EQUAL(status_of(hear(fd)), 413);
    close_house();
}

static void test_http_chunked_body_is_taken(void)
{
    open_house();
    int fd = dial();
    say(fd, "POST /wish HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
            "Content-Type: application/json\r\n\r\n7\r\n{\"name\"\r\n7\r\n:\"ann\"}\r\n0\r\n\r\n");
    CU_ASSERT_EQUAL(status_of(hear(fd)), 201);
    close_house();
}

static void test_http_error_of_a_handler_is_its_problem_document(void)
{
    open_house();
    assert_problem(ask("GET", "/fail", "", ""), ERROR_ROOM_FULL);
    CU_ASSERT(has(answer,
                  "{\"type\":\"about:blank\",\"title\":\"The room is full.\",\"status\":409,"
                  "\"code\":\"room_full\",\"detail\":\"there are 2 seats\","
                  "\"field\":null}"));
    close_house();
}

static void test_http_user_route_wants_a_valid_token(void)
{
    open_house();
    assert_problem(ask("GET", "/user", "", ""), ERROR_UNAUTHENTICATED);
    assert_problem(ask("GET", "/user", "Authorization: Basic YTpi\r\n", ""), ERROR_UNAUTHENTICATED);
    assert_problem(ask("GET", "/user", "Authorization: Bearer \r\n", ""), ERROR_UNAUTHENTICATED);
    const char *text = ask_with_token("POST", "/user", user_token);
    CU_ASSERT_EQUAL(status_of(text), 200);
    CU_ASSERT(has(text, "\"user\":\"" USER_ID "\",\"name\":\"ann\",\"token\":true"));
    assert_problem(ask_with_token("GET", "/user", "abc.def.ghi"), ERROR_TOKEN_INVALID);
    assert_problem(ask_with_token("GET", "/user", expired_token), ERROR_TOKEN_EXPIRED);
    assert_problem(ask_with_token("GET", "/user", service_token), ERROR_FORBIDDEN);
    close_house();
}

static void test_http_public_route_knows_its_caller_when_it_can(void)
{
    open_house();
    CU_ASSERT(has(ask_with_token("GET", "/public", user_token), "\"user\":\"" USER_ID "\""));
    CU_ASSERT(has(ask_with_cookie("GET", "/public", ""), "\"user\":\"" USER_ID "\""));
    const char *text = ask_with_token("GET", "/public", expired_token);
    CU_ASSERT(has(text, "\"user\":\"\",\"name\":\"\",\"token\":false"));
    CU_ASSERT(has(ask_with_token("GET", "/public", service_token), "\"user\":\"\""));
    close_house();
}

static void test_http_admin_and_service_routes_refuse_others(void)
{
    open_house();
    CU_ASSERT_EQUAL(status_of(ask_with_token("GET", "/admin", admin_token)), 200);
    assert_problem(ask_with_token("GET", "/admin", user_token), ERROR_FORBIDDEN);
    assert_problem(ask_with_token("GET", "/admin", service_token), ERROR_FORBIDDEN);
    CU_ASSERT_EQUAL(status_of(ask_with_token("POST", "/service", service_token)), 200);
    assert_problem(ask_with_token("POST", "/other-service", service_token), ERROR_FORBIDDEN);
    assert_problem(ask_with_token("POST", "/service", admin_token), ERROR_FORBIDDEN);
    assert_problem(ask("POST", "/service", "", ""), ERROR_UNAUTHENTICATED);
    char cookie[TOKEN_BYTES_MAX + 64];
    snprintf(cookie, sizeof(cookie), "Origin: " OUR_ORIGIN "\r\nCookie: " COOKIE_ACCESS "=%s\r\n",
             service_token);
    assert_problem(ask("POST", "/service", cookie, ""), ERROR_UNAUTHENTICATED);
    close_house();
}

static void test_http_cookie_acts_only_for_our_own_origin(void)
{
    open_house();
    CU_ASSERT_EQUAL(status_of(ask_with_cookie("GET", "/user", "")), 200);
    assert_problem(ask_with_cookie("POST", "/user", ""), ERROR_ORIGIN_REFUSED);
    assert_problem(ask_with_cookie("POST", "/user", "Origin: null\r\n"), ERROR_ORIGIN_REFUSED);
    assert_problem(ask_with_cookie("POST", "/user", "Origin: \r\n"), ERROR_ORIGIN_REFUSED);
    assert_problem(ask_with_cookie("POST", "/user", "Origin: https://evil.example\r\n"),
                   ERROR_ORIGIN_REFUSED);
    assert_problem(ask_with_cookie("POST", "/user", "Origin: " OUR_ORIGIN ".evil\r\n"),
                   ERROR_ORIGIN_REFUSED);
    assert_problem(ask_with_cookie("POST", "/user", "Origin: https://play.exampl\r\n"),
                   ERROR_ORIGIN_REFUSED);
    CU_ASSERT_EQUAL(status_of(ask_with_cookie("POST", "/user", "Origin: " OUR_ORIGIN "\r\n")), 200);
    CU_ASSERT_EQUAL(
        status_of(ask_with_cookie("POST", "/user", "Origin: http://localhost:8080\r\n")), 200);
    close_house();
}

static void test_http_unsafe_public_route_refuses_another_site(void)
{
    open_house();
    CU_ASSERT_EQUAL(status_of(ask("POST", "/public", "", "")), 200);
    assert_problem(ask("POST", "/public", "Origin: https://evil.example\r\n", ""),
                   ERROR_ORIGIN_REFUSED);
    assert_problem(ask("POST", "/public", "Cookie: " COOKIE_REFRESH "=r\r\n", ""),
                   ERROR_ORIGIN_REFUSED);
    CU_ASSERT_EQUAL(
        status_of(ask("POST", "/public",
                      "Cookie: " COOKIE_REFRESH "=r\r\nOrigin: " OUR_ORIGIN "\r\n", "")),
        200);
    close_house();
}

static void test_http_unknown_key_is_fetched_and_the_token_tried_again(void)
{
    open_house();
    CU_ASSERT(keyring_is_empty(house.keyring));
    CU_ASSERT_EQUAL(status_of(ask_with_token("GET", "/user", user_token)), 200);
    CU_ASSERT_EQUAL(refetches, 1);
    CU_ASSERT_EQUAL(status_of(ask_with_token("GET", "/user", user_token)), 200);
    CU_ASSERT_EQUAL(refetches, 1);
    close_house();
}

static void test_http_loopback_peer_is_believed_about_the_browser(void)
{
    open_house();
    const char *text = ask(
        "GET", "/public",
        "X-Real-IP: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nUser-Agent: a\tb\xc3\xa9\r\n", "");
    CU_ASSERT(has(text, "\"address\":\"203.0.113.9\",\"agent\":\"a?b??\",\"https\":true"));
    CU_ASSERT(has(ask("GET", "/public", "X-Real-IP: 2001:db8::1\r\n", ""), "\"2001:db8::1\""));
    CU_ASSERT(has(ask("GET", "/public", "X-Real-IP: me\"\r\n", ""), "\"address\":\"127.0.0.1\""));
    close_house();
}

static void test_http_health_ready_and_metrics_answer(void)
{
    open_house();
    CU_ASSERT_EQUAL(status_of(ask("GET", "/healthz", "", "")), 200);
    CU_ASSERT_EQUAL(status_of(ask("GET", "/readyz", "", "")), 200);
    ready = false;
    assert_problem(ask("GET", "/readyz", "", ""), ERROR_UNAVAILABLE);
    CU_ASSERT(has(answer, "\"detail\":\"PostgreSQL does not answer\""));
    const char *text = ask("GET", "/metrics", "", "");
    CU_ASSERT(has(text, "# TYPE http_requests_total counter\nhttp_requests_total{status=\"1xx\"}"));
    CU_ASSERT(has(text, "http_requests_total{status=\"5xx\"}"));
    CU_ASSERT(has(text, "http_request_duration_microseconds_total"));
    CU_ASSERT(has(text, "http_queue_length 0"));
    CU_ASSERT(has(text, "process_open_fds"));
    close_house();
}

static void test_http_requests_of_one_connection_are_answered_in_order(void)
{
    open_house();
    int fd = dial();
    say(fd, "GET /parts/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /parts/2 HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /parts/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const char *text = hear(fd);
    const char *one = strstr(text, "\"part\":\"1\""), *two = strstr(text, "\"part\":\"2\""),
               *none = strstr(text, "\"not_found\""), *three = strstr(text, "\"part\":\"3\"");
    CU_ASSERT(one && two && none && three && one < two && two < none && none < three);
    close_house();
}

static void test_http_garbage_is_refused_and_harmless(void)
{
    static const char *const garbage[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /wish HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /wish HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /wish HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\n\r\n",
        "GET http://[ HTTP/1.1\r\n\r\n",
        "GET ? HTTP/1.1\r\n\r\n",
    };
    open_house();
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        int fd = dial();
        say(fd, garbage[i]);
        shutdown(fd, SHUT_WR);
        hear(fd);
    }
    CU_ASSERT_EQUAL(status_of(ask("GET", "/public", "", "")), 200);
    close_house();
}

static void test_http_headers_without_end_are_refused(void)
{
    open_house();
    int fd = dial();
    char line[1024];
    memset(line, 'a', sizeof(line));
    memcpy(line, "X-A: ", 5);
    memcpy(line + sizeof(line) - 3, "\r\n", 3);
    say(fd, "GET /public HTTP/1.1\r\n");
    for (size_t sent = 0; sent < 4 * HTTP_HEADERS_BYTES_MAX; sent += sizeof(line))
        if (send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL) <= 0)
            break;
    int status = status_of(hear(fd));
    CU_ASSERT(status == 400 || status == 413 || status == 0);
    CU_ASSERT_EQUAL(status_of(ask("GET", "/public", "", "")), 200);
    close_house();
}

static void let_all_go(int count)
{
    for (int i = 0; i < count; i++)
        sem_post(&let_go);
}

/* Requests to /wait: THREADS of them are with a handler when this returns. */
static void fill_threads(int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = dial();
        say(fds[i], "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        if (i < THREADS)
            sem_wait(&entered);
    }
}

static void wait_for_queue(int length)
{
    char expected[64];
    snprintf(expected, sizeof(expected), "http_queue_length %d\n", length);
    for (int i = 0; i < 1000 && !strstr(ask("GET", "/metrics", "", ""), expected); i++)
        ;
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, expected));
}

static void test_http_full_queue_answers_overloaded_at_once(void)
{
    int fds[THREADS + QUEUE_MAX];
    open_house();
    fill_threads(fds, THREADS + QUEUE_MAX);
    wait_for_queue(QUEUE_MAX);
    assert_problem(ask("GET", "/public", "", ""), ERROR_OVERLOADED);
    CU_ASSERT_EQUAL(status_of(ask("GET", "/healthz", "", "")), 200);
    let_all_go(THREADS + QUEUE_MAX);
    for (int i = 0; i < THREADS + QUEUE_MAX; i++)
        CU_ASSERT_EQUAL(status_of(hear(fds[i])), 200);
    CU_ASSERT_EQUAL(status_of(ask("GET", "/public", "", "")), 200);
    close_house();
}

/* Closed in both ways: in order, and by a reset. */
static void test_http_client_that_goes_away_harms_nobody(void)
{
    int fds[THREADS + QUEUE_MAX];
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    open_house();
    for (int round = 0; round < 10; round++) {
        fill_threads(fds, THREADS + QUEUE_MAX);
        wait_for_queue(QUEUE_MAX);
        for (int i = 0; i < THREADS + QUEUE_MAX; i++) {
            if ((i + round) % 2)
                setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
            close(fds[i]);
        }
        CU_ASSERT_EQUAL(status_of(ask("GET", "/healthz", "", "")), 200);
        let_all_go(THREADS + QUEUE_MAX);
        for (int i = THREADS; i < THREADS + QUEUE_MAX; i++)
            sem_wait(&entered);
    }
    CU_ASSERT_EQUAL(status_of(ask("GET", "/public", "", "")), 200);
    close_house();
}

static void test_http_shutdown_lets_requests_in_flight_finish(void)
{
    int fds[THREADS + 1];
    open_house();
    fill_threads(fds, THREADS + 1);
    wait_for_queue(1);
    begin_closing();
    let_all_go(THREADS + 1);
    for (int i = 0; i < THREADS + 1; i++)
        CU_ASSERT_EQUAL(status_of(hear(fds[i])), 200);
    end_closing();
}

static void test_http_shutdown_answers_whoever_still_waits(void)
{
    int fds[THREADS + 1];
    open_house();
    house.drain_ms = 0;
    fill_threads(fds, THREADS + 1);
    wait_for_queue(1);
    begin_closing();
    assert_problem(hear(fds[THREADS]), ERROR_UNAVAILABLE);
    let_all_go(THREADS);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(status_of(hear(fds[i])), 200);
    end_closing();
}

static void test_http_shutdown_survives_clients_that_went_away(void)
{
    int fds[THREADS + 1];
    open_house();
    fill_threads(fds, THREADS + 1);
    wait_for_queue(1);
    for (int i = 0; i < THREADS + 1; i++)
        close(fds[i]);
    begin_closing();
    let_all_go(THREADS + 1);
    end_closing();
}

static void test_http_address_in_use_is_refused(void)
{
    open_house();
    char address[32];
    snprintf(address, sizeof(address), "127.0.0.1:%d", house.port);
    struct http_server_options options = options_at(address);
    struct event_base *base = event_base_new();
    struct http_server *server = NULL;
    CU_ASSERT_EQUAL(http_server_create(base, &options, &server), ERROR_UNAVAILABLE);
    options.address = "nohost";
    CU_ASSERT_EQUAL(http_server_create(base, &options, &server), ERROR_UNAVAILABLE);
    CU_ASSERT_PTR_NULL(server);
    event_base_free(base);
    close_house();
}

/* Standard error goes into a file for this one. */
static void test_http_access_log_holds_the_route_and_no_secret(void)
{
    char path[] = "/tmp/http_test_XXXXXX", line[8192];
    int file = mkstemp(path), before = dup(STDERR_FILENO);
    unlink(path);
    dup2(file, STDERR_FILENO);
    log_init("test", LOG_DEBUG);
    open_house();
    ask("GET", "/parts/hunter2?q=hunter2", "X-Request-Id: r-77\r\nCookie: a=hunter2\r\n", "");
    ask_json("/wish", "{\"name\":\"hunter2\",\"hunter2\":1}");
    ask_with_token("GET", "/user", user_token);
    ask("GET", "/hunter2", "", "");
    close_house();
    log_init("test", LOG_ERROR);
    dup2(before, STDERR_FILENO);
    close(before);
    ssize_t got = pread(file, line, sizeof(line) - 1, 0);
    line[got > 0 ? got : 0] = '\0';
    close(file);
    CU_ASSERT(has(line, "msg=request request=r-77 method=GET route=/parts/{part} status=200 ms="));
    CU_ASSERT(has(line, "route=/user status=200"));
    CU_ASSERT(has(line, "user=" USER_ID));
    CU_ASSERT(has(line, "route=- status=404"));
    CU_ASSERT_PTR_NULL(strstr(line, "hunter2"));
    CU_ASSERT_PTR_NULL(strstr(line, user_token));
}

static CU_TestInfo promises[] = {
    PROMISE(test_http_answer_has_its_headers),
    PROMISE(test_http_handler_may_set_headers),
    PROMISE(test_http_request_id_is_taken_only_when_harmless),
    PROMISE(test_http_unknown_path_and_method_are_problems),
    PROMISE(test_http_target_with_a_host_is_no_way_around_the_proxy),
    PROMISE(test_http_parts_and_query_arrive_decoded),
    PROMISE(test_http_body_is_judged_before_the_handler_sees_it),
    PROMISE(test_http_body_may_be_larger_on_the_one_route_that_says_so),
    PROMISE(test_http_body_of_another_type_is_refused),
    PROMISE(test_http_body_over_the_limit_is_a_problem),
    PROMISE(test_http_chunked_body_is_taken),
    PROMISE(test_http_error_of_a_handler_is_its_problem_document),
    PROMISE(test_http_user_route_wants_a_valid_token),
    PROMISE(test_http_public_route_knows_its_caller_when_it_can),
    PROMISE(test_http_admin_and_service_routes_refuse_others),
    PROMISE(test_http_cookie_acts_only_for_our_own_origin),
    PROMISE(test_http_unsafe_public_route_refuses_another_site),
    PROMISE(test_http_unknown_key_is_fetched_and_the_token_tried_again),
    PROMISE(test_http_loopback_peer_is_believed_about_the_browser),
    PROMISE(test_http_health_ready_and_metrics_answer),
    PROMISE(test_http_requests_of_one_connection_are_answered_in_order),
    PROMISE(test_http_garbage_is_refused_and_harmless),
    PROMISE(test_http_headers_without_end_are_refused),
    PROMISE(test_http_full_queue_answers_overloaded_at_once),
    PROMISE(test_http_client_that_goes_away_harms_nobody),
    PROMISE(test_http_shutdown_lets_requests_in_flight_finish),
    PROMISE(test_http_shutdown_answers_whoever_still_waits),
    PROMISE(test_http_shutdown_survives_clients_that_went_away),
    PROMISE(test_http_address_in_use_is_refused),
    PROMISE(test_http_access_log_holds_the_route_and_no_secret),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    evthread_use_pthreads();
    log_init("test", LOG_ERROR);
    make_tokens();
    return keep_promises("core/http_server", promises);
}
