/*
 * Who did what to which game, when, and with what outcome: table audit. Written in the transaction
 * of what it is about, where there is one. Rows are only ever added.
 */
#ifndef GAMES_AUDIT_H
#define GAMES_AUDIT_H

#include "service/service.h"

struct actor {
    const char *user_id;    /* NULL: none of the users */
    const char *name;       /* the username, plugins.d or platform */
    const char *request_id; /* NULL: nobody asked */
};

#define ACTOR_FOLDER   ((struct actor){.name = "plugins.d"})
#define ACTOR_PLATFORM ((struct actor){.name = "platform"})
struct actor actor_of(const struct call *call);

enum audit_outcome { AUDIT_DONE, AUDIT_REFUSED, AUDIT_FAILED };

/* All borrowed; NULL where there is none. */
struct audit_entry {
    struct actor actor;
    const struct id *id; /* of the line, version 7; NULL: a new one, of now */
    const char *action;  /* drop, upload, load, swap, drain, rollback, pardon, enable, ... */
    const char *game;
    const char *version, *sha;
    enum audit_outcome outcome;
    const char *code, *reason; /* code: unless it is done */
};

/* A line with an id that is there already is not written again. */
must_use enum error audit_write(struct database *database, const struct audit_entry *entry);
/* Only when it is not what was written last of this action on this game: for what is found again
 * at every start. */
must_use enum error audit_write_news(struct database *database, const struct audit_entry *entry);
/* In a transaction of its own, for what changed nothing. A failure is logged. */
void audit_note(struct service_context *context, const struct audit_entry *entry);

#endif
