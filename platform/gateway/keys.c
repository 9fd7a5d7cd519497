#include "gateway/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"

#define KEYS_PATH            "/api/auth/jwks.json"
#define TOKEN_PATH           "/internal/auth/service-token"
#define BACKOFF_MS_MIN       100
#define BACKOFF_MS_MAX       2000
#define KEYS_RENEW_MS        (5 * 60 * 1000)
#define TOKEN_RENEW_EARLY_MS 30000

/* Something fetched from auth again and again. */
struct errand {
    struct gateway *gateway;         /* borrowed */
    struct event *timer;             /* owned; the next time */
    void (*go)(struct errand *self); /* asks auth */
    bool is_under_way, is_failing;
    int backoff_ms;
};

struct keys {
    struct errand ring, token;
    int64_t ring_asked_ms; /* monotonic */
    char *service_token;   /* owned */
    int64_t service_token_ends_unix_ms;
};

static void fetch_ring(struct errand *self);
static void on_ring(void *context, enum error error, const struct http_answer *answer);
static void fetch_token(struct errand *self);
static void on_token(void *context, enum error error, const struct http_answer *answer);
static enum error take_token(struct gateway *gateway, const struct http_answer *answer);
static void errand_init(struct errand *self, struct gateway *gateway, void (*go)(struct errand *));
static void on_errand(evutil_socket_t none, short what, void *context);
static void errand_at(struct errand *self, int64_t wait_ms);
static void errand_failed(struct errand *self, const char *message, enum error error,
                          const struct http_answer *answer);
static void errand_done(struct errand *self, const char *message, int64_t next_ms);

enum error keys_create(struct gateway *gateway)
{
    struct keys *keys = calloc(1, sizeof(*keys));
    if (!keys)
        return ERROR_OVERLOADED;
    gateway->keys = keys;
    errand_init(&keys->ring, gateway, fetch_ring);
    errand_init(&keys->token, gateway, fetch_token);
    errand_at(&keys->ring, 0);
    return OK;
}

void keys_destroy(struct gateway *gateway)
{
    struct keys *keys = gateway->keys;
    if (!keys)
        return;
    event_free(keys->ring.timer);
    event_free(keys->token.timer);
    free(keys->service_token);
    free(keys);
    gateway->keys = NULL;
}

enum error keys_verify(struct gateway *gateway, const char *token, struct caller *ret_caller)
{
    struct keys *keys = gateway->keys;
    bool is_unknown = false;
    enum error error =
        token_verify(gateway->keyring, token, clock_unix_ms(), ret_caller, &is_unknown);
    if (is_unknown && !keys->ring.is_under_way &&
        clock_monotonic_ms() - keys->ring_asked_ms >= KEYRING_REFETCH_MS_MIN)
        fetch_ring(&keys->ring);
    return error;
}

const char *keys_service_token(struct gateway *gateway)
{
    struct keys *keys = gateway->keys;
    if (keys->service_token && clock_unix_ms() < keys->service_token_ends_unix_ms)
        return keys->service_token;
    if (!keys->token.is_under_way && !keys->token.is_failing)
        fetch_token(&keys->token);
    return NULL;
}

void keys_drop_service_token(struct gateway *gateway)
{
    free(gateway->keys->service_token);
    gateway->keys->service_token = NULL;
}

static void fetch_ring(struct errand *self)
{
    struct gateway *gateway = self->gateway;
    const struct http_question question = {
        .method = "GET",
        .addresses = gateway->settings->auth_address,
        .path = KEYS_PATH,
        .timeout_ms = (int)gateway->settings->request_timeout_ms,
    };
    self->is_under_way = true;
    gateway->keys->ring_asked_ms = clock_monotonic_ms();
    http_ask(gateway->http, &question, on_ring, self);
}

