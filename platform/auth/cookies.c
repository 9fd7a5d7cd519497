#include "auth/cookies.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static void set(struct call *call, const char *name, const char *value, const char *path,
                int64_t age_seconds);

void cookie_text(const char *name, const char *value, const char *path, int64_t age_seconds,
                 bool https, char ret_text[COOKIE_TEXT_BYTES])
{
    int length = snprintf(ret_text, COOKIE_TEXT_BYTES,
                          "%s=%s; Path=%s; Max-Age=%" PRId64 "; HttpOnly; SameSite=Lax%s", name,
                          value, path, age_seconds, https ? "; Secure" : "");
    assert(length < COOKIE_TEXT_BYTES);
}

void cookies_set_access(struct call *call, const char *token, int64_t age_seconds)
{
    set(call, COOKIE_ACCESS, token, COOKIE_ACCESS_PATH, age_seconds);
}

void cookies_set_refresh(struct call *call, const char *token, int64_t age_seconds)
{
    set(call, COOKIE_REFRESH, token, COOKIE_REFRESH_PATH, age_seconds);
}

void cookies_clear(struct call *call)
{
    set(call, COOKIE_ACCESS, "", COOKIE_ACCESS_PATH, 0);
    set(call, COOKIE_REFRESH, "", COOKIE_REFRESH_PATH, 0);
}

static void set(struct call *call, const char *name, const char *value, const char *path,
                int64_t age_seconds)
{
    char *text = arena_alloc(call->arena, COOKIE_TEXT_BYTES);
    cookie_text(name, value, path, age_seconds, call_is_https(call), text);
    call_header(call, "Set-Cookie", text);
}
