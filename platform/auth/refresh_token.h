/*
 * Refresh tokens: base64url(session id, 16 bytes | generation, u32 big endian | HMAC-SHA256 of both
 * under the server's key). Nobody can make one without the key, and the database holds none: the
 * session's row tells which generation is the current one. Pure; any thread.
 */
#ifndef AUTH_REFRESH_TOKEN_H
#define AUTH_REFRESH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/id.h"

#define REFRESH_KEY_BYTES   32
#define REFRESH_TOKEN_BYTES 76 /* 70 characters, and room for the encoder */

struct refresh_key {
    uint8_t bytes[REFRESH_KEY_BYTES];
};

/* Reads the key in <data_dir>/secrets/refresh.key, made at first use. */
must_use enum error refresh_key_load(const char *data_dir, struct refresh_key *ret_key);

void refresh_token_make(const struct refresh_key *key, const struct id *session,
                        uint32_t generation, char ret_text[REFRESH_TOKEN_BYTES]);

/* False for everything that refresh_token_make has not made with this key. */
bool refresh_token_read(const struct refresh_key *key, const char *text, struct id *ret_session,
                        uint32_t *ret_generation);

#endif
