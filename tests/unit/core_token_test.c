/* What a service believes of an access token, and what it must not. Keys are made for each run. */
#include "core/token.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "promises.h"

#define NOW_S      INT64_C(1767225600)
#define NOW_MS     (NOW_S * 1000)
#define LIFE_S     900
#define USER_ID    "019b76da-a800-7000-8000-000000000001"
#define SESSION_ID "019b76da-a800-7000-8000-000000000002"
#define HEAD_BYTES 512
#define BIG_BYTES  (TOKEN_BYTES_MAX + 1)

struct pair {
    char private_pem[512], public_pem[512];
    char x[64], y[64];
};

static struct pair ours, foreign;
static struct keyring *keyring;

/* Making keys and tokens */

static void read_pem(EVP_PKEY *key, bool private, char *ret_text, size_t capacity)
{
    BIO *memory = BIO_new(BIO_s_mem());
    int written = private ? PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL)
                          : PEM_write_bio_PUBKEY(memory, key);
    assert(written);
    int bytes = BIO_read(memory, ret_text, (int)capacity - 1);
    assert(bytes > 0);
    ret_text[bytes] = '\0';
    BIO_free(memory);
}

static void read_coordinate(EVP_PKEY *key, const char *name, char *ret_text)
{
    BIGNUM *number = NULL;
    uint8_t bytes[32];
    int got = EVP_PKEY_get_bn_param(key, name, &number);
    assert(got == 1);
    BN_bn2binpad(number, bytes, sizeof bytes);
    base64url_encode(bytes, sizeof bytes, ret_text);
    BN_free(number);
}

static void make_pair(struct pair *ret_pair)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert(key != NULL);
    read_pem(key, true, ret_pair->private_pem, sizeof ret_pair->private_pem);
    read_pem(key, false, ret_pair->public_pem, sizeof ret_pair->public_pem);
    read_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, ret_pair->x);
    read_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, ret_pair->y);
    EVP_PKEY_free(key);
}

static json_t *jwk(const struct pair *pair, const char *kid)
{
    return json_pack("{ss ss ss ss ss ss ss}", "kty", "EC", "crv", "P-256", "alg", "ES256", "use",
                     "sig", "kid", kid, "x", pair->x, "y", pair->y);
}

static enum error load(struct keyring *ring, json_t *keys)
{
    json_t *document = json_pack("{so}", "keys", keys);
    char *text = json_dumps(document, JSON_COMPACT);
    enum error error = keyring_load(ring, text, strlen(text));
    free(text);
    json_decref(document);
    return error;
}

static json_t *user_claims(void)
{
    return json_pack("{ss ss ss ss sb sb sI sI}", "iss", TOKEN_ISSUER, "sub", USER_ID, "sid",
                     SESSION_ID, "name", "ada", "guest", 0, "admin", 1, "iat", (json_int_t)NOW_S,
                     "exp", (json_int_t)(NOW_S + LIFE_S));
}

/* Signs and steals `claims`; the caller frees the text. */
static char *sign(json_t *claims, const char *kid, jwt_alg_t algorithm, const char *key)
{
    jwt_t *jwt;
    assert(jwt_new(&jwt) == 0);
    char *text = json_dumps(claims, JSON_COMPACT);
    assert(jwt_add_grants_json(jwt, text) == 0);
    free(text);
    json_decref(claims);
    if (kid != NULL)
        assert(jwt_add_header(jwt, "kid", kid) == 0);
    assert(jwt_set_alg(jwt, algorithm, (const unsigned char *)key,
                       key == NULL ? 0 : (int)strlen(key)) == 0);
    char *token = jwt_encode_str(jwt);
    assert(token != NULL);
    jwt_free(jwt);
    return token;
}

static char *sign_ours(json_t *claims)
{
    return sign(claims, "one", JWT_ALG_ES256, ours.private_pem);
}

static enum error verify_text(const char *token, int64_t now_unix_ms)
{
    struct caller caller;
    bool unknown_kid;
    return token_verify(keyring, token, now_unix_ms, &caller, &unknown_kid);
}

