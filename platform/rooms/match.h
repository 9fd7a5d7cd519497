/*
 * The match of a room, from the wish to the end:
 *
 *     open --reserve--> starting --run, games answers--> playing --end--> open
 *                          '--- games refuses --------> open
 *
 * A start that nobody comes back to is mended by the sweep: games knows
 * whether the match exists.
 *
 * The reservation is committed before games is asked, so two starts cannot race and no lock is
 * held while we wait. An end may be told before the beginning is written down: the row in
 * `matches` then says so, and the room goes straight back to open.
 */
#ifndef ROOMS_MATCH_H
#define ROOMS_MATCH_H

#include "rooms/room.h"

/* Within a transaction that holds the room; commits. `room` becomes the reserved room: its players
 * are the roster. */
must_use enum error room_match_reserve(struct database *database, struct arena *arena,
                                       struct room *room, int64_t now_unix_ms);
/* Asks games for the match of a reserved room and writes down what comes of it; tells everybody.
 * On failure the room is open again. */
must_use enum error room_match_run(struct service_context *context, struct call *call,
                                   struct arena *arena, struct room *room);
/* A seat for `user`, who has come to a room that plays `room->match`: OK also when that has just
 * ended. ERROR_ROOM_FULL when nobody's seat is left, ERROR_ROOM_IN_MATCH when he gave his up. */
must_use enum error room_match_seat(struct call *call, const struct room *room, const char *user,
                                    const char *name);
/* A reserved room whose start was forgotten: it plays when games has its match, else it is open
 * again, and gone if matchmaking made it. */
must_use enum error room_match_mend(struct service_context *context, struct arena *arena,
                                    struct room *room);
/* Once or many times, for a room that may be gone: the match is over. */
must_use enum error room_match_end(struct service_context *context, struct arena *arena,
                                   const char *id, const char *match, int64_t now_unix_ms);

#endif
