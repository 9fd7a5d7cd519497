/* What one worker does in a change of its game's version. The matches keep their places: a match
 * stands at the same index in each of the worker's arenas. */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/carry.h"
#include "games/supervision.h"

static uint32_t matches_end(const struct worker *worker);
static bool bring_back(struct worker *worker, struct worker_process *good, uint32_t index,
                       bool is_bad);
static bool carry(const struct worker *worker, struct worker_process *from,
                  struct worker_process *to, uint32_t index);
static void take_decided(struct worker *worker);
static void tell_matches(struct worker *worker);

const char *worker_prepare(struct worker *worker, struct image *image)
{
    struct supervisor *supervisor = worker->supervisor;
    const struct gk_manifest *from = &worker->process->image->manifest;
    const struct arena_wish wish = {
        .capacity = supervisor->capacity,
        .needed = matches_end(worker),
        .import_bytes = image->manifest.state_schema == from->state_schema ? 0 : from->state_bytes,
        .journal_bytes = worker_trial_journal_bytes(supervisor, &image->manifest)};
    worker->rehearsed = false;
    worker->next = worker_process_create(image, supervisor->arena_folder, &wish);
    if (!worker->next)
        return "there is no memory for its matches";
    worker->next->worker = worker;
    if (worker->next->capacity < wish.needed)
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

/* One that does not listen is ended: nobody may play on what is carried over. */
bool worker_park(struct worker *worker)
{
    if (!worker->process->ready ||
        worker_process_send(worker->process, CONTROL_PARK, NULL, 0, -1) != OK) {
        (void)worker_process_end(worker->process);
        return false;
    }
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
        match_leave_version(worker, match);
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
    atomic_store(&to->arena->parked_ns, atomic_load(&from->arena->parked_ns));
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

uint32_t worker_go_back(struct worker *worker, struct image *image, bool is_bad)
{
    struct supervisor *supervisor = worker->supervisor;
    uint32_t set_back = 0;
    worker_process_destroy(worker->next);
    worker->next = NULL;
    worker->park_asked_ms = worker->start_again_ms = 0;
    if (image_equal(worker->process->image, image)) {
        (void)worker_process_end(worker->process); /* it has parked, or never knew of the change */
    } else {
        struct worker_process *away = worker->process;
        const struct arena_wish wish = {.capacity = supervisor->capacity,
                                        .needed = matches_end(worker),
                                        .journal_bytes = away->sizes.journal_bytes};
        struct worker_process *good = worker_process_create(image, supervisor->arena_folder, &wish);
        if (!good) {
            worker_remove(worker);
            return 0;
        }
        good->worker = worker;
        (void)worker_process_end(away);
        take_decided(worker);
        for (uint32_t i = 0; i < away->capacity; i++) {
            set_back += worker->matches[i] && !bring_back(worker, good, i, is_bad);
            if (worker->matches[i]) /* whoever adopts it does not ask whether somebody plays yet */
                atomic_store(&worker_process_match(good, i)->status, ARENA_LIVE);
        }
        atomic_store(&good->arena->next_tick_ns, atomic_load(&away->arena->next_tick_ns));
        worker_process_destroy(worker->parked);
        worker->parked = NULL;
        worker->process = good;
        worker_process_destroy(away);
        tell_matches(worker);
    }
    if (!worker_up(worker))
        worker->start_again_ms = clock_monotonic_ms() + WORKER_BACKOFF_MS_FIRST;
    return set_back;
}

/* What a bad version has made of a match is not believed, though its own check may have held: the
 * match is run again from where it left, with the inputs of its players. Where that is not
 * possible, its last commit will do if the schemas are equal; else it is set back: false. */
static bool bring_back(struct worker *worker, struct worker_process *good, uint32_t index,
                       bool is_bad)
{
    struct worker_process *away = worker->process, *parked = worker->parked;
    struct live_match *match = worker->matches[index];
    match_leave_version(worker, match);
    ladder_finish(&match->ladder);
    if (index >= good->capacity ||
        !swap_mode_index(&away->image->manifest, match->start.mode, &good->image->manifest,
                         match->start.slot_count, &match->start.mode)) {
        log_error("a match has no way back; it ends", "worker", worker->name, NULL);
        match_abort(worker, match);
        return true;
    }
    const struct carry from = {&away->sizes, worker_process_match(away, index)};
    const struct carry to = {&good->sizes, worker_process_match(good, index)};
    struct carry left = to; /* it has no commit yet, as one that began after the change */
    if (parked && index < parked->capacity) {
        struct arena_match *arena = worker_process_match(parked, index);
        if (atomic_load(&arena->status) == ARENA_PARKED &&
            memcmp(arena->start.match, match->start.match, sizeof arena->start.match) == 0)
            left = (struct carry){&parked->sizes, arena};
    }
    bool same_schema = away->image->manifest.state_schema == good->image->manifest.state_schema;
    if (!is_bad && same_schema && carry_match(&from, &to, &match->start))
        return true;
    uint64_t commit = atomic_load(&left.match->commits);
    uint64_t journaled = commit == 0 ? 0 : arena_newest(left.sizes, left.match)->journaled;
    bool is_whole = carry_back(&left, &from, &to, &match->start);
    if (!is_whole && same_schema && carry_match(&from, &to, &match->start))
        return true;
    if (!is_whole && (commit == 0 || !carry_match(&left, &to, &match->start))) {
        log_error("a match has no way back; it ends", "worker", worker->name, NULL);
        match_abort(worker, match);
        return true;
    }
    record_back(match->record, commit, journaled);
    if (to.match->journal_kept > journaled)
        to.match->journal_kept = journaled;
    return is_whole;
}

uint32_t worker_trial_journal_bytes(const struct supervisor *supervisor,
                                    const struct gk_manifest *manifest)
{
    uint64_t seconds = (uint64_t)supervisor->context->settings->trial_seconds + 1; /* to change */
    uint64_t step =
        sizeof(struct arena_entry) + (uint64_t)manifest->players_max * manifest->input_bytes;
    uint32_t bytes = ARENA_JOURNAL_BYTES;
    while (bytes < ARENA_JOURNAL_BYTES_MAX && bytes < seconds * manifest->tick_hz * step)
        bytes *= 2;
    return bytes;
}

/* Behind the last place that is taken. */
static uint32_t matches_end(const struct worker *worker)
{
    uint32_t end = worker->process->capacity;
    while (end > 0 && !worker->matches[end - 1])
        end--;
    return end;
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
