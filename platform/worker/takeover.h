/*
 * A worker's process begins where another one ends, and ends where another one begins: resuming the
 * matches of an arena, rehearsing that, and parking. A restart after a death and a swap to another
 * version of the game are the same here.
 */
#ifndef WORKER_TAKEOVER_H
#define WORKER_TAKEOVER_H

#include "worker/worker.h"

/* Forgets every match and goes on with each live one of the arena: from its last commit or from its
 * import, with the inputs of the step that was under way, by the clock that the arena has. */
void matches_resume(struct worker *worker);

/* Tries on every ARENA_TRIAL match what going on with it would do: the migration, `check`, each
 * view, a tick, and these again. Commits nothing; answers CONTROL_REHEARSED. */
void matches_rehearse(struct worker *worker);

/* Between two ticks: every frame is sent and every stream told to look for the next process, then
 * all is forgotten here; the arena stays as it is. Answers CONTROL_PARKED. */
void matches_park(struct worker *worker);

#endif
