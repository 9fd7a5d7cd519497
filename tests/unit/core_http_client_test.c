/* core/http_client.h against a real HTTP server in this process. No sleeps: the server's thread and
 * the loops end by events. */
#include "core/http_client.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/thread.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "promises.h"

#define PATIENCE_MS 500 /* half of it must be enough to connect on a busy machine */

static struct event_base *server_base;
static char server_address[64];
static char refused_address[64]; /* nobody listens there */
static pthread_t server_thread;

/* Echoes what arrived: METHOD|path|authorization|request id|address|content type|body */
static void on_echo(struct evhttp_request *request, void *context)
{
    (void)context;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    static const char *const names[] = {"Authorization", "X-Request-Id", "X-Real-IP",
                                        "Content-Type"};
    struct evbuffer *out = evbuffer_new();
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    evbuffer_add_printf(out, "%s|%s",
                        method == EVHTTP_REQ_GET    ? "GET"
                        : method == EVHTTP_REQ_POST ? "POST"
                                                    : "DELETE",
                        evhttp_request_get_uri(request));
    for (size_t i = 0; i < 4; i++) {
        const char *value = evhttp_find_header(headers, names[i]);
        evbuffer_add_printf(out, "|%s", value ? value : "-");
    }
    evbuffer_add(out, "|", 1);
    evbuffer_add_buffer(out, evhttp_request_get_input_buffer(request));
    evhttp_send_reply(request, 200, "OK", out);
    evbuffer_free(out);
}

static void on_problem(struct evhttp_request *request, void *context)
{
    (void)context;
    struct evbuffer *out = evbuffer_new();
    evbuffer_add_printf(out, "{\"code\":\"room_full\",\"status\":409}");
    evhttp_send_reply(request, 409, "Conflict", out);
    evbuffer_free(out);
}

static void on_object(struct evhttp_request *request, void *context)
{
    (void)context;
    struct evbuffer *out = evbuffer_new();
    evbuffer_add_printf(out, "{\"answer\":42}");
    evhttp_send_reply(request, 200, "OK", out);
    evbuffer_free(out);
}

static void on_nothing(struct evhttp_request *request, void *context)
{
    (void)context;
    evhttp_send_reply(request, 204, "No Content", NULL);
}

static void on_huge(struct evhttp_request *request, void *context)
{
    (void)context;
    struct evbuffer *out = evbuffer_new();
    char block[4096];
    memset(block, 'x', sizeof(block));
    for (size_t sent = 0; sent <= HTTP_ANSWER_BYTES_MAX; sent += sizeof(block))
        evbuffer_add(out, block, sizeof(block));
    evhttp_send_reply(request, 200, "OK", out);
    evbuffer_free(out);
}

/* Never answers. */
static void on_silence(struct evhttp_request *request, void *context)
{
    (void)request;
    (void)context;
}

static void *run_server(void *context)
{
    (void)context;
    event_base_dispatch(server_base);
    return NULL;
}

static int free_port(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(address);
    if (bind(descriptor, (struct sockaddr *)&address, bytes) ||
        getsockname(descriptor, (struct sockaddr *)&address, &bytes))
        abort();
    close(descriptor);
    return ntohs(address.sin_port);
}

static struct evhttp *server;

static int start_server(void)
{
    evthread_use_pthreads();
    server_base = event_base_new();
    server = evhttp_new(server_base);
    evhttp_set_cb(server, "/problem", on_problem, NULL);
    evhttp_set_cb(server, "/object", on_object, NULL);
    evhttp_set_cb(server, "/nothing", on_nothing, NULL);
    evhttp_set_cb(server, "/huge", on_huge, NULL);
    evhttp_set_cb(server, "/silence", on_silence, NULL);
    evhttp_set_gencb(server, on_echo, NULL);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(server, "127.0.0.1", 0);
    struct sockaddr_in address;
    socklen_t bytes = sizeof(address);
    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &bytes);
    snprintf(server_address, sizeof(server_address), "127.0.0.1:%d", ntohs(address.sin_port));
    snprintf(refused_address, sizeof(refused_address), "127.0.0.1:%d", free_port());
    return pthread_create(&server_thread, NULL, run_server, NULL);
}

static int stop_server(void)
{
    event_base_loopbreak(server_base);
    pthread_join(server_thread, NULL);
    evhttp_free(server);
    event_base_free(server_base);
    return 0;
}

