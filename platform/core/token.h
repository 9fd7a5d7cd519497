/*
 * Access tokens: ES256 JSON Web Tokens (RFC 7519), signed by auth alone and verified by every
 * service by itself from auth's key set (RFC 7517). Only ES256 is accepted, whatever the header
 * says. The time is handed in.
 */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/id.h"

#define TOKEN_ISSUER      "transcendence"
#define TOKEN_BYTES_MAX   2048
#define TOKEN_KEYS_MAX    8
#define USERNAME_BYTES    21 /* 3-20 characters and the zero */
#define TOKEN_SCOPE_BYTES 128
#define TOKEN_LEEWAY_S    5

/* Who is asking, as the token says. */
struct caller {
    char user_id[ID_TEXT_BYTES];    /* "" for a service or for nobody */
    char session_id[ID_TEXT_BYTES]; /* "" for a service */
    char name[USERNAME_BYTES];      /* the username, or the service's name */
    bool guest, admin;
    char scope[TOKEN_SCOPE_BYTES]; /* of a service token: words separated by blanks */
    int64_t expires_unix_ms;
};

/* A set of public keys. All functions are thread-safe. */
struct keyring;
struct keyring *keyring_create(void);
void keyring_destroy(struct keyring *keyring);
/* Replaces the keys by those of a JWKS document; a bad document changes nothing. */
must_use enum error keyring_load(struct keyring *keyring, const char *jwks, size_t bytes);
bool keyring_is_empty(struct keyring *keyring);
bool keyring_has(struct keyring *keyring, const char *kid);

/* ERROR_TOKEN_INVALID, ERROR_TOKEN_EXPIRED, or ERROR_UNAVAILABLE while no key is known yet.
 * `*ret_unknown_kid` is set when the token names a key that the ring lacks: fetch the set again
 * (not more often than KEYRING_REFETCH_MS_MIN) and ask once more. */
#define KEYRING_REFETCH_MS_MIN 2000
must_use enum error token_verify(struct keyring *keyring, const char *token, int64_t now_unix_ms,
                                 struct caller *ret_caller, bool *ret_unknown_kid);

bool caller_has_scope(const struct caller *caller, const char *scope);

#endif
