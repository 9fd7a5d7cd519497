/* What may be a username and an e-mail address. Pure; any thread. */
#ifndef AUTH_NAMES_H
#define AUTH_NAMES_H

#include <stdbool.h>

#include "core/token.h"

#define USERNAME_CHARACTERS_MIN 3
#define USERNAME_CHARACTERS_MAX (USERNAME_BYTES - 1)
#define EMAIL_BYTES             255 /* 254 (RFC 5321) and the zero */
#define GUEST_PREFIX            "guest-"

/* 3-20 of [A-Za-z0-9_-]. */
bool username_is_good(const char *text);
/* Looks like the name of a guest, which nobody may take for himself. */
bool username_is_of_guest(const char *text);
/* A prefix and 6 random characters. */
void username_random(const char *prefix, char ret_name[USERNAME_BYTES]);

/* Sane, not proven to exist: one @ with something on both sides, no blanks, control or mark-up
 * characters, at most 254 bytes. */
bool email_is_good(const char *text);

#endif
