/*
 * One match that is being played in a worker: told to it, found running, stopped, over. match_over
 * owns the end of a match. On the loop's thread only.
 */
#ifndef GAMES_LIVE_MATCH_H
#define GAMES_LIVE_MATCH_H

#include "games/ladder.h"
#include "games/match_store.h"
#include "wire/control.h"

struct worker;

struct live_match {
    struct id id;
    struct control_match_start start; /* ours; the arena's copy may have been written over */
    struct order *order;              /* until it runs or is refused */
    int64_t begun_ms;
    int64_t stop_asked_ms; /* first; 0: not */
    struct ladder ladder;  /* of deaths in its callbacks */
    struct record *record; /* owned, until match_over; NULL: it has no replay */
    bool has_moved;        /* before it was heard to run: what it began with is not known */
};

/* What a worker is told of a match that begins, with a seed of chance. */
void match_start_fill(const struct match_begin *begin, struct control_match_start *ret_start);
/* Tells the worker's process to begin it; false when the socket is full. */
bool match_send(struct worker *worker, const struct live_match *match);
/* From now on everybody finds it at this worker. False when there are too many. */
must_use bool match_place(struct worker *worker, const struct live_match *match);
/* The worker says that it runs: placed and answered. */
void match_running(struct worker *worker, struct live_match *match);
/* `player`, a user and his name, gets a seat of a bot or of nobody, or keeps the one he has: his
 * slot and team are filled in. ERROR_ROOM_FULL; ERROR_ROOM_IN_MATCH when he has given his up. */
must_use enum error match_seat(struct worker *worker, struct live_match *match,
                               struct match_player *player);
/* What the worker has journaled goes into the match's replay. */
void match_keep(struct worker *worker, struct live_match *match);
/* The same before it goes over to another version: one that has not been heard to run, and does,
 * has none. */
void match_leave_version(struct worker *worker, struct live_match *match);
/* Its worker plays another version now: everybody is told. */
void match_changed(struct worker *worker, const struct live_match *match);
/* It ends as aborted, and the worker tells; one that does not is ended, see worker_look_after. */
void match_stop(struct worker *worker, struct live_match *match);
/* It has ended: the result is handed on, its place is free, it is freed. */
void match_over(struct worker *worker, struct live_match *match, const struct gk_result *result,
                uint64_t ticks, uint64_t state_hash);
void match_abort(struct worker *worker, struct live_match *match);

/* A worker's word is no result before this. */
bool match_result_is_sane(const struct live_match *match, const struct gk_result *result);

#endif
