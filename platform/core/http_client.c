#include "core/http_client.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"

#define HTTPS               "https://"
#define ADDRESS_BYTES_MAX   256
#define URL_BYTES_MAX       8192
#define HEADER_BYTES_MAX    4096
#define BODY_BYTES_KEPT_MAX (64u << 10) /* a larger answer's buffer is given back */
#define IDLE_ASKS_MAX       64
#define CONNECT_PARTS       2 /* connecting may take this part of the time allowed */

/* What comes back, growing up to HTTP_ANSWER_BYTES_MAX. */
struct body {
    char *bytes; /* owned; zero-terminated once anything arrived */
    size_t count, capacity;
    bool too_large;
};

/* One request being made: the same for both forms. */
struct transfer {
    CURL *easy;                 /* owned */
    struct curl_slist *headers; /* owned; of the current request */
    struct body body;
};

/* One question on a loop. */
struct ask {
    struct http_client *client; /* borrowed */
    struct transfer transfer;
    struct event *deadline; /* owned */
    http_answered *answered;
    void *context;
    enum error early; /* decided before anything was sent; OK: curl is at work */
    /* the question, for the second try; all owned */
    char *method, *path, *token, *request_id, *client_address, *body, *addresses;
    int timeout_ms;
    unsigned turn;
    bool tried_twice;
    struct ask *next, *previous; /* of client->busy; `next` also of client->idle */
};

struct http_client {
    struct event_base *base; /* borrowed */
    CURLM *multi;            /* owned */
    struct event *timer;     /* owned; curl's own time-outs */
    struct ask *busy;        /* holds asks; owned */
    struct ask *idle;        /* holds asks with their curl handle, to use again; owned */
    size_t busy_count, idle_count;
};

/* One descriptor that curl wants watched. */
struct watch {
    struct http_client *client; /* borrowed */
    struct event *event;        /* owned */
};

static _Atomic unsigned next_turn;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_transfer;

static void start_once(void);
static void end_thread(void *transfer);
static struct transfer *transfer_of_thread(void);
static bool transfer_init(struct transfer *transfer);
static void transfer_finish(struct transfer *transfer);
static enum error transfer_prepare(struct transfer *transfer, const struct http_question *question,
                                   unsigned turn, int timeout_ms);
static enum error set_url(CURL *easy, const struct http_question *question, unsigned turn);
static void set_method(CURL *easy, const struct http_question *question);
static enum error set_headers(struct transfer *transfer, const struct http_question *question);
static enum error add_header(struct curl_slist **headers, const char *name, const char *value);
static size_t take_bytes(char *bytes, size_t size, size_t count, void *context);
static bool is_nothing_sent(CURL *easy, CURLcode result);
static enum error error_of(const struct transfer *transfer, CURLcode result);
static void transfer_answer(const struct transfer *transfer, struct http_answer *ret_answer);
static int address_count(const char *addresses);
static enum error error_of_problem(const struct http_answer *answer);

static struct ask *ask_take(struct http_client *client);
static bool ask_copy(struct ask *ask, const struct http_question *question);
static enum error ask_start(struct ask *ask);
static void ask_end(struct ask *ask, enum error error);
static void ask_free_question(struct ask *ask);
static void ask_free(struct ask *ask);
static void on_deadline(evutil_socket_t none, short what, void *context);
static int on_socket_wanted(CURL *easy, curl_socket_t descriptor, int what, void *context,
                            void *socket_context);
static void on_socket_ready(evutil_socket_t descriptor, short what, void *context);
static int on_timer_wanted(CURLM *multi, long timeout_ms, void *context);
static void on_timer(evutil_socket_t none, short what, void *context);
static void collect_answers(struct http_client *client);

