/*
 * The HTTP side of a business service: libevent's evhttp accepts and answers on the loop's thread;
 * a bounded pool of threads runs each request as straight-line code. A full queue answers
 * `overloaded` (503) at once. Every request has an id (X-Request-Id from nginx or the gateway, or
 * a new one), which goes on every log line of its thread and to every further hop.
 *
 * Errors become application/problem+json (RFC 9457):
 *   {"type":"about:blank","title":SENTENCE,"status":409,"code":"room_full","detail":...,"field":...}
 * with the code in the header X-Problem too, for whoever stands in front.
 */
#ifndef CORE_HTTP_SERVER_H
#define CORE_HTTP_SERVER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/json.h"
#include "core/token.h"

#define HTTP_BODY_BYTES_MAX    (64u << 10) /* of JSON */
#define HTTP_HEADERS_BYTES_MAX (48u << 10) /* more than nginx lets through */
#define HTTP_QUEUE_MS_MAX      10000 /* a request that waited longer for a thread is not begun */
#define HTTP_PARAMS_MAX        4
#define HTTP_REQUEST_ID_BYTES  65

enum access {
    ACCESS_PUBLIC,  /* anybody; `caller` is filled when a valid token came along */
    ACCESS_USER,    /* a user's token, by Authorization or cookie; with a cookie an unsafe method
                       must come from one of our own origins */
    ACCESS_ADMIN,   /* the same, of an admin */
    ACCESS_SERVICE, /* a service token whose scope holds the route's */
};

/* One request being answered. Lives on one pool thread. */
struct call {
    struct arena *arena;                 /* borrowed, for everything the handler allocates */
    const char *request_id;              /* borrowed */
    const char *method, *path;           /* borrowed */
    const char *params[HTTP_PARAMS_MAX]; /* the {parts} of the route's path, decoded, in order */
    struct caller caller;
    const char *token;          /* the caller's own token to ask other services with; NULL: none */
    const char *client_address; /* the browser's address as nginx saw it */
    const char *user_agent;     /* "" when there is none */
    const char *body;           /* zero-terminated; "" when there is none */
    size_t body_bytes;
    void *context; /* borrowed: http_server_create's, the service's own state */
    struct call_private *private;
};

typedef enum error call_handler(struct call *call);

struct route {
    const char *method; /* "GET" */
    const char *path;   /* "/api/rooms/{id}/join" */
    enum access access;
    const char *scope; /* of ACCESS_SERVICE */
    call_handler *handler;
};

/* What the route of `handler` takes instead of JSON: call->body holds its bytes as they came. */
struct route_body {
    call_handler *handler;
    const char *content_type; /* exactly */
    size_t bytes_max;
    /* A cheap GET route with the same access: who stands in front asks it before he takes the body,
     * which the server holds in memory as a whole before it knows the caller. */
    const char *guard;
};

/* The answer: exactly one of these, then return OK; the last one counts. `body` is stolen. A
 * handler that returns an error is answered with that error's problem document. */
void call_reply(struct call *call, int status, json_t *body);
void call_reply_text(struct call *call, int status, const char *content_type, const char *text);
void call_reply_empty(struct call *call, int status);
void call_header(struct call *call, const char *name, const char *value);

/* The `detail` and `field` of the problem document to come; returns `error`. `field` may be NULL.
 */
enum error call_complain(struct call *call, enum error error, const char *field, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));

/* json_parse_object + json_decode of the body, with the complaint set. An empty body counts as {}.
 * What the struct borrows from the JSON lives as long as the call. */
must_use enum error call_decode(struct call *call, const struct json_field *fields,
                                size_t field_count, void *ret_struct);
/* A body that must be empty or {}. */
must_use enum error call_decode_nothing(struct call *call);

/* Query parameters, decoded; `fallback` when absent. */
const char *call_query(struct call *call, const char *name, const char *fallback);
must_use enum error call_query_int(struct call *call, const char *name, int64_t min, int64_t max,
                                   int64_t fallback, int64_t *ret_value);
/* ?limit= of a list, 1-100, 50 when absent. */
must_use enum error call_query_limit(struct call *call, int64_t *ret_limit);
/* A request header or cookie, NULL when absent. */
const char *call_request_header(struct call *call, const char *name);
const char *call_cookie(struct call *call, const char *name);
bool call_is_https(struct call *call); /* by X-Forwarded-Proto of nginx */

struct http_server_options {
    const char *address; /* HOST:PORT */
    const struct route *routes;
    size_t route_count;
    const struct route_body *body; /* of the one route that takes something else; NULL: none */
    int threads;
    int queue_max;
    struct keyring *keyring;                               /* borrowed */
    const char *own_origins;                               /* list separated by commas; borrowed */
    void *context;                                         /* borrowed */
    bool (*is_ready)(void *context, char ret_reason[128]); /* for /readyz, on a pool thread */
    void (*refetch_keys)(void *context); /* the token names an unknown key; on a pool thread */
};

struct http_server;
/* On the thread of `base`, as all of these. Adds /healthz, /readyz and /metrics. ERROR_UNAVAILABLE
 * when the address cannot be bound (logged with the reason). */
must_use enum error http_server_create(struct event_base *base,
                                       const struct http_server_options *options,
                                       struct http_server **ret_server);
/* Stops accepting, lets the requests in flight finish (at most `drain_ms`), frees. */
void http_server_destroy(struct http_server *server, int drain_ms);
/* The bound port, also when the address said 0. */
int http_server_port(const struct http_server *server);

/* Access and refresh cookies that auth sets and everybody reads. */
#define COOKIE_ACCESS  "transcendence_access"
#define COOKIE_REFRESH "transcendence_refresh"

#endif
