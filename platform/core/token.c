/*
 * Verifying access tokens. The header is read and judged here before libjwt sees the token: what a
 * stranger writes into `alg` never chooses the algorithm. Keys are kept as PEM, the form libjwt
 * takes, and are checked to be points on P-256 when they are loaded.
 */
#include "core/token.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#define ALGORITHM          "ES256"
#define SERVICE_PREFIX     "service:"
#define KID_BYTES          64
#define PEM_BYTES          512
#define COORDINATE_BYTES   32 /* of a point on P-256 */
#define POINT_BYTES        (1 + 2 * COORDINATE_BYTES)
#define SIGNATURE_BYTES    (2 * COORDINATE_BYTES)
#define POINT_UNCOMPRESSED 4 /* first octet, SEC 1 section 2.3.3 */
#define USERNAME_MIN       3
#define EXPIRY_S_MAX       ((int64_t)1 << 40)

struct key {
    char kid[KID_BYTES];
    char pem[PEM_BYTES];
};

struct key_set {
    size_t count;
    struct key keys[TOKEN_KEYS_MAX];
};

struct keyring {
    pthread_rwlock_t lock; /* guards `set` */
    struct key_set set;
};

static enum error read_key_set(const char *jwks, size_t bytes, struct key_set *ret_set);
static bool is_signing_key(const json_t *jwk);
static enum error read_key(const json_t *jwk, struct key *ret_key);
static bool read_coordinate(const json_t *jwk, const char *name, uint8_t *ret_bytes);
static enum error point_to_pem(const uint8_t point[POINT_BYTES], char ret_pem[PEM_BYTES]);
static EVP_PKEY *point_to_key(const uint8_t point[POINT_BYTES]);
static bool is_on_curve(EVP_PKEY *key);
static bool has_kid(const struct key_set *set, const char *kid);

static bool is_well_shaped(const char *token);
static enum error read_header(const char *token, char ret_kid[KID_BYTES]);
static json_t *decode_part(const char *text, size_t length);
static enum error find_key(struct keyring *keyring, const char *kid, struct key *ret_key);
static bool is_signed_by(const char *token, const struct key *key);
static enum error read_claims(const char *token, int64_t now_unix_ms, struct caller *ret_caller);
static enum error read_times(const json_t *claims, int64_t now_unix_ms, struct caller *ret_caller);
static bool read_user(const json_t *claims, struct caller *ret_caller);
static bool read_service(const json_t *claims, struct caller *ret_caller);
static bool copy_text(const json_t *object, const char *name, size_t length_min, char *ret_text,
                      size_t capacity);

struct keyring *keyring_create(void)
{
    struct keyring *keyring = calloc(1, sizeof *keyring);
    if (keyring == NULL || pthread_rwlock_init(&keyring->lock, NULL) != 0)
        abort();
    return keyring;
}

void keyring_destroy(struct keyring *keyring)
{
    if (keyring == NULL)
        return;
    pthread_rwlock_destroy(&keyring->lock);
    free(keyring);
}

enum error keyring_load(struct keyring *keyring, const char *jwks, size_t bytes)
{
    struct key_set set = {0};
    enum error error = read_key_set(jwks, bytes, &set);
    if (error)
        return error;
    pthread_rwlock_wrlock(&keyring->lock);
    keyring->set = set;
    pthread_rwlock_unlock(&keyring->lock);
    return OK;
}

bool keyring_is_empty(struct keyring *keyring)
{
    pthread_rwlock_rdlock(&keyring->lock);
    bool empty = keyring->set.count == 0;
    pthread_rwlock_unlock(&keyring->lock);
    return empty;
}

bool keyring_has(struct keyring *keyring, const char *kid)
{
    pthread_rwlock_rdlock(&keyring->lock);
    bool has = has_kid(&keyring->set, kid);
    pthread_rwlock_unlock(&keyring->lock);
    return has;
}

enum error token_verify(struct keyring *keyring, const char *token, int64_t now_unix_ms,
                        struct caller *ret_caller, bool *ret_unknown_kid)
{
    *ret_unknown_kid = false;
    if (!is_well_shaped(token))
        return ERROR_TOKEN_INVALID;

    char kid[KID_BYTES];
    enum error error = read_header(token, kid);
    if (error)
        return error;

    struct key key;
    error = find_key(keyring, kid, &key);
    if (error) {
        *ret_unknown_kid = true;
        return error;
    }
    if (!is_signed_by(token, &key))
        return ERROR_TOKEN_INVALID;
    return read_claims(token, now_unix_ms, ret_caller);
}

bool caller_has_scope(const struct caller *caller, const char *scope)
{
    size_t length = strlen(scope);
    if (length == 0 || strchr(scope, ' ') != NULL)
        return false;
    const char *word = caller->scope;
    while (*word != '\0') {
        size_t word_length = strcspn(word, " ");
        if (word_length == length && memcmp(word, scope, length) == 0)
            return true;
        word += word_length;
        word += strspn(word, " ");
    }
    return false;
}

/* Keys of other kinds are passed over (RFC 7517 section 5); one of ours that is broken spoils the
 * document, and so does a document without any. */
