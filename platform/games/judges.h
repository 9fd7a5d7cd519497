/*
 * A few threads that judge games, one each at a time, in the order in which they were brought: one
 * that takes long delays no other as long as fewer than JUDGES_MAX do. Any thread.
 */
#ifndef GAMES_JUDGES_H
#define GAMES_JUDGES_H

#include <stddef.h>

#include "core/error.h"

#define JUDGES_MAX   4
#define JUDGES_CASES 256 /* that wait, and no more */

struct judges;

/* On a judge's thread; `brought` is what judges_bring was given. */
typedef void judge_case(void *context, void *brought);

must_use enum error judges_create(judge_case *judge, void *context, struct judges **ret_judges);
/* Waits for the cases under way; forgets those that wait. NULL is fine. */
void judges_destroy(struct judges *judges);

/* ERROR_OVERLOADED when JUDGES_CASES wait. */
must_use enum error judges_bring(struct judges *judges, void *brought);
/* Until nothing is waiting or under way, at most `ms`. */
void judges_wait(struct judges *judges, int ms);

#endif
