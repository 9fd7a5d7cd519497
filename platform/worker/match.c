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
#include "worker/recorder.h"
#include "worker/stream.h"

static enum arena_hash hash_wish(const struct worker *worker, const struct match *match);
static bool is_deaf(const struct match *match);
static bool start_fits(const struct worker *worker, const struct control_match_start *start);
static uint64_t bots_of(const struct control_match_start *start);
static void init(struct worker *worker, struct match *match);
static void wait_for(struct worker *worker, struct match *match, uint64_t slots);
static int64_t turn_ms(const struct worker *worker);
static void ask_bots(struct worker *worker, struct match *match);
static void move_one_bot(struct worker *worker, struct match *match);
static bool ask_bot(struct worker *worker, struct match *match, uint32_t slot);
static void end_if_abandoned(struct worker *worker, struct match *match);
static void meet_and_part(struct worker *worker, struct match *match, struct arena_block *block);
static void put_input(struct worker *worker, struct match *match, uint32_t slot,
                      const uint8_t *input, uint32_t seq);
static void forget_input(struct worker *worker, struct match *match, uint32_t slot);
static void clear_inputs(struct worker *worker, struct match *match);
static void acknowledge(const struct match *match, struct arena_block *block);
static bool commit(struct worker *worker, struct match *match, struct arena_block *block);
static void end(struct worker *worker, struct match *match, const struct gk_result *result);
static bool result_is_sane(const struct worker *worker, const struct match *match,
                           const struct gk_result *result);
static void show(struct worker *worker, struct match *match, struct arena_block *block,
                 uint32_t list, bool to_all);

void match_start(struct worker *worker, const struct control_match_start *start)
{
    if (!start_fits(worker, start)) {
        struct control_match_over over = {.result.reason = 2};
        memcpy(over.match, start->match, sizeof over.match);
        (void)control_send(worker, CONTROL_MATCH_OVER, &over, sizeof over);
        return;
    }
    if (worker->matches_live == 0)
        atomic_store(&worker->arena->next_tick_ns, 0); /* the first match starts the clock */
    arena_match_at(worker->arena, start->arena_index)->start = *start;
    arena_match_at(worker->arena, start->arena_index)->rerun_to = 0;
    struct match *match = match_take_place(worker, start->arena_index);
    atomic_store(&match->arena->status, ARENA_LIVE);
    init(worker, match);
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
    if (worker->manifest.tick_hz != 0 && !is_deaf(match))
        ask_bots(worker, match);
    struct arena_block *block = arena_step(worker->arena, match->arena);
    meet_and_part(worker, match, block);
    const struct gk_inputs inputs = {match->arena->inputs_present, arena_inputs(match->arena)};
    if (worker->manifest.tick_hz != 0 || inputs.present != 0 || match->turn_is_over) {
        acknowledge(match, block);
        match_tick(worker, match, block, &inputs);
        worker->counts.steps++;
        match->arena->turn_since_ms = worker->now_ms;
    }
    match->waits_for_step = match->turn_is_over = false;
    match->bots_due_ms = match->bots ? worker->now_ms + BOT_MOVE_MS : 0;
    recorder_note(worker->arena, match->arena, block, &inputs, hash_wish(worker, match));
    match->hashes_before = false;
    if (!commit(worker, match, block))
        return;
    clear_inputs(worker, match);
    match_look_for_result(worker, match, block);
}

void match_step_if_asked(struct worker *worker, struct match *match)
{
    if (match->phase != MATCH_PLAYING || !match->waits_for_step || match_is_behind(match))
        return;
    match_step(worker, match);
    match->changed = true;
}

