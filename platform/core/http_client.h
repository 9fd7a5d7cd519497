/*
 * Asking another service over HTTP/1.1 on kept-alive connections, by libcurl. Two forms of the
 * same thing: `http_call` blocks and is for the pool threads; `http_ask` answers a callback on the
 * loop and is for the gateway and the master. Both are bounded in time and in size.
 */
#ifndef CORE_HTTP_CLIENT_H
#define CORE_HTTP_CLIENT_H

#include <event2/event.h>
#include <jansson.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"

#define HTTP_ANSWER_BYTES_MAX (1u << 20)
#define HTTP_ASKS_MAX         4096 /* in flight and waiting, per client */

struct http_question {
    const char *method;         /* "GET" */
    const char *addresses;      /* HOST:PORT[,HOST:PORT...]: the next instance in turn; one that
                                   begins with https:// is asked so, and has to prove its name */
    const char *path;           /* with query, already escaped */
    const char *token;          /* NULL: none */
    const char *request_id;     /* NULL: none */
    const char *client_address; /* NULL: none; sent as X-Real-IP */
    const char *body;           /* JSON; NULL: none */
    const char *content_type; /* of http_call only: `body` is of this type and not JSON; or NULL */
    size_t body_bytes;        /* of that body */
    const char *ca_file;      /* of http_call only: whose word counts over https; NULL: the
                                 system's authorities */
    int timeout_ms;
};

struct http_answer {
    int status;
    const char *body; /* zero-terminated; "" when empty */
    size_t bytes;
};

/* Blocking, one kept-alive handle per thread. The answer lives in `arena`. ERROR_UNAVAILABLE when
 * nobody is there: nothing was done. ERROR_TIMED_OUT when the answer did not come, be it that time
 * ran out or that the other side died: it may have been done. A status of 4xx or 5xx is an answer,
 * not a failure here. */
must_use enum error http_call(struct arena *arena, const struct http_question *question,
                              struct http_answer *ret_answer);

/* http_call, then: 2xx gives the body's object (NULL for an empty one; the caller json_decrefs), a
 * problem document gives its error by code. */
must_use enum error http_call_json(struct arena *arena, const struct http_question *question,
                                   json_t **ret_object);

struct http_client;
typedef void http_answered(void *context, enum error error, const struct http_answer *answer);

/* For one loop, on its thread. */
struct http_client *http_client_create(struct event_base *base, int connections_per_host_max);
/* Unanswered questions get ERROR_UNAVAILABLE during this call. */
void http_client_destroy(struct http_client *client);
/* `answered` is called exactly once, never from inside this call. The question is copied. The
 * answer is borrowed for the call. Past HTTP_ASKS_MAX: ERROR_OVERLOADED through the callback. */
void http_ask(struct http_client *client, const struct http_question *question,
              http_answered *answered, void *context);

#endif
