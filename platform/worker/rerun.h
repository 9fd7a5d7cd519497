/*
 * The way back from a version that did wrong. A match that comes back stands at the commit with
 * which it had left; what was played since is in its journal, ahead of that commit (rerun_to in
 * wire/arena.h). Those steps are run again here, by the rules of this version, with the same inputs
 * and the same coming and going, so that the match stands where it would if it had never left, at
 * the tick that its players saw last. Nothing is shown meanwhile.
 */
#ifndef WORKER_RERUN_H
#define WORKER_RERUN_H

#include "worker/worker.h"

#define RERUN_SLICE_NS 2000000ll /* of a wake-up: matches that are not behind keep their ticks */
#define RERUN_NS_MAX                                                                               \
    2000000000ll /* of all matches together; then each goes on from where it is                    \
                  */

/* Runs matches that are behind again, for one slice; who has caught up plays on. One whose journal
 * makes no sense, or that breaks an invariant again, plays on from the commit before that. */
void matches_rerun(struct worker *worker);

#endif
