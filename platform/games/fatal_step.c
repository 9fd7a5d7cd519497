/* What the arena says is a game's to write over: it is cut to what a step can be. */
#include "games/fatal_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "games/supervision.h"

static bool copy_state(const struct arena_head *sizes, struct arena_match *arena,
                       struct fatal_step *fatal, struct arena_block *ret_before);
static bool copy_inputs(const struct arena_head *sizes, struct arena_match *arena, uint32_t players,
                        struct fatal_step *fatal);
static void copy_said(const struct arena_head *arena, enum game_callback callback,
                      struct fatal_step *fatal);
static void fill(const struct image *image, const struct live_match *match,
                 const struct death *death, struct crash_step *ret_step);
static void fill_slots(const struct arena_head *sizes, struct arena_match *arena,
                       const struct arena_block *before, struct crash_step *step);

struct fatal_step *fatal_step_note(struct worker *worker, const struct live_match *match,
                                   const struct death *death)
{
    const struct arena_head *sizes = &worker->process->sizes;
    struct arena_match *arena = worker_process_match(worker->process, match->start.arena_index);
    struct arena_block before = {.commit = 0};
    struct fatal_step *fatal = arena->rerun_to == 0 ? calloc(1, sizeof *fatal) : NULL;
    if (!fatal || !copy_state(sizes, arena, fatal, &before) ||
        !copy_inputs(sizes, arena, match->start.slot_count, fatal)) {
        fatal_step_free(fatal);
        return NULL;
    }
    copy_said(worker->process->arena, death->callback, fatal);
    fill(worker->process->image, match, death, &fatal->step);
    fill_slots(sizes, arena, &before, &fatal->step);
    return fatal;
}

void fatal_step_free(struct fatal_step *fatal)
{
    if (!fatal)
        return;
    free(fatal->state);
    free(fatal->inputs);
    free(fatal);
}

static bool copy_state(const struct arena_head *sizes, struct arena_match *arena,
                       struct fatal_step *fatal, struct arena_block *ret_before)
{
    if (atomic_load(&arena->commits) == 0)
        return true;
    fatal->state_bytes = sizes->state_bytes;
    fatal->state = malloc(sizes->state_bytes);
    return fatal->state && arena_read(sizes, arena, ret_before, fatal->state);
}

static bool copy_inputs(const struct arena_head *sizes, struct arena_match *arena, uint32_t players,
                        struct fatal_step *fatal)
{
    fatal->input_bytes = players * sizes->input_bytes;
    fatal->inputs = malloc(fatal->input_bytes);
    if (fatal->inputs)
        memcpy(fatal->inputs, arena_inputs(arena), fatal->input_bytes);
    return fatal->inputs;
}

static void copy_said(const struct arena_head *arena, enum game_callback callback,
                      struct fatal_step *fatal)
{
    if (callback != GAME_CALL_INPUT && callback != GAME_CALL_BOT)
        return;
    uint32_t count = arena->said_count;
    fatal->said_count = count < sizeof fatal->said ? count : sizeof fatal->said;
    memcpy(fatal->said, arena->said, fatal->said_count);
}

static void fill(const struct image *image, const struct live_match *match,
                 const struct death *death, struct crash_step *ret_step)
{
    const struct control_match_start *start = &match->start;
    *ret_step = (struct crash_step){
        .callback = death->callback,
        .slot = death->slot,
        .ticks = death->tick < UINT32_MAX ? (uint32_t)death->tick : UINT32_MAX,
        .match = {.seed = start->seed, .mode = start->mode, .player_count = start->slot_count}};
    if (ret_step->slot >= start->slot_count &&
        !(ret_step->slot == GK_SPECTATOR && ret_step->callback == GAME_CALL_VIEW))
        ret_step->slot = 0;
    memcpy(ret_step->match.options, start->options, sizeof ret_step->match.options);
    snprintf(ret_step->what, sizeof ret_step->what, "%s", death->sentence);
    memcpy(ret_step->game, image->manifest.id, sizeof ret_step->game);
    memcpy(ret_step->version, image->manifest.version, sizeof ret_step->version);
    memcpy(ret_step->sha, image->sha_text, sizeof ret_step->sha);
    id_text(&match->id, ret_step->match_id);
}

/* Who came and who went in the step: what the block that was being worked on says, and whom the
 * callback was about, for he is noted there behind it. Other callbacks belong to no step. */
static void fill_slots(const struct arena_head *sizes, struct arena_match *arena,
                       const struct arena_block *before, struct crash_step *step)
{
    const struct arena_block *block = arena_block_at(sizes, arena, before->commit + 1);
    uint32_t players = step->match.player_count;
    uint64_t all = players < GK_PLAYERS_MAX ? (1ull << players) - 1 : ~0ull;
    uint64_t bit = step->slot < GK_PLAYERS_MAX ? 1ull << step->slot : 0;
    uint64_t joined = block->joined, left = block->left;
    bool is_leaving = step->callback == GAME_CALL_LEAVE;
    step->joined = before->joined & all;
    step->left = before->left & all;
    step->present = arena->inputs_present & all;
    if (step->callback == GAME_CALL_JOIN)
        joined |= bit;
    else if (is_leaving)
        joined &= ~bit, left |= arena->leaving & bit;
    else if (step->callback != GAME_CALL_TICK && step->callback != GAME_CALL_CHECK)
        return;
    step->came = joined & ~before->joined & all;
    step->gave_up = left & ~before->left & all;
    step->went = before->joined & ~(joined | step->gave_up) & all;
    step->ticked = step->callback == GAME_CALL_TICK || block->tick != before->tick;
}
