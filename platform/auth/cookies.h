/* The cookies that carry a session in a browser: set when one begins or is renewed, emptied when it
 * ends. HttpOnly and SameSite=Lax always, Secure over https. */
#ifndef AUTH_COOKIES_H
#define AUTH_COOKIES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/http_server.h"

#define COOKIE_TEXT_BYTES   (TOKEN_BYTES_MAX + 256)
#define COOKIE_ACCESS_PATH  "/"
#define COOKIE_REFRESH_PATH "/api/auth"

/* The value of a Set-Cookie header. An age of 0 removes the cookie. */
void cookie_text(const char *name, const char *value, const char *path, int64_t age_seconds,
                 bool https, char ret_text[COOKIE_TEXT_BYTES]);

void cookies_set_access(struct call *call, const char *token, int64_t age_seconds);
void cookies_set_refresh(struct call *call, const char *token, int64_t age_seconds);
void cookies_clear(struct call *call);

#endif