static void on_ring(void *context, enum error error, const struct http_answer *answer)
{
    struct errand *self = context;
    struct gateway *gateway = self->gateway;
    self->is_under_way = false;
    if (gateway->stopping)
        return;
    if (!error && answer->status != 200)
        error = ERROR_UNAVAILABLE;
    if (!error)
        error = keyring_load(gateway->keyring, answer->body, answer->bytes);
    if (error) {
        errand_failed(self, "keys of auth not loaded, trying again", error, answer);
        return;
    }
    errand_done(self, "keys of auth loaded", KEYS_RENEW_MS);
    (void)keys_service_token(gateway); /* to have it when the first match comes */
}

static void fetch_token(struct errand *self)
{
    struct gateway *gateway = self->gateway;
    json_t *object = json_pack("{s:s,s:s,s:s}", "service", "gateway", "secret",
                               gateway->settings->service_secret, "scope", KEYS_SCOPE);
    char *body = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    const struct http_question question = {
        .method = "POST",
        .addresses = gateway->settings->auth_address,
        .path = TOKEN_PATH,
        .body = body,
        .timeout_ms = (int)gateway->settings->request_timeout_ms,
    };
    self->is_under_way = true;
    http_ask(gateway->http, &question, on_token, self);
    free(body);
}

static void on_token(void *context, enum error error, const struct http_answer *answer)
{
    struct errand *self = context;
    struct gateway *gateway = self->gateway;
    self->is_under_way = false;
    if (gateway->stopping)
        return;
    if (!error && (answer->status < 200 || answer->status > 299))
        error = ERROR_FORBIDDEN;
    if (!error)
        error = take_token(gateway, answer);
    if (error) {
        errand_failed(self, "no service token from auth, trying again", error, answer);
        return;
    }
    int64_t left_ms = gateway->keys->service_token_ends_unix_ms - clock_unix_ms();
    errand_done(self, "service token received", left_ms - TOKEN_RENEW_EARLY_MS);
}

/* {"token","expiresAt"}; when it ends is read from the token itself. */
static enum error take_token(struct gateway *gateway, const struct http_answer *answer)
{
    json_t *object;
    enum error error = json_parse_object(answer->body, answer->bytes, &object);
    if (error)
        return error;
    const char *token = json_string_value(json_object_get(object, "token"));
    struct caller self;
    error = token ? keys_verify(gateway, token, &self) : ERROR_TOKEN_INVALID;
    if (!error) {
        free(gateway->keys->service_token);
        gateway->keys->service_token = strdup(token);
        gateway->keys->service_token_ends_unix_ms = self.expires_unix_ms;
    }
    json_decref(object);
    return error;
}

/* Below: errands. */

static void errand_init(struct errand *self, struct gateway *gateway, void (*go)(struct errand *))
{
    self->gateway = gateway;
    self->go = go;
    self->backoff_ms = BACKOFF_MS_MIN;
    self->timer = evtimer_new(gateway->base, on_errand, self);
}

static void on_errand(evutil_socket_t none, short what, void *context)
{
    (void)none;
    (void)what;
    struct errand *self = context;
    if (!self->is_under_way)
        self->go(self);
}

static void errand_at(struct errand *self, int64_t wait_ms)
{
    if (wait_ms < 0)
        wait_ms = 0;
    struct timeval wait = {wait_ms / 1000, (wait_ms % 1000) * 1000};
    evtimer_add(self->timer, &wait);
}

static void errand_failed(struct errand *self, const char *message, enum error error,
                          const struct http_answer *answer)
{
    if (!self->is_failing)
        log_warn(message, "error", error_code(error), "status",
                 log_number(answer ? answer->status : 0), NULL);
    self->is_failing = true;
    errand_at(self, self->backoff_ms);
    self->backoff_ms =
        self->backoff_ms * 2 < BACKOFF_MS_MAX ? self->backoff_ms * 2 : BACKOFF_MS_MAX;
}

static void errand_done(struct errand *self, const char *message, int64_t next_ms)
{
    log_info(message, NULL);
    self->is_failing = false;
    self->backoff_ms = BACKOFF_MS_MIN;
    errand_at(self, next_ms < KEYRING_REFETCH_MS_MIN ? KEYRING_REFETCH_MS_MIN : next_ms);
}
