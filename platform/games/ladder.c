/* One function a rung. */
#include "games/ladder.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "games/carry.h"
#include "games/crash_bundle.h"
#include "games/supervision.h"

static bool has_passed(const struct ladder *ladder, uint64_t commit);
static void neutral_inputs(struct worker *worker, struct live_match *match,
                           const struct death *death);
static bool step_back(struct worker *worker, struct live_match *match, const struct death *death);
static void no_contest(struct worker *worker, struct live_match *match, const struct death *death);
static void checkpoint_finish(struct checkpoint *checkpoint);
static bool checkpoint_take(struct worker *worker, const struct live_match *match,
                            struct checkpoint *checkpoint);
static void say(const struct worker *worker, const struct live_match *match,
                const struct death *death, const char *what);

void ladder_finish(struct ladder *ladder)
{
    checkpoint_finish(&ladder->back[0]);
    checkpoint_finish(&ladder->back[1]);
    fatal_step_free(ladder->fatal);
    *ladder = (struct ladder){.rung = RUNG_NONE};
}

/* In turn, so that one of the two is a second old at least, and of another commit: where nothing
 * happens, none is taken. */
void ladder_look(struct worker *worker, struct live_match *match, int64_t now_ms,
                 size_t *bytes_left)
{
    struct ladder *ladder = &match->ladder;
    const struct arena_match *arena =
        worker_process_match(worker->process, match->start.arena_index);
    size_t bytes = worker->process->sizes.state_bytes;
    bool is_first_older = ladder->back[0].block.commit <= ladder->back[1].block.commit;
    struct checkpoint *older = &ladder->back[is_first_older ? 0 : 1];
    const struct checkpoint *newer = &ladder->back[is_first_older ? 1 : 0];
    if (now_ms - ladder->checkpoint_ms < LADDER_LOOK_MS || *bytes_left < bytes ||
        atomic_load(&arena->commits) == newer->block.commit ||
        !checkpoint_take(worker, match, older))
        return;
    *bytes_left -= bytes;
    ladder->checkpoint_ms = now_ms;
}

void ladder_died(struct worker *worker, struct live_match *match, const struct death *death)
{
    struct ladder *ladder = &match->ladder;
    const struct arena_match *arena =
        worker_process_match(worker->process, match->start.arena_index);
    if (has_passed(ladder, atomic_load(&arena->commits)))
        ladder->rung = RUNG_NONE;
    ladder->deaths++;
    ladder->rung = ladder->deaths >= LADDER_DEATHS_MAX ? RUNG_OFF : ladder->rung + 1;
    if (ladder->rung == RUNG_SAME_INPUTS) {
        ladder->died_at = atomic_load(&arena->commits);
        fatal_step_free(ladder->fatal);
        ladder->fatal = fatal_step_note(worker, match, death);
        say(worker, match, death, "a match killed its worker; it goes on with the same inputs");
    } else if (ladder->rung == RUNG_NEUTRAL_INPUTS) {
        neutral_inputs(worker, match, death);
    } else if (ladder->rung != RUNG_STEP_BACK || !step_back(worker, match, death)) {
        no_contest(worker, match, death);
    }
}

static bool has_passed(const struct ladder *ladder, uint64_t commit)
{
    return commit > ladder->died_at + LADDER_PASSED_COMMITS;
}

/* Of a turn-based match only what waited is dropped: it has no next step without an input. */
static void neutral_inputs(struct worker *worker, struct live_match *match,
                           const struct death *death)
{
    const struct arena_head *sizes = &worker->process->sizes;
    struct arena_match *arena = worker_process_match(worker->process, match->start.arena_index);
    uint64_t blamed = arena->inputs_present;
    if (death->callback == GAME_CALL_INPUT) /* it never came to be one of those */
        blamed = death->slot < GK_PLAYERS_MAX ? 1ull << death->slot : 0;
    char slots[GK_PLAYERS_MAX * 3 + 1] = "";
    size_t length = 0;
    for (uint32_t slot = 0; slot < match->start.slot_count && slot < GK_PLAYERS_MAX; slot++)
        if (blamed >> slot & 1)
            length += (size_t)snprintf(slots + length, sizeof slots - length, "%s%u",
                                       length > 0 ? "," : "", slot);
    char text[ID_TEXT_BYTES];
    id_text(&match->id, text);
    log_warn("a match killed its worker again; it goes on without the inputs of that step",
             "worker", worker->name, "match", text, "slots", length > 0 ? slots : "none", NULL);
    arena->dropped = arena->inputs_present;
    arena->rerun_to = arena->inputs_present = 0; /* nor is it run again, see worker/rerun.h */
    memset(arena_inputs(arena), 0, (size_t)sizes->players_max * sizes->input_bytes);
    if (death->callback == GAME_CALL_INPUT)
        arena->refuses_again |= blamed;
    if (worker->process->image->manifest.tick_hz != 0)
        arena->deaf_commit = atomic_load(&arena->commits) + 1;
}

