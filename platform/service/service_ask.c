/*
 * Asking other services over HTTP: in the name of the user with the user's own token, or in our own
 * name with a short-lived token of one scope, which auth gives for our secret
 * (POST /internal/auth/service-token) and which is kept until shortly before it expires. Must never
 * log a token or the secret.
 */
#include "service/service_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/id.h"
#include "core/log.h"

struct token_answer {
    char token[TOKEN_BYTES_MAX];
    char expiresAt[CLOCK_RFC3339_BYTES];
};
static const struct json_field token_answer_fields[] = {
    JSON_TEXT(struct token_answer, token, 1, TOKEN_BYTES_MAX - 1),
    JSON_TEXT(struct token_answer, expiresAt, 24, 24),
};

struct asking {
    struct service_context *context;
    const char *request_id;     /* NULL: a new one */
    const char *client_address; /* NULL: none */
    const char *addresses, *method, *path;
    const char *body; /* NULL: none */
};

static struct asking asking_of(struct service_context *context, struct call *call,
                               const char *addresses, const char *method, const char *path,
                               const char *body);
static char *to_text(json_t *body);
static enum error ask(const struct asking *asking, const char *token, json_t **ret_object);
static enum error get_token(struct service_context *context, struct call *call, const char *scope,
                            char ret_token[TOKEN_BYTES_MAX]);
static struct service_token *find_token(struct service_private *private, const char *scope);
static enum error fetch_token(struct service_context *context, struct call *call, const char *scope,
                              struct service_token *ret_token);
static void keep_token(struct service_private *private, const struct service_token *token);
static void forget_token(struct service_private *private, const char *scope);

enum error service_ask_as_caller(struct call *call, const char *addresses, const char *method,
                                 const char *path, json_t *body, json_t **ret_object)
{
    char *text = to_text(body);
    struct asking asking = asking_of(call->context, call, addresses, method, path, text);
    enum error error = ask(&asking, call->token, ret_object);
    free(text);
    return error;
}

enum error service_ask_as_service(struct service_context *context, struct call *call,
                                  const char *addresses, const char *method, const char *path,
                                  const char *scope, json_t *body, json_t **ret_object)
{
    char *text = to_text(body);
    struct asking asking = asking_of(context, call, addresses, method, path, text);
    char token[TOKEN_BYTES_MAX];
    enum error error = get_token(context, call, scope, token);
    if (!error)
        error = ask(&asking, token, ret_object);
    if (error == ERROR_TOKEN_INVALID || error == ERROR_TOKEN_EXPIRED) {
        forget_token(context->private, scope); /* auth has new keys, or a clock was set */
        error = get_token(context, call, scope, token);
        if (!error)
            error = ask(&asking, token, ret_object);
    }
    free(text);
    return error;
}

static struct asking asking_of(struct service_context *context, struct call *call,
                               const char *addresses, const char *method, const char *path,
                               const char *body)
{
    return (struct asking){
        .context = context,
        .request_id = call ? call->request_id : NULL,
        .client_address = call ? call->client_address : NULL,
        .addresses = addresses,
        .method = method,
        .path = path,
        .body = body,
    };
}

static char *to_text(json_t *body)
{
    if (!body)
        return NULL;
    char *text = json_dumps(body, JSON_COMPACT);
    assert(text);
    json_decref(body);
    return text;
}

static enum error ask(const struct asking *asking, const char *token, json_t **ret_object)
{
    char new_id[ID_TEXT_BYTES];
    struct id id = id_new();
    id_text(&id, new_id);
    struct arena *arena = arena_create();
    struct http_question question = {
        .method = asking->method,
        .addresses = asking->addresses,
        .path = asking->path,
        .token = token,
        .request_id = asking->request_id ? asking->request_id : new_id,
        .client_address = asking->client_address,
        .body = asking->body,
        .timeout_ms = (int)asking->context->settings->request_timeout_ms,
    };
    json_t *object = NULL;
    enum error error = http_call_json(arena, &question, &object);
    arena_destroy(arena);
    if (error)
        return error;
    if (ret_object)
        *ret_object = object;
    else
        json_decref(object);
    return OK;
}

/* Two threads may fetch the same token at once: both are good. */
static enum error get_token(struct service_context *context, struct call *call, const char *scope,
                            char ret_token[TOKEN_BYTES_MAX])
{
    struct service_private *private = context->private;
    pthread_mutex_lock(&private->tokens_lock);
    const struct service_token *kept = find_token(private, scope);
    bool is_fresh = kept && kept->expires_unix_ms - SERVICE_TOKEN_MARGIN_MS > clock_unix_ms();
    if (is_fresh)
        strcpy(ret_token, kept->token);
    pthread_mutex_unlock(&private->tokens_lock);
    if (is_fresh)
        return OK;

    struct service_token token;
    enum error error = fetch_token(context, call, scope, &token);
    if (error)
        return error;
    keep_token(private, &token);
    strcpy(ret_token, token.token);
    return OK;
}

static struct service_token *find_token(struct service_private *private, const char *scope)
{
    for (int i = 0; i < SERVICE_TOKENS_MAX; i++)
        if (private->tokens[i].scope && !strcmp(private->tokens[i].scope, scope))
            return &private->tokens[i];
    return NULL;
}

static enum error fetch_token(struct service_context *context, struct call *call, const char *scope,
                              struct service_token *ret_token)
{
    json_t *wish = json_pack("{s:s, s:s, s:s}", "service", context->private->service->name,
                             "secret", context->settings->service_secret, "scope", scope);
    assert(wish);
    char *text = to_text(wish);
    struct asking asking = asking_of(context, call, context->settings->auth_address, "POST",
                                     "/internal/auth/service-token", text);
    json_t *object = NULL;
    enum error error = ask(&asking, NULL, &object);
    free(text);
    if (error) {
        log_warn("auth gives no token for a scope; what needs it fails", "scope", scope, "code",
                 error_code(error), NULL);
        return ERROR_UNAVAILABLE; /* that we were refused is not the user's affair */
    }
    struct token_answer answer = {0};
    struct json_complaint complaint;
    struct service_token token = {.scope = scope};
    error = json_decode_known(object, token_answer_fields,
                              sizeof(token_answer_fields) / sizeof(token_answer_fields[0]), &answer,
                              &complaint);
    json_decref(object);
    if (error || !clock_parse_rfc3339(answer.expiresAt, &token.expires_unix_ms))
        return ERROR_INTERNAL;
    memcpy(token.token, answer.token, sizeof(token.token));
    *ret_token = token;
    return OK;
}

static void keep_token(struct service_private *private, const struct service_token *token)
{
    pthread_mutex_lock(&private->tokens_lock);
    struct service_token *place = find_token(private, token->scope);
    for (int i = 0; !place && i < SERVICE_TOKENS_MAX; i++)
        if (!private->tokens[i].scope)
            place = &private->tokens[i];
    assert(place); /* scopes are literals of our own code */
    *place = *token;
    pthread_mutex_unlock(&private->tokens_lock);
}

static void forget_token(struct service_private *private, const char *scope)
{
    pthread_mutex_lock(&private->tokens_lock);
    struct service_token *kept = find_token(private, scope);
    if (kept)
        kept->expires_unix_ms = 0;
    pthread_mutex_unlock(&private->tokens_lock);
}
