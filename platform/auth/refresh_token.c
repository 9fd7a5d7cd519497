#include "auth/refresh_token.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/secret_file.h"

#define KEY_FILE         "refresh.key"
#define ID_BYTES         16
#define GENERATION_BYTES 4
#define CLAIM_BYTES      (ID_BYTES + GENERATION_BYTES)
#define MAC_BYTES        32
#define TOKEN_BYTES      (CLAIM_BYTES + MAC_BYTES)

static void make_mac(const struct refresh_key *key, const uint8_t claim[CLAIM_BYTES],
                     uint8_t ret_mac[MAC_BYTES]);

enum error refresh_key_load(const char *data_dir, struct refresh_key *ret_key)
{
    char path[SECRET_FILE_PATH_BYTES];
    char text[RANDOM_TOKEN_BYTES];
    secret_file_path(data_dir, KEY_FILE, path);
    enum error error = secret_file_read(path, text, sizeof text);
    if (error == ERROR_NOT_FOUND) {
        random_token(text);
        error = secret_file_create(path, text);
        if (!error)
            error = secret_file_read(path, text, sizeof text);
    }
    if (!error && base64url_decode(text, ret_key->bytes, REFRESH_KEY_BYTES) != REFRESH_KEY_BYTES)
        error = ERROR_INTERNAL;
    explicit_bzero(text, sizeof text);
    return error;
}

void refresh_token_make(const struct refresh_key *key, const struct id *session,
                        uint32_t generation, char ret_text[REFRESH_TOKEN_BYTES])
{
    uint8_t token[TOKEN_BYTES];
    memcpy(token, session->bytes, ID_BYTES);
    for (int i = 0; i < GENERATION_BYTES; i++)
        token[ID_BYTES + i] = (uint8_t)(generation >> (24 - 8 * i));
    make_mac(key, token, token + CLAIM_BYTES);
    base64url_encode(token, sizeof token, ret_text);
}

bool refresh_token_read(const struct refresh_key *key, const char *text, struct id *ret_session,
                        uint32_t *ret_generation)
{
    uint8_t token[TOKEN_BYTES];
    uint8_t mac[MAC_BYTES];
    if (base64url_decode(text, token, sizeof token) != TOKEN_BYTES)
        return false;
    make_mac(key, token, mac);
    if (!equal_constant_time(mac, token + CLAIM_BYTES, MAC_BYTES))
        return false;
    memcpy(ret_session->bytes, token, ID_BYTES);
    *ret_generation = 0;
    for (int i = 0; i < GENERATION_BYTES; i++)
        *ret_generation = *ret_generation << 8 | token[ID_BYTES + i];
    return true;
}

static void make_mac(const struct refresh_key *key, const uint8_t claim[CLAIM_BYTES],
                     uint8_t ret_mac[MAC_BYTES])
{
    unsigned bytes = 0;
    const unsigned char *made =
        HMAC(EVP_sha256(), key->bytes, REFRESH_KEY_BYTES, claim, CLAIM_BYTES, ret_mac, &bytes);
    assert(made != NULL && bytes == MAC_BYTES);
}
