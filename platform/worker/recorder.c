/* Who came and who went is the difference of two commits. */
#include "worker/recorder.h"

#include "host/hash.h"

void recorder_note(const struct arena_head *arena, struct arena_match *match,
                   struct arena_block *block, const struct gk_inputs *inputs,
                   enum arena_hash hash_of)
{
    struct arena_block *before = arena_newest(arena, match);
    struct arena_entry entry = {
        .commit = block->commit,
        .came = block->joined & ~before->joined,
        .gave_up = block->left & ~before->left,
        .ticked = block->tick != before->tick,
    };
    entry.went = before->joined & ~(block->joined | entry.gave_up);
    entry.present = entry.ticked ? inputs->present : 0;
    if (hash_of == ARENA_HASH_BEFORE)
        entry.hash_of = ARENA_HASH_BEFORE;
    else if (entry.ticked &&
             (hash_of == ARENA_HASH_AFTER || block->tick % ARENA_JOURNAL_TICKS == 0))
        entry.hash_of = ARENA_HASH_AFTER;
    memcpy(entry.image, arena->image, sizeof entry.image);
    if (entry.hash_of != ARENA_HASH_NONE)
        entry.state_hash = state_hash(
            arena_state(entry.hash_of == ARENA_HASH_BEFORE ? before : block), arena->state_bytes);

    arena_journal_put(arena, match, block->journaled, &entry, sizeof entry);
    block->journaled += sizeof entry;
    for (uint64_t rest = entry.present; rest; rest &= rest - 1) {
        size_t at = (size_t)__builtin_ctzll(rest) * arena->input_bytes;
        arena_journal_put(arena, match, block->journaled, inputs->bytes + at, arena->input_bytes);
        block->journaled += arena->input_bytes;
    }
}
