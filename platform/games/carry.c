/* Copies, in an order that leaves `to` without a commit until it has a whole one. */
#include "games/carry.h"

#include <assert.h>

#define TRIES_MAX 8

static uint64_t journal_begin(const struct carry *from);
static uint64_t journal_end(const struct carry *from);
static void carry_beginning(const struct carry *from, uint64_t begin, uint64_t journaled,
                            const struct carry *to, const struct control_match_start *start);
static bool carry_commit(const struct carry *from, const struct carry *to);
static void carry_inputs(const struct carry *from, const struct carry *to);

bool carry_match(const struct carry *from, const struct carry *to,
                 const struct control_match_start *start)
{
    assert(from->sizes->state_bytes == to->sizes->state_bytes);
    carry_beginning(from, journal_begin(from), journal_end(from), to, start);
    return atomic_load(&from->match->commits) == 0 || carry_commit(from, to);
}

bool carry_import(const struct carry *from, uint32_t schema, const struct carry *to,
                  const struct control_match_start *start)
{
    struct arena_import *import = arena_import(to->sizes, to->match);
    assert(from->sizes->state_bytes <= to->sizes->import_bytes);
    carry_beginning(from, journal_begin(from), journal_end(from), to, start);
    import->schema = schema;
    import->state_bytes = from->sizes->state_bytes;
    for (int i = 0; i < TRIES_MAX; i++)
        if (arena_read(from->sizes, from->match, &import->block, arena_import_state(import))) {
            to->match->imported = 1;
            return true;
        }
    return false;
}

bool carry_back(const struct carry *left, const struct carry *away, const struct carry *to,
                const struct control_match_start *start)
{
    uint64_t commits = atomic_load(&left->match->commits);
    uint64_t begin = commits == 0 ? 0 : arena_newest(left->sizes, left->match)->journaled;
    uint64_t end = atomic_load(&away->match->commits) == 0
                       ? begin
                       : arena_newest(away->sizes, away->match)->journaled;
    assert(left->sizes->state_bytes == to->sizes->state_bytes);
    if (away->sizes->input_bytes != to->sizes->input_bytes || begin < away->match->journal_begin ||
        !arena_journal_has(away->sizes, begin, end) || !arena_journal_has(to->sizes, begin, end))
        return false;
    carry_beginning(away, begin, end, to, start);
    to->match->rerun_to = end;
    return commits == 0 || carry_commit(left, to);
}

static uint64_t journal_begin(const struct carry *from)
{
    return atomic_load(&from->match->commits) == 0
               ? 0
               : arena_newest(from->sizes, from->match)->journaled;
}

static uint64_t journal_end(const struct carry *from)
{
    return from->match->rerun_to != 0 ? from->match->rerun_to : journal_begin(from);
}

static void carry_beginning(const struct carry *from, uint64_t begin, uint64_t journaled,
                            const struct carry *to, const struct control_match_start *start)
{
    atomic_store(&to->match->commits, 0);
    to->match->imported = 0;
    to->match->start = *start;
    to->match->leaving =
        start->slot_count == 0 ? 0 : from->match->leaving & UINT64_MAX >> (64 - start->slot_count);
    to->match->deaf_commit = to->match->dropped = to->match->refuses_again = 0;
    to->match->turn_since_ms = from->match->turn_since_ms;
    to->match->rerun_to = from->match->rerun_to;
    carry_journal(from, to, begin, journaled);
    carry_inputs(from, to);
}

/* Each byte at the place that it has in a journal of that length. */
void carry_journal(const struct carry *from, const struct carry *to, uint64_t begin,
                   uint64_t journaled)
{
    uint64_t kept = from->match->journal_kept, count = 0;
    uint64_t bytes = from->sizes->journal_bytes < to->sizes->journal_bytes
                         ? from->sizes->journal_bytes
                         : to->sizes->journal_bytes;
    uint8_t chunk[4096];
    to->match->journal_kept = kept < journaled ? kept : journaled;
    begin = begin < to->match->journal_kept ? begin : to->match->journal_kept;
    if (journaled - begin > bytes)
        begin = journaled - bytes;
    to->match->journal_begin =
        begin > from->match->journal_begin ? begin : from->match->journal_begin;
    for (uint64_t at = begin; at < journaled; at += count) {
        count = journaled - at < sizeof chunk ? journaled - at : sizeof chunk;
        arena_journal_get(from->sizes, from->match, at, chunk, count);
        arena_journal_put(to->sizes, to->match, at, chunk, count);
    }
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
