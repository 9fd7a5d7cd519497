/* One row an entry; ids are version 7, so that their order is that of time. */
#include "games/audit.h"

#include "core/clock.h"
#include "core/log.h"
#include "games/queries.h"

static enum error write(struct database *database, const struct sql *sql,
                        const struct audit_entry *entry);
static int64_t unix_ms_of(const struct id *id);

struct actor actor_of(const struct call *call)
{
    return (struct actor){call->caller.user_id, call->caller.name, call->request_id};
}

enum error audit_write(struct database *database, const struct audit_entry *entry)
{
    return write(database, &audit_insert, entry);
}

enum error audit_write_news(struct database *database, const struct audit_entry *entry)
{
    return write(database, &audit_insert_news, entry);
}

void audit_note(struct service_context *context, const struct audit_entry *entry)
{
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = audit_write(database, entry);
    if (error != OK)
        log_error("a line of the audit is lost", "action", entry->action, "game", entry->game, "by",
                  entry->actor.name, "code", entry->code ? entry->code : "-", "error",
                  error_code(error), NULL);
}

static enum error write(struct database *database, const struct sql *sql,
                        const struct audit_entry *entry)
{
    static const char *const outcomes[] = {"done", "refused", "failed"};
    char text[ID_TEXT_BYTES], at[CLOCK_RFC3339_BYTES];
    struct id id = entry->id ? *entry->id : id_new();
    id_text(&id, text);
    clock_rfc3339(unix_ms_of(&id), at);
    return database_run(database, sql, NULL, text, at, entry->actor.user_id, entry->actor.name,
                        entry->action, entry->game, entry->version, entry->sha,
                        entry->actor.request_id, outcomes[entry->outcome], entry->code,
                        entry->reason, DATABASE_END);
}

/* The first 48 bits of a version 7: the order of the ids is that of the times that are shown. */
static int64_t unix_ms_of(const struct id *id)
{
    int64_t unix_ms = 0;
    for (int i = 0; i < 6; i++)
        unix_ms = unix_ms << 8 | id->bytes[i];
    return unix_ms;
}
