/* Table messages: those older than chat_keep_days go, some at a time, so that nobody waits long for
 * a row. It must never touch a younger one. */
#include "social/sweep.h"

#include "core/clock.h"
#include "core/log.h"
#include "social/queries.h"

#define MESSAGES_AT_ONCE_MAX 1000
#define DAY_MS               (INT64_C(24) * 60 * 60 * 1000)

static enum error forget_some(struct service_context *context, const char *before, int *ret_count);

void messages_sweep(struct service_context *context, int64_t now_unix_ms)
{
    char before[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms - context->settings->chat_keep_days * DAY_MS, before);
    int count = MESSAGES_AT_ONCE_MAX;
    enum error error = OK;
    while (error == OK && count == MESSAGES_AT_ONCE_MAX)
        error = forget_some(context, before, &count);
    if (error != OK)
        log_warn("old messages stay; the next sweep tries again", "error", error_code(error), NULL);
}

static enum error forget_some(struct service_context *context, const char *before, int *ret_count)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &social_delete_old_messages, &rows, before,
                             database_number(MESSAGES_AT_ONCE_MAX), DATABASE_END);
    if (error == OK)
        *ret_count = (int)rows_affected(rows);
    return error;
}
