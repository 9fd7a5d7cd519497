/* The caller's own account, while his session lives. Tables users and sessions, read only. */
#include "auth/operations.h"
#include "auth/session.h"

enum error auth_me_get(struct call *call)
{
    AUTO_DATABASE *database = NULL;
    struct account account;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = account_of_caller(database, &call->caller, &account);
    if (error)
        return error;
    call_reply(call, 200, account_json(&account));
    return OK;
}
