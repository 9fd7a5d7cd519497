/*
 * The life of a match. The order inside a step is fixed (joins and leaves by slot, then the tick),
 * so that the same inputs give the same states; and a state is committed before anything of it is
 * sent, so that nobody has ever seen what a successor of this worker would not know.
 */
#include "worker/match.h"

#include <stdio.h>
#include <string.h>

#include "host/hash.h"
#include "worker/control.h"
#include "worker/host.h"
#include "worker/link.h"
#include "worker/stream.h"

static bool start_fits(const struct worker *worker, const struct control_match_start *start);
static bool resume(struct worker *worker, struct match *match);
static void init(struct worker *worker, struct match *match);
static void meet_and_part(struct worker *worker, struct match *match, struct arena_block *block);
static void forget_input(struct worker *worker, struct match *match, uint32_t slot);
static void use_inputs(struct worker *worker, struct match *match, struct arena_block *block);
static bool commit(struct worker *worker, struct match *match, struct arena_block *block);
static void look_for_result(struct worker *worker, struct match *match, struct arena_block *block);
static void end(struct worker *worker, struct match *match, const struct gk_result *result);
static bool result_is_sane(const struct worker *worker, const struct match *match,
                           const struct gk_result *result);
static void show(struct worker *worker, struct match *match, struct arena_block *block,
                 uint32_t list, bool to_all);
static bool compute_view(struct worker *worker, struct match *match, struct arena_block *block,
                         uint32_t viewer, uint32_t *ret_bytes);

void match_start(struct worker *worker, const struct control_match_start *start)
{
    if (!start_fits(worker, start)) {
        struct control_match_over over = {.result.reason = 2};
        memcpy(over.match, start->match, sizeof over.match);
        (void)control_send(worker, CONTROL_MATCH_OVER, &over, sizeof over);
        return;
    }
    struct match *match = &worker->matches[start->arena_index];
    *match = (struct match){.phase = MATCH_PLAYING,
                            .running_untold = true,
                            .arena = arena_match_at(worker->arena, start->arena_index)};
    for (size_t i = 0; i <= SPECTATORS; i++)
        match->links[i] = NONE;
    if (worker->match_end <= start->arena_index)
        worker->match_end = start->arena_index + 1;
    if (worker->matches_live++ == 0 && worker->manifest.tick_hz != 0)
        worker->schedule.hz = 0; /* the clock starts with the first match, see worker.c */

    if (!start->resume || !resume(worker, match)) {
        match->arena->start = *start;
        init(worker, match);
    }
    match_report(worker, match);
}

struct match *match_find(struct worker *worker, const uint8_t id[16])
{
    for (uint32_t i = 0; i < worker->match_end; i++) {
        struct match *match = &worker->matches[i];
        if (match->phase == MATCH_PLAYING && memcmp(match->arena->start.match, id, 16) == 0)
            return match;
    }
    return NULL;
}

void match_step(struct worker *worker, struct match *match)
{
    struct arena_block *block = arena_step(worker->arena, match->arena);
    meet_and_part(worker, match, block);
    if (worker->manifest.tick_hz != 0 || match->arena->inputs_present != 0) {
        use_inputs(worker, match, block);
        block->tick++;
        worker->counts.ticks++;
    }
    match->waits_for_step = false;
    if (commit(worker, match, block))
        look_for_result(worker, match, block);
}

void match_step_if_asked(struct worker *worker, struct match *match)
{
    if (match->phase != MATCH_PLAYING || !match->waits_for_step)
        return;
    match_step(worker, match);
    match->changed = true;
}

void match_deliver(struct worker *worker, struct match *match, bool ticked)
{
    struct arena_block *block = arena_newest(worker->arena, match->arena);
    bool to_all = ticked || match->changed;
    match->changed = false;
    for (uint32_t list = 0; list < match->arena->start.slot_count && list < SPECTATORS; list++)
        if (match->links[list] != NONE)
            show(worker, match, block, list, to_all);
    if (match->links[SPECTATORS] != NONE)
        show(worker, match, block, SPECTATORS, to_all);
    if (match->phase == MATCH_OVER) {
        links_end(worker, match, DETACH_MATCH_OVER);
        match_report(worker, match);
    }
}

void match_input(struct worker *worker, struct match *match, uint32_t slot, const uint8_t *bytes,
                 uint32_t count, uint32_t seq)
{
    struct arena_block *block = arena_newest(worker->arena, match->arena);
    uint64_t bit = 1ull << slot;
    if (match->phase != MATCH_PLAYING || ((block->left | match->leaving) & bit))
        return;

    uint8_t input[GK_INPUT_BYTES_MAX] = {0};
    host_enter(worker, match_index(worker, match), GAME_CALL_INPUT);
    uint32_t taken =
        worker->game.input(&worker->host, arena_state(block), slot, bytes, count, input);
    host_leave(worker);
    if (taken != 1) {
        worker->counts.inputs_refused++;
        return;
    }
    uint32_t input_bytes = worker->manifest.input_bytes;
    memcpy(arena_inputs(match->arena) + (size_t)slot * input_bytes, input, input_bytes);
    match->arena->inputs_present |= bit;
    match->pending_seq[slot] = seq;
    if (worker->manifest.tick_hz == 0) {
        match->waits_for_step = true;
        match_step_if_asked(worker, match);
    }
}

