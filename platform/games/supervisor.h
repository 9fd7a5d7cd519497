/*
 * Places matches in workers and watches the workers: one per admitted image, another one when it is
 * full. A worker that dies or falls silent is started again on the same arena, where its matches go
 * on from their last commit; a match that keeps killing its worker, and every match of a worker
 * that will not stay up, ends as aborted. What an earlier run that was killed has left in its
 * arenas is taken up at the start. On the loop's thread, except where said otherwise.
 */
#ifndef GAMES_SUPERVISOR_H
#define GAMES_SUPERVISOR_H

#include "games/image.h"
#include "games/match_store.h"
#include "games/order.h"
#include "games/placement.h"
#include "games/records.h"
#include "games/results.h"
#include "games/worker_board.h"
#include "games/swap.h"
#include "games/worker_process.h"
#include "service/service.h"

#define SUPERVISOR_WORKERS_MAX 128
#define WORKERS_PER_GAME_MAX   64    /* of all versions: no game has them all */
#define WORKER_IDLE_MS         30000 /* without a match, then one that is not the only one goes */
#define SUPERVISOR_WAITING_MAX 256   /* matches that wait for a worker to be ready */
#define SUPERVISOR_LOOK_MS     50
#define SUPERVISOR_LATE_MS_MAX 300  /* behind a look: then nobody's silence is held against him */
#define MATCH_START_MS_MAX     4000 /* until a match runs; then the asker is told no */
#define MATCH_SEAT_MS_MAX      2000 /* until somebody has a seat */
#define SWAP_MS_MAX            20000

struct supervisor;

must_use enum error supervisor_create(struct service_context *context,
                                      struct placements *placements, struct results *results,
                                      struct records *records, const struct worker_program *program,
                                      struct supervisor **ret_supervisor);
/* Ends all workers. What is still being played counts as aborted, or when another process follows
 * (see struct service_context) waits for that in the arenas. */
void supervisor_destroy(struct supervisor *supervisor);

/* Takes up the matches of an earlier run that was killed. Once, before the loop runs; blocking. */
void supervisor_adopt(struct supervisor *supervisor);

/* On the loop's thread: `image` gets the new matches of its game from now on. */
typedef void supervisor_chosen(void *context, struct image *image);
/* On the loop's thread: a change is off, went back, or is over for good, see its report; `is_bad`:
 * by the fault of the version. */
typedef void supervisor_judged(void *context, const struct swap_report *report, bool is_bad);
/* Once, before the loop runs. */
void supervisor_listen(struct supervisor *supervisor, supervisor_chosen *chosen,
                       supervisor_judged *judged, void *context);

/* Any thread: `image` is to be played, see game.h. Nobody waits for it; also before the loop runs.
 */
void supervisor_admit(struct supervisor *supervisor, struct image *image, enum swap_mode mode);

/* A pool's thread: changes a game to the version `image` and waits until its matches have gone over
 * or the change is off, which the report says, or that it waits for another one; at most
 * SWAP_MS_MAX. ERROR_TIMED_OUT: it may go on. */
must_use enum error supervisor_swap(struct supervisor *supervisor, struct image *image,
                                    enum swap_mode mode, struct swap_report *ret_report);

/* A pool's thread: starts the match and waits until it runs, at most MATCH_START_MS_MAX. On failure
 * the match does not run and never will. */
must_use enum error supervisor_start_match(struct supervisor *supervisor,
                                           const struct match_begin *begin);

/* A pool's thread: a seat of a live match for a user, see match_seat() in live_match.h; the rest of
 * `wish` is filled in. ERROR_MATCH_OVER when it is not live. */
must_use enum error supervisor_seat(struct supervisor *supervisor, struct seat_wish *wish);

/* Any thread: a match that is being played must not be; it ends without a result. */
void supervisor_stop_match(struct supervisor *supervisor, const struct id *match);

/* Any thread: what the workers are doing, at most SUPERVISOR_LOOK_MS ago. `ret_lines` holds
 * WORKER_BOARD_MAX. */
size_t supervisor_workers(struct supervisor *supervisor, struct worker_line *ret_lines);

/* Any thread: how a game stands, at most SUPERVISOR_LOOK_MS ago. False: nothing of it was ever
 * played here. */
struct game_line;
bool supervisor_game(struct supervisor *supervisor, const char *game, struct game_line *ret_line);

/* Hands a gateway's socket to the worker `name`; false when there is none. `fd` stays the
 * caller's. */
bool supervisor_hand_over(struct supervisor *supervisor, const char *name, const char *gateway,
                          int fd);

#endif