static enum error verify(char *token, int64_t now_unix_ms)
{
    enum error error = verify_text(token, now_unix_ms);
    free(token);
    return error;
}

/* A token with this header, whose body and signature are taken from a good one. */
static enum error verify_with_header(const char *header)
{
    char *good = sign_ours(user_claims());
    char token[TOKEN_BYTES_MAX * 2];
    base64url_encode(header, strlen(header), token);
    strcat(token, strchr(good, '.'));
    free(good);
    return verify_text(token, NOW_MS);
}

static enum error verify_with(const char *claim, json_t *value)
{
    json_t *claims = user_claims();
    if (value == NULL)
        json_object_del(claims, claim);
    else
        json_object_set_new(claims, claim, value);
    return verify(sign_ours(claims), NOW_MS);
}

/* The promises */

static void test_token_tells_who_is_asking(void)
{
    char *token = sign_ours(user_claims());
    struct caller caller;
    bool unknown_kid = true;
    CU_ASSERT_EQUAL_FATAL(token_verify(keyring, token, NOW_MS, &caller, &unknown_kid), OK);
    CU_ASSERT_FALSE(unknown_kid);
    CU_ASSERT_STRING_EQUAL(caller.user_id, USER_ID);
    CU_ASSERT_STRING_EQUAL(caller.session_id, SESSION_ID);
    CU_ASSERT_STRING_EQUAL(caller.name, "ada");
    CU_ASSERT_FALSE(caller.guest);
    CU_ASSERT_TRUE(caller.admin);
    CU_ASSERT_STRING_EQUAL(caller.scope, "");
    CU_ASSERT_EQUAL(caller.expires_unix_ms, (NOW_S + LIFE_S) * 1000);
    free(token);
}

static void test_token_of_a_service_has_scopes_and_no_user(void)
{
    char *token = sign_ours(json_pack("{ss ss ss sI sI}", "iss", TOKEN_ISSUER, "sub",
                                      "service:matchmaking", "scope", "rooms:match games:start",
                                      "iat", (json_int_t)NOW_S, "exp", (json_int_t)NOW_S + 60));
    struct caller caller;
    bool unknown_kid;
    CU_ASSERT_EQUAL_FATAL(token_verify(keyring, token, NOW_MS, &caller, &unknown_kid), OK);
    CU_ASSERT_STRING_EQUAL(caller.user_id, "");
    CU_ASSERT_STRING_EQUAL(caller.session_id, "");
    CU_ASSERT_STRING_EQUAL(caller.name, "matchmaking");
    CU_ASSERT_TRUE(caller_has_scope(&caller, "rooms:match"));
    CU_ASSERT_TRUE(caller_has_scope(&caller, "games:start"));
    CU_ASSERT_FALSE(caller_has_scope(&caller, "rooms"));
    CU_ASSERT_FALSE(caller_has_scope(&caller, "games:start2"));
    CU_ASSERT_FALSE(caller_has_scope(&caller, "rooms:match games:start"));
    CU_ASSERT_FALSE(caller_has_scope(&caller, ""));
    free(token);
}

static void test_token_with_alg_none_is_refused(void)
{
    CU_ASSERT_EQUAL(verify(sign(user_claims(), "one", JWT_ALG_NONE, NULL), NOW_MS),
                    ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with_header("{\"alg\":\"none\",\"kid\":\"one\"}"), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with_header("{\"alg\":\"NONE\",\"kid\":\"one\"}"), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with_header("{\"kid\":\"one\"}"), ERROR_TOKEN_INVALID);
}

static void test_token_signed_with_the_public_key_as_hmac_secret_is_refused(void)
{
    CU_ASSERT_EQUAL(verify(sign(user_claims(), "one", JWT_ALG_HS256, ours.public_pem), NOW_MS),
                    ERROR_TOKEN_INVALID);
}

static void test_token_of_a_foreign_key_is_refused(void)
{
    CU_ASSERT_EQUAL(verify(sign(user_claims(), "one", JWT_ALG_ES256, foreign.private_pem), NOW_MS),
                    ERROR_TOKEN_INVALID);
}

