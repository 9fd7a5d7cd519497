/*
 * A step every ROOM_FORGET_MS: matches that ended more than room_history_keep_days ago leave the
 * history of their players, some at a time. Tables: matches, match_players. It must never touch a
 * match that has not ended.
 */
#include "core/clock.h"
#include "core/log.h"
#include "rooms/operations.h"
#include "rooms/queries.h"

#define MATCHES_AT_ONCE_MAX 1000
#define DAY_MS              (INT64_C(24) * 60 * 60 * 1000)

static enum error forget_some(struct service_context *context, const char *before, int *ret_count);

void room_forget(struct service_context *context, int64_t now_unix_ms)
{
    char before[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms - context->settings->room_history_keep_days * DAY_MS, before);
    int count = MATCHES_AT_ONCE_MAX;
    enum error error = OK;
    while (error == OK && count == MATCHES_AT_ONCE_MAX)
        error = forget_some(context, before, &count);
    if (error != OK)
        log_warn("old history stays; the next sweep tries again", "error", error_code(error), NULL);
}

static enum error forget_some(struct service_context *context, const char *before, int *ret_count)
{
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &rooms_delete_old_matches, &rows, before,
                             database_number(MATCHES_AT_ONCE_MAX), DATABASE_END);
    if (error == OK)
        *ret_count = (int)rows_affected(rows);
    return error;
}