void match_deliver(struct worker *worker, struct match *match, bool ticked)
{
    struct arena_block *block = arena_newest(worker->arena, match->arena);
    bool to_all = ticked || match->changed;
    if (match_is_behind(match))
        return; /* it has been shown already */
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
    if (match->phase != MATCH_PLAYING || ((block->left | match->arena->leaving) & bit))
        return;

    uint8_t input[GK_INPUT_BYTES_MAX] = {0};
    host_note(worker, bytes, count);
    host_enter(worker, match_index(worker, match), GAME_CALL_INPUT, slot);
    uint32_t taken =
        worker->game.input(&worker->host, arena_state(block), slot, bytes, count, input);
    host_leave(worker);
    if (taken != 1) {
        worker->counts.inputs_refused++;
        return;
    }
    put_input(worker, match, slot, input, seq);
    if (worker->manifest.tick_hz == 0) {
        match->waits_for_step = true;
        match_step_if_asked(worker, match);
    }
}

/* One that killed the process before is not wanted. */
bool match_knows_input(struct worker *worker, struct match *match, uint32_t slot, uint32_t seq)
{
    const struct arena_match *arena = match->arena;
    uint64_t known = arena->inputs_present | arena->dropped;
    return (arena->refuses_again >> slot & 1) ||
           arena_newest(worker->arena, match->arena)->ack[slot] == seq ||
           ((known >> slot & 1) && arena->inputs_seq[slot] == seq);
}

void match_seat(struct worker *worker, const struct control_match_seat *order)
{
    struct match *match = match_find(worker, order->match);
    if (!match || order->slot >= match->arena->start.slot_count)
        return; /* it is over, and so is the wish */
    match->arena->start.slots[order->slot] = order->seat;
    match->bots = bots_of(&match->arena->start);
    wait_for(worker, match, match->awaited | 1ull << order->slot);
    links_seat(worker, match, order->slot, order->seat.user);
}

/* A game with a clock has seen each of these in its ticks. */
void match_look_at_clock(struct worker *worker, struct match *match)
{
    end_if_abandoned(worker, match);
    if (match->phase != MATCH_PLAYING || worker->manifest.tick_hz != 0 || match_is_behind(match))
        return;
    if (match->awaited != 0 && worker->now_ms >= match->awaited_until_ms)
        match->waits_for_step = true;
    if (worker->manifest.turn_seconds != 0 &&
        worker->now_ms - match->arena->turn_since_ms >= turn_ms(worker))
        match->turn_is_over = match->waits_for_step = true;
    else if (match->bots_due_ms != 0 && worker->now_ms >= match->bots_due_ms)
        move_one_bot(worker, match);
}