static void test_token_of_an_unknown_kid_says_so(void)
{
    char *token = sign(user_claims(), "two", JWT_ALG_ES256, foreign.private_pem);
    struct caller caller;
    bool unknown_kid = false;
    CU_ASSERT_EQUAL(token_verify(keyring, token, NOW_MS, &caller, &unknown_kid),
                    ERROR_TOKEN_INVALID);
    CU_ASSERT_TRUE(unknown_kid);
    free(token);
}

static void test_token_without_kid_is_refused(void)
{
    char long_kid[256];
    memset(long_kid, 'k', sizeof long_kid - 1);
    long_kid[sizeof long_kid - 1] = '\0';
    CU_ASSERT_EQUAL(verify(sign(user_claims(), NULL, JWT_ALG_ES256, ours.private_pem), NOW_MS),
                    ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify(sign(user_claims(), long_kid, JWT_ALG_ES256, ours.private_pem), NOW_MS),
                    ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with_header("{\"alg\":\"ES256\",\"kid\":1}"), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(
        verify_with_header("{\"alg\":\"ES256\",\"kid\":\"one\",\"crit\":[\"b64\"],\"b64\":false}"),
        ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with_header("{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"one\"}"),
                    ERROR_TOKEN_INVALID);
}

static void test_token_ends_after_its_leeway(void)
{
    int64_t end_ms = (NOW_S + LIFE_S + TOKEN_LEEWAY_S) * 1000;
    CU_ASSERT_EQUAL(verify(sign_ours(user_claims()), end_ms - 1), OK);
    CU_ASSERT_EQUAL(verify(sign_ours(user_claims()), end_ms), ERROR_TOKEN_EXPIRED);
}

static void test_token_from_the_future_is_refused(void)
{
    int64_t early_ms = (NOW_S - TOKEN_LEEWAY_S) * 1000;
    CU_ASSERT_EQUAL(verify(sign_ours(user_claims()), early_ms), OK);
    CU_ASSERT_EQUAL(verify(sign_ours(user_claims()), early_ms - 1), ERROR_TOKEN_INVALID);
}

static void test_token_of_a_wrong_issuer_is_refused(void)
{
    CU_ASSERT_EQUAL(verify_with("iss", json_string("somebody")), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("iss", json_pack("[s]", TOKEN_ISSUER)), ERROR_TOKEN_INVALID);
}

static void test_token_lacking_a_claim_is_refused(void)
{
    static const char *const names[] = {"iss",   "sub",   "sid", "name",
                                        "guest", "admin", "iat", "exp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CU_ASSERT_EQUAL(verify_with(names[i], NULL), ERROR_TOKEN_INVALID);
}

static void test_token_with_a_claim_of_the_wrong_type_is_refused(void)
{
    static const char *const names[] = {"iss",   "sub",   "sid", "name",
                                        "guest", "admin", "iat", "exp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CU_ASSERT_EQUAL(verify_with(names[i], json_object()), ERROR_TOKEN_INVALID);
        CU_ASSERT_EQUAL(verify_with(names[i], json_null()), ERROR_TOKEN_INVALID);
        CU_ASSERT_EQUAL(verify_with(names[i], json_real(1e300)), ERROR_TOKEN_INVALID);
    }
    CU_ASSERT_EQUAL(verify_with("exp", json_integer(INT64_MAX)), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("exp", json_integer(INT64_MIN)), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("iat", json_integer(INT64_MIN)), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("exp", json_string("1767225600")), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("admin", json_integer(1)), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("sub", json_string("' or 1=1 --")), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("sid", json_string("none")), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("name", json_string("a-name-of-more-than-20")),
                    ERROR_TOKEN_INVALID);
}

static void test_token_of_a_service_lacks_scope_or_name_and_is_refused(void)
{
    static const char *const subjects[] = {"service:", "service:a-name-of-more-than-20-characters"};
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        CU_ASSERT_EQUAL(
            verify(sign_ours(json_pack("{ss ss ss sI sI}", "iss", TOKEN_ISSUER, "sub", subjects[i],
                                       "scope", "rooms:match", "iat", (json_int_t)NOW_S, "exp",
                                       (json_int_t)NOW_S + 60)),
                   NOW_MS),
            ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with("sub", json_string("service:rooms")), ERROR_TOKEN_INVALID);
}

static void test_token_that_is_garbage_is_refused(void)
{
    static const char *const texts[] = {"",
                                        ".",
                                        "..",
                                        "...",
                                        "a",
                                        "a.b",
                                        "a.b.c",
                                        "a b",
                                        "a.b.c.d",
                                        "e30.e30.",
                                        "e30.e30.e30",
                                        "\xff.\xff.\xff",
                                        "bnVsbA.bnVsbA.bnVsbA",
                                        "W10.W10.W10"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_EQUAL(verify_text(texts[i], NOW_MS), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with_header("[]"), ERROR_TOKEN_INVALID);
    CU_ASSERT_EQUAL(verify_with_header("{\"alg\":\"ES256\""), ERROR_TOKEN_INVALID);
}

static void test_token_changed_in_any_byte_is_refused(void)
{
    char *good = sign_ours(user_claims());
    size_t length = strlen(good);
    for (size_t i = 0; i < length; i++) { /* of the last character only the unused bits */
        static const char digits[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        char was = good[i];
        good[i] = was == '.' ? 'A' : digits[(strchr(digits, was) - digits) ^ 1];
        CU_ASSERT_EQUAL(verify_text(good, NOW_MS), ERROR_TOKEN_INVALID);
        good[i] = was;
    }
    CU_ASSERT_EQUAL(verify_text(good, NOW_MS), OK);
    free(good);
}

static void test_token_that_is_oversized_is_refused(void)
{
    char *text = malloc(BIG_BYTES + 1);
    memset(text, 'a', BIG_BYTES);
    text[HEAD_BYTES] = text[HEAD_BYTES * 2] = '.';
    text[BIG_BYTES] = '\0';
    CU_ASSERT_EQUAL(verify_text(text, NOW_MS), ERROR_TOKEN_INVALID);
    free(text);

    char filler[TOKEN_BYTES_MAX];
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    CU_ASSERT_EQUAL(verify_with("filler", json_string(filler)), ERROR_TOKEN_INVALID);
}

static void test_keyring_without_keys_is_unavailable(void)
{
    struct keyring *empty = keyring_create();
    char *token = sign_ours(user_claims());
    struct caller caller;
    bool unknown_kid = false;
    CU_ASSERT_TRUE(keyring_is_empty(empty));
    CU_ASSERT_EQUAL(token_verify(empty, token, NOW_MS, &caller, &unknown_kid), ERROR_UNAVAILABLE);
    CU_ASSERT_TRUE(unknown_kid);
    free(token);
    keyring_destroy(empty);
}

static void test_keyring_takes_several_keys_and_forgets_old_ones(void)
{
    struct keyring *ring = keyring_create();
    CU_ASSERT_EQUAL(load(ring, json_pack("[o o]", jwk(&ours, "one"), jwk(&foreign, "two"))), OK);
    CU_ASSERT_TRUE(keyring_has(ring, "one"));
    CU_ASSERT_TRUE(keyring_has(ring, "two"));
    CU_ASSERT_FALSE(keyring_has(ring, "three"));
    CU_ASSERT_EQUAL(load(ring, json_pack("[o]", jwk(&foreign, "two"))), OK);
    CU_ASSERT_FALSE(keyring_has(ring, "one"));
    keyring_destroy(ring);
}

static void test_keyring_passes_over_keys_of_other_kinds(void)
{
    struct keyring *ring = keyring_create();
    json_t *encryption = jwk(&ours, "enc");
    json_object_set_new(encryption, "use", json_string("enc"));
    json_t *keys =
        json_pack("[{ss ss} o o i]", "kty", "RSA", "kid", "rsa", encryption, jwk(&ours, "one"), 7);
    CU_ASSERT_EQUAL(load(ring, keys), OK);
    CU_ASSERT_TRUE(keyring_has(ring, "one"));
    CU_ASSERT_FALSE(keyring_has(ring, "enc"));
    CU_ASSERT_FALSE(keyring_has(ring, "rsa"));
    keyring_destroy(ring);
}

static void expect_bad_key(const char *member, json_t *value)
{
    json_t *key = jwk(&ours, "bad");
    if (value == NULL)
        json_object_del(key, member);
    else
        json_object_set_new(key, member, value);
    CU_ASSERT_EQUAL(load(keyring, json_pack("[o o]", jwk(&ours, "one"), key)), ERROR_VALIDATION);
    CU_ASSERT_TRUE(keyring_has(keyring, "one"));
    CU_ASSERT_FALSE(keyring_has(keyring, "bad"));
}

static void test_keyring_keeps_its_keys_when_the_document_is_bad(void)
{
    static const char *const malformed[] = {"", "{", "nonsense", "{\"keys\":[],\"keys\":[]}"};
    static const char *const wrong[] = {"[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        CU_ASSERT_EQUAL(keyring_load(keyring, malformed[i], strlen(malformed[i])),
                        ERROR_MALFORMED_JSON);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(keyring_load(keyring, wrong[i], strlen(wrong[i])), ERROR_VALIDATION);

    expect_bad_key("kid", NULL);
    expect_bad_key("kid", json_string(""));
    expect_bad_key("kid", json_string("one")); /* twice */
    expect_bad_key("x", NULL);
    expect_bad_key("x", json_string("AAAA"));
    expect_bad_key("y", json_string(ours.x)); /* no point of the curve */
    expect_bad_key("y", json_integer(1));

    json_t *many = json_array();
    for (int i = 0; i <= TOKEN_KEYS_MAX; i++) {
        char kid[16];
        snprintf(kid, sizeof kid, "key-%d", i);
        json_array_append_new(many, jwk(&ours, kid));
    }
    CU_ASSERT_EQUAL(load(keyring, many), ERROR_VALIDATION);
    CU_ASSERT_EQUAL(verify(sign_ours(user_claims()), NOW_MS), OK);
}

static int make_keys(void)
{
    make_pair(&ours);
    make_pair(&foreign);
    keyring = keyring_create();
    return load(keyring, json_pack("[o]", jwk(&ours, "one")));
}

static int drop_keys(void)
{
    keyring_destroy(keyring);
    return 0;
}

static CU_TestInfo promises[] = {
    PROMISE(test_token_tells_who_is_asking),
    PROMISE(test_token_of_a_service_has_scopes_and_no_user),
    PROMISE(test_token_with_alg_none_is_refused),
    PROMISE(test_token_signed_with_the_public_key_as_hmac_secret_is_refused),
    PROMISE(test_token_of_a_foreign_key_is_refused),
    PROMISE(test_token_of_an_unknown_kid_says_so),
    PROMISE(test_token_without_kid_is_refused),
    PROMISE(test_token_ends_after_its_leeway),
    PROMISE(test_token_from_the_future_is_refused),
    PROMISE(test_token_of_a_wrong_issuer_is_refused),
    PROMISE(test_token_lacking_a_claim_is_refused),
    PROMISE(test_token_with_a_claim_of_the_wrong_type_is_refused),
    PROMISE(test_token_of_a_service_lacks_scope_or_name_and_is_refused),
    PROMISE(test_token_that_is_garbage_is_refused),
    PROMISE(test_token_changed_in_any_byte_is_refused),
    PROMISE(test_token_that_is_oversized_is_refused),
    PROMISE(test_keyring_without_keys_is_unavailable),
    PROMISE(test_keyring_takes_several_keys_and_forgets_old_ones),
    PROMISE(test_keyring_passes_over_keys_of_other_kinds),
    PROMISE(test_keyring_keeps_its_keys_when_the_document_is_bad),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"core/token", make_keys, drop_keys, NULL, NULL, promises},
        CU_SUITE_INFO_NULL,
    };
    return keep_suites(suites);
}