static struct http_question question_of(const char *method, const char *path)
{
    return (struct http_question){
        .method = method, .addresses = server_address, .path = path, .timeout_ms = 5000};
}

static void test_http_call_sends_everything_of_the_question(void)
{
    struct arena *arena = arena_create();
    struct http_question question = question_of("POST", "/echo?a=b");
    question.token = "TOKEN";
    question.request_id = "r-1";
    question.client_address = "192.0.2.7";
    question.body = "{\"a\":1}";
    struct http_answer answer;
    CU_ASSERT_EQUAL_FATAL(http_call(arena, &question, &answer), OK);
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_STRING_EQUAL(answer.body,
                           "POST|/echo?a=b|Bearer TOKEN|r-1|192.0.2.7|application/json|{\"a\":1}");
    CU_ASSERT_EQUAL(answer.bytes, strlen(answer.body));
    arena_destroy(arena);
}

static void test_http_call_sends_bodiless_methods(void)
{
    struct arena *arena = arena_create();
    struct http_answer answer;
    struct http_question question = question_of("GET", "/echo");
    CU_ASSERT_EQUAL_FATAL(http_call(arena, &question, &answer), OK);
    CU_ASSERT_STRING_EQUAL(answer.body, "GET|/echo|-|-|-|-|");
    question = question_of("DELETE", "/echo");
    CU_ASSERT_EQUAL_FATAL(http_call(arena, &question, &answer), OK);
    CU_ASSERT_STRING_EQUAL(answer.body, "DELETE|/echo|-|-|-|-|");
    question = question_of("POST", "/echo");
    CU_ASSERT_EQUAL_FATAL(http_call(arena, &question, &answer), OK);
    CU_ASSERT_STRING_EQUAL(answer.body, "POST|/echo|-|-|-|-|");
    arena_destroy(arena);
}

static void test_http_call_tries_the_next_instance_once(void)
{
    struct arena *arena = arena_create();
    struct http_answer answer;
    char both[160];
    snprintf(both, sizeof(both), "%s,%s", refused_address, server_address);
    struct http_question question = question_of("GET", "/nothing");
    question.addresses = both;
    for (int i = 0; i < 4; i++) { /* whichever comes first in turn */
        CU_ASSERT_EQUAL_FATAL(http_call(arena, &question, &answer), OK);
        CU_ASSERT_EQUAL(answer.status, 204);
        CU_ASSERT_STRING_EQUAL(answer.body, "");
    }
    question.addresses = refused_address;
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), ERROR_UNAVAILABLE);
    question.addresses = "";
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), ERROR_UNAVAILABLE);
    arena_destroy(arena);
}

/* Answers one question, takes a second one on the same connection, and is gone. */
static void *run_dying_server(void *context)
{
    int listener = *(int *)context;
    char bytes[4096];
    int connection = accept(listener, NULL, NULL);
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    bool is_answered = recv(connection, bytes, sizeof(bytes), 0) > 0 &&
                       send(connection, answer, strlen(answer), 0) > 0 &&
                       recv(connection, bytes, sizeof(bytes), 0) > 0;
    close(listener);
    close(connection);
    return is_answered ? context : NULL;
}

/* curl tries a broken kept-alive connection again by itself; that this one is refused does not
 * undo what the first has reached. */
static void test_http_call_that_was_heard_may_be_done_though_the_server_is_gone(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(address);
    CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&address, bytes), 0);
    CU_ASSERT_EQUAL_FATAL(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&address, &bytes);
    char place[64];
    snprintf(place, sizeof(place), "127.0.0.1:%d", ntohs(address.sin_port));
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run_dying_server, &listener), 0);

    struct arena *arena = arena_create();
    struct http_answer answer;
    struct http_question question = question_of("GET", "/");
    question.addresses = place;
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), OK);
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), ERROR_TIMED_OUT);
    void *is_answered = NULL;
    pthread_join(thread, &is_answered);
    CU_ASSERT_PTR_NOT_NULL(is_answered);
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), ERROR_UNAVAILABLE);
    arena_destroy(arena);
}

static void test_http_call_is_bounded_in_time_and_size(void)
{
    struct arena *arena = arena_create();
    struct http_answer answer;
    struct http_question question = question_of("GET", "/silence");
    question.timeout_ms = PATIENCE_MS;
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), ERROR_TIMED_OUT);
    question = question_of("GET", "/huge");
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), ERROR_INTERNAL);
    arena_destroy(arena);
}

