/* The arena is all that goes over from one process to the next: what is done here reads it, or
 * leaves it ready to be read. */
#include "worker/takeover.h"

#include <stdio.h>
#include <string.h>

#include "worker/control.h"
#include "worker/host.h"
#include "worker/link.h"
#include "worker/match.h"
#include "worker/stream.h"

static void note_hand_over(struct worker *worker);
static void forget_all(struct worker *worker);
static const char *take_import(struct worker *worker, struct match *match);
static const char *rehearse(struct worker *worker, struct match *match);
static const char *rehearse_state(struct worker *worker, struct match *match,
                                  struct arena_block *block);
static struct arena_block *migrate(struct worker *worker, struct match *match);

void matches_resume(struct worker *worker)
{
    uint32_t hashed_bytes = 0;
    forget_all(worker);
    for (uint32_t i = 0; i < worker->arena->match_count; i++) {
        struct arena_match *arena = arena_match_at(worker->arena, i);
        if (atomic_load(&arena->status) != ARENA_LIVE)
            continue;
        struct match *match = match_take_place(worker, i);
        const char *fault = arena->imported ? take_import(worker, match) : NULL;
        if (fault)
            match_fault(worker, match, fault);
        else
            match_resume(worker, match);
        match->hashes_before = worker->arena->state_bytes <= HASHED_BYTES_MAX - hashed_bytes;
        hashed_bytes += match->hashes_before ? worker->arena->state_bytes : 0;
        worker->is_behind |= match_is_behind(match);
        match_report(worker, match);
    }
    note_hand_over(worker);
}

/* The arena's word is checked, for a game can write there. */
static void note_hand_over(struct worker *worker)
{
    int64_t parked_ns = atomic_exchange(&worker->arena->parked_ns, 0);
    int64_t stood_ns = now_ns(CLOCK_MONOTONIC) - parked_ns;
    if (parked_ns > 0 && stood_ns >= 0)
        worker->counts.hand_over_ns = (uint64_t)stood_ns;
}

/* Its first commit here is the one at which it stands. */
static const char *take_import(struct worker *worker, struct match *match)
{
    struct arena_block *block = migrate(worker, match);
    const char *fault = block ? match_judge(worker, match, block) : "migrate refuses the state";
    if (fault)
        return fault;
    arena_commit(match->arena, block);
    match->arena->imported = 0;
    return NULL;
}

void matches_rehearse(struct worker *worker)
{
    struct control_rehearsed rehearsed = {.refused = CONTROL_NONE};
    for (uint32_t i = 0; i < worker->arena->match_count; i++) {
        struct arena_match *arena = arena_match_at(worker->arena, i);
        if (atomic_load(&arena->status) != ARENA_TRIAL)
            continue;
        struct match *match = &worker->matches[i];
        match->arena = arena;
        rehearsed.matches++;
        const char *fault = rehearse(worker, match);
        if (!fault)
            continue;
        rehearsed.refused = i;
        snprintf(rehearsed.why, sizeof rehearsed.why, "%s", fault);
        break;
    }
    (void)control_send(worker, CONTROL_REHEARSED, &rehearsed, sizeof rehearsed);
}

void matches_park(struct worker *worker)
{
    const struct record_head moved = {.type = RECORD_MOVED};
    atomic_store(&worker->arena->parked_ns, now_ns(CLOCK_MONOTONIC));
    for (uint32_t i = 0; i < worker->match_end; i++)
        if (worker->matches[i].phase != MATCH_NONE)
            match_report(worker, &worker->matches[i]);
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        if (worker->streams[i].fd < 0)
            continue;
        links_drop_stream(worker, i);
        stream_answer(worker, &worker->streams[i], &moved);
    }
    forget_all(worker);
    for (uint32_t i = 0; i < STREAMS_MAX; i++)
        if (worker->streams[i].fd >= 0)
            stream_flush(worker, i);
    worker->parking = false;
    (void)control_send(worker, CONTROL_PARKED, NULL, 0); /* or the supervisor ends us */
}

static void forget_all(struct worker *worker)
{
    while (worker->match_end > 0) {
        struct match *match = &worker->matches[--worker->match_end];
        if (match->phase != MATCH_NONE)
            links_end(worker, match, DETACH_NO_MATCH);
        match->phase = MATCH_NONE;
    }
    worker->matches_live = 0;
    worker->is_behind = false;
    worker->rerun_ns = 0;
}

/* On the block that the next commit would use. */
static const char *rehearse(struct worker *worker, struct match *match)
{
    struct arena_block *block;
    if (match->arena->imported)
        block = migrate(worker, match);
    else if (atomic_load(&match->arena->commits) != 0)
        block = arena_step(worker->arena, match->arena);
    else
        return NULL; /* it has not begun, and begins anew */
    if (!block)
        return "migrate refuses the state";
    const char *fault = rehearse_state(worker, match, block);
    if (fault || worker->manifest.tick_hz == 0)
        return fault;
    static const uint8_t neutral[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
    match_tick(worker, match, block, &(struct gk_inputs){.present = 0, .bytes = neutral});
    return rehearse_state(worker, match, block);
}

static const char *rehearse_state(struct worker *worker, struct match *match,
                                  struct arena_block *block)
{
    uint32_t bytes;
    const char *fault = match_judge(worker, match, block);
    for (uint32_t slot = 0; !fault && slot < match->arena->start.slot_count; slot++)
        if (!match_view(worker, match, block, slot, &bytes))
            fault = "a view is over its size";
    if (!fault && !match_view(worker, match, block, GK_SPECTATOR, &bytes))
        fault = "a view is over its size";
    return fault;
}

/* The block of the commit at which the match stands under the other version, with its state in
 * ours; NULL when the game refuses it. */
static struct arena_block *migrate(struct worker *worker, struct match *match)
{
    struct arena_import *import = arena_import(worker->arena, match->arena);
    struct arena_block *block = arena_block_at(worker->arena, match->arena, import->block.commit);
    if (worker->arena->import_bytes == 0 || import->state_bytes > worker->arena->import_bytes ||
        !worker->game.migrate)
        return NULL;
    *block = import->block;
    memset(arena_state(block), 0, worker->arena->state_bytes);
    arena_guard_set(worker->arena, block);
    host_enter(worker, match_index(worker, match), GAME_CALL_MIGRATE, 0);
    uint32_t fits =
        worker->game.migrate(&worker->host, arena_state(block), arena_import_state(import),
                             import->state_bytes, import->schema);
    host_leave(worker);
    return fits == 1 ? block : NULL;
}
