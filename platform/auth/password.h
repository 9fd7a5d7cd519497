/*
 * Passwords as Argon2id hashes in the standard text form, which carries its own cost and salt.
 * Hashing takes tens of milliseconds and the cost's memory: only on a pool thread, and without a
 * database connection in hand. Never logged, wiped by whoever held the text.
 */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

#define PASSWORD_CHARACTERS_MIN 8
#define PASSWORD_CHARACTERS_MAX 128
#define PASSWORD_BYTES          (PASSWORD_CHARACTERS_MAX * 4 + 1)
#define PASSWORD_HASH_BYTES     128

struct password_cost {
    uint32_t memory_kib;
    uint32_t passes;
};

/* With a fresh salt. ERROR_OVERLOADED when there is no memory for it. */
must_use enum error password_hash(const char *password, struct password_cost cost,
                                  char ret_hash[PASSWORD_HASH_BYTES]);

/* In time that does not tell where they differ. False for a text that is no hash. */
bool password_matches(const char *password, const char *hash);

/* True when `hash` was made with another cost than today's. */
bool password_is_outdated(const char *hash, struct password_cost cost);

#endif
