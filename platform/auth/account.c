#include "auth/account.h"

#include <stdio.h>

#include "auth/queries.h"
#include "core/clock.h"

static enum error get(struct database *database, const struct sql *sql, const char *value,
                      struct account *ret_account);
static json_t *text_or_null(const char *text);

void account_read(const struct rows *rows, int row, struct account *ret_account)
{
    struct account account = {
        .guest = rows_bool(rows, row, "guest"),
        .admin = rows_bool(rows, row, "admin"),
        .created_unix_ms = rows_int(rows, row, "created_unix_ms"),
    };
    snprintf(account.id, sizeof account.id, "%s", rows_text(rows, row, "id"));
    snprintf(account.username, sizeof account.username, "%s", rows_text(rows, row, "username"));
    snprintf(account.email, sizeof account.email, "%s", rows_text(rows, row, "email"));
    snprintf(account.password_hash, sizeof account.password_hash, "%s",
             rows_text(rows, row, "password_hash"));
    *ret_account = account;
}

enum error account_by_id_get(struct database *database, const char *id, struct account *ret_account)
{
    return get(database, &account_by_id, id, ret_account);
}

enum error account_by_username_get(struct database *database, const char *username,
                                   struct account *ret_account)
{
    return get(database, &account_by_username, username, ret_account);
}

enum error account_by_email_get(struct database *database, const char *email,
                                struct account *ret_account)
{
    return get(database, &account_by_email, email, ret_account);
}

enum error account_of_caller(struct database *database, const struct caller *caller,
                             struct account *ret_account)
{
    AUTO_ROWS *rows = NULL;
    enum error error = database_run(database, &account_by_session, &rows, caller->session_id,
                                    caller->user_id, DATABASE_END);
    if (error)
        return error;
    if (rows_count(rows) == 0)
        return ERROR_SESSION_ENDED;
    account_read(rows, 0, ret_account);
    return OK;
}

enum error account_check_username(struct call *call, const char *username)
{
    if (!username_is_good(username))
        return call_complain(call, ERROR_VALIDATION, "username",
                             "letters, digits, _ and - are allowed");
    if (username_is_of_guest(username))
        return call_complain(call, ERROR_VALIDATION, "username",
                             "names that begin with " GUEST_PREFIX " are for guests");
    return OK;
}

enum error account_check_email(struct call *call, const char *email)
{
    if (!email_is_good(email))
        return call_complain(call, ERROR_VALIDATION, "email", "this is no e-mail address");
    return OK;
}

enum error account_complain(struct call *call, struct database *database, enum error error)
{
    if (error != ERROR_BAD_REQUEST)
        return error;
    if (database_constraint_is(database, "users_username_key"))
        return call_complain(call, ERROR_USERNAME_TAKEN, "username", "choose another one");
    if (database_constraint_is(database, "users_email_key"))
        return call_complain(call, ERROR_EMAIL_TAKEN, "email", "log in, or choose another one");
    return ERROR_INTERNAL; /* the rules of names.h and those of the table have come apart */
}

json_t *account_json(const struct account *account)
{
    char created[CLOCK_RFC3339_BYTES];
    clock_rfc3339(account->created_unix_ms, created);
    return json_pack("{ss ss so sb sb ss}", "id", account->id, "username", account->username,
                     "email", text_or_null(account->email), "guest", (int)account->guest, "admin",
                     (int)account->admin, "createdAt", created);
}

json_t *account_profile_json(const struct account *account)
{
    char created[CLOCK_RFC3339_BYTES];
    clock_rfc3339(account->created_unix_ms, created);
    return json_pack("{ss ss sb ss}", "id", account->id, "username", account->username, "guest",
                     (int)account->guest, "createdAt", created);
}

static enum error get(struct database *database, const struct sql *sql, const char *value,
                      struct account *ret_account)
{
    AUTO_ROWS *rows = NULL;
    enum error error = database_run(database, sql, &rows, value, DATABASE_END);
    if (error)
        return error;
    if (rows_count(rows) == 0)
        return ERROR_USER_NOT_FOUND;
    account_read(rows, 0, ret_account);
    return OK;
}

static json_t *text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}
