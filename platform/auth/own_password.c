#include "auth/own_password.h"

#include "auth/throttle.h"

enum error own_password_check(struct call *call, const struct account *account, const char *field,
                              const char *password)
{
    if (password[0] == '\0')
        return call_complain(call, ERROR_WRONG_PASSWORD, field, "the password is needed for this");
    enum error error = throttle_login_take(call, account->id);
    if (error)
        return error;
    if (!password_matches(password, account->password_hash))
        return call_complain(call, ERROR_WRONG_PASSWORD, field, "this is not the password");
    throttle_login_give_back(call, account->id);
    return OK;
}
