#include "auth/sign.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "auth/secret_file.h"
#include "core/log.h"

#define KEY_FILE         "auth-signing-key.pem"
#define CURVE            "P-256"
#define COORDINATE_BYTES 32
#define COORDINATE_TEXT  48 /* 43 characters, and room for the encoder */
#define PEM_BYTES        1024
#define JWKS_BYTES       512

struct signer {
    char private_pem[PEM_BYTES];
    char kid[THUMBPRINT_BYTES];
    char jwks[JWKS_BYTES];
};

static enum error read_or_make_key(const char *data_dir, char ret_pem[PEM_BYTES]);
static enum error make_key(const char *path);
static enum error write_pem(EVP_PKEY *key, char ret_pem[PEM_BYTES]);
static enum error publish(struct signer *signer);
static EVP_PKEY *parse_pem(const char *pem);
static enum error read_coordinate(EVP_PKEY *key, const char *name, char ret_text[COORDINATE_TEXT]);
static enum error sign(const struct signer *signer, json_t *claims,
                       char ret_token[TOKEN_BYTES_MAX]);

enum error signer_create(const char *data_dir, struct signer **ret_signer)
{
    struct signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL)
        abort();
    enum error error = read_or_make_key(data_dir, signer->private_pem);
    if (!error)
        error = publish(signer);
    if (error) {
        signer_destroy(signer);
        return error;
    }
    *ret_signer = signer;
    return OK;
}

void signer_destroy(struct signer *signer)
{
    if (signer == NULL)
        return;
    explicit_bzero(signer, sizeof *signer);
    free(signer);
}

const char *signer_jwks(const struct signer *signer)
{
    return signer->jwks;
}

enum error sign_user_token(const struct signer *signer, const struct user_claims *claims,
                           int64_t issued_unix_ms, int64_t expires_unix_ms,
                           char ret_token[TOKEN_BYTES_MAX])
{
    return sign(signer,
                json_pack("{ss ss ss ss sb sb sI sI}", "iss", TOKEN_ISSUER, "sub", claims->user_id,
                          "sid", claims->session_id, "name", claims->name, "guest",
                          (int)claims->guest, "admin", (int)claims->admin, "iat",
                          (json_int_t)(issued_unix_ms / 1000), "exp",
                          (json_int_t)(expires_unix_ms / 1000)),
                ret_token);
}

enum error sign_service_token(const struct signer *signer, const char *service, const char *scope,
                              int64_t issued_unix_ms, int64_t expires_unix_ms,
                              char ret_token[TOKEN_BYTES_MAX])
{
    char subject[64];
    snprintf(subject, sizeof subject, "service:%s", service);
    return sign(signer,
                json_pack("{ss ss ss sI sI}", "iss", TOKEN_ISSUER, "sub", subject, "scope", scope,
                          "iat", (json_int_t)(issued_unix_ms / 1000), "exp",
                          (json_int_t)(expires_unix_ms / 1000)),
                ret_token);
}

/* The members that RFC 7638 requires, in its order and without blanks. */
void sign_thumbprint(const char *x, const char *y, char ret_text[THUMBPRINT_BYTES])
{
    char members[256];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    int length = snprintf(members, sizeof members,
                          "{\"crv\":\"" CURVE "\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    assert(length < (int)sizeof members);
    SHA256((const unsigned char *)members, (size_t)length, digest);
    base64url_encode(digest, sizeof digest, ret_text);
}

static enum error read_or_make_key(const char *data_dir, char ret_pem[PEM_BYTES])
{
    char path[SECRET_FILE_PATH_BYTES];
    secret_file_path(data_dir, KEY_FILE, path);
    enum error error = secret_file_read(path, ret_pem, PEM_BYTES);
    if (error != ERROR_NOT_FOUND)
        return error;
    error = make_key(path);
    if (error)
        return error;
    log_info("signing key made; tokens of an earlier key are no longer accepted", "path", path,
             NULL);
    return secret_file_read(path, ret_pem, PEM_BYTES);
}

static enum error make_key(const char *path)
{
    char pem[PEM_BYTES];
    EVP_PKEY *key = EVP_EC_gen(CURVE);
    enum error error = key == NULL ? ERROR_INTERNAL : write_pem(key, pem);
    if (!error)
        error = secret_file_create(path, pem);
    explicit_bzero(pem, sizeof pem);
    EVP_PKEY_free(key);
    return error;
}

/* Without the last line end, which the file adds. */
static enum error write_pem(EVP_PKEY *key, char ret_pem[PEM_BYTES])
{
    enum error error = ERROR_INTERNAL;
    BIO *memory = BIO_new(BIO_s_secmem());
    if (memory != NULL && PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL)) {
        int bytes = BIO_read(memory, ret_pem, PEM_BYTES - 1);
        assert(bytes > 1 && bytes < PEM_BYTES - 1);
        ret_pem[bytes - 1] = '\0';
        error = OK;
    }
    BIO_free(memory);
    return error;
}

/* Fills kid and jwks from the private key. */
static enum error publish(struct signer *signer)
{
    char x[COORDINATE_TEXT], y[COORDINATE_TEXT];
    EVP_PKEY *key = parse_pem(signer->private_pem);
    enum error error = key == NULL ? ERROR_INTERNAL : OK;
    if (!error)
        error = read_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, x);
    if (!error)
        error = read_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, y);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (error) {
        log_error("the signing key is no private key on " CURVE "; nothing is served", "file",
                  KEY_FILE, NULL);
        return error;
    }
    sign_thumbprint(x, y, signer->kid);
    int length = snprintf(signer->jwks, sizeof signer->jwks,
                          "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"" CURVE
                          "\",\"use\":\"sig\",\"alg\":\"ES256\","
                          "\"kid\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}]}",
                          signer->kid, x, y);
    assert(length < (int)sizeof signer->jwks);
    return OK;
}

static EVP_PKEY *parse_pem(const char *pem)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = memory == NULL ? NULL : PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);
    BIO_free(memory);
    char group[32] = "";
    if (key == NULL ||
        !EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                        NULL) ||
        strcmp(group, "prime256v1") != 0) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static enum error read_coordinate(EVP_PKEY *key, const char *name, char ret_text[COORDINATE_TEXT])
{
    BIGNUM *number = NULL;
    uint8_t bytes[COORDINATE_BYTES];
    enum error error = ERROR_INTERNAL;
    if (EVP_PKEY_get_bn_param(key, name, &number) &&
        BN_bn2binpad(number, bytes, sizeof bytes) == COORDINATE_BYTES) {
        base64url_encode(bytes, sizeof bytes, ret_text);
        error = OK;
    }
    BN_free(number);
    return error;
}

/* Steals `claims`. */
static enum error sign(const struct signer *signer, json_t *claims, char ret_token[TOKEN_BYTES_MAX])
{
    enum error error = ERROR_INTERNAL;
    jwt_t *jwt = NULL;
    char *token = NULL;
    char *text = json_dumps(claims, JSON_COMPACT);
    if (text == NULL || jwt_new(&jwt) != 0 || jwt_add_grants_json(jwt, text) != 0 ||
        jwt_add_header(jwt, "kid", signer->kid) != 0 ||
        jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)signer->private_pem,
                    (int)strlen(signer->private_pem)) != 0)
        goto release;
    token = jwt_encode_str(jwt);
    if (token != NULL && strlen(token) < TOKEN_BYTES_MAX) {
        strcpy(ret_token, token);
        error = OK;
    }

release:
    free(token);
    free(text);
    jwt_free(jwt);
    json_decref(claims);
    ERR_clear_error();
    return error;
}