/* From the older checkpoint, which is not where it dies. False when there is none, or no worker. */
static bool step_back(struct worker *worker, struct live_match *match, const struct death *death)
{
    struct ladder *ladder = &match->ladder;
    const struct checkpoint *one = &ladder->back[0], *other = &ladder->back[1];
    const struct checkpoint *back =
        other->block.commit != 0 &&
                (one->block.commit == 0 || other->block.commit < one->block.commit)
            ? other
            : one;
    if (back->block.commit == 0 || back->block.commit >= ladder->died_at)
        return false;
    struct carry from = {&worker->process->sizes,
                         worker_process_match(worker->process, match->start.arena_index)};
    match_keep(worker, match);
    struct worker *alone =
        supervisor_has_too_many(worker->supervisor, worker->process->image->manifest.id)
            ? NULL
            : worker_add(worker->supervisor, worker->process->image);
    if (!alone)
        return false;
    alone->is_alone = true;
    alone->draining = worker->draining;
    worker->matches[match->start.arena_index] = NULL;
    worker->match_count--;
    bool is_taken = worker_take(alone, match);
    assert(is_taken); /* it is empty */
    (void)is_taken;
    const struct arena_head *sizes = &alone->process->sizes;
    struct arena_match *arena = worker_process_match(alone->process, match->start.arena_index);
    struct arena_block *block = arena_block_at(sizes, arena, back->block.commit);
    arena->start = match->start;
    arena->leaving = from.match->leaving; /* who gave up since has given up */
    arena->refuses_again = ~0ull;
    *block = back->block;
    memcpy(arena_state(block), back->state, sizes->state_bytes);
    arena_guard_set(sizes, block);
    carry_journal(&from, &(struct carry){sizes, arena}, block->journaled, block->journaled);
    record_back(match->record, block->commit, block->journaled);
    arena_commit(arena, block);
    atomic_store(&arena->status, ARENA_LIVE);
    atomic_store(&from.match->status, ARENA_FREE);
    match_changed(alone, match);
    say(alone, match, death, "a match killed its worker again; it steps back, alone in a worker");
    return true;
}

static void no_contest(struct worker *worker, struct live_match *match, const struct death *death)
{
    struct supervisor *supervisor = worker->supervisor;
    const struct image *image = worker->process->image;
    char bundle[CRASH_BUNDLE_NAME_BYTES];
    say(worker, match, death, "a match kills its worker again and again; it ends without a result");
    if (match->ladder.fatal && crash_bundle_write(supervisor->context->settings->data_dir, image,
                                                  match->ladder.fatal, bundle))
        game_note_bundle(supervisor, image, bundle);
    else if (!match->ladder.fatal)
        log_warn("no crash bundle is kept: the step is not known", "worker", worker->name, NULL);
    match_abort(worker, match);
}

static void checkpoint_finish(struct checkpoint *checkpoint)
{
    free(checkpoint->state);
    *checkpoint = (struct checkpoint){.state = NULL};
}

/* Unless it is overtaken, or there is no memory: then what was kept stays. */
static bool checkpoint_take(struct worker *worker, const struct live_match *match,
                            struct checkpoint *checkpoint)
{
    const struct arena_head *sizes = &worker->process->sizes;
    struct arena_match *arena = worker_process_match(worker->process, match->start.arena_index);
    struct checkpoint taken = {.state = malloc(sizes->state_bytes)};
    if (!taken.state || !arena_read(sizes, arena, &taken.block, taken.state)) {
        free(taken.state);
        return false;
    }
    free(checkpoint->state);
    *checkpoint = taken;
    return true;
}

static void say(const struct worker *worker, const struct live_match *match,
                const struct death *death, const char *what)
{
    char text[ID_TEXT_BYTES];
    id_text(&match->id, text);
    log_warn(what, "worker", worker->name, "match", text, "tick", log_number((int64_t)death->tick),
             "callback", game_callback_name(death->callback), "deaths",
             log_number(match->ladder.deaths), NULL);
}
