/* The nouns of the auth service that need no server: names, passwords, refresh tokens, cookies,
 * addresses, secrets and signatures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/cookies.h"
#include "auth/names.h"
#include "auth/password.h"
#include "auth/refresh_token.h"
#include "auth/secret_file.h"
#include "auth/sign.h"
#include "auth/throttle.h"
#include "promises.h"

#define NOW_MS     INT64_C(1767225600000)
#define SIGNATURES 300 /* enough for an r or s with leading zeros, which must be padded */

static char data_dir[64];

static const struct password_cost cheap = {.memory_kib = 64, .passes = 1};
static const struct refresh_key key = {{1, 2, 3}};
static const struct id session = {{0xff, 0, 0x80, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 9}};

/* names */

static void test_username_is_3_to_20_of_letters_digits_and_two_marks(void)
{
    static const char *const good[] = {"ada", "A_b-9", "___", "abcdefghijklmnopqrst"};
    static const char *const bad[] = {
        "",     "ab",   "abcdefghijklmnopqrstu", "a b", "ad\xc3\xa9", "a.b", "<b>", "a\tb",
        "a'--", "ada ", "\xff\xff\xff"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_TRUE(username_is_good(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(username_is_good(bad[i]));
}

static void test_username_of_a_guest_is_recognised_in_any_case(void)
{
    CU_ASSERT_TRUE(username_is_of_guest("guest-ABC123"));
    CU_ASSERT_TRUE(username_is_of_guest("GuEsT-x"));
    CU_ASSERT_FALSE(username_is_of_guest("guest"));
    CU_ASSERT_FALSE(username_is_of_guest("my-guest-1"));
}

static void test_username_made_at_random_is_good_and_new_each_time(void)
{
    char one[USERNAME_BYTES], two[USERNAME_BYTES];
    username_random(GUEST_PREFIX, one);
    username_random(GUEST_PREFIX, two);
    CU_ASSERT_TRUE(username_is_good(one));
    CU_ASSERT_TRUE(username_is_of_guest(one));
    CU_ASSERT_EQUAL(strlen(one), strlen("guest-XXXXXX"));
    CU_ASSERT_STRING_NOT_EQUAL(one, two);
}

static void test_email_has_one_at_and_nothing_strange(void)
{
    static const char *const good[] = {"a@b", "ada.l+games@example.org",
                                       "\xc3\xa9lan@ex\xc3\xa4mple.org", "o'hara@example.org"};
    static const char *const bad[] = {"",        "ada",       "@b",      "a@",      "a@b@c",
                                      "a b@c.d", "a@b\n.org", "a@b\x7f", "<a@b.c>", "a@b.c,d@e.f",
                                      "a@b;c",   "\"a\"@b.c", "a\\@b.c"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_TRUE(email_is_good(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(email_is_good(bad[i]));

    char text[EMAIL_BYTES + 1];
    memset(text, 'a', sizeof text);
    text[1] = '@';
    text[EMAIL_BYTES] = '\0';
    CU_ASSERT_FALSE(email_is_good(text));
    text[EMAIL_BYTES - 1] = '\0';
    CU_ASSERT_TRUE(email_is_good(text));
}

/* passwords */

static void test_password_matches_its_own_hash_only(void)
{
    char hash[PASSWORD_HASH_BYTES];
    CU_ASSERT_EQUAL_FATAL(password_hash("correct horse", cheap, hash), OK);
    CU_ASSERT_TRUE(password_matches("correct horse", hash));
    CU_ASSERT_FALSE(password_matches("correct hors", hash));
    CU_ASSERT_FALSE(password_matches("Correct horse", hash));
    CU_ASSERT_FALSE(password_matches("", hash));
    CU_ASSERT_FALSE(password_matches("correct horse", ""));
    CU_ASSERT_FALSE(password_matches("correct horse", "plain"));
}

static void test_password_of_two_players_has_two_hashes(void)
{
    char one[PASSWORD_HASH_BYTES], two[PASSWORD_HASH_BYTES];
    CU_ASSERT_EQUAL_FATAL(password_hash("correct horse", cheap, one), OK);
    CU_ASSERT_EQUAL_FATAL(password_hash("correct horse", cheap, two), OK);
    CU_ASSERT_STRING_NOT_EQUAL(one, two);
}

static void test_password_hash_is_outdated_when_the_cost_was_raised(void)
{
    static const struct password_cost more_memory = {640, 1}, more_passes = {64, 2};
    char hash[PASSWORD_HASH_BYTES];
    CU_ASSERT_EQUAL_FATAL(password_hash("correct horse", cheap, hash), OK);
    CU_ASSERT_FALSE(password_is_outdated(hash, cheap));
    CU_ASSERT_TRUE(password_is_outdated(hash, more_memory));
    CU_ASSERT_TRUE(password_is_outdated(hash, more_passes));
    CU_ASSERT_TRUE(password_is_outdated("plain", cheap));
}

static void test_password_of_the_longest_form_fits(void)
{
    char password[PASSWORD_BYTES], hash[PASSWORD_HASH_BYTES];
    static const struct password_cost largest_numbers = {99999, 1};
    memset(password, 0xf0, sizeof password - 1);
    password[sizeof password - 1] = '\0';
    CU_ASSERT_EQUAL_FATAL(password_hash(password, largest_numbers, hash), OK);
    CU_ASSERT_TRUE(password_matches(password, hash));
}

/* refresh tokens */

static void test_refresh_token_gives_back_session_and_generation(void)
{
    static const uint32_t generations[] = {1, 2, 255, 256, 65536, UINT32_MAX};
    for (size_t i = 0; i < sizeof generations / sizeof *generations; i++) {
        char text[REFRESH_TOKEN_BYTES];
        struct id read;
        uint32_t generation;
        refresh_token_make(&key, &session, generations[i], text);
        CU_ASSERT_TRUE_FATAL(refresh_token_read(&key, text, &read, &generation));
        CU_ASSERT_TRUE(id_equal(&read, &session));
        CU_ASSERT_EQUAL(generation, generations[i]);
        CU_ASSERT_TRUE(strlen(text) < REFRESH_TOKEN_BYTES);
    }
}

static void test_refresh_token_is_the_same_when_made_again(void)
{
    char one[REFRESH_TOKEN_BYTES], two[REFRESH_TOKEN_BYTES];
    refresh_token_make(&key, &session, 7, one);
    refresh_token_make(&key, &session, 7, two);
    CU_ASSERT_STRING_EQUAL(one, two);
}

static void test_refresh_token_changed_in_any_character_is_refused(void)
{
    char text[REFRESH_TOKEN_BYTES];
    struct id read;
    uint32_t generation;
    refresh_token_make(&key, &session, 7, text);
    for (size_t i = 0; i + 1 < strlen(text); i++) { /* the last one holds unused bits */
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        CU_ASSERT_FALSE(refresh_token_read(&key, text, &read, &generation));
        text[i] = was;
    }
    CU_ASSERT_TRUE(refresh_token_read(&key, text, &read, &generation));
}

static void test_refresh_token_of_another_server_is_refused(void)
{
    static const struct refresh_key other = {{3, 2, 1}};
    char text[REFRESH_TOKEN_BYTES];
    struct id read;
    uint32_t generation;
    refresh_token_make(&other, &session, 1, text);
    CU_ASSERT_FALSE(refresh_token_read(&key, text, &read, &generation));
}

static void test_refresh_token_that_is_garbage_is_refused(void)
{
    static const char *const texts[] = {
        "", "AAAA", "no token!", "\xff\xfe",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    struct id read;
    uint32_t generation;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_FALSE(refresh_token_read(&key, texts[i], &read, &generation));
}

/* cookies and addresses */

static void test_cookie_is_kept_from_scripts_and_other_sites(void)
{
    char text[COOKIE_TEXT_BYTES];
    cookie_text(COOKIE_ACCESS, "abc", COOKIE_ACCESS_PATH, 900, false, text);
    CU_ASSERT_STRING_EQUAL(text,
                           "transcendence_access=abc; Path=/; Max-Age=900; HttpOnly; SameSite=Lax");
    cookie_text(COOKIE_REFRESH, "abc", COOKIE_REFRESH_PATH, 2592000, true, text);
    CU_ASSERT_STRING_EQUAL(text, "transcendence_refresh=abc; Path=/api/auth; Max-Age=2592000; "
                                 "HttpOnly; SameSite=Lax; Secure");
}

static void test_cookie_is_removed_by_an_age_of_zero(void)
{
    char text[COOKIE_TEXT_BYTES];
    cookie_text(COOKIE_ACCESS, "", COOKIE_ACCESS_PATH, 0, false, text);
    CU_ASSERT_STRING_EQUAL(text,
                           "transcendence_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

static void expect_address(const char *address, const char *counted)
{
    char text[THROTTLE_ADDRESS_BYTES];
    throttle_address(address, text);
    CU_ASSERT_STRING_EQUAL(text, counted);
}

static void test_throttle_counts_an_ipv6_network_as_one_address(void)
{
    expect_address("192.0.2.7", "192.0.2.7");
    expect_address("::ffff:192.0.2.7", "192.0.2.7");
    expect_address("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
    expect_address("2001:db8:1:2:ffff::1", "2001:db8:1:2::");
    expect_address("", "");
    expect_address("somewhere", "somewhere");
}

/* secrets */

static void path_of(const char *name, char ret_path[SECRET_FILE_PATH_BYTES])
{
    secret_file_path(data_dir, name, ret_path);
}

static void test_secret_file_is_for_its_owner_alone(void)
{
    char path[SECRET_FILE_PATH_BYTES];
    struct stat state;
    path_of("private", path);
    CU_ASSERT_EQUAL_FATAL(secret_file_create(path, "hidden"), OK);
    CU_ASSERT_EQUAL_FATAL(stat(path, &state), 0);
    CU_ASSERT_EQUAL(state.st_mode & 07777, 0600);
}

static void test_secret_file_is_never_replaced(void)
{
    char path[SECRET_FILE_PATH_BYTES], text[SECRET_FILE_BYTES_MAX];
    path_of("kept", path);
    CU_ASSERT_EQUAL(secret_file_read(path, text, sizeof text), ERROR_NOT_FOUND);
    CU_ASSERT_EQUAL(secret_file_create(path, "first\nof two lines"), OK);
    CU_ASSERT_EQUAL(secret_file_create(path, "second"), OK);
    CU_ASSERT_EQUAL_FATAL(secret_file_read(path, text, sizeof text), OK);
    CU_ASSERT_STRING_EQUAL(text, "first\nof two lines");
}

static void test_secret_file_that_does_not_fit_is_refused(void)
{
    char path[SECRET_FILE_PATH_BYTES], text[8] = "as was";
    path_of("long", path);
    CU_ASSERT_EQUAL(secret_file_create(path, "12345678"), OK);
    CU_ASSERT_EQUAL(secret_file_read(path, text, sizeof text), ERROR_INTERNAL);
    CU_ASSERT_STRING_EQUAL(text, "as was");
    path_of("empty", path);
    CU_ASSERT_EQUAL(secret_file_create(path, ""), OK);
    CU_ASSERT_EQUAL(secret_file_read(path, text, sizeof text), ERROR_INTERNAL);
}

static void test_refresh_key_is_the_same_at_the_next_start(void)
{
    struct refresh_key one, two;
    CU_ASSERT_EQUAL_FATAL(refresh_key_load(data_dir, &one), OK);
    CU_ASSERT_EQUAL_FATAL(refresh_key_load(data_dir, &two), OK);
    CU_ASSERT_EQUAL(memcmp(&one, &two, sizeof one), 0);
}

/* signatures */

static void test_thumbprint_is_that_of_rfc_7638(void)
{
    char text[THUMBPRINT_BYTES]; /* the key of RFC 7517 A.1 */
    sign_thumbprint("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                    "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", text);
    CU_ASSERT_STRING_EQUAL(text, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
}

static void test_signed_tokens_are_believed_by_a_service_with_the_key_set(void)
{
    struct signer *signer;
    struct keyring *keyring = keyring_create();
    CU_ASSERT_EQUAL_FATAL(signer_create(data_dir, &signer), OK);
    const char *jwks = signer_jwks(signer);
    CU_ASSERT_EQUAL(keyring_load(keyring, jwks, strlen(jwks)), OK);
    CU_ASSERT_PTR_NULL(strstr(jwks, "\"d\""));

    char token[TOKEN_BYTES_MAX];
    struct caller caller;
    bool unknown_kid;
    const struct user_claims claims = {
        .user_id = "019b76da-a800-7000-8000-000000000001",
        .session_id = "019b76da-a800-7000-8000-000000000002",
        .name = "abcdefghijklmnopqrst",
        .guest = true,
    };
    for (int i = 0; i < SIGNATURES; i++) {
        CU_ASSERT_EQUAL_FATAL(sign_user_token(signer, &claims, NOW_MS, NOW_MS + 900000, token), OK);
        CU_ASSERT_EQUAL_FATAL(token_verify(keyring, token, NOW_MS, &caller, &unknown_kid), OK);
    }
    CU_ASSERT_STRING_EQUAL(caller.user_id, claims.user_id);
    CU_ASSERT_STRING_EQUAL(caller.session_id, claims.session_id);
    CU_ASSERT_STRING_EQUAL(caller.name, claims.name);
    CU_ASSERT_TRUE(caller.guest);
    CU_ASSERT_FALSE(caller.admin);

    CU_ASSERT_EQUAL(
        sign_service_token(signer, "games", "rooms:result", NOW_MS, NOW_MS + 60000, token), OK);
    CU_ASSERT_EQUAL(token_verify(keyring, token, NOW_MS, &caller, &unknown_kid), OK);
    CU_ASSERT_STRING_EQUAL(caller.name, "games");
    CU_ASSERT_TRUE(caller_has_scope(&caller, "rooms:result"));
    keyring_destroy(keyring);
    signer_destroy(signer);
}

static void test_signing_key_is_the_same_at_the_next_start(void)
{
    struct signer *one, *two;
    CU_ASSERT_EQUAL_FATAL(signer_create(data_dir, &one), OK);
    CU_ASSERT_EQUAL_FATAL(signer_create(data_dir, &two), OK);
    CU_ASSERT_STRING_EQUAL(signer_jwks(one), signer_jwks(two));
    signer_destroy(one);
    signer_destroy(two);
}

static void test_signing_key_that_is_broken_is_refused_and_kept(void)
{
    char folder[128], path[SECRET_FILE_PATH_BYTES], text[64];
    struct signer *signer = NULL;
    snprintf(folder, sizeof folder, "%s/broken", data_dir);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
    secret_file_path(folder, "auth-signing-key.pem", path);
    CU_ASSERT_EQUAL_FATAL(secret_file_create(path, "no key"), OK);
    CU_ASSERT_EQUAL(signer_create(folder, &signer), ERROR_INTERNAL);
    CU_ASSERT_PTR_NULL(signer);
    CU_ASSERT_EQUAL(secret_file_read(path, text, sizeof text), OK);
    CU_ASSERT_STRING_EQUAL(text, "no key");
}

static int make_data_dir(void)
{
    strcpy(data_dir, "/tmp/auth_test.XXXXXX");
    return mkdtemp(data_dir) == NULL;
}

static int remove_data_dir(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", data_dir);
    return system(command);
}

static CU_TestInfo names[] = {
    PROMISE(test_username_is_3_to_20_of_letters_digits_and_two_marks),
    PROMISE(test_username_of_a_guest_is_recognised_in_any_case),
    PROMISE(test_username_made_at_random_is_good_and_new_each_time),
    PROMISE(test_email_has_one_at_and_nothing_strange),
    CU_TEST_INFO_NULL,
};
static CU_TestInfo passwords[] = {
    PROMISE(test_password_matches_its_own_hash_only),
    PROMISE(test_password_of_two_players_has_two_hashes),
    PROMISE(test_password_hash_is_outdated_when_the_cost_was_raised),
    PROMISE(test_password_of_the_longest_form_fits),
    CU_TEST_INFO_NULL,
};
static CU_TestInfo refresh_tokens[] = {
    PROMISE(test_refresh_token_gives_back_session_and_generation),
    PROMISE(test_refresh_token_is_the_same_when_made_again),
    PROMISE(test_refresh_token_changed_in_any_character_is_refused),
    PROMISE(test_refresh_token_of_another_server_is_refused),
    PROMISE(test_refresh_token_that_is_garbage_is_refused),
    CU_TEST_INFO_NULL,
};
static CU_TestInfo cookies[] = {
    PROMISE(test_cookie_is_kept_from_scripts_and_other_sites),
    PROMISE(test_cookie_is_removed_by_an_age_of_zero),
    PROMISE(test_throttle_counts_an_ipv6_network_as_one_address),
    CU_TEST_INFO_NULL,
};
static CU_TestInfo secrets[] = {
    PROMISE(test_secret_file_is_for_its_owner_alone),
    PROMISE(test_secret_file_is_never_replaced),
    PROMISE(test_secret_file_that_does_not_fit_is_refused),
    PROMISE(test_refresh_key_is_the_same_at_the_next_start),
    PROMISE(test_thumbprint_is_that_of_rfc_7638),
    PROMISE(test_signed_tokens_are_believed_by_a_service_with_the_key_set),
    PROMISE(test_signing_key_is_the_same_at_the_next_start),
    PROMISE(test_signing_key_that_is_broken_is_refused_and_kept),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"auth/names", NULL, NULL, NULL, NULL, names},
        {"auth/password", NULL, NULL, NULL, NULL, passwords},
        {"auth/refresh_token", NULL, NULL, NULL, NULL, refresh_tokens},
        {"auth/cookies, auth/throttle", NULL, NULL, NULL, NULL, cookies},
        {"auth/secret_file, auth/sign", make_data_dir, remove_data_dir, NULL, NULL, secrets},
        CU_SUITE_INFO_NULL,
    };
    return keep_suites(suites);
}
