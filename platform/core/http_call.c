/*
 * What a handler sees of its request and how it answers. Runs on the pool thread that holds the
 * exchange; touches nothing of the server.
 */
#include "core/http_exchange.h"

#include <assert.h>
#include <errno.h>
#include <event2/keyvalq_struct.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     100

static void answer_with(struct call *call, int status, const char *content_type, char *body,
                        size_t bytes);
static enum error parse_body(struct call *call);
static json_t *text_or_null(const char *text);

void call_reply(struct call *call, int status, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    assert(text);
    json_decref(body);
    answer_with(call, status, "application/json", text, strlen(text));
}

void call_reply_text(struct call *call, int status, const char *content_type, const char *text)
{
    char *copy = strdup(text);
    assert(copy);
    answer_with(call, status, arena_strdup(call->arena, content_type), copy, strlen(copy));
}

void call_reply_empty(struct call *call, int status)
{
    answer_with(call, status, NULL, NULL, 0);
}

void call_header(struct call *call, const char *name, const char *value)
{
    struct answer *answer = &call->private->answer;
    assert(answer->header_count < HTTP_ANSWER_HEADERS_MAX);
    answer->headers[answer->header_count++] =
        (struct answer_header){arena_strdup(call->arena, name), arena_strdup(call->arena, value)};
}

enum error call_complain(struct call *call, enum error error, const char *field, const char *format,
                         ...)
{
    struct call_private *exchange = call->private;
    snprintf(exchange->field, sizeof(exchange->field), "%s", field ? field : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(exchange->detail, sizeof(exchange->detail), format, arguments);
    va_end(arguments);
    return error;
}

enum error call_decode(struct call *call, const struct json_field *fields, size_t field_count,
                       void *ret_struct)
{
    enum error error = parse_body(call);
    if (error)
        return error;
    struct json_complaint complaint;
    error = json_decode(call->private->parsed, fields, field_count, ret_struct, &complaint);
    if (error)
        return call_complain(call, error, complaint.field, "%s", complaint.sentence);
    return OK;
}

enum error call_decode_nothing(struct call *call)
{
    char nothing;
    return call_decode(call, NULL, 0, &nothing);
}

const char *call_query(struct call *call, const char *name, const char *fallback)
{
    const struct call_private *exchange = call->private;
    for (size_t i = 0; i < exchange->query_count; i++)
        if (!strcmp(exchange->query[i].name, name))
            return exchange->query[i].value;
    return fallback;
}

enum error call_query_int(struct call *call, const char *name, int64_t min, int64_t max,
                          int64_t fallback, int64_t *ret_value)
{
    const char *text = call_query(call, name, NULL);
    if (!text) {
        *ret_value = fallback;
        return OK;
    }
    const char *digits = *text == '-' ? text + 1 : text;
    bool is_number = *digits && digits[strspn(digits, "0123456789")] == '\0';
    errno = 0;
    int64_t value = is_number ? strtoll(text, NULL, 10) : 0;
    if (!is_number || errno == ERANGE || value < min || value > max)
        return call_complain(call, ERROR_VALIDATION, name,
                             "a number from %" PRId64 " to %" PRId64 " is expected", min, max);
    *ret_value = value;
    return OK;
}

enum error call_query_limit(struct call *call, int64_t *ret_limit)
{
    return call_query_int(call, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, ret_limit);
}

const char *call_request_header(struct call *call, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(call->private->request), name);
}

/* A browser sends all its cookies in one header; a proxy may split it, as RFC 9113 allows. */
const char *call_cookie(struct call *call, const char *name)
{
    size_t name_bytes = strlen(name);
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(call->private->request);
    for (const struct evkeyval *header = headers->tqh_first; header;
         header = header->next.tqe_next) {
        if (strcasecmp(header->key, "Cookie"))
            continue;
        for (const char *at = header->value; *at;) {
            at += strspn(at, "; ");
            size_t bytes = strcspn(at, ";");
            if (bytes > name_bytes && !memcmp(at, name, name_bytes) && at[name_bytes] == '=')
                return arena_strndup(call->arena, at + name_bytes + 1, bytes - name_bytes - 1);
            at += bytes;
        }
    }
    return NULL;
}

bool call_is_https(struct call *call)
{
    const char *scheme = call_request_header(call, "X-Forwarded-Proto");
    return call->private->peer_is_loopback && scheme && !strcmp(scheme, "https");
}

void exchange_fail(struct call_private *exchange, enum error error)
{
    exchange->error = error;
    json_t *problem =
        json_pack("{s:s, s:s, s:i, s:s, s:o, s:o}", "type", "about:blank", "title",
                  error_sentence(error), "status", error_status(error), "code", error_code(error),
                  "detail", text_or_null(exchange->detail), "field", text_or_null(exchange->field));
    assert(problem);
    char *text = json_dumps(problem, JSON_COMPACT);
    assert(text);
    json_decref(problem);
    answer_with(&exchange->call, error_status(error), "application/problem+json", text,
                strlen(text));
}

static void answer_with(struct call *call, int status, const char *content_type, char *body,
                        size_t bytes)
{
    struct answer *answer = &call->private->answer;
    free(answer->body);
    answer->status = status;
    answer->content_type = content_type;
    answer->body = body;
    answer->bytes = bytes;
}

static enum error parse_body(struct call *call)
{
    struct call_private *exchange = call->private;
    if (exchange->parsed)
        return OK;
    if (call->body_bytes == 0) {
        exchange->parsed = json_object();
        return OK;
    }
    return json_parse_object(call->body, call->body_bytes, &exchange->parsed);
}

/* A detail that was cut in the middle of a character, or repeats a stranger's bytes, is no text
 * for JSON and is left out. */
static json_t *text_or_null(const char *text)
{
    json_t *value = *text ? json_string(text) : NULL;
    return value ? value : json_null();
}
