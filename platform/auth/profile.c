/* What everybody may know of a player, by id or by name. Table users, read only. Must never show an
 * e-mail address. */
#include "auth/account.h"
#include "auth/operations.h"
#include "auth/state.h"

enum error auth_profile(struct call *call)
{
    AUTO_DATABASE *database = NULL;
    struct account account;
    struct id id;
    const char *name = call->params[0];
    bool is_id = id_parse(name, &id);
    if (!is_id && !username_is_good(name))
        return ERROR_USER_NOT_FOUND;
    enum error error = database_open(context_of(call)->database, &database);
    if (!error)
        error = is_id ? account_by_id_get(database, name, &account)
                      : account_by_username_get(database, name, &account);
    if (error)
        return error;
    call_reply(call, 200, account_profile_json(&account));
    return OK;
}
