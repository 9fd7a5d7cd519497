#include "auth/password.h"

#include <stdio.h>
#include <string.h>

#include <argon2.h>

#include "core/id.h"

#define SALT_BYTES  16
#define HASH_BYTES  32
#define PARALLELISM 1

enum error password_hash(const char *password, struct password_cost cost,
                         char ret_hash[PASSWORD_HASH_BYTES])
{
    uint8_t salt[SALT_BYTES];
    char hash[PASSWORD_HASH_BYTES];
    random_bytes(salt, sizeof salt);
    int status =
        argon2id_hash_encoded(cost.passes, cost.memory_kib, PARALLELISM, password, strlen(password),
                              salt, sizeof salt, HASH_BYTES, hash, sizeof hash);
    if (status == ARGON2_MEMORY_ALLOCATION_ERROR)
        return ERROR_OVERLOADED;
    if (status != ARGON2_OK)
        return ERROR_INTERNAL;
    memcpy(ret_hash, hash, sizeof hash);
    return OK;
}

bool password_matches(const char *password, const char *hash)
{
    return argon2id_verify(hash, password, strlen(password)) == ARGON2_OK;
}

bool password_is_outdated(const char *hash, struct password_cost cost)
{
    char today[PASSWORD_HASH_BYTES];
    int length =
        snprintf(today, sizeof today, "$argon2id$v=%d$m=%u,t=%u,p=%d$", ARGON2_VERSION_NUMBER,
                 (unsigned)cost.memory_kib, (unsigned)cost.passes, PARALLELISM);
    return strncmp(hash, today, (size_t)length) != 0;
}
