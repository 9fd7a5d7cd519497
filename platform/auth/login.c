/*
 * Logging in with a username or an e-mail address. Tables users (read, rehash) and sessions; Redis
 * counters of wrong logins. Must never tell, by answer or by time, whether the account exists.
 */
#include <string.h>

#include "auth/account.h"
#include "auth/metrics.h"
#include "auth/operations.h"
#include "auth/queries.h"
#include "auth/session.h"
#include "auth/throttle.h"

struct input {
    char login[EMAIL_BYTES];
    char password[PASSWORD_BYTES];
};

static const struct json_field input_fields[] = {
    JSON_TEXT(struct input, login, 1, EMAIL_BYTES - 1),
    JSON_TEXT(struct input, password, 1, PASSWORD_CHARACTERS_MAX),
};

static enum error log_in(struct call *call, const struct input *input);
static enum error find_account(struct call *call, const char *login, struct account *ret_account);
static enum error begin_session(struct call *call, const char *password, struct account *account);
static enum error replace_hash(struct database *database, const char *fresh,
                               struct account *account);

enum error auth_login(struct call *call)
{
    struct input input = {0};
    enum error error =
        call_decode(call, input_fields, sizeof input_fields / sizeof *input_fields, &input);
    if (!error)
        error = log_in(call, &input);
    explicit_bzero(&input, sizeof input);
    return error;
}

static enum error log_in(struct call *call, const struct input *input)
{
    struct account account = {0};
    enum error error = find_account(call, input->login, &account);
    if (error && error != ERROR_USER_NOT_FOUND)
        return error;
    bool known = account.password_hash[0] != '\0';
    const char *counted = known ? account.id : input->login;
    error = throttle_login_take(call, counted);
    if (error) {
        metric_add(&metric_logins_throttled, error == ERROR_TOO_MANY_REQUESTS);
        return error;
    }

    const char *hash = known ? account.password_hash : auth_of(call)->nobodys_hash;
    bool matches = password_matches(input->password, hash);
    if (!known || !matches) {
        metric_add(&metric_logins_wrong, 1);
        return ERROR_WRONG_CREDENTIALS;
    }
    throttle_login_give_back(call, counted);
    return begin_session(call, input->password, &account);
}

static enum error find_account(struct call *call, const char *login, struct account *ret_account)
{
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context_of(call)->database, &database);
    if (error)
        return error;
    if (strchr(login, '@') != NULL)
        return account_by_email_get(database, login, ret_account);
    return account_by_username_get(database, login, ret_account);
}

static enum error begin_session(struct call *call, const char *password, struct account *account)
{
    char fresh[PASSWORD_HASH_BYTES] = "";
    if (password_is_outdated(account->password_hash, auth_of(call)->password_cost)) {
        enum error error = password_hash(password, auth_of(call)->password_cost, fresh);
        if (error)
            return error;
    }

    AUTO_DATABASE *database = NULL;
    struct session session;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error && fresh[0] != '\0')
        error = replace_hash(database, fresh, account);
    if (!error)
        error = session_create(call, database, account, &session);
    if (error)
        return error;
    metric_add(&metric_logins_good, 1);
    return session_reply(call, 200, account, &session);
}

/* When the password was changed meanwhile nothing is replaced, and no session is made. */
static enum error replace_hash(struct database *database, const char *fresh,
                               struct account *account)
{
    enum error error = database_run(database, &user_rehash, NULL, account->id,
                                    account->password_hash, fresh, DATABASE_END);
    if (!error)
        memcpy(account->password_hash, fresh, PASSWORD_HASH_BYTES);
    return error;
}
