/*
 * Changing one's own name, e-mail address or password. Tables users and sessions. The last two need
 * the old password; a new password ends all other sessions. Guests have nothing to change: they
 * register.
 */
#include <string.h>

#include "auth/operations.h"
#include "auth/own_password.h"
#include "auth/queries.h"
#include "auth/session.h"
#include "core/log.h"

struct input {
    char username[USERNAME_BYTES];
    char email[EMAIL_BYTES];
    char password[PASSWORD_BYTES];
    char old_password[PASSWORD_BYTES];
    bool has_username, has_email, has_password, has_old_password;
};

static const struct json_field input_fields[] = {
    JSON_TEXT_OPTIONAL(struct input, username, has_username, USERNAME_CHARACTERS_MIN,
                       USERNAME_CHARACTERS_MAX),
    JSON_TEXT_OPTIONAL(struct input, email, has_email, 3, EMAIL_BYTES - 1),
    JSON_TEXT_OPTIONAL(struct input, password, has_password, PASSWORD_CHARACTERS_MIN,
                       PASSWORD_CHARACTERS_MAX),
    {"oldPassword", JSON_KIND_TEXT, offsetof(struct input, old_password),
     offsetof(struct input, has_old_password), PASSWORD_BYTES, 1, PASSWORD_CHARACTERS_MAX, false},
};

static enum error check(struct call *call, const struct input *input);
static enum error change(struct call *call, const struct input *input);
static enum error find_account(struct call *call, struct account *ret_account);
static enum error store(struct call *call, const struct input *input, const char *hash,
                        struct account *account);
static enum error update(struct call *call, struct database *database, const struct input *input,
                         const char *hash, const struct account *account);

enum error auth_me_patch(struct call *call)
{
    struct input input = {0};
    enum error error =
        call_decode(call, input_fields, sizeof input_fields / sizeof *input_fields, &input);
    if (!error)
        error = check(call, &input);
    if (!error)
        error = change(call, &input);
    explicit_bzero(&input, sizeof input);
    return error;
}

static enum error check(struct call *call, const struct input *input)
{
    enum error error = OK;
    if (input->has_username)
        error = account_check_username(call, input->username);
    if (!error && input->has_email)
        error = account_check_email(call, input->email);
    return error;
}

static enum error change(struct call *call, const struct input *input)
{
    struct account account;
    char hash[PASSWORD_HASH_BYTES] = "";
    enum error error = find_account(call, &account);
    if (!error && account.guest)
        error = ERROR_GUEST_NOT_ALLOWED;
    if (!error && (input->has_email || input->has_password))
        error = own_password_check(call, &account, "oldPassword", input->old_password);
    if (!error && input->has_password)
        error = password_hash(input->password, auth_of(call)->password_cost, hash);
    if (!error)
        error = store(call, input, hash, &account);
    if (!error)
        error = session_renew_cookie(call, &account);
    if (error)
        return error;
    call_reply(call, 200, account_json(&account));
    return OK;
}

static enum error find_account(struct call *call, struct account *ret_account)
{
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context_of(call)->database, &database);
    return error ? error : account_of_caller(database, &call->caller, ret_account);
}

static enum error store(struct call *call, const struct input *input, const char *hash,
                        struct account *account)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *ended = NULL;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = database_begin(database);
    if (!error)
        error = update(call, database, input, hash, account);
    if (!error && input->has_password)
        error = session_end_others(call, database, &ended);
    if (!error)
        error = account_by_id_get(database, account->id, account);
    if (!error)
        error = database_commit(database);
    if (error)
        return error;
    if (ended != NULL) {
        log_info("password changed; the other sessions are ended", "user", account->id, NULL);
        session_order_away(call, account->id, ended);
    }
    return OK;
}

static enum error update(struct call *call, struct database *database, const struct input *input,
                         const char *hash, const struct account *account)
{
    AUTO_ROWS *rows = NULL;
    enum error error = account_complain(
        call, database,
        database_run(database, &user_update, &rows, account->id, account->password_hash,
                     input->has_username ? input->username : NULL,
                     input->has_email ? input->email : NULL, input->has_password ? hash : NULL,
                     DATABASE_END));
    if (!error && rows_affected(rows) == 0)
        error = call_complain(call, ERROR_WRONG_PASSWORD, "oldPassword",
                              "the password was changed meanwhile");
    return error;
}
