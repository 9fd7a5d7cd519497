/*
 * Making a full account, or making one of the guest who asks: he keeps his id, his session and all
 * that others remember of him. Tables users and sessions; Redis counter of accounts per address.
 * Which of two racing for a name gets it is the unique index's decision alone.
 */
#include <string.h>

#include "auth/account.h"
#include "auth/metrics.h"
#include "auth/operations.h"
#include "auth/queries.h"
#include "auth/session.h"
#include "auth/throttle.h"
#include "core/log.h"

struct input {
    char username[USERNAME_BYTES];
    char email[EMAIL_BYTES];
    char password[PASSWORD_BYTES];
};

static const struct json_field input_fields[] = {
    JSON_TEXT(struct input, username, USERNAME_CHARACTERS_MIN, USERNAME_CHARACTERS_MAX),
    JSON_TEXT(struct input, email, 3, EMAIL_BYTES - 1),
    JSON_TEXT(struct input, password, PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX),
};

static enum error check(struct call *call, const struct input *input);
static enum error find_guest(struct call *call, bool *ret_is_guest);
static enum error make_account(struct call *call, const struct input *input);
static bool is_taken(enum error error);
static enum error insert_account(struct call *call, const struct input *input, const char *hash);
static enum error upgrade_guest(struct call *call, const struct input *input);
static enum error rewrite_guest(struct call *call, const struct input *input, const char *hash);

enum error auth_register(struct call *call)
{
    bool is_guest = false;
    struct input input = {0};
    enum error error =
        call_decode(call, input_fields, sizeof input_fields / sizeof *input_fields, &input);
    if (!error)
        error = check(call, &input);
    if (!error)
        error = find_guest(call, &is_guest);
    if (!error)
        error = is_guest ? upgrade_guest(call, &input) : make_account(call, &input);
    explicit_bzero(&input, sizeof input);
    return error;
}

static enum error check(struct call *call, const struct input *input)
{
    enum error error = account_check_username(call, input->username);
    return error ? error : account_check_email(call, input->email);
}

/* Whose session has ended registers like anybody; a full account cannot do it again. */
static enum error find_guest(struct call *call, bool *ret_is_guest)
{
    if (call->caller.user_id[0] == '\0')
        return OK;
    AUTO_DATABASE *database = NULL;
    struct account account;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = account_of_caller(database, &call->caller, &account);
    if (error)
        return error == ERROR_SESSION_ENDED ? OK : error;
    if (!account.guest)
        return ERROR_NOT_A_GUEST;
    *ret_is_guest = true;
    return OK;
}

static enum error make_account(struct call *call, const struct input *input)
{
    char hash[PASSWORD_HASH_BYTES];
    enum error error = throttle_account_take(call);
    if (error)
        return error;
    error = password_hash(input->password, auth_of(call)->password_cost, hash);
    if (!error)
        error = insert_account(call, input, hash);
    if (error && !is_taken(error))
        throttle_account_give_back(call);
    return error;
}

/* Who asks which names and addresses have an account is counted like who makes one. */
static bool is_taken(enum error error)
{
    return error == ERROR_USERNAME_TAKEN || error == ERROR_EMAIL_TAKEN;
}

static enum error insert_account(struct call *call, const struct input *input, const char *hash)
{
    AUTO_DATABASE *database = NULL;
    struct account account;
    struct session session;
    struct id id = id_new();
    char text[ID_TEXT_BYTES];
    id_text(&id, text);

    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = database_begin(database);
    if (!error)
        error = account_complain(call, database,
                                 database_run(database, &user_insert, NULL, text, input->username,
                                              input->email, hash, DATABASE_END));
    if (!error)
        error = account_by_id_get(database, text, &account);
    if (!error)
        error = session_create(call, database, &account, &session);
    if (!error)
        error = database_commit(database);
    if (error)
        return error;
    metric_add(&metric_accounts_made, 1);
    log_info("account made", "user", account.id, NULL);
    return session_reply(call, 201, &account, &session);
}

/* He has been counted as a guest. */
static enum error upgrade_guest(struct call *call, const struct input *input)
{
    char hash[PASSWORD_HASH_BYTES];
    enum error error = throttle_account_take(call);
    if (error)
        return error;
    error = password_hash(input->password, auth_of(call)->password_cost, hash);
    if (!error)
        error = rewrite_guest(call, input, hash);
    if (!is_taken(error))
        throttle_account_give_back(call);
    return error;
}

static enum error rewrite_guest(struct call *call, const struct input *input, const char *hash)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *upgraded = NULL;
    struct account account;
    struct session session;

    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = database_begin(database);
    if (!error)
        error =
            account_complain(call, database,
                             database_run(database, &guest_upgrade, &upgraded, call->caller.user_id,
                                          input->username, input->email, hash, DATABASE_END));
    if (!error && rows_affected(upgraded) == 0)
        error = ERROR_NOT_A_GUEST;
    if (!error)
        error = account_by_id_get(database, call->caller.user_id, &account);
    if (!error)
        error = session_renew_own(call, database, &session);
    if (!error)
        error = database_commit(database);
    if (error)
        return error;
    metric_add(&metric_guests_upgraded, 1);
    log_info("guest made a full account", "user", account.id, NULL);
    return session_reply(call, 201, &account, &session);
}