void match_end_if_abandoned(struct worker *worker, struct match *match, int64_t now_ms)
{
    int64_t patience_ms = match->arena->start.abandoned_ms;
    if (match->phase != MATCH_PLAYING || patience_ms == 0)
        return;
    if (match->linked != 0)
        match->empty_since_ms = 0;
    else if (match->empty_since_ms == 0)
        match->empty_since_ms = now_ms;
    else if (now_ms - match->empty_since_ms >= patience_ms)
        match_abort(worker, match, "no player has been there for long; the match ends");
}

void match_abort(struct worker *worker, struct match *match, const char *why)
{
    if (match->phase != MATCH_PLAYING)
        return;
    control_log(worker, match->arena->start.match, 3, why, (uint32_t)strlen(why));
    struct gk_result result = {.player_count = match->arena->start.slot_count, .reason = 2};
    end(worker, match, &result);
    links_end(worker, match, DETACH_MATCH_OVER);
    match_report(worker, match);
}

void match_report(struct worker *worker, struct match *match)
{
    if (match->running_untold) {
        struct control_match running;
        memcpy(running.match, match->arena->start.match, sizeof running.match);
        match->running_untold =
            !control_send(worker, CONTROL_MATCH_RUNNING, &running, sizeof running);
    }
    if (match->phase == MATCH_OVER && !match->running_untold) {
        struct control_match_over over = {.ticks = match->arena->ticks,
                                          .state_hash = match->arena->state_hash,
                                          .result = match->arena->result};
        memcpy(over.match, match->arena->start.match, sizeof over.match);
        if (control_send(worker, CONTROL_MATCH_OVER, &over, sizeof over))
            match->phase = MATCH_NONE;
    }
}

static bool start_fits(const struct worker *worker, const struct control_match_start *start)
{
    return start->arena_index < worker->arena->match_count &&
           worker->matches[start->arena_index].phase == MATCH_NONE &&
           start->mode < worker->manifest.mode_count && start->slot_count >= 1 &&
           start->slot_count <= worker->manifest.players_max && !worker->stopping;
}

/* The state is the arena's; whoever was connected gets some time to come back to this worker. */
static bool resume(struct worker *worker, struct match *match)
{
    if (atomic_load(&match->arena->commits) == 0)
        return false;
    struct arena_block *block = arena_newest(worker->arena, match->arena);
    if (!arena_guard_holds(worker->arena, block))
        return false;
    match->keep_joined_until = block->tick + RESUME_GRACE_TICKS_S * worker->manifest.tick_hz;
    match->arena->inputs_present = 0;
    memset(arena_inputs(match->arena), 0,
           (size_t)worker->arena->players_max * worker->arena->input_bytes);
    return true;
}

static void init(struct worker *worker, struct match *match)
{
    const struct control_match_start *start = &match->arena->start;
    struct gk_match begin = {
        .seed = start->seed, .mode = start->mode, .player_count = start->slot_count};
    memcpy(begin.options, start->options, sizeof begin.options);

    atomic_store(&match->arena->commits, 0);
    match->arena->inputs_present = 0;
    memset(arena_inputs(match->arena), 0,
           (size_t)worker->arena->players_max * worker->arena->input_bytes);
    struct arena_block *block = arena_step(worker->arena, match->arena);
    host_enter(worker, match_index(worker, match), GAME_CALL_INIT);
    worker->game.init(&worker->host, arena_state(block), &begin);
    host_leave(worker);
    (void)commit(worker, match, block);
}

/* Turns "has a link" into join and leave, once each way, in the order of the slots. */
static void meet_and_part(struct worker *worker, struct match *match, struct arena_block *block)
{
    uint64_t leaving = match->leaving & ~block->left;
    uint64_t present = match->linked & ~(block->left | leaving);
    uint64_t coming = present & ~block->joined;
    uint64_t going = block->tick < match->keep_joined_until ? 0 : block->joined & ~present;
    for (uint32_t slot = 0; (coming | going | leaving) >> slot; slot++) {
        uint64_t bit = 1ull << slot;
        void *state = arena_state(block);
        uint32_t index = match_index(worker, match);
        if (coming & bit) {
            host_enter(worker, index, GAME_CALL_JOIN);
            worker->game.join(&worker->host, state, slot);
            block->joined |= bit;
        } else if ((going | leaving) & bit) {
            host_enter(worker, index, GAME_CALL_LEAVE);
            worker->game.leave(&worker->host, state, slot,
                               leaving & bit ? GK_LEAVE_LEFT : GK_LEAVE_DISCONNECTED);
            block->joined &= ~bit;
            block->left |= leaving & bit;
            if (leaving & bit)
                forget_input(worker, match, slot);
        }
        host_leave(worker);
        if (slot == GK_PLAYERS_MAX - 1)
            break;
    }
    match->leaving = 0;
}

