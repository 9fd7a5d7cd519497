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

bool match_send(struct worker *worker, const struct live_match *match)
{
    return worker_process_send(&worker->process, CONTROL_MATCH_START, &match->start,
                               sizeof match->start, -1) == OK;
}

/* The seed comes from the kernel: nobody can know it before. */
void match_start_fill(const struct match_begin *begin, uint32_t index,
                      struct control_match_start *ret_start)
{
    *ret_start = (struct control_match_start){
        .arena_index = index, .mode = begin->mode, .slot_count = (uint32_t)begin->player_count};
    memcpy(ret_start->match, begin->id.bytes, sizeof ret_start->match);
    random_bytes(&ret_start->seed, sizeof ret_start->seed);
    for (int i = 0; i < begin->player_count; i++) {
        struct control_slot *slot = &ret_start->slots[i];
        memcpy(slot->user, begin->players[i].user.bytes, sizeof slot->user);
        snprintf(slot->name, sizeof slot->name, "%s", begin->players[i].name);
        slot->team = (uint8_t)begin->players[i].team;
    }
}

/* The placement is there before the asker hears of it. */
void match_running(struct worker *worker, struct live_match *match)
{
    struct supervisor *supervisor = worker->supervisor;
    if (!match->order)
        return; /* it goes on after a restart */
    const struct match_begin *begin = order_begin(match->order);
    struct placement placement = {.match = match->id, .player_count = begin->player_count};
    snprintf(placement.game, sizeof placement.game, "%s", begin->image->manifest.id);
    memcpy(placement.sha_text, begin->image->sha_text, sizeof placement.sha_text);
    memcpy(placement.worker, worker->name, sizeof placement.worker);
    for (int i = 0; i < begin->player_count; i++)
        placement.players[i] = begin->players[i].user;

    struct order *order = match->order;
    match->order = NULL;
    bool fits = placements_put(supervisor->placements, &placement);
    if (order_answer(order, fits ? OK : ERROR_OVERLOADED) && fits) {
        metric_add(&figure_matches_started, 1);
        return;
    }
    match_stop(worker, match); /* nobody waits for it: its row is taken back by the asker */
}

void match_stop(struct worker *worker, const struct live_match *match)
{
    struct control_match stop;
    memcpy(stop.match, match->id.bytes, sizeof stop.match);
    if (worker_process_send(&worker->process, CONTROL_MATCH_STOP, &stop, sizeof stop, -1) != OK)
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
        placements_remove(supervisor->placements, &match->id);
        results_push(supervisor->results, &over);
    }
    atomic_store(&worker_process_match(&worker->process, index)->status, ARENA_FREE);
    worker->matches[index] = NULL;
    worker->match_count--;
    free(match);
    supervisor_figures_set(supervisor);
}

void match_abort(struct worker *worker, struct live_match *match)
{
    struct gk_result result = {.player_count = match->start.slot_count,
                               .reason = SPOOL_REASON_ABORTED};
    match_over(worker, match, &result, 0, 0);
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
