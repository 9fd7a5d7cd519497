/* Table sessions. Whether a session counts is decided by its expiry alone, never by this. */
#include "auth/sweep.h"

#include "auth/queries.h"
#include "core/log.h"

void auth_sweep(struct service_context *context, int64_t now_unix_ms)
{
    (void)now_unix_ms; /* sessions go by the database's clock */
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (!error)
        error = database_run(database, &sessions_end_expired, NULL, DATABASE_END);
    if (error)
        log_warn("expired sessions could not be cleared away; the next sweep tries again", "code",
                 error_code(error), NULL);
}
