/*
 * One request on its way through the house: made on the loop's thread, lent to one pool thread,
 * given back to the loop's thread, which sends the answer. Whoever holds it owns it alone. Inside
 * core only: the http_server.c, http_call.c and http_access.c.
 */
#ifndef CORE_HTTP_EXCHANGE_H
#define CORE_HTTP_EXCHANGE_H

#include <event2/http.h>

#include "core/http_route.h"
#include "core/http_server.h"

#define HTTP_ANSWER_HEADERS_MAX 16
#define HTTP_DETAIL_BYTES       512
#define HTTP_FIELD_BYTES        64

struct answer_header {
    const char *name, *value; /* of the arena */
};

struct answer {
    int status; /* 0: none yet */
    const char *content_type;
    char *body; /* owned, by malloc; NULL: none */
    size_t bytes;
    struct answer_header headers[HTTP_ANSWER_HEADERS_MAX];
    size_t header_count;
};

struct call_private {
    struct http_server *server;     /* borrowed */
    struct evhttp_request *request; /* libevent's; only its body is taken */
    const struct route *route;      /* NULL: none fits */
    struct call call;
    char request_id[HTTP_REQUEST_ID_BYTES];
    char peer[64];
    bool peer_is_loopback;
    int64_t started_ns;
    struct query_param query[HTTP_QUERY_PARAMS_MAX];
    size_t query_count;
    char *bytes;    /* owned: a body that is no JSON; NULL: none */
    json_t *parsed; /* owned: the body, kept for what was borrowed from it; NULL: not parsed */
    char detail[HTTP_DETAIL_BYTES], field[HTTP_FIELD_BYTES]; /* of the problem to come; "" none */
    enum error error;                                        /* that was answered; OK: none */
    struct answer answer;
    struct call_private *next; /* in a list of the server */
};

/* Replaces any answer by the problem document of `error`. */
void exchange_fail(struct call_private *exchange, enum error error);

/* Who is asking, and whether the route lets him: fills caller and token. */
must_use enum error access_check(struct call *call, const struct route *route,
                                 struct keyring *keyring, const char *own_origins,
                                 int64_t now_unix_ms, void (*refetch_keys)(void *context),
                                 void *context);

#endif
