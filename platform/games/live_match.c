/* Each change of a match's state is one function here; who has ended stays so. */
#include "games/live_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/figures.h"
#include "games/order.h"
#include "games/supervision.h"
#include "host/hash.h"

static bool look_at_last(struct worker *worker, const struct live_match *match,
                         struct arena_block *ret_block, uint64_t *ret_state_hash);
static void slot_fill(const struct match_player *player, struct control_slot *ret_slot);
static enum error choose_slot(struct worker *worker, const struct live_match *match,
                              const struct id *user, uint32_t *ret_slot);

bool match_send(struct worker *worker, const struct live_match *match)
{
    return worker_process_send(worker->process, CONTROL_MATCH_START, &match->start,
                               sizeof match->start, -1) == OK;
}

/* The seed comes from the kernel: nobody can know it before. */
void match_start_fill(const struct match_begin *begin, struct control_match_start *ret_start)
{
    *ret_start = (struct control_match_start){.mode = begin->mode,
                                              .slot_count = (uint32_t)begin->slot_count,
                                              .matches_per_worker = begin->matches_per_worker};
    memcpy(ret_start->match, begin->id.bytes, sizeof ret_start->match);
    memcpy(ret_start->room, begin->room.bytes, sizeof ret_start->room);
    random_bytes(&ret_start->seed, sizeof ret_start->seed);
    memcpy(ret_start->options, begin->options, sizeof ret_start->options);
    for (int i = 0; i < begin->slot_count; i++)
        slot_fill(&begin->players[i], &ret_start->slots[i]);
}

bool match_place(struct worker *worker, const struct live_match *match)
{
    static const uint8_t nobody[sizeof match->start.slots[0].user];
    const struct image *image = worker->process->image;
    struct placement placement = {.match = match->id};
    snprintf(placement.game, sizeof placement.game, "%s", image->manifest.id);
    memcpy(placement.sha_text, image->sha_text, sizeof placement.sha_text);
    memcpy(placement.worker, worker->name, sizeof placement.worker);
    for (uint32_t i = 0; i < match->start.slot_count && i < GK_PLAYERS_MAX; i++)
        if (memcmp(match->start.slots[i].user, nobody, sizeof nobody) != 0)
            memcpy(placement.players[placement.player_count++].bytes, match->start.slots[i].user,
                   sizeof nobody);
    return placements_put(worker->supervisor->placements, &placement);
}

/* The placement is there before the asker hears of it. */
void match_running(struct worker *worker, struct live_match *match)
{
    if (!match->order)
        return; /* it goes on after a restart */
    struct order *order = match->order;
    match->order = NULL;
    bool fits = match_place(worker, match);
    if (order_answer(order, fits ? OK : ERROR_OVERLOADED) && fits) {
        if (!match->has_moved)
            match->record =
                record_begin(worker->supervisor->records, worker->process->image, &match->start);
        metric_add(&figure_matches_started, 1);
        return;
    }
    match_stop(worker, match); /* nobody waits for it: its row is taken back by the asker */
}

enum error match_seat(struct worker *worker, struct live_match *match, struct match_player *player)
{
    uint32_t slot = 0;
    enum error error = choose_slot(worker, match, &player->user, &slot);
    if (error != OK)
        return error;
    struct control_slot *seat = &match->start.slots[slot];
    player->slot = (int)slot;
    player->team = seat->team;
    player->bot = 0;
    if (memcmp(seat->user, player->user.bytes, sizeof seat->user) == 0)
        return OK; /* he has it */
    struct control_match_seat order = {.slot = slot};
    memcpy(order.match, match->id.bytes, sizeof order.match);
    slot_fill(player, &order.seat);
    if (worker->process->ready &&
        worker_process_send(worker->process, CONTROL_MATCH_SEAT, &order, sizeof order, -1) != OK)
        return ERROR_OVERLOADED;
    *seat = order.seat; /* what the next process is told */
    match_keep(worker, match);
    record_seat(match->record, slot, seat);
    placements_seat(worker->supervisor->placements, &match->id, &player->user);
    return OK;
}

void match_keep(struct worker *worker, struct live_match *match)
{
    struct worker_process *process = worker->process;
    record_look(match->record, process->image, &process->sizes,
                worker_process_match(process, match->start.arena_index));
}

void match_leave_version(struct worker *worker, struct live_match *match)
{
    const struct arena_match *arena =
        worker_process_match(worker->process, match->start.arena_index);
    match_keep(worker, match);
    match->has_moved |= match->order && atomic_load(&arena->commits) != 0;
}

void match_changed(struct worker *worker, const struct live_match *match)
{
    const struct image *image = worker->process->image;
    struct match_change change = {.match = match->id};
    placements_move(worker->supervisor->placements, &match->id, worker->name, image->sha_text);
    memcpy(change.room.bytes, match->start.room, sizeof change.room.bytes);
    memcpy(change.sha_text, image->sha_text, sizeof change.sha_text);
    memcpy(change.game_sha_text, image->game_sha_text, sizeof change.game_sha_text);
    memcpy(change.version, image->manifest.version, sizeof change.version);
    memcpy(change.game, image->manifest.id, sizeof change.game);
    results_changed(worker->supervisor->results, &change);
}

