/* What one worker does in a change of its game's version. The matches keep their places: a match
 * stands at the same index in each of the worker's arenas. */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/carry.h"
#include "games/supervision.h"

static bool carry(const struct worker *worker, struct worker_process *from,
                  struct worker_process *to, uint32_t index);
static bool fits(const struct worker *worker, const struct worker_process *process);
static void take_decided(struct worker *worker);
static void tell_matches(struct worker *worker);

const char *worker_prepare(struct worker *worker, struct image *image)
{
    struct supervisor *supervisor = worker->supervisor;
    const struct gk_manifest *from = &worker->process->image->manifest;
    uint32_t import_bytes =
        image->manifest.state_schema == from->state_schema ? 0 : from->state_bytes;
    worker->rehearsed = false;
    worker->next =
        worker_process_create(image, supervisor->arena_folder, supervisor->capacity, import_bytes);
    if (!worker->next)
        return "there is no memory for its matches";
    worker->next->worker = worker;
    if (!fits(worker, worker->next))
        return "its matches take too much memory";
    if (worker_process_start(worker->next, &supervisor->program, supervisor->context->base,
                             worker_on_control) != OK)
        return "its process cannot be started";
    log_info("process of another version started", "worker", worker->name, "process",
             worker->next->name, "pid", log_number(worker->next->pid), NULL);
    return NULL;
}

/* A match that is overtaken again and again is not tried: it has many states a moment. */
bool worker_rehearse(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->next->capacity; i++) {
        bool is_there = i < worker->process->capacity && worker->matches[i] &&
                        carry(worker, worker->process, worker->next, i);
        atomic_store(&worker_process_match(worker->next, i)->status,
                     is_there ? ARENA_TRIAL : ARENA_FREE);
    }
    return worker_process_send(worker->next, CONTROL_REHEARSE, NULL, 0, -1) == OK;
}

bool worker_park(struct worker *worker)
{
    if (!worker->process->ready ||
        worker_process_send(worker->process, CONTROL_PARK, NULL, 0, -1) != OK)
        return false;
    worker->park_asked_ms = clock_monotonic_ms();
    return true;
}

void worker_change(struct worker *worker)
{
    struct worker_process *from = worker->process, *to = worker->next;
    worker->park_asked_ms = worker->start_again_ms = 0;
    take_decided(worker);
    for (uint32_t i = 0; i < from->capacity; i++) {
        struct live_match *match = worker->matches[i];
        if (!match)
            continue;
        match_keep(worker, match);
        ladder_finish(&match->ladder); /* it is of the version before */
        uint32_t mode = 0;             /* there is one, see swap_can_be_live */
        (void)swap_mode_index(&from->image->manifest, match->start.mode, &to->image->manifest,
                              match->start.slot_count, &mode);
        match->start.mode = mode;
        if (i >= to->capacity || !carry(worker, from, to, i)) {
            log_error("a match cannot go over; it ends", "worker", worker->name, NULL);
            match_abort(worker, match);
            continue;
        }
        atomic_store(&worker_process_match(to, i)->status, ARENA_LIVE);
        atomic_store(&worker_process_match(from, i)->status, ARENA_PARKED);
    }
    atomic_store(&to->arena->next_tick_ns, atomic_load(&from->arena->next_tick_ns));
    atomic_store(&to->arena->on_trial, 1);
    worker->process = to;
    worker->parked = from;
    worker->next = NULL;
    worker_resume(worker);
    (void)worker_process_end(from);
    tell_matches(worker);
}

void worker_settle(struct worker *worker)
{
    worker_process_destroy(worker->parked);
    worker->parked = NULL;
    atomic_store(&worker->process->arena->on_trial, 0);
}

/* From the last commit of the version that is left, where the two have one schema; else from where
 * that one began. */
void worker_go_back(struct worker *worker, struct image *image)
{
    struct supervisor *supervisor = worker->supervisor;
    worker_process_destroy(worker->next);
    worker->next = NULL;
    worker->park_asked_ms = worker->start_again_ms = 0;
    if (memcmp(worker->process->image->sha, image->sha, sizeof image->sha) == 0) {
        (void)worker_process_end(worker->process); /* it has parked, or never knew of the change */
    } else {
        struct worker_process *bad = worker->process;
        struct worker_process *good =
            worker->parked
                ? worker->parked
                : worker_process_create(image, supervisor->arena_folder, supervisor->capacity, 0);
        worker->parked = NULL;
        if (!good) {
            worker_remove(worker);
            return;
        }
        good->worker = worker;
        (void)worker_process_end(bad);
        take_decided(worker);
        bool same_schema = image->manifest.state_schema == bad->image->manifest.state_schema;
        for (uint32_t i = 0; i < bad->capacity; i++) {
            struct live_match *match = worker->matches[i];
            uint32_t mode = 0;
            if (!match)
                continue;
            match_keep(worker, match);
            ladder_finish(&match->ladder);
            bool stays = i < good->capacity &&
                         swap_mode_index(&bad->image->manifest, match->start.mode, &image->manifest,
                                         match->start.slot_count, &mode);
            struct arena_match *parked = stays ? worker_process_match(good, i) : NULL;
            if (stays && same_schema)
                stays = carry(worker, bad, good, i);
            else if (stays)
                stays = atomic_load(&parked->status) == ARENA_PARKED &&
                        memcmp(parked->start.match, match->start.match, 16) == 0;
            match->start.mode = mode;
            if (stays && !same_schema)
                record_back(match->record, atomic_load(&parked->commits),
                            atomic_load(&parked->commits) == 0
                                ? 0
                                : arena_newest(&good->sizes, parked)->journaled);
            if (!stays) {
                log_error("a match has no way back; it ends", "worker", worker->name, NULL);
                match_abort(worker, match);
            }
        }
        atomic_store(&good->arena->next_tick_ns, atomic_load(&bad->arena->next_tick_ns));
        worker->process = good;
        worker_process_destroy(bad);
        tell_matches(worker);
    }
    if (!worker_up(worker))
        worker->start_again_ms = clock_monotonic_ms() + WORKER_BACKOFF_MS_FIRST;
}

static bool carry(const struct worker *worker, struct worker_process *from,
                  struct worker_process *to, uint32_t index)
{
    const struct carry one = {&from->sizes, worker_process_match(from, index)};
    const struct carry other = {&to->sizes, worker_process_match(to, index)};
    const struct control_match_start *start = &worker->matches[index]->start;
    uint32_t schema = from->image->manifest.state_schema;
    if (schema == to->image->manifest.state_schema ||
        atomic_load(&one.match->commits) == 0) /* it begins there */
        return carry_match(&one, &other, start);
    return carry_import(&one, schema, &other, start);
}

static bool fits(const struct worker *worker, const struct worker_process *process)
{
    for (uint32_t i = process->capacity; i < worker->process->capacity; i++)
        if (worker->matches[i])
            return false;
    return true;
}

/* What the process had decided before it ended counts. */
static void take_decided(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->process->capacity; i++) {
        struct live_match *match = worker->matches[i];
        struct arena_match *arena = match ? worker_process_match(worker->process, i) : NULL;
        if (!match || atomic_load(&arena->status) != ARENA_OVER)
            continue;
        struct gk_result result = arena->result;
        if (match_result_is_sane(match, &result))
            match_over(worker, match, &result, arena->ticks, arena->state_hash);
    }
}

static void tell_matches(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->process->capacity; i++)
        if (worker->matches[i])
            match_changed(worker, worker->matches[i]);
}
