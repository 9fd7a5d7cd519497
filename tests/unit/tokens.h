/*
 * A key pair of this run and tokens signed with it, as auth would. make_key() first; `jwks` is the
 * key set that verifies them.
 */
#ifndef UNIT_TOKENS_H
#define UNIT_TOKENS_H

#include <assert.h>
#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/token.h"

#define USER_ID    "019b76da-a800-7000-8000-000000000001"
#define SESSION_ID "019b76da-a800-7000-8000-000000000002"

static char private_pem[512], jwks[512];
static inline void make_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert(key);
    BIO *memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL);
    int got = BIO_read(memory, private_pem, sizeof(private_pem) - 1);
    assert(got > 0);
    BIO_free(memory);
    BIGNUM *x = NULL, *y = NULL;
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x);
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y);
    unsigned char bytes[32];
    char x_text[48], y_text[48];
    BN_bn2binpad(x, bytes, 32);
    base64url_encode(bytes, 32, x_text);
    BN_bn2binpad(y, bytes, 32);
    base64url_encode(bytes, 32, y_text);
    snprintf(jwks, sizeof(jwks),
             "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"use\":\"sig\","
             "\"kid\":\"k1\",\"x\":\"%s\",\"y\":\"%s\"}]}",
             x_text, y_text);
    BN_free(x);
    BN_free(y);
    EVP_PKEY_free(key);
}

static inline void sign(jwt_t *token, long life_s, char ret_text[TOKEN_BYTES_MAX])
{
    long now_s = (long)(clock_unix_ms() / 1000);
    jwt_add_header(token, "kid", "k1");
    jwt_add_grant(token, "iss", TOKEN_ISSUER);
    jwt_add_grant_int(token, "iat", now_s - 1000);
    jwt_add_grant_int(token, "exp", now_s + life_s);
    jwt_set_alg(token, JWT_ALG_ES256, (unsigned char *)private_pem, (int)strlen(private_pem));
    char *text = jwt_encode_str(token);
    assert(text && strlen(text) < TOKEN_BYTES_MAX);
    strcpy(ret_text, text);
    free(text);
    jwt_free(token);
}

static inline void make_user_token(bool admin, long life_s, char ret_text[TOKEN_BYTES_MAX])
{
    jwt_t *token;
    jwt_new(&token);
    jwt_add_grant(token, "sub", USER_ID);
    jwt_add_grant(token, "sid", SESSION_ID);
    jwt_add_grant(token, "name", "ann");
    jwt_add_grant_bool(token, "guest", 0);
    jwt_add_grant_bool(token, "admin", admin);
    sign(token, life_s, ret_text);
}

static inline void make_service_token(const char *service, const char *scope, long life_s,
                                      char ret_text[TOKEN_BYTES_MAX])
{
    char subject[64];
    snprintf(subject, sizeof(subject), "service:%s", service);
    jwt_t *token;
    jwt_new(&token);
    jwt_add_grant(token, "sub", subject);
    jwt_add_grant(token, "name", service);
    jwt_add_grant(token, "scope", scope);
    sign(token, life_s, ret_text);
}

#endif