enum error http_call(struct arena *arena, const struct http_question *question,
                     struct http_answer *ret_answer)
{
    struct transfer *transfer = transfer_of_thread();
    int64_t deadline = clock_monotonic_ms() + question->timeout_ms;
    unsigned turn = atomic_fetch_add_explicit(&next_turn, 1, memory_order_relaxed);
    int tries = address_count(question->addresses) > 1 ? 2 : 1;
    enum error error = ERROR_UNAVAILABLE;

    if (!transfer)
        return ERROR_UNAVAILABLE;
    for (int try = 0; try < tries; try++) {
        int64_t left_ms = deadline - clock_monotonic_ms();
        if (left_ms <= 0)
            break;
        error = transfer_prepare(transfer, question, turn + (unsigned)try, (int)left_ms);
        if (error)
            break;
        CURLcode result = curl_easy_perform(transfer->easy);
        error = error_of(transfer, result);
        if (!is_nothing_sent(transfer->easy, result))
            break;
    }
    if (error)
        return error;
    struct http_answer answer;
    transfer_answer(transfer, &answer);
    answer.body = arena_strndup(arena, answer.body, answer.bytes);
    *ret_answer = answer;
    return OK;
}

enum error http_call_json(struct arena *arena, const struct http_question *question,
                          json_t **ret_object)
{
    struct http_answer answer;
    enum error error = http_call(arena, question, &answer);
    if (error)
        return error;
    if (answer.status < 200 || answer.status > 299)
        return error_of_problem(&answer);
    if (answer.bytes == 0) {
        *ret_object = NULL;
        return OK;
    }
    json_t *object;
    if (json_parse_object(answer.body, answer.bytes, &object))
        return ERROR_INTERNAL;
    *ret_object = object;
    return OK;
}

struct http_client *http_client_create(struct event_base *base, int connections_per_host_max)
{
    pthread_once(&once, start_once);
    struct http_client *client = calloc(1, sizeof(*client));
    if (!client)
        return NULL;
    client->base = base;
    client->multi = curl_multi_init();
    client->timer = evtimer_new(base, on_timer, client);
    if (!client->multi || !client->timer) {
        http_client_destroy(client);
        return NULL;
    }
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections_per_host_max);
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return client;
}

void http_client_destroy(struct http_client *client)
{
    if (!client)
        return;
    while (client->busy)
        ask_end(client->busy, ERROR_UNAVAILABLE);
    while (client->idle) {
        struct ask *ask = client->idle;
        client->idle = ask->next;
        ask_free(ask);
    }
    if (client->multi)
        curl_multi_cleanup(client->multi);
    if (client->timer)
        event_free(client->timer);
    free(client);
}

void http_ask(struct http_client *client, const struct http_question *question,
              http_answered *answered, void *context)
{
    bool overloaded = client->busy_count >= HTTP_ASKS_MAX;
    struct ask *ask = ask_take(client);
    /* Without memory there is nobody left to answer through; the house stands on malloc. */
    assert(ask);
    ask->answered = answered;
    ask->context = context;
    ask->early = OK;
    ask->tried_twice = address_count(question->addresses) < 2;
    ask->turn = atomic_fetch_add_explicit(&next_turn, 1, memory_order_relaxed);

    struct timeval left = {question->timeout_ms / 1000, (question->timeout_ms % 1000) * 1000};
    if (overloaded)
        ask->early = ERROR_OVERLOADED;
    else if (!ask_copy(ask, question))
        ask->early = ERROR_UNAVAILABLE;
    else
        ask->early = ask_start(ask);
    if (ask->early)
        left = (struct timeval){0, 0};
    evtimer_add(ask->deadline, &left);
}

/* Below: one transfer, for both forms. */

static void start_once(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
    int failed = pthread_key_create(&thread_transfer, end_thread);
    assert(!failed);
}

static void end_thread(void *transfer)
{
    transfer_finish(transfer);
    free(transfer);
}

