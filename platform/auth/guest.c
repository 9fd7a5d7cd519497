/*
 * An account without name, e-mail address or password, to play at once. Tables users and sessions;
 * Redis counter of accounts per address. Whoever loses his session loses the guest.
 */
#include "auth/account.h"
#include "auth/metrics.h"
#include "auth/operations.h"
#include "auth/queries.h"
#include "auth/session.h"
#include "auth/throttle.h"
#include "core/log.h"

#define NAME_TRIES_MAX 8

static enum error make_guest(struct call *call);
static enum error insert_guest(struct database *database, struct account *ret_account);

enum error auth_guest(struct call *call)
{
    enum error error = call_decode_nothing(call);
    if (!error)
        error = throttle_account_take(call);
    if (error)
        return error;
    error = make_guest(call);
    if (error)
        throttle_account_give_back(call);
    return error;
}

static enum error make_guest(struct call *call)
{
    AUTO_DATABASE *database = NULL;
    struct account account;
    struct session session;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = database_begin(database);
    if (!error)
        error = insert_guest(database, &account);
    if (!error)
        error = session_create(call, database, &account, &session);
    if (!error)
        error = database_commit(database);
    if (error)
        return error;
    metric_add(&metric_guests_made, 1);
    log_info("guest made", "user", account.id, NULL);
    return session_reply(call, 201, &account, &session);
}

/* A random name that is taken costs another try. */
static enum error insert_guest(struct database *database, struct account *ret_account)
{
    struct id id = id_new();
    char text[ID_TEXT_BYTES];
    id_text(&id, text);
    for (int attempt = 0; attempt < NAME_TRIES_MAX; attempt++) {
        AUTO_ROWS *rows = NULL;
        char name[USERNAME_BYTES];
        username_random(GUEST_PREFIX, name);
        enum error error = database_run(database, &guest_insert, &rows, text, name, DATABASE_END);
        if (error)
            return error;
        if (rows_affected(rows) == 1)
            return account_by_id_get(database, text, ret_account);
    }
    return ERROR_OVERLOADED;
}