static void test_http_call_refuses_a_second_header_in_a_value(void)
{
    struct arena *arena = arena_create();
    struct http_answer answer;
    struct http_question question = question_of("GET", "/echo");
    question.request_id = "a\r\nAuthorization: Bearer other";
    CU_ASSERT_EQUAL(http_call(arena, &question, &answer), ERROR_BAD_REQUEST);
    arena_destroy(arena);
}

static void test_http_call_json_tells_an_answer_from_a_problem(void)
{
    struct arena *arena = arena_create();
    json_t *object = NULL;
    struct http_question question = question_of("GET", "/object");
    CU_ASSERT_EQUAL_FATAL(http_call_json(arena, &question, &object), OK);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "answer")), 42);
    json_decref(object);
    question.path = "/nothing";
    CU_ASSERT_EQUAL_FATAL(http_call_json(arena, &question, &object), OK);
    CU_ASSERT_PTR_NULL(object);
    question.path = "/problem";
    CU_ASSERT_EQUAL(http_call_json(arena, &question, &object), ERROR_ROOM_FULL);
    question.path = "/echo";
    CU_ASSERT_EQUAL(http_call_json(arena, &question, &object), ERROR_INTERNAL);
    arena_destroy(arena);
}

static void *call_once(void *ret_error)
{
    struct arena *arena = arena_create();
    struct http_answer answer;
    struct http_question question = question_of("GET", "/object");
    *(enum error *)ret_error = http_call(arena, &question, &answer);
    arena_destroy(arena);
    return NULL;
}