static struct transfer *transfer_of_thread(void)
{
    pthread_once(&once, start_once);
    struct transfer *transfer = pthread_getspecific(thread_transfer);
    if (transfer)
        return transfer;
    transfer = calloc(1, sizeof(*transfer));
    if (transfer && (!transfer_init(transfer) || pthread_setspecific(thread_transfer, transfer))) {
        end_thread(transfer);
        return NULL;
    }
    return transfer;
}

static bool transfer_init(struct transfer *transfer)
{
    transfer->easy = curl_easy_init();
    return transfer->easy != NULL;
}

static void transfer_finish(struct transfer *transfer)
{
    if (transfer->easy)
        curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    free(transfer->body.bytes);
}

static enum error transfer_prepare(struct transfer *transfer, const struct http_question *question,
                                   unsigned turn, int timeout_ms)
{
    CURL *easy = transfer->easy;
    curl_easy_reset(easy); /* keeps the connection */
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    if (transfer->body.capacity > BODY_BYTES_KEPT_MAX) {
        free(transfer->body.bytes);
        transfer->body = (struct body){0};
    }
    transfer->body.count = 0;
    transfer->body.too_large = false;

    enum error error = set_url(easy, question, turn);
    if (error)
        return error;
    error = set_headers(transfer, question);
    if (error)
        return error;
    set_method(easy, question);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer->body);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms / CONNECT_PARTS + 1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (question->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, question->ca_file);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    return OK;
}

static enum error set_url(CURL *easy, const struct http_question *question, unsigned turn)
{
    int count = address_count(question->addresses);
    if (count == 0)
        return ERROR_UNAVAILABLE;
    const char *address = question->addresses;
    for (int skip = (int)(turn % (unsigned)count); skip > 0; skip--)
        address = strchr(address, ',') + 1;
    address += strspn(address, " ");
    int bytes = (int)strcspn(address, ", ");

    char url[URL_BYTES_MAX];
    bool has_scheme = !strncmp(address, HTTPS, sizeof(HTTPS) - 1);
    int length = snprintf(url, sizeof(url), "%s%.*s%s", has_scheme ? "" : "http://", bytes, address,
                          question->path);
    if (length < 0 || (size_t)length >= sizeof(url) || bytes > ADDRESS_BYTES_MAX)
        return ERROR_PAYLOAD_TOO_LARGE;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    return OK;
}

static void set_method(CURL *easy, const struct http_question *question)
{
    bool is_get = !strcmp(question->method, "GET");
    const char *body = question->body;
    if (!body && !is_get && strcmp(question->method, "DELETE"))
        body = "";
    if (body) {
        curl_easy_setopt(
            easy, CURLOPT_POSTFIELDSIZE_LARGE,
            (curl_off_t)(question->content_type ? question->body_bytes : strlen(body)));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body); /* borrowed until the answer */
    }
    if (!is_get || body)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, question->method);
}

static enum error set_headers(struct transfer *transfer, const struct http_question *question)
{
    enum error error = OK;
    if (question->token)
        error = add_header(&transfer->headers, "Authorization: Bearer", question->token);
    if (!error && question->request_id)
        error = add_header(&transfer->headers, "X-Request-Id:", question->request_id);
    if (!error && question->client_address)
        error = add_header(&transfer->headers, "X-Real-IP:", question->client_address);
    if (!error) /* an empty one takes curl's own away */
        error = add_header(&transfer->headers, "Content-Type:",
                           question->content_type ? question->content_type
                           : question->body       ? "application/json"
                                                  : "");
    if (!error)
        error = add_header(&transfer->headers, "Expect:", "");
    return error;
}