static enum error read_key_set(const char *jwks, size_t bytes, struct key_set *ret_set)
{
    json_t *document = json_loadb(jwks, bytes, JSON_REJECT_DUPLICATES, NULL);
    if (document == NULL)
        return ERROR_MALFORMED_JSON;

    enum error error = ERROR_VALIDATION;
    struct key_set set = {0};
    const json_t *keys = json_object_get(document, "keys");
    if (!json_is_array(keys))
        goto release_document;
    size_t index;
    const json_t *jwk;
    json_array_foreach(keys, index, jwk)
    {
        if (!is_signing_key(jwk))
            continue;
        struct key key = {0};
        if (set.count == TOKEN_KEYS_MAX || read_key(jwk, &key) || has_kid(&set, key.kid))
            goto release_document;
        set.keys[set.count++] = key;
    }
    if (set.count == 0)
        goto release_document;
    *ret_set = set;
    error = OK;

release_document:
    json_decref(document);
    return error;
}

static bool is_signing_key(const json_t *jwk)
{
    const char *kty = json_string_value(json_object_get(jwk, "kty"));
    const char *crv = json_string_value(json_object_get(jwk, "crv"));
    const char *use = json_string_value(json_object_get(jwk, "use"));
    const char *alg = json_string_value(json_object_get(jwk, "alg"));
    return kty != NULL && strcmp(kty, "EC") == 0 && crv != NULL && strcmp(crv, "P-256") == 0 &&
           (use == NULL || strcmp(use, "sig") == 0) && (alg == NULL || strcmp(alg, ALGORITHM) == 0);
}

static enum error read_key(const json_t *jwk, struct key *ret_key)
{
    uint8_t point[POINT_BYTES] = {POINT_UNCOMPRESSED};
    if (!copy_text(jwk, "kid", 1, ret_key->kid, sizeof ret_key->kid) ||
        !read_coordinate(jwk, "x", point + 1) ||
        !read_coordinate(jwk, "y", point + 1 + COORDINATE_BYTES))
        return ERROR_VALIDATION;
    return point_to_pem(point, ret_key->pem);
}

static bool read_coordinate(const json_t *jwk, const char *name, uint8_t *ret_bytes)
{
    const char *text = json_string_value(json_object_get(jwk, name));
    return text != NULL && base64url_decode(text, ret_bytes, COORDINATE_BYTES) == COORDINATE_BYTES;
}

static enum error point_to_pem(const uint8_t point[POINT_BYTES], char ret_pem[PEM_BYTES])
{
    enum error error = ERROR_VALIDATION;
    EVP_PKEY *key = point_to_key(point);
    BIO *memory = BIO_new(BIO_s_mem());
    if (key == NULL || memory == NULL || !is_on_curve(key) || !PEM_write_bio_PUBKEY(memory, key))
        goto release;

    char *text;
    long bytes = BIO_get_mem_data(memory, &text);
    assert(bytes > 0 && bytes < PEM_BYTES);
    memcpy(ret_pem, text, (size_t)bytes);
    ret_pem[bytes] = '\0';
    error = OK;

release:
    BIO_free(memory);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return error;
}

/* NULL for a point that OpenSSL refuses. */
static EVP_PKEY *point_to_key(const uint8_t point[POINT_BYTES])
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, POINT_BYTES),
        OSSL_PARAM_construct_end(),
    };
    if (context == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

static bool is_on_curve(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = context != NULL && EVP_PKEY_public_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

static bool has_kid(const struct key_set *set, const char *kid)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->keys[i].kid, kid) == 0)
            return true;
    return false;
}

/* Three non-empty parts of base64url, of bounded length; the last is one signature's only text. */
static bool is_well_shaped(const char *token)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (strnlen(token, TOKEN_BYTES_MAX + 1) > TOKEN_BYTES_MAX)
        return false;
    uint8_t signature[SIGNATURE_BYTES];
    for (int part = 0; part < 3; part++) {
        size_t length = strspn(token, alphabet);
        if (length == 0 || token[length] != (part < 2 ? '.' : '\0'))
            return false;
        if (part == 2)
            return base64url_decode(token, signature, sizeof signature) == SIGNATURE_BYTES;
        token += length + 1;
    }
    return false;
}

static enum error read_header(const char *token, char ret_kid[KID_BYTES])
{
    enum error error = ERROR_TOKEN_INVALID;
    json_t *header = decode_part(token, strcspn(token, "."));
    const char *algorithm = json_string_value(json_object_get(header, "alg"));
    /* `crit` names extensions that must be understood (RFC 7515 section 4.1.11); we have none. */
    if (algorithm != NULL && strcmp(algorithm, ALGORITHM) == 0 &&
        json_object_get(header, "crit") == NULL && copy_text(header, "kid", 1, ret_kid, KID_BYTES))
        error = OK;
    json_decref(header);
    return error;
}