/* The leak checker says whether each thread's connection is given back. */
static void test_http_call_serves_threads_that_come_and_go(void)
{
    pthread_t threads[4];
    enum error errors[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, call_once, &errors[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(errors[i], OK);
    }
}

struct outcome {
    int answers, timed_out, unavailable;
    enum error error;
    int status;
    char body[256];
    struct event_base *base;
    int wanted; /* leave the loop after so many */
};

static void on_answered(void *context, enum error error, const struct http_answer *answer)
{
    struct outcome *outcome = context;
    outcome->answers++;
    outcome->error = error;
    outcome->timed_out += error == ERROR_TIMED_OUT;
    outcome->unavailable += error == ERROR_UNAVAILABLE;
    if (answer) {
        outcome->status = answer->status;
        snprintf(outcome->body, sizeof(outcome->body), "%s", answer->body);
    }
    if (outcome->answers == outcome->wanted)
        event_base_loopbreak(outcome->base);
}

static void test_http_ask_answers_on_the_loop(void)
{
    struct event_base *base = event_base_new();
    struct http_client *client = http_client_create(base, 4);
    struct outcome outcome = {.base = base, .wanted = 1};
    struct http_question question = question_of("POST", "/echo");
    char path[] = "/echo?gone";
    question.path = path;
    question.body = "{}";
    question.token = "TOKEN";
    http_ask(client, &question, on_answered, &outcome);
    memset(path, 'x', sizeof(path) - 1); /* the question was copied */
    CU_ASSERT_EQUAL(outcome.answers, 0);
    event_base_dispatch(base);
    CU_ASSERT_EQUAL(outcome.error, OK);
    CU_ASSERT_EQUAL(outcome.status, 200);
    CU_ASSERT_STRING_EQUAL(outcome.body, "POST|/echo?gone|Bearer TOKEN|-|-|application/json|{}");
    http_client_destroy(client);
    event_base_free(base);
}

static void test_http_ask_tries_the_next_instance_once(void)
{
    struct event_base *base = event_base_new();
    struct http_client *client = http_client_create(base, 4);
    char both[160];
    snprintf(both, sizeof(both), "%s,%s", refused_address, server_address);
    struct http_question question = question_of("GET", "/object");
    question.addresses = both;
    for (int i = 0; i < 4; i++) {
        struct outcome outcome = {.base = base, .wanted = 1};
        http_ask(client, &question, on_answered, &outcome);
        event_base_dispatch(base);
        CU_ASSERT_EQUAL(outcome.error, OK);
        CU_ASSERT_EQUAL(outcome.status, 200);
    }
    question.addresses = refused_address;
    struct outcome outcome = {.base = base, .wanted = 1};
    http_ask(client, &question, on_answered, &outcome);
    event_base_dispatch(base);
    CU_ASSERT_EQUAL(outcome.error, ERROR_UNAVAILABLE);
    http_client_destroy(client);
    event_base_free(base);
}

static void test_http_ask_shares_few_connections_among_many(void)
{
    struct event_base *base = event_base_new();
    struct http_client *client = http_client_create(base, 2);
    struct outcome outcome = {.base = base, .wanted = 200};
    struct http_question question = question_of("GET", "/object");
    for (int i = 0; i < 200; i++)
        http_ask(client, &question, on_answered, &outcome);
    event_base_dispatch(base);
    CU_ASSERT_EQUAL(outcome.answers, 200);
    CU_ASSERT_EQUAL(outcome.error, OK);
    http_client_destroy(client);
    event_base_free(base);
}

/* Also those that wait behind a silent one for their turn: what was never sent is not done. */
static void test_http_ask_is_bounded_in_time(void)
{
    struct event_base *base = event_base_new();
    struct http_client *client = http_client_create(base, 1);
    struct outcome outcome = {.base = base, .wanted = 3};
    struct http_question question = question_of("GET", "/silence");
    question.timeout_ms = PATIENCE_MS;
    for (int i = 0; i < 3; i++)
        http_ask(client, &question, on_answered, &outcome);
    event_base_dispatch(base);
    CU_ASSERT_EQUAL(outcome.answers, 3);
    CU_ASSERT(outcome.timed_out >= 1);
    CU_ASSERT_EQUAL(outcome.timed_out + outcome.unavailable, 3);
    http_client_destroy(client);
    event_base_free(base);
}

static void test_http_client_destroy_answers_what_is_open(void)
{
    struct event_base *base = event_base_new();
    struct http_client *client = http_client_create(base, 2);
    struct outcome outcome = {.base = base};
    struct http_question question = question_of("GET", "/silence");
    http_ask(client, &question, on_answered, &outcome);
    http_ask(client, &question, on_answered, &outcome);
    event_base_loop(base, EVLOOP_NONBLOCK);
    http_client_destroy(client);
    CU_ASSERT_EQUAL(outcome.answers, 2);
    CU_ASSERT_EQUAL(outcome.error, ERROR_UNAVAILABLE);
    event_base_free(base);
}

static void test_http_ask_refuses_more_than_its_limit(void)
{
    struct event_base *base = event_base_new();
    struct http_client *client = http_client_create(base, 1);
    struct outcome held = {.base = base};
    struct outcome refused = {.base = base, .wanted = 1};
    struct http_question question = question_of("GET", "/silence");
    for (int i = 0; i < HTTP_ASKS_MAX; i++)
        http_ask(client, &question, on_answered, &held);
    http_ask(client, &question, on_answered, &refused);
    CU_ASSERT_EQUAL(refused.answers, 0);
    event_base_dispatch(base);
    CU_ASSERT_EQUAL(refused.error, ERROR_OVERLOADED);
    http_client_destroy(client);
    CU_ASSERT_EQUAL(held.answers, HTTP_ASKS_MAX);
    event_base_free(base);
}

static CU_TestInfo promises[] = {
    PROMISE(test_http_call_sends_everything_of_the_question),
    PROMISE(test_http_call_sends_bodiless_methods),
    PROMISE(test_http_call_tries_the_next_instance_once),
    PROMISE(test_http_call_that_was_heard_may_be_done_though_the_server_is_gone),
    PROMISE(test_http_call_is_bounded_in_time_and_size),
    PROMISE(test_http_call_refuses_a_second_header_in_a_value),
    PROMISE(test_http_call_json_tells_an_answer_from_a_problem),
    PROMISE(test_http_call_serves_threads_that_come_and_go),
    PROMISE(test_http_ask_answers_on_the_loop),
    PROMISE(test_http_ask_tries_the_next_instance_once),
    PROMISE(test_http_ask_shares_few_connections_among_many),
    PROMISE(test_http_ask_is_bounded_in_time),
    PROMISE(test_http_client_destroy_answers_what_is_open),
    PROMISE(test_http_ask_refuses_more_than_its_limit),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"core_http_client", start_server, stop_server, NULL, NULL, promises},
        CU_SUITE_INFO_NULL,
    };
    return keep_suites(suites);
}
