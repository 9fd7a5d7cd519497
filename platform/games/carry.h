/*
 * A match goes over from one arena to another: its last commit byte by byte, the inputs that wait
 * for the next step, and what it began with. What a worker wrote is copied, never believed: every
 * offset and size is of the supervisor's own heads. Pure.
 */
#ifndef GAMES_CARRY_H
#define GAMES_CARRY_H

#include "core/error.h"
#include "wire/arena.h"

/* One side: the arena's match, and the supervisor's own head of that arena. */
struct carry {
    const struct arena_head *sizes; /* borrowed */
    struct arena_match *match;      /* borrowed */
};

/* Between two arenas of equal state_bytes. `start` is what the match began with, as the supervisor
 * knows it. A match without a commit begins anew there. False when the worker of `from` overtook
 * every try; one that is parked or dead never does. The status of neither side is touched. */
must_use bool carry_match(const struct carry *from, const struct carry *to,
                          const struct control_match_start *start);

/* Between two schemas: as what `to` begins with once it has been migrated. `schema` is that of
 * `from`, whose state fits the import of `to`. False as above, or without a commit. */
must_use bool carry_import(const struct carry *from, uint32_t schema, const struct carry *to,
                           const struct control_match_start *start);

/* What was journaled from `begin` up to `journaled` bytes, for a match that stands at the one and
 * has to get to the other, and what was before and is not on disk yet. */
void carry_journal(const struct carry *from, const struct carry *to, uint64_t begin,
                   uint64_t journaled);

/* Back to a version that the match has left: `left` is its last commit there, in an arena of
 * equal state_bytes, and `away` where it was played since. It stands at that commit, and what was
 * journaled since is to be run again, see worker/rerun.h. A match without a commit there began
 * later; it is run again from its beginning. False when not all of that is in the journal any more,
 * or the inputs have another size. */
must_use bool carry_back(const struct carry *left, const struct carry *away, const struct carry *to,
                         const struct control_match_start *start);

#endif
