/* Tables sessions and users. Whether a session counts is decided by its expiry alone, never by
 * this. A guest without any session is nobody's any more and goes too; others remember his name. */
#include "auth/sweep.h"

#include "auth/queries.h"
#include "core/log.h"

#define GUESTS_AT_ONCE_MAX 1000 /* the rest goes with the next sweep */

void auth_sweep(struct service_context *context, int64_t now_unix_ms)
{
    (void)now_unix_ms; /* sessions go by the database's clock */
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (!error)
        error = database_run(database, &sessions_end_expired, NULL, DATABASE_END);
    if (!error)
        error = database_run(database, &guests_delete_left, NULL,
                             database_number(GUESTS_AT_ONCE_MAX), DATABASE_END);
    if (error)
        log_warn(
            "expired sessions and guests could not be cleared away; the next sweep tries again",
            "code", error_code(error), NULL);
}
