/*
 * One match: stepped, committed to the arena, shown. A match never waits for anything, and what
 * one does wrong (a view over its size, a broken invariant) ends only itself.
 */
#ifndef WORKER_MATCH_H
#define WORKER_MATCH_H

#include "worker/worker.h"

/* Begins a match. What cannot begin is reported as over and aborted. */
void match_start(struct worker *worker, const struct control_match_start *start);

/* The match at `index` of the arena is played from now on; nobody is linked yet. */
struct match *match_take_place(struct worker *worker, uint32_t index);
/* Goes on with it from its last commit; without one it begins. One that is behind has to catch up
 * first, see rerun.h. */
void match_resume(struct worker *worker, struct match *match);
/* It stands where it stood when the process before ended: whoever was there may come back. */
void match_go_on(struct worker *worker, struct match *match);
/* NULL, or what is wrong with the state in `block`, as a sentence. */
const char *match_judge(struct worker *worker, struct match *match, struct arena_block *block);
/* The view of `viewer` into worker->view; false when it is over its size. */
bool match_view(struct worker *worker, struct match *match, struct arena_block *block,
                uint32_t viewer, uint32_t *ret_bytes);
/* The parts of a step on `block`: who comes, who goes and who goes for good, by slot; a tick. */
void match_meet(struct worker *worker, struct match *match, struct arena_block *block,
                uint64_t coming, uint64_t going, uint64_t leaving);
void match_tick(struct worker *worker, struct match *match, struct arena_block *block,
                const struct gk_inputs *inputs);
/* It may be over with the commit `block`. */
void match_look_for_result(struct worker *worker, struct match *match, struct arena_block *block);

/* The match that is being played under this id, or NULL. */
struct match *match_find(struct worker *worker, const uint8_t id[16]);

/* One tick: who came and who went, the inputs, the game's tick, the commit. */
void match_step(struct worker *worker, struct match *match);
/* The same for a turn-based game, when there is something to step for. */
void match_step_if_asked(struct worker *worker, struct match *match);

/* Sends its view to everybody who is to get one now, and ends a match that is over. */
void match_deliver(struct worker *worker, struct match *match, bool ticked);

/* Whether an input that a gateway sends again was used before, waits, or is not wanted any more. */
bool match_knows_input(struct worker *worker, struct match *match, uint32_t slot, uint32_t seq);
/* An input of `slot`, as the browser sent it. The newest of a tick counts. */
void match_input(struct worker *worker, struct match *match, uint32_t slot, const uint8_t *bytes,
                 uint32_t count, uint32_t seq);

/* Gives a seat that a bot or nobody had to a user: of a bot's seat the game sees nothing, an open
 * one is joined when he is attached. */
void match_seat(struct worker *worker, const struct control_match_seat *order);

/* With each heartbeat: ends it when no player has been attached for too long; turn-based, a turn
 * that takes too long is over and bots move. */
void match_look_at_clock(struct worker *worker, struct match *match);

/* The game has done wrong: ends it without a result; on trial it is held instead. */
void match_fault(struct worker *worker, struct match *match, const char *why);
/* Ends it without a result. */
void match_abort(struct worker *worker, struct match *match, const char *why);

/* Tells the supervisor what it has not been told yet. */
void match_report(struct worker *worker, struct match *match);

static inline uint32_t match_index(const struct worker *worker, const struct match *match)
{
    return (uint32_t)(match - worker->matches);
}

#endif