/* A value with a control byte would be a second header: it is refused. */
static enum error add_header(struct curl_slist **headers, const char *name, const char *value)
{
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return ERROR_BAD_REQUEST;
    char line[HEADER_BYTES_MAX];
    int length = snprintf(line, sizeof(line), "%s%s%s", name, *value ? " " : "", value);
    if (length < 0 || (size_t)length >= sizeof(line))
        return ERROR_BAD_REQUEST;
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (!longer)
        return ERROR_UNAVAILABLE;
    *headers = longer;
    return OK;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct body *body = context;
    size_t added = size * count;
    if (added > HTTP_ANSWER_BYTES_MAX - body->count) {
        body->too_large = true;
        return 0;
    }
    size_t needed = body->count + added + 1;
    if (needed > body->capacity) {
        size_t capacity = body->capacity ? body->capacity : 1024;
        while (capacity < needed)
            capacity *= 2;
        char *grown = realloc(body->bytes, capacity);
        if (!grown)
            return 0;
        body->bytes = grown;
        body->capacity = capacity;
    }
    memcpy(body->bytes + body->count, bytes, added);
    body->count += added;
    body->bytes[body->count] = 0;
    return added;
}

/* It was asked, and whoever was asked may have acted, however the answer was lost. That holds too
 * when a kept-alive connection broke and curl's own second try on a new one was refused. */
