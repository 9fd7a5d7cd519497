/*
 * A room as it is written down: loading, locking, changing and telling. Every change goes the same
 * way, so that nobody hears of what did not happen:
 *
 *     room_begin    takes a connection, begins, locks the room's row
 *     ...           a rule of rules.h, then room_put_ and room_remove_ calls
 *     room_commit   grows the version, reads the room again, commits
 *     room_tell     publishes `room:state`; orders go before it (subscribe) or behind (unsubscribe)
 *
 * Tables: rooms, members, kicked. Pool threads and the sweep's thread.
 */
#ifndef ROOMS_ROOM_H
#define ROOMS_ROOM_H

#include "rooms/rules.h"

/* A snapshot without lock. ERROR_ROOM_NOT_FOUND, also for what is no id at all. */
must_use enum error room_load(struct database *database, struct arena *arena, const char *id,
                              struct room *ret_room);
/* Fills in the members of all `rooms` with one query. */
must_use enum error room_load_members(struct database *database, struct arena *arena,
                                      struct room *rooms, int room_count);
/* Row `row` of a query that selects a room's columns; without members. */
void room_read(const struct rows *rows, int row, struct room *ret_room);

/* Opens and begins; after the caller is done, database_close. */
must_use enum error room_begin_without(struct service_context *context,
                                       struct database **ret_database);
/* The same, and locks the room. */
must_use enum error room_begin(struct service_context *context, struct arena *arena, const char *id,
                               struct database **ret_database, struct room *ret_room);
/* Locks a room within a transaction that is already there. */
must_use enum error room_lock(struct database *database, struct arena *arena, const char *id,
                              struct room *ret_room);
must_use enum error room_commit(struct database *database, struct arena *arena, struct room *room);

/* Writes a room that is new; with `ret_rows` one that is there already is no error, see
 * rows_affected. */
must_use enum error room_insert(struct database *database, const struct room *room,
                                enum room_state state, const char *host, const char *now,
                                struct rows **ret_rows);
must_use enum error room_put_settings(struct database *database, const struct room *room);
must_use enum error room_put_member(struct database *database, const struct room *room,
                                    const struct room_member *member);
must_use enum error room_put_host(struct database *database, const struct room *room,
                                  const char *user);
must_use enum error room_put_state(struct database *database, const struct room *room,
                                   enum room_state state, const char *match, int64_t now_unix_ms);
/* Takes a member out, hands the house over, closes it behind the last one. Commits.
 * `*ret_closed`: the room is gone; else `room` is what remains. */
must_use enum error room_remove_member(struct database *database, struct arena *arena,
                                       struct room *room, const char *user, bool *ret_closed);

json_t *room_json(const struct room *room);
void room_tell(struct service_context *context, const struct room *room);
void room_tell_closed(struct service_context *context, const char *id);
void room_subscribe(struct service_context *context, const char *user, const char *id);
void room_unsubscribe(struct service_context *context, const char *user, const char *id);

const char *room_role_text(enum room_role role);

#endif