static void forget_input(struct worker *worker, struct match *match, uint32_t slot)
{
    uint32_t input_bytes = worker->manifest.input_bytes;
    match->arena->inputs_present &= ~(1ull << slot);
    memset(arena_inputs(match->arena) + (size_t)slot * input_bytes, 0, input_bytes);
}

static void use_inputs(struct worker *worker, struct match *match, struct arena_block *block)
{
    struct arena_match *arena = match->arena;
    uint8_t *bytes = arena_inputs(arena);
    struct gk_inputs inputs = {.present = arena->inputs_present, .bytes = bytes};
    for (uint64_t rest = inputs.present; rest; rest &= rest - 1) {
        int slot = __builtin_ctzll(rest);
        block->ack[slot] = match->pending_seq[slot];
    }
    host_enter(worker, match_index(worker, match), GAME_CALL_TICK);
    worker->game.tick(&worker->host, arena_state(block), &inputs);
    host_leave(worker);
    if (inputs.present) {
        memset(bytes, 0, (size_t)worker->arena->players_max * worker->arena->input_bytes);
        arena->inputs_present = 0;
    }
}

static bool commit(struct worker *worker, struct match *match, struct arena_block *block)
{
    if (!arena_guard_holds(worker->arena, block)) {
        match_abort(worker, match, "the game wrote behind its state; the match ends");
        return false;
    }
    if (worker->game.check) {
        host_enter(worker, match_index(worker, match), GAME_CALL_CHECK);
        uint32_t holds = worker->game.check(&worker->host, arena_state(block));
        host_leave(worker);
        if (holds != 1) {
            match_abort(worker, match, "an invariant of the game is broken; the match ends");
            return false;
        }
    }
    arena_commit(match->arena, block);
    return true;
}

static void look_for_result(struct worker *worker, struct match *match, struct arena_block *block)
{
    struct gk_result result = {0};
    host_enter(worker, match_index(worker, match), GAME_CALL_RESULT);
    uint32_t over = worker->game.result(&worker->host, arena_state(block), &result);
    host_leave(worker);
    if (over != 1)
        return;
    if (result_is_sane(worker, match, &result))
        end(worker, match, &result);
    else
        match_abort(worker, match, "the game's result makes no sense; the match ends without");
}

static void end(struct worker *worker, struct match *match, const struct gk_result *result)
{
    struct arena_block *block = arena_newest(worker->arena, match->arena);
    match->arena->ticks = block->tick;
    match->arena->state_hash = state_hash(arena_state(block), worker->manifest.state_bytes);
    match->arena->result = *result;
    atomic_store_explicit(&match->arena->status, ARENA_OVER, memory_order_release);
    match->phase = MATCH_OVER;
    worker->matches_live--;
}

static bool result_is_sane(const struct worker *worker, const struct match *match,
                           const struct gk_result *result)
{
    (void)worker;
    if (result->player_count != match->arena->start.slot_count || result->reason > 1)
        return false;
    for (uint32_t i = 0; i < result->player_count; i++)
        if (result->players[i].outcome > GK_OUTCOME_DRAW || result->players[i].forfeit > 1)
            return false;
    return true;
}

/* The view of one seat (or of the spectators) is computed once, for all its links. */
static void show(struct worker *worker, struct match *match, struct arena_block *block,
                 uint32_t list, bool to_all)
{
    bool computed = false;
    uint32_t bytes = 0;
    uint32_t viewer = list == SPECTATORS ? GK_SPECTATOR : list;
    for (uint32_t at = match->links[list]; at != NONE; at = worker->links[at].next) {
        struct link *link = &worker->links[at];
        struct stream *stream = &worker->streams[link->stream];
        if (stream->broken || !(to_all || link->owed))
            continue;
        if (stream->behind) {
            link->owed = true;
            worker->counts.frames_dropped++;
            continue;
        }
        if (!computed && !compute_view(worker, match, block, viewer, &bytes)) {
            match_abort(worker, match, "a view is over its size; the match ends");
            return;
        }
        computed = true;
        uint32_t ack = list == SPECTATORS ? 0 : block->ack[list];
        link->owed =
            !stream_frame(worker, stream, link, (uint32_t)block->tick, ack, worker->view, bytes);
    }
}

static bool compute_view(struct worker *worker, struct match *match, struct arena_block *block,
                         uint32_t viewer, uint32_t *ret_bytes)
{
    const uint64_t guard = ARENA_GUARD;
    uint32_t capacity = worker->manifest.view_bytes_max;
    memcpy(worker->view + capacity, &guard, sizeof guard);
    host_enter(worker, match_index(worker, match), GAME_CALL_VIEW);
    uint32_t bytes =
        worker->game.view(&worker->host, arena_state(block), viewer, worker->view, capacity);
    host_leave(worker);
    if (bytes > capacity || memcmp(worker->view + capacity, &guard, sizeof guard) != 0)
        return false;
    *ret_bytes = bytes;
    return true;
}