/* The JSON object in one part of the token, or NULL; the caller json_decrefs. */
static json_t *decode_part(const char *text, size_t length)
{
    char encoded[TOKEN_BYTES_MAX + 1];
    char decoded[TOKEN_BYTES_MAX];
    memcpy(encoded, text, length);
    encoded[length] = '\0';
    long bytes = base64url_decode(encoded, decoded, sizeof decoded);
    if (bytes < 0)
        return NULL;
    json_t *object = json_loadb(decoded, (size_t)bytes, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static enum error find_key(struct keyring *keyring, const char *kid, struct key *ret_key)
{
    enum error error = ERROR_TOKEN_INVALID;
    pthread_rwlock_rdlock(&keyring->lock);
    if (keyring->set.count == 0)
        error = ERROR_UNAVAILABLE;
    for (size_t i = 0; i < keyring->set.count; i++) {
        if (strcmp(keyring->set.keys[i].kid, kid) == 0) {
            *ret_key = keyring->set.keys[i];
            error = OK;
        }
    }
    pthread_rwlock_unlock(&keyring->lock);
    return error;
}

static bool is_signed_by(const char *token, const struct key *key)
{
    jwt_t *jwt = NULL;
    bool good =
        jwt_decode(&jwt, token, (const unsigned char *)key->pem, (int)strlen(key->pem)) == 0 &&
        jwt_get_alg(jwt) == JWT_ALG_ES256;
    jwt_free(jwt);
    ERR_clear_error();
    return good;
}

static enum error read_claims(const char *token, int64_t now_unix_ms, struct caller *ret_caller)
{
    const char *payload = strchr(token, '.') + 1;
    json_t *claims = decode_part(payload, strcspn(payload, "."));
    const char *issuer = json_string_value(json_object_get(claims, "iss"));
    const char *subject = json_string_value(json_object_get(claims, "sub"));

    enum error error = ERROR_TOKEN_INVALID;
    struct caller caller = {0};
    if (issuer == NULL || strcmp(issuer, TOKEN_ISSUER) != 0 || subject == NULL)
        goto release_claims;
    bool is_service = strncmp(subject, SERVICE_PREFIX, strlen(SERVICE_PREFIX)) == 0;
    if (!(is_service ? read_service(claims, &caller) : read_user(claims, &caller)))
        goto release_claims;
    error = read_times(claims, now_unix_ms, &caller);
    if (!error)
        *ret_caller = caller;

release_claims:
    json_decref(claims);
    return error;
}

static enum error read_times(const json_t *claims, int64_t now_unix_ms, struct caller *ret_caller)
{
    const json_t *issued = json_object_get(claims, "iat");
    const json_t *expires = json_object_get(claims, "exp");
    if (!json_is_integer(issued) || !json_is_integer(expires))
        return ERROR_TOKEN_INVALID;
    int64_t issued_s = json_integer_value(issued);
    int64_t expires_s = json_integer_value(expires);
    if (issued_s < 0 || expires_s < issued_s || expires_s > EXPIRY_S_MAX)
        return ERROR_TOKEN_INVALID;
    if ((issued_s - TOKEN_LEEWAY_S) * 1000 > now_unix_ms)
        return ERROR_TOKEN_INVALID;
    if ((expires_s + TOKEN_LEEWAY_S) * 1000 <= now_unix_ms)
        return ERROR_TOKEN_EXPIRED;
    ret_caller->expires_unix_ms = expires_s * 1000;
    return OK;
}

static bool read_user(const json_t *claims, struct caller *ret_caller)
{
    struct id id;
    const json_t *guest = json_object_get(claims, "guest");
    const json_t *admin = json_object_get(claims, "admin");
    if (!copy_text(claims, "sub", 1, ret_caller->user_id, sizeof ret_caller->user_id) ||
        !copy_text(claims, "sid", 1, ret_caller->session_id, sizeof ret_caller->session_id) ||
        !copy_text(claims, "name", USERNAME_MIN, ret_caller->name, sizeof ret_caller->name) ||
        !id_parse(ret_caller->user_id, &id) || !id_parse(ret_caller->session_id, &id) ||
        !json_is_boolean(guest) || !json_is_boolean(admin))
        return false;
    ret_caller->guest = json_is_true(guest);
    ret_caller->admin = json_is_true(admin);
    return true;
}

static bool read_service(const json_t *claims, struct caller *ret_caller)
{
    char subject[sizeof SERVICE_PREFIX + USERNAME_BYTES];
    if (!copy_text(claims, "sub", sizeof SERVICE_PREFIX, subject, sizeof subject) ||
        !copy_text(claims, "scope", 1, ret_caller->scope, sizeof ret_caller->scope) ||
        json_object_get(claims, "sid") != NULL)
        return false;
    const char *name = subject + strlen(SERVICE_PREFIX);
    if (strlen(name) >= sizeof ret_caller->name)
        return false;
    strcpy(ret_caller->name, name);
    return true;
}

/* False when it is missing, no text, or does not fit. */
static bool copy_text(const json_t *object, const char *name, size_t length_min, char *ret_text,
                      size_t capacity)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (text == NULL || length < length_min || length >= capacity)
        return false;
    memcpy(ret_text, text, length + 1);
    return true;
}
