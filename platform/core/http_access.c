/*
 * Who may call a route. A token comes by Authorization or by the access cookie. A browser sends
 * cookies along whoever made it ask, so an unsafe method without Authorization must come from one
 * of our own origins: where cookies came along, Origin must be there and ours; where none came
 * (logging in), an Origin that is there must still be ours.
 */
#include "core/http_exchange.h"

#include <string.h>
#include <strings.h>

static const char *bearer_token(struct call *call);
static bool is_safe(const char *method);
static enum error check_origin(struct call *call, const char *own_origins);
static bool list_holds(const char *list, const char *item);
static enum error verify(struct keyring *keyring, const char *token, int64_t now_unix_ms,
                         void (*refetch_keys)(void *context), void *context,
                         struct caller *ret_caller);
static enum error check_rights(const struct route *route, const struct caller *caller);

enum error access_check(struct call *call, const struct route *route, struct keyring *keyring,
                        const char *own_origins, int64_t now_unix_ms,
                        void (*refetch_keys)(void *context), void *context)
{
    const char *token = bearer_token(call);
    if (!token && !is_safe(call->method)) {
        enum error error = check_origin(call, own_origins);
        if (error)
            return error;
    }
    if (!token && route->access != ACCESS_SERVICE)
        token = call_cookie(call, COOKIE_ACCESS);
    if (!token || !*token)
        return route->access == ACCESS_PUBLIC ? OK : ERROR_UNAUTHENTICATED;

    struct caller caller;
    enum error error = verify(keyring, token, now_unix_ms, refetch_keys, context, &caller);
    if (!error)
        error = check_rights(route, &caller);
    if (error)
        return route->access == ACCESS_PUBLIC ? OK : error;
    call->caller = caller;
    call->token = token;
    return OK;
}

static const char *bearer_token(struct call *call)
{
    const char *header = call_request_header(call, "Authorization");
    if (!header || strncasecmp(header, "Bearer ", 7))
        return NULL;
    return header + 7 + strspn(header + 7, " ");
}

static bool is_safe(const char *method)
{
    return !strcmp(method, "GET") || !strcmp(method, "HEAD") || !strcmp(method, "OPTIONS");
}

static enum error check_origin(struct call *call, const char *own_origins)
{
    const char *origin = call_request_header(call, "Origin");
    if (origin)
        return list_holds(own_origins, origin) ? OK : ERROR_ORIGIN_REFUSED;
    bool has_cookie = call_cookie(call, COOKIE_ACCESS) || call_cookie(call, COOKIE_REFRESH);
    return has_cookie ? ERROR_ORIGIN_REFUSED : OK;
}

static bool list_holds(const char *list, const char *item)
{
    size_t item_bytes = strlen(item);
    for (const char *at = list; at && *at;) {
        at += strspn(at, " ,");
        size_t bytes = strcspn(at, " ,");
        if (bytes > 0 && bytes == item_bytes && !memcmp(at, item, bytes))
            return true;
        at += bytes;
    }
    return false;
}

static enum error verify(struct keyring *keyring, const char *token, int64_t now_unix_ms,
                         void (*refetch_keys)(void *context), void *context,
                         struct caller *ret_caller)
{
    bool unknown_kid = false;
    enum error error = token_verify(keyring, token, now_unix_ms, ret_caller, &unknown_kid);
    if (!error || !unknown_kid || !refetch_keys)
        return error;
    refetch_keys(context);
    return token_verify(keyring, token, now_unix_ms, ret_caller, &unknown_kid);
}

static enum error check_rights(const struct route *route, const struct caller *caller)
{
    bool is_user = caller->user_id[0] != '\0';
    switch (route->access) {
    case ACCESS_PUBLIC:
    case ACCESS_USER:
        return is_user ? OK : ERROR_FORBIDDEN;
    case ACCESS_ADMIN:
        return is_user && caller->admin ? OK : ERROR_FORBIDDEN;
    case ACCESS_SERVICE:
        return !is_user && caller_has_scope(caller, route->scope) ? OK : ERROR_FORBIDDEN;
    }
    return ERROR_FORBIDDEN;
}
