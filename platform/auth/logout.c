/* Ending the caller's session: its row goes, its cookies are emptied, the gateways close its
 * sockets. Table sessions. */
#include "auth/cookies.h"
#include "auth/operations.h"
#include "auth/session.h"

enum error auth_logout(struct call *call)
{
    AUTO_DATABASE *database = NULL;
    enum error error = call_decode_nothing(call);
    if (!error)
        error = database_open(context_of(call)->database, &database);
    if (!error)
        error = session_end_own(call, database);
    if (error)
        return error;
    cookies_clear(call);
    call_reply_empty(call, 204);
    return OK;
}