void match_fault(struct worker *worker, struct match *match, const char *why)
{
    if (match->phase != MATCH_PLAYING)
        return;
    if (atomic_load(&worker->arena->on_trial) == 0) {
        match_abort(worker, match, why);
        return;
    }
    struct control_fault fault = {.why = ""};
    memcpy(fault.match, match->arena->start.match, sizeof fault.match);
    snprintf(fault.why, sizeof fault.why, "%s", why);
    match->phase = MATCH_HELD;
    worker->matches_live--;
    (void)control_send(worker, CONTROL_FAULT, &fault, sizeof fault);
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

/* A process that takes a match over says what it was given, one that parks what it leaves. */
static enum arena_hash hash_wish(const struct worker *worker, const struct match *match)
{
    uint64_t bytes = (uint64_t)worker->matches_live * worker->arena->state_bytes;
    if (match->hashes_before)
        return ARENA_HASH_BEFORE;
    return worker->parking && bytes <= HASHED_BYTES_MAX ? ARENA_HASH_AFTER : ARENA_HASH_NONE;
}

/* The step under way has killed a process before. */
static bool is_deaf(const struct match *match)
{
    uint64_t commits = atomic_load_explicit(&match->arena->commits, memory_order_relaxed);
    return match->arena->deaf_commit == commits + 1;
}

static bool start_fits(const struct worker *worker, const struct control_match_start *start)
{
    return start->arena_index < worker->arena->match_count &&
           worker->matches[start->arena_index].phase == MATCH_NONE &&
           start->mode < worker->manifest.mode_count && start->slot_count >= 1 &&
           start->slot_count <= worker->manifest.players_max && !worker->stopping &&
           (bots_of(start) == 0 || worker->game.bot);
}

static uint64_t bots_of(const struct control_match_start *start)
{
    static const uint8_t nobody[16];
    uint64_t bots = 0;
    for (uint32_t slot = 0; slot < start->slot_count && slot < GK_PLAYERS_MAX; slot++)
        if (start->slots[slot].bot_difficulty != 0 &&
            memcmp(start->slots[slot].user, nobody, sizeof nobody) == 0)
            bots |= 1ull << slot;
    return bots;
}

/* The clock is set by the first tick, see worker.c. */
struct match *match_take_place(struct worker *worker, uint32_t index)
{
    struct match *match = &worker->matches[index];
    *match = (struct match){.phase = MATCH_PLAYING,
                            .running_untold = true,
                            .arena = arena_match_at(worker->arena, index)};
    for (size_t i = 0; i <= SPECTATORS; i++)
        match->links[i] = NONE;
    if (worker->match_end <= index)
        worker->match_end = index + 1;
    if (worker->matches_live++ == 0)
        worker->schedule.hz = 0;
    match->bots = bots_of(&match->arena->start);
    match->waits_for_step = match->bots != 0; /* they are there from the first step on */
    return match;
}

/* The state is the arena's; whoever was connected gets some time to come back to this worker. */
void match_resume(struct worker *worker, struct match *match)
{
    struct arena_block *block = arena_newest(worker->arena, match->arena);
    if (atomic_load(&match->arena->commits) == 0) {
        init(worker, match);
    } else if (!match_is_behind(match)) {
        if (match->arena->inputs_commit != block->commit + 1)
            clear_inputs(worker, match); /* they are in the commit already */
        match_go_on(worker, match);
    }
}

void match_go_on(struct worker *worker, struct match *match)
{
    struct arena_block *block = arena_newest(worker->arena, match->arena);
    match->waits_for_step |= match->arena->inputs_present != 0;
    wait_for(worker, match, block->joined);
    if (!arena_guard_holds(worker->arena, block))
        match_fault(worker, match, "its last commit is not whole");
    else
        match_look_for_result(worker, match, block); /* who has died may not have come to it */
    if (match->phase == MATCH_PLAYING && is_deaf(match))
        match_step(worker, match); /* at once, before anybody can send an input */
}

/* Nobody loses his place, nor his turn, while he is on the way. */
static void wait_for(struct worker *worker, struct match *match, uint64_t slots)
{
    int64_t *since_ms = &match->arena->turn_since_ms;
    int64_t earliest_ms = worker->now_ms + SEAT_GRACE_MS - turn_ms(worker);
    match->awaited = slots;
    match->awaited_until_ms = worker->now_ms + SEAT_GRACE_MS;
    if (*since_ms > worker->now_ms) /* a game may have written there */
        *since_ms = worker->now_ms;
    if (*since_ms < earliest_ms)
        *since_ms = earliest_ms;
}

static int64_t turn_ms(const struct worker *worker)
{
    return (int64_t)worker->manifest.turn_seconds * 1000;
}

/* Each tick, as soon as the game has seen them join. */
static void ask_bots(struct worker *worker, struct match *match)
{
    uint64_t rest = match->bots & arena_newest(worker->arena, match->arena)->joined;
    for (; rest; rest &= rest - 1)
        (void)ask_bot(worker, match, (uint32_t)__builtin_ctzll(rest));
}

/* The next one that has a move, in turn, so that none keeps the others waiting. Without any they
 * are not asked again before something happens: their answers would be the same. */
static void move_one_bot(struct worker *worker, struct match *match)
{
    match->bots_due_ms = 0;
    for (uint32_t i = 0; i < GK_PLAYERS_MAX && !match->waits_for_step; i++) {
        uint32_t slot = (match->bot_first + i) % GK_PLAYERS_MAX;
        if (!(match->bots >> slot & 1) || !ask_bot(worker, match, slot))
            continue;
        match->bot_first = slot + 1;
        match->waits_for_step = true;
    }
}

/* On the last committed state. True when it does something. */
static bool ask_bot(struct worker *worker, struct match *match, uint32_t slot)
{
    uint8_t input[GK_INPUT_BYTES_MAX] = {0};
    const void *state = arena_state(arena_newest(worker->arena, match->arena));
    uint32_t difficulty = match->arena->start.slots[slot].bot_difficulty;
    const uint8_t given = (uint8_t)difficulty;
    host_note(worker, &given, 1);
    host_enter(worker, match_index(worker, match), GAME_CALL_BOT, slot);
    uint32_t moves = worker->game.bot(&worker->host, state, slot, difficulty, input);
    host_leave(worker);
    if (moves == 1)
        put_input(worker, match, slot, input, 0);
    return moves == 1;
}

static void end_if_abandoned(struct worker *worker, struct match *match)
{
    if (match->phase != MATCH_PLAYING)
        return;
    int64_t patience_ms = match->arena->start.abandoned_ms;
    if (patience_ms == 0)
        return;
    if (match->linked != 0)
        match->empty_since_ms = 0;
    else if (match->empty_since_ms == 0)
        match->empty_since_ms = worker->now_ms;
    else if (worker->now_ms - match->empty_since_ms >= patience_ms)
        match_abort(worker, match, "no player has been there for long; the match ends");
}

static void init(struct worker *worker, struct match *match)
{
    const struct control_match_start *start = &match->arena->start;
    struct gk_match begin = {
        .seed = start->seed, .mode = start->mode, .player_count = start->slot_count};
    memcpy(begin.options, start->options, sizeof begin.options);

    atomic_store(&match->arena->commits, 0);
    match->arena->deaf_commit = match->arena->dropped = match->arena->refuses_again = 0;
    if (!match_is_behind(match)) {
        match->arena->turn_since_ms = worker->now_ms;
        match->arena->leaving = 0;
        match->arena->inputs_present = ~0ull;
        clear_inputs(worker, match);
    }
    struct arena_block *block = arena_step(worker->arena, match->arena);
    host_enter(worker, match_index(worker, match), GAME_CALL_INIT, 0);
    worker->game.init(&worker->host, arena_state(block), &begin);
    host_leave(worker);
    (void)commit(worker, match, block);
}

/* Turns "has a link" into join and leave, once each way. */
static void meet_and_part(struct worker *worker, struct match *match, struct arena_block *block)
{
    uint64_t leaving = match->arena->leaving & ~block->left;
    if (worker->now_ms >= match->awaited_until_ms)
        match->awaited = 0;
    uint64_t there = match->linked | match->bots | (match->awaited & block->joined);
    uint64_t present = there & ~(block->left | leaving);
    match_meet(worker, match, block, present & ~block->joined, block->joined & ~present, leaving);
}

void match_meet(struct worker *worker, struct match *match, struct arena_block *block,
                uint64_t coming, uint64_t going, uint64_t leaving)
{
    for (uint32_t slot = 0; (coming | going | leaving) >> slot; slot++) {
        uint64_t bit = 1ull << slot;
        void *state = arena_state(block);
        uint32_t index = match_index(worker, match);
        if (coming & bit) {
            host_enter(worker, index, GAME_CALL_JOIN, slot);
            worker->game.join(&worker->host, state, slot);
            block->joined |= bit;
        } else if ((going | leaving) & bit) {
            host_enter(worker, index, GAME_CALL_LEAVE, slot);
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
}

static void put_input(struct worker *worker, struct match *match, uint32_t slot,
                      const uint8_t *input, uint32_t seq)
{
    struct arena_match *arena = match->arena;
    uint32_t input_bytes = worker->manifest.input_bytes;
    arena->inputs_present &= ~(1ull << slot); /* nobody resumes with half an input */
    atomic_thread_fence(memory_order_release);
    memcpy(arena_inputs(arena) + (size_t)slot * input_bytes, input, input_bytes);
    arena->inputs_seq[slot] = seq;
    arena->inputs_commit = atomic_load(&arena->commits) + 1;
    atomic_thread_fence(memory_order_release);
    arena->inputs_present |= 1ull << slot;
}

static void forget_input(struct worker *worker, struct match *match, uint32_t slot)
{
    uint32_t input_bytes = worker->manifest.input_bytes;
    match->arena->inputs_present &= ~(1ull << slot);
    memset(arena_inputs(match->arena) + (size_t)slot * input_bytes, 0, input_bytes);
}

/* Of those that the step is played with. */
static void acknowledge(const struct match *match, struct arena_block *block)
{
    const struct arena_match *arena = match->arena;
    for (uint64_t rest = arena->inputs_present; rest; rest &= rest - 1) {
        int slot = __builtin_ctzll(rest);
        block->ack[slot] = arena->inputs_seq[slot];
    }
}

void match_tick(struct worker *worker, struct match *match, struct arena_block *block,
                const struct gk_inputs *inputs)
{
    host_enter(worker, match_index(worker, match), GAME_CALL_TICK, 0);
    worker->game.tick(&worker->host, arena_state(block), inputs);
    host_leave(worker);
    block->tick++;
}

static void clear_inputs(struct worker *worker, struct match *match)
{
    if (match->arena->inputs_present == 0)
        return;
    match->arena->inputs_present = 0;
    memset(arena_inputs(match->arena), 0,
           (size_t)worker->arena->players_max * worker->arena->input_bytes);
}

static bool commit(struct worker *worker, struct match *match, struct arena_block *block)
{
    const char *fault = match_judge(worker, match, block);
    if (fault)
        match_fault(worker, match, fault);
    else
        arena_commit(match->arena, block);
    return !fault;
}

const char *match_judge(struct worker *worker, struct match *match, struct arena_block *block)
{
    if (!arena_guard_holds(worker->arena, block))
        return "the game wrote behind its state";
    if (!worker->game.check)
        return NULL;
    host_enter(worker, match_index(worker, match), GAME_CALL_CHECK, 0);
    uint32_t holds = worker->game.check(&worker->host, arena_state(block));
    host_leave(worker);
    return holds == 1 ? NULL : "an invariant of the game is broken";
}

void match_look_for_result(struct worker *worker, struct match *match, struct arena_block *block)
{
    struct gk_result result = {0};
    host_enter(worker, match_index(worker, match), GAME_CALL_RESULT, 0);
    uint32_t over = worker->game.result(&worker->host, arena_state(block), &result);
    host_leave(worker);
    if (over != 1)
        return;
    if (result_is_sane(worker, match, &result))
        end(worker, match, &result);
    else
        match_fault(worker, match, "the game's result makes no sense");
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
        if (!computed && !match_view(worker, match, block, viewer, &bytes)) {
            match_fault(worker, match, "a view is over its size");
            return;
        }
        computed = true;
        uint32_t ack = list == SPECTATORS ? 0 : block->ack[list];
        link->owed =
            !stream_frame(worker, stream, link, (uint32_t)block->tick, ack, worker->view, bytes);
    }
}

bool match_view(struct worker *worker, struct match *match, struct arena_block *block,
                uint32_t viewer, uint32_t *ret_bytes)
{
    const uint64_t guard = ARENA_GUARD;
    uint32_t capacity = worker->manifest.view_bytes_max;
    memcpy(worker->view + capacity, &guard, sizeof guard);
    host_enter(worker, match_index(worker, match), GAME_CALL_VIEW, viewer);
    uint32_t bytes =
        worker->game.view(&worker->host, arena_state(block), viewer, worker->view, capacity);
    host_leave(worker);
    if (bytes > capacity || memcmp(worker->view + capacity, &guard, sizeof guard) != 0)
        return false;
    *ret_bytes = bytes;
    return true;
}
