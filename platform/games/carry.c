/* Copies, in an order that leaves `to` without a commit until it has a whole one. */
#include "games/carry.h"

#include <assert.h>

#define TRIES_MAX 8

static void carry_beginning(const struct carry *from, const struct carry *to,
                            const struct control_match_start *start);
static bool carry_commit(const struct carry *from, const struct carry *to);
static void carry_inputs(const struct carry *from, const struct carry *to);

bool carry_match(const struct carry *from, const struct carry *to,
                 const struct control_match_start *start)
{
    assert(from->sizes->state_bytes == to->sizes->state_bytes);
    carry_beginning(from, to, start);
    return atomic_load(&from->match->commits) == 0 || carry_commit(from, to);
}

bool carry_import(const struct carry *from, uint32_t schema, const struct carry *to,
                  const struct control_match_start *start)
{
    struct arena_import *import = arena_import(to->sizes, to->match);
    assert(from->sizes->state_bytes <= to->sizes->import_bytes);
    carry_beginning(from, to, start);
    import->schema = schema;
    import->state_bytes = from->sizes->state_bytes;
    for (int i = 0; i < TRIES_MAX; i++)
        if (arena_read(from->sizes, from->match, &import->block, arena_import_state(import))) {
            to->match->imported = 1;
            return true;
        }
    return false;
}

static void carry_beginning(const struct carry *from, const struct carry *to,
                            const struct control_match_start *start)
{
    atomic_store(&to->match->commits, 0);
    to->match->imported = 0;
    to->match->start = *start;
    to->match->leaving = from->match->leaving;
    to->match->deaf_commit = to->match->dropped = to->match->refuses_again = 0;
    to->match->turn_since_ms = from->match->turn_since_ms;
    carry_journal(from, to, UINT64_MAX);
    carry_inputs(from, to);
}

void carry_journal(const struct carry *from, const struct carry *to, uint64_t journaled)
{
    uint64_t kept = from->match->journal_kept;
    to->match->journal_kept = kept < journaled ? kept : journaled;
    memcpy(arena_journal(to->sizes, to->match), arena_journal(from->sizes, from->match),
           ARENA_JOURNAL_BYTES);
}

static bool carry_commit(const struct carry *from, const struct carry *to)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        uint64_t commits = atomic_load_explicit(&from->match->commits, memory_order_acquire);
        struct arena_block *block = arena_block_at(to->sizes, to->match, commits);
        if (!arena_read(from->sizes, from->match, block, arena_state(block)) ||
            block->commit != commits)
            continue;
        arena_guard_set(to->sizes, block);
        arena_commit(to->match, block);
        return true;
    }
    return false;
}

/* Of another size they would be another game's: whoever sent them sends them again. */
static void carry_inputs(const struct carry *from, const struct carry *to)
{
    uint32_t slots = from->sizes->players_max < to->sizes->players_max ? from->sizes->players_max
                                                                       : to->sizes->players_max;
    to->match->inputs_present = 0;
    memset(arena_inputs(to->match), 0, (size_t)to->sizes->players_max * to->sizes->input_bytes);
    if (from->sizes->input_bytes != to->sizes->input_bytes)
        return;
    memcpy(arena_inputs(to->match), arena_inputs(from->match),
           (size_t)slots * to->sizes->input_bytes);
    memcpy(to->match->inputs_seq, from->match->inputs_seq, sizeof to->match->inputs_seq);
    to->match->inputs_commit = from->match->inputs_commit;
    to->match->inputs_present =
        from->match->inputs_present & (slots == GK_PLAYERS_MAX ? ~0ull : (1ull << slots) - 1);
}
