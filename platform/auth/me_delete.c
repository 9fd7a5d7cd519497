/*
 * Deleting one's own account: the row is emptied of everything but id and name, all sessions end,
 * and the gateways close all sockets. Tables users and sessions. The name stays reserved; what
 * other services keep of past matches and messages is theirs.
 */
#include <string.h>

#include "auth/cookies.h"
#include "auth/metrics.h"
#include "auth/operations.h"
#include "auth/own_password.h"
#include "auth/queries.h"
#include "auth/session.h"
#include "core/log.h"

struct input {
    char password[PASSWORD_BYTES];
    bool has_password;
};

static const struct json_field input_fields[] = {
    JSON_TEXT_OPTIONAL(struct input, password, has_password, 1, PASSWORD_CHARACTERS_MAX),
};

static enum error delete_account(struct call *call, const struct input *input);
static enum error find_account(struct call *call, struct account *ret_account);
static enum error empty(struct call *call, const struct account *account);

enum error auth_me_delete(struct call *call)
{
    struct input input = {0};
    enum error error = call_decode(call, input_fields, 1, &input);
    if (!error)
        error = delete_account(call, &input);
    explicit_bzero(&input, sizeof input);
    return error;
}

static enum error delete_account(struct call *call, const struct input *input)
{
    struct account account;
    enum error error = find_account(call, &account);
    if (!error && !account.guest)
        error = own_password_check(call, &account, "password", input->password);
    if (!error)
        error = empty(call, &account);
    if (error)
        return error;
    metric_add(&metric_accounts_deleted, 1);
    log_info("account deleted; its sessions are ended", "user", account.id, NULL);
    session_order_away_all(call, account.id);
    cookies_clear(call);
    call_reply_empty(call, 204);
    return OK;
}

static enum error find_account(struct call *call, struct account *ret_account)
{
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context_of(call)->database, &database);
    return error ? error : account_of_caller(database, &call->caller, ret_account);
}

static enum error empty(struct call *call, const struct account *account)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    const char *hash = account->guest ? NULL : account->password_hash;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = database_begin(database);
    if (!error)
        error = database_run(database, &user_empty, &rows, account->id, hash, DATABASE_END);
    if (!error && rows_affected(rows) == 0)
        error = ERROR_WRONG_PASSWORD; /* changed meanwhile, or upgraded to have one */
    if (!error)
        error = database_run(database, &sessions_end_all, NULL, account->id, DATABASE_END);
    return error ? error : database_commit(database);
}