static bool may_be_done(CURL *easy)
{
    long sent = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

/* Only then may another instance be asked: nobody can have acted on the question. */
static bool is_nothing_sent(CURL *easy, CURLcode result)
{
    return !may_be_done(easy) &&
           (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
            result == CURLE_OPERATION_TIMEDOUT);
}

static enum error error_of(const struct transfer *transfer, CURLcode result)
{
    if (result == CURLE_OK)
        return OK;
    if (transfer->body.too_large)
        return ERROR_INTERNAL;
    return may_be_done(transfer->easy) ? ERROR_TIMED_OUT : ERROR_UNAVAILABLE;
}

/* Borrowed from the transfer. */
static void transfer_answer(const struct transfer *transfer, struct http_answer *ret_answer)
{
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    ret_answer->status = (int)status;
    ret_answer->bytes = transfer->body.count;
    ret_answer->body = transfer->body.count ? transfer->body.bytes : "";
}

static int address_count(const char *addresses)
{
    if (!addresses || !*addresses)
        return 0;
    int count = 1;
    for (const char *at = addresses; *at; at++)
        count += *at == ',';
    return count;
}

static enum error error_of_problem(const struct http_answer *answer)
{
    enum error error = ERROR_INTERNAL;
    json_t *problem;
    if (json_parse_object(answer->body, answer->bytes, &problem) == OK) {
        const char *code = json_string_value(json_object_get(problem, "code"));
        if (code)
            error = error_by_code(code);
        json_decref(problem);
    } else if (answer->status == 503 || answer->status == 502) {
        error = ERROR_UNAVAILABLE;
    }
    return error;
}

/* Below: asks on a loop. */

static struct ask *ask_take(struct http_client *client)
{
    struct ask *ask = client->idle;
    if (ask) {
        client->idle = ask->next;
        client->idle_count--;
    } else {
        ask = calloc(1, sizeof(*ask));
        if (!ask)
            return NULL;
        ask->client = client;
        ask->deadline = evtimer_new(client->base, on_deadline, ask);
        if (!transfer_init(&ask->transfer) || !ask->deadline) {
            ask_free(ask);
            return NULL;
        }
    }
    ask->previous = NULL;
    ask->next = client->busy;
    if (client->busy)
        client->busy->previous = ask;
    client->busy = ask;
    client->busy_count++;
    return ask;
}

static bool copy_text(const char *text, char **ret_copy)
{
    if (!text)
        return true;
    *ret_copy = strdup(text);
    return *ret_copy != NULL;
}

static bool ask_copy(struct ask *ask, const struct http_question *question)
{
    ask->timeout_ms = question->timeout_ms;
    return copy_text(question->method, &ask->method) && copy_text(question->path, &ask->path) &&
           copy_text(question->token, &ask->token) && copy_text(question->body, &ask->body) &&
           copy_text(question->request_id, &ask->request_id) &&
           copy_text(question->client_address, &ask->client_address) &&
           copy_text(question->addresses, &ask->addresses);
}

static enum error ask_start(struct ask *ask)
{
    const struct http_question question = {
        .method = ask->method,
        .addresses = ask->addresses,
        .path = ask->path,
        .token = ask->token,
        .request_id = ask->request_id,
        .client_address = ask->client_address,
        .body = ask->body,
    };
    enum error error = transfer_prepare(&ask->transfer, &question, ask->turn, ask->timeout_ms);
    if (error)
        return error;
    curl_easy_setopt(ask->transfer.easy, CURLOPT_PRIVATE, ask);
    if (curl_multi_add_handle(ask->client->multi, ask->transfer.easy))
        return ERROR_UNAVAILABLE;
    return OK;
}

/* The one place where a question is answered. */
static void ask_end(struct ask *ask, enum error error)
{
    struct http_client *client = ask->client;
    event_del(ask->deadline);
    if (ask->previous)
        ask->previous->next = ask->next;
    else
        client->busy = ask->next;
    if (ask->next)
        ask->next->previous = ask->previous;
    client->busy_count--;

    struct http_answer answer = {0, "", 0};
    if (!error)
        transfer_answer(&ask->transfer, &answer);
    curl_multi_remove_handle(client->multi, ask->transfer.easy);
    ask->answered(ask->context, error, error ? NULL : &answer);

    ask_free_question(ask);
    if (client->idle_count < IDLE_ASKS_MAX) {
        ask->next = client->idle;
        client->idle = ask;
        client->idle_count++;
    } else {
        ask_free(ask);
    }
}

static void ask_free_question(struct ask *ask)
{
    char **texts[] = {&ask->method,         &ask->path, &ask->token,    &ask->request_id,
                      &ask->client_address, &ask->body, &ask->addresses};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
}

static void ask_free(struct ask *ask)
{
    ask_free_question(ask);
    transfer_finish(&ask->transfer);
    if (ask->deadline)
        event_free(ask->deadline);
    free(ask);
}

/* Our own clock for the whole of it: curl's does not run while a question waits for its turn. */
static void on_deadline(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct ask *ask = context;
    bool may_be = may_be_done(ask->transfer.easy);
    ask_end(ask, ask->early ? ask->early : may_be ? ERROR_TIMED_OUT : ERROR_UNAVAILABLE);
}

static int on_socket_wanted(CURL *easy, curl_socket_t descriptor, int what, void *context,
                            void *socket_context)
{
    (void)easy;
    struct http_client *client = context;
    struct watch *watch = socket_context;
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            event_free(watch->event);
            free(watch);
        }
        curl_multi_assign(client->multi, descriptor, NULL);
        return 0;
    }
    if (!watch) {
        watch = calloc(1, sizeof(*watch));
        if (!watch)
            return -1;
        watch->client = client;
        curl_multi_assign(client->multi, descriptor, watch);
    } else {
        event_free(watch->event);
    }
    short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                           (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
    watch->event = event_new(client->base, descriptor, wanted, on_socket_ready, watch);
    event_add(watch->event, NULL);
    return 0;
}

static void on_socket_ready(evutil_socket_t descriptor, short what, void *context)
{
    struct http_client *client = ((struct watch *)context)->client;
    int action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(client->multi, descriptor, action, &running);
    collect_answers(client);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_client *client = context;
    if (timeout_ms < 0) {
        evtimer_del(client->timer);
        return 0;
    }
    struct timeval left = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};
    evtimer_add(client->timer, &left);
    return 0;
}

static void on_timer(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct http_client *client = context;
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect_answers(client);
}

static void collect_answers(struct http_client *client)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        struct ask *ask;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&ask);
        if (!ask->tried_twice && is_nothing_sent(ask->transfer.easy, result)) {
            ask->tried_twice = true;
            ask->turn++;
            curl_multi_remove_handle(client->multi, ask->transfer.easy);
            enum error error = ask_start(ask);
            if (error)
                ask_end(ask, error);
        } else {
            ask_end(ask, error_of(&ask->transfer, result));
        }
    }
}