void match_stop(struct worker *worker, struct live_match *match)
{
    struct control_match stop;
    if (match->stop_asked_ms == 0)
        match->stop_asked_ms = clock_monotonic_ms();
    memcpy(stop.match, match->id.bytes, sizeof stop.match);
    if (worker_process_send(worker->process, CONTROL_MATCH_STOP, &stop, sizeof stop, -1) != OK)
        log_warn("a match that has to end goes on", "worker", worker->name, NULL);
}

void match_over(struct worker *worker, struct live_match *match, const struct gk_result *result,
                uint64_t ticks, uint64_t state_hash)
{
    struct supervisor *supervisor = worker->supervisor;
    uint32_t index = match->start.arena_index;
    if (match->order) {
        (void)order_answer(match->order, ERROR_UNAVAILABLE);
    } else {
        struct match_result over = {.match = match->id,
                                    .epoch = MATCH_EPOCH_FIRST,
                                    .ticks = ticks,
                                    .state_hash = state_hash,
                                    .ended_unix_ms = clock_unix_ms(),
                                    .result = *result};
        match_keep(worker, match);
        record_end(match->record, &over);
        placements_remove(supervisor->placements, &match->id);
        results_push(supervisor->results, &over);
    }
    atomic_store(&worker_process_match(worker->process, index)->status, ARENA_FREE);
    worker->matches[index] = NULL;
    worker->match_count--;
    ladder_finish(&match->ladder);
    free(match);
    supervisor_figures_set(supervisor);
}

void match_abort(struct worker *worker, struct live_match *match)
{
    struct gk_result result = {.player_count = match->start.slot_count,
                               .reason = SPOOL_REASON_ABORTED};
    struct arena_block last = {.tick = 0};
    uint64_t state_hash = 0;
    if (!look_at_last(worker, match, &last, &state_hash))
        last.tick = 0;
    match_over(worker, match, &result, last.tick, state_hash);
}

/* False when nothing is committed, or its process plays on. */
static bool look_at_last(struct worker *worker, const struct live_match *match,
                         struct arena_block *ret_block, uint64_t *ret_state_hash)
{
    const struct arena_head *sizes = &worker->process->sizes;
    void *state = malloc(sizes->state_bytes);
    bool is_there =
        state && arena_read(sizes, worker_process_match(worker->process, match->start.arena_index),
                            ret_block, state);
    if (is_there)
        *ret_state_hash = state_hash(state, sizes->state_bytes);
    free(state);
    return is_there;
}

bool match_result_is_sane(const struct live_match *match, const struct gk_result *result)
{
    if (result->player_count != match->start.slot_count || result->reason > SPOOL_REASON_ABORTED)
        return false;
    for (uint32_t i = 0; i < result->player_count; i++)
        if (result->players[i].outcome > GK_OUTCOME_DRAW || result->players[i].forfeit > 1)
            return false;
    return true;
}

static void slot_fill(const struct match_player *player, struct control_slot *ret_slot)
{
    *ret_slot = (struct control_slot){.team = (uint8_t)player->team,
                                      .bot_difficulty = (uint8_t)player->bot};
    memcpy(ret_slot->user, player->user.bytes, sizeof ret_slot->user);
    snprintf(ret_slot->name, sizeof ret_slot->name, "%s", player->name);
}

/* His own if he has one and has not given it up; else a bot's, else one that nobody had. What was
 * given up is nobody's any more: the game has heard that nothing comes of it again. */
static enum error choose_slot(struct worker *worker, const struct live_match *match,
                              const struct id *user, uint32_t *ret_slot)
{
    static const uint8_t nobody[16];
    const struct control_match_start *start = &match->start;
    struct arena_match *arena = worker_process_match(worker->process, start->arena_index);
    uint32_t bots = UINT32_MAX, open = UINT32_MAX;
    if (match->order)
        return ERROR_UNAVAILABLE; /* it does not run yet */
    for (uint32_t slot = start->slot_count; slot-- > 0;) {
        const struct control_slot *seat = &start->slots[slot];
        if (memcmp(seat->user, user->bytes, sizeof seat->user) == 0) {
            uint64_t left = arena_newest(&worker->process->sizes, arena)->left;
            *ret_slot = slot;
            return left >> slot & 1 ? ERROR_ROOM_IN_MATCH : OK;
        }
        if (memcmp(seat->user, nobody, sizeof nobody) == 0)
            *(seat->bot_difficulty != 0 ? &bots : &open) = slot;
    }
    if (bots == UINT32_MAX && open == UINT32_MAX)
        return ERROR_ROOM_FULL;
    *ret_slot = bots != UINT32_MAX ? bots : open;
    return OK;
}
