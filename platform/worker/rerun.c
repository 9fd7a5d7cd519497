/* A step is what match.c makes of it, with the inputs out of the journal, and is journaled anew in
 * its old place: by another version, it may have another hash. */
#include "worker/rerun.h"

#include <string.h>
#include <time.h>

#include "worker/control.h"
#include "worker/match.h"
#include "worker/recorder.h"

static void rerun(struct worker *worker, struct match *match, int64_t until_ns);
static const char *rerun_step(struct worker *worker, struct match *match);
static bool read_entry(struct worker *worker, struct match *match, struct arena_entry *ret_entry,
                       uint8_t ret_inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX]);
static void acknowledge(const struct arena_match *arena, struct arena_block *block,
                        uint64_t present);
static void caught_up(struct worker *worker, struct match *match);

void matches_rerun(struct worker *worker)
{
    int64_t begun_ns = now_ns(CLOCK_MONOTONIC);
    worker->is_behind = false;
    for (uint32_t i = 0; i < worker->match_end; i++) {
        struct match *match = &worker->matches[i];
        if (match->phase != MATCH_PLAYING || !match_is_behind(match))
            continue;
        rerun(worker, match, begun_ns + RERUN_SLICE_NS);
        worker->is_behind |= match_is_behind(match);
    }
    worker->rerun_ns += now_ns(CLOCK_MONOTONIC) - begun_ns;
}

static void rerun(struct worker *worker, struct match *match, int64_t until_ns)
{
    struct arena_match *arena = match->arena;
    const char *fault = worker->rerun_ns > RERUN_NS_MAX ? "it takes too long" : NULL;
    while (!fault && match->phase == MATCH_PLAYING && now_ns(CLOCK_MONOTONIC) < until_ns) {
        if (arena_newest(worker->arena, arena)->journaled == arena->rerun_to)
            break;
        fault = rerun_step(worker, match);
    }
    if (fault) {
        control_log(worker, arena->start.match, 2, fault, (uint32_t)strlen(fault));
        arena->rerun_to = arena_newest(worker->arena, arena)->journaled;
    }
    if (match->phase != MATCH_PLAYING ||
        arena_newest(worker->arena, arena)->journaled == arena->rerun_to)
        caught_up(worker, match);
}

/* NULL, or why the match cannot go on so. */
static const char *rerun_step(struct worker *worker, struct match *match)
{
    struct arena_entry entry;
    uint8_t bytes[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX] = {0};
    if (!read_entry(worker, match, &entry, bytes))
        return "what was played since makes no sense; it is not run again";
    const struct gk_inputs inputs = {.present = entry.present, .bytes = bytes};
    struct arena_block *block = arena_step(worker->arena, match->arena);
    match_meet(worker, match, block, entry.came, entry.went, entry.gave_up);
    if (entry.ticked)
        match_tick(worker, match, block, &inputs);
    acknowledge(match->arena, block, entry.present);
    recorder_note(worker->arena, match->arena, block, &inputs,
                  match->hashes_before ? ARENA_HASH_BEFORE : ARENA_HASH_NONE);
    match->hashes_before = false;
    const char *fault = match_judge(worker, match, block);
    if (fault)
        return fault;
    arena_commit(match->arena, block);
    match_look_for_result(worker, match, block);
    return NULL;
}

/* Another version has written it: nothing of it is believed. */
static bool read_entry(struct worker *worker, struct match *match, struct arena_entry *ret_entry,
                       uint8_t ret_inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX])
{
    struct arena_match *arena = match->arena;
    const struct arena_block *before = arena_newest(worker->arena, arena);
    uint64_t at = before->journaled, left = arena->rerun_to - at;
    uint32_t input_bytes = worker->manifest.input_bytes;
    if (left < sizeof *ret_entry || left > worker->arena->journal_bytes)
        return false;
    arena_journal_get(worker->arena, arena, at, ret_entry, sizeof *ret_entry);
    if (ret_entry->commit != before->commit + 1 ||
        !arena_entry_is_sane(ret_entry, arena->start.slot_count, before->joined, before->left,
                             worker->manifest.tick_hz != 0))
        return false;
    at += sizeof *ret_entry;
    left -= sizeof *ret_entry;
    for (uint64_t rest = ret_entry->present; rest; rest &= rest - 1) {
        if (left < input_bytes)
            return false;
        arena_journal_get(worker->arena, arena, at,
                          ret_inputs + (size_t)__builtin_ctzll(rest) * input_bytes, input_bytes);
        at += input_bytes;
        left -= input_bytes;
    }
    return true;
}

/* The last input of a slot is one of these, unless it waits: when it was seen does not matter. */
static void acknowledge(const struct arena_match *arena, struct arena_block *block,
                        uint64_t present)
{
    for (uint64_t rest = present & ~arena->inputs_present; rest; rest &= rest - 1) {
        int slot = __builtin_ctzll(rest);
        block->ack[slot] = arena->inputs_seq[slot];
    }
}

/* What waits is for the next step, whichever that is. */
static void caught_up(struct worker *worker, struct match *match)
{
    match->arena->rerun_to = 0;
    if (match->phase != MATCH_PLAYING) {
        match_deliver(worker, match, true);
        return;
    }
    match->arena->inputs_commit = atomic_load(&match->arena->commits) + 1;
    match_go_on(worker, match);
    match->changed = true;
}
