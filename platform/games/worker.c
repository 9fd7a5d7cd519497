/* Up, down, and what becomes of the matches meanwhile. */
#include "games/worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/figures.h"
#include "games/game.h"
#include "games/supervision.h"

static void forget(struct worker *worker);
static void say_where(const struct worker *worker, const struct live_match *match);
static void worker_down_matches(struct worker *worker, const struct death *death);
static const char *disobedience_of(const struct worker *worker, int64_t now_ms);
static bool next_is_silent(const struct worker *worker, int64_t now_ms, bool punctual);
static void match_look_after(struct worker *worker, struct live_match *match, int64_t now_ms);

struct worker *worker_add(struct supervisor *supervisor, struct image *image)
{
    static unsigned counter;
    if (supervisor->worker_count == SUPERVISOR_WORKERS_MAX) {
        log_error("there are too many workers; the match does not start", "game",
                  image->manifest.id, NULL);
        return NULL;
    }
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->supervisor = supervisor;
    bucket_init(&worker->spares, WORKER_SPARES_MAX, clock_monotonic_ms());
    snprintf(worker->name, sizeof worker->name, "%s-%u", image->manifest.id, ++counter);
    bool is_on_trial = game_is_on_trial(supervisor, image);
    const struct arena_wish wish = {
        .capacity = supervisor->capacity,
        .journal_bytes =
            is_on_trial ? worker_trial_journal_bytes(supervisor, &image->manifest) : 0};
    worker->process = worker_process_create(image, supervisor->arena_folder, &wish);
    if (!worker->process) {
        free(worker);
        return NULL;
    }
    worker->process->worker = worker;
    atomic_store(&worker->process->arena->on_trial, is_on_trial);
    supervisor->workers[supervisor->worker_count++] = worker;
    if (!worker_up(worker)) {
        worker_remove(worker);
        return NULL;
    }
    return worker;
}

bool worker_up(struct worker *worker)
{
    struct supervisor *supervisor = worker->supervisor;
    worker->start_again_ms = 0;
    if (worker_process_start(worker->process, &supervisor->program, supervisor->context->base,
                             worker_on_control) != OK)
        return false;
    log_info("worker started", "worker", worker->name, "process", worker->process->name, "pid",
             log_number(worker->process->pid), NULL);
    return true;
}

void worker_down(struct worker *worker, const char *why)
{
    bool was_ready = worker->process->ready;
    int status = worker_process_end(worker->process);
    if (worker->stopping && worker->match_count == 0) {
        log_info("worker stopped", "worker", worker->name, NULL);
        worker_remove(worker);
        return;
    }
    int64_t now_ms = clock_monotonic_ms();
    metric_add(&figure_worker_restarts, 1);
    struct death death;
    death_report(worker, worker->process, status, why, &death);
    if (game_is_parking(worker)) {
        game_parked(worker);
        return;
    }
    if (!death.is_killed && game_fault(worker, death.sentence))
        return;
    worker_down_matches(worker, &death);
    if (!death.is_killed)
        game_died(worker->supervisor, worker->process->image, death.sentence);

    bool is_quick = !death.culprit && now_ms - worker->process->started_ms < WORKER_STABLE_MS;
    bool is_spared =
        is_quick && was_ready && bucket_take(&worker->spares, 1, WORKER_SPARES_MAX, now_ms);
    if (!is_quick)
        worker->quick_deaths = 0;
    else if (!is_spared)
        worker->quick_deaths++;
    if (worker->quick_deaths >= WORKER_QUICK_DEATHS_MAX && game_fault(worker, death.sentence))
        return;
    if (worker->quick_deaths >= WORKER_QUICK_DEATHS_MAX) {
        log_error("worker will not stay up; its matches end", "worker", worker->name, NULL);
        worker_remove(worker);
        return;
    }
    if ((worker->draining || worker->is_alone) && worker->match_count == 0) {
        worker_remove(worker);
        return;
    }
    if ((!is_quick || is_spared) && worker_up(worker))
        return;
    int64_t backoff_ms = (int64_t)WORKER_BACKOFF_MS_FIRST << worker->quick_deaths;
    worker->start_again_ms =
        now_ms + (backoff_ms > WORKER_BACKOFF_MS_MAX ? WORKER_BACKOFF_MS_MAX : backoff_ms);
}

bool worker_hand_over(struct worker *worker, const char *gateway, int fd)
{
    struct control_stream stream = {.gateway = {0}};
    snprintf(stream.gateway, sizeof stream.gateway, "%s", gateway);
    bool is_there = worker->process->ready && worker->park_asked_ms == 0;
    enum error error =
        is_there ? worker_process_send(worker->process, CONTROL_STREAM, &stream, sizeof stream, fd)
                 : ERROR_UNAVAILABLE;
    if (error != ERROR_UNAVAILABLE) /* or it has just died, and we do not know yet */
        return error == OK;
    if (worker->held_count == WORKER_STREAMS_HELD_MAX)
        return false;
    struct held_stream *held = &worker->held[worker->held_count];
    held->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    memcpy(held->gateway, stream.gateway, sizeof held->gateway);
    worker->held_count += held->fd >= 0;
    return held->fd >= 0;
}

/* What a match began with is written anew: the game may have written over it. */
void worker_resume(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->process->capacity; i++) {
        struct arena_match *arena = worker_process_match(worker->process, i);
        const struct live_match *match = worker->matches[i];
        if (match) {
            arena->start = match->start;
            say_where(worker, match);
        }
        atomic_store(&arena->status, match ? ARENA_LIVE : ARENA_FREE);
    }
    worker->process->ready = true;
    if (worker_process_send(worker->process, CONTROL_RESUME, NULL, 0, -1) != OK)
        log_warn("a new process does not take its matches", "worker", worker->name, NULL);
    struct held_stream held[WORKER_STREAMS_HELD_MAX]; /* it may be held again, see above */
    uint32_t count = worker->held_count;
    memcpy(held, worker->held, sizeof held);
    worker->held_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        (void)worker_hand_over(worker, held[i].gateway,
                               held[i].fd); /* or the gateway tries again */
        close(held[i].fd);
    }
}

static void say_where(const struct worker *worker, const struct live_match *match)
{
    struct arena_match *arena = worker_process_match(worker->process, match->start.arena_index);
    char text[ID_TEXT_BYTES];
    if (atomic_load(&arena->commits) == 0)
        return; /* it begins */
    id_text(&match->id, text);
    log_debug("match goes on", "match", text, "worker", worker->name, "tick",
              log_number((int64_t)arena_newest(&worker->process->sizes, arena)->tick), NULL);
}

/* What the dead process had decided counts; who killed it goes up the ladder; who was to stop ends;
 * the others go on. */
static void worker_down_matches(struct worker *worker, const struct death *death)
{
    for (uint32_t i = 0; i < worker->process->capacity; i++) {
        struct live_match *match = worker->matches[i];
        if (!match)
            continue;
        struct arena_match *arena = worker_process_match(worker->process, i);
        struct gk_result result = arena->result;
        if (atomic_load(&arena->status) == ARENA_OVER && match_result_is_sane(match, &result))
            match_over(worker, match, &result, arena->ticks, arena->state_hash);
        else if (match->stop_asked_ms != 0)
            match_abort(worker, match);
        else if (match == death->culprit)
            ladder_died(worker, match, death);
    }
}

/* They end where its process stands still. */
void worker_remove(struct worker *worker)
{
    (void)worker_process_end(worker->process);
    for (uint32_t i = 0; i < worker->process->capacity; i++)
        if (worker->matches[i])
            match_abort(worker, worker->matches[i]);
    worker_process_destroy(worker->process);
    forget(worker);
}

void worker_leave(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->process->capacity; i++) {
        if (worker->matches[i] && worker->matches[i]->order)
            match_abort(worker, worker->matches[i]); /* it never ran */
        if (worker->matches[i])
            ladder_finish(&worker->matches[i]->ladder);
        free(worker->matches[i]);
    }
    worker_process_leave(worker->process);
    if (worker->parked)
        worker_process_leave(worker->parked);
    worker->parked = NULL;
    forget(worker);
}

/* Its matches and its process are gone. */
static void forget(struct worker *worker)
{
    struct supervisor *supervisor = worker->supervisor;
    while (worker->held_count > 0)
        close(worker->held[--worker->held_count].fd);
    worker_process_destroy(worker->next);
    worker_process_destroy(worker->parked);
    for (size_t i = 0; i < supervisor->worker_count; i++)
        if (supervisor->workers[i] == worker)
            supervisor->workers[i] = supervisor->workers[--supervisor->worker_count];
    free(worker);
    supervisor_figures_set(supervisor);
}

void worker_look_after(struct worker *worker, int64_t now_ms, bool punctual)
{
    size_t bytes_left = LADDER_LOOK_BYTES_MAX;
    for (uint32_t i = 0; i < worker->process->capacity; i++) {
        if (!worker->matches[i])
            continue;
        match_keep(worker, worker->matches[i]);
        ladder_look(worker, worker->matches[i], now_ms, &bytes_left);
    }
    int64_t patience_ms = worker->process->ready
                              ? worker->supervisor->context->settings->worker_silence_ms
                              : WORKER_START_MS_MAX;
    if (next_is_silent(worker, now_ms, punctual)) {
        game_next_lost(worker, "it fell silent");
        return;
    }
    if (worker->start_again_ms != 0) {
        if (now_ms >= worker->start_again_ms && !worker_up(worker))
            worker_down(worker, "it cannot be started");
        return;
    }
    if (punctual && now_ms - worker->process->heard_ms > patience_ms) {
        worker_down(worker, "it fell silent");
        return;
    }
    greed_look(&worker->process->greed, clock_monotonic_ns());
    const char *disobeys = punctual ? disobedience_of(worker, now_ms) : NULL;
    if (disobeys) {
        worker_down(worker, disobeys);
        return;
    }
    for (uint32_t i = 0; worker->process->ready && i < worker->process->capacity; i++)
        if (worker->matches[i])
            match_look_after(worker, worker->matches[i], now_ms);
    if ((worker->draining || worker->is_alone) && worker->match_count == 0 &&
        worker->process->ready && !worker->stopping) {
        worker->stopping =
            worker_process_send(worker->process, CONTROL_SHUTDOWN, NULL, 0, -1) == OK;
        worker->stopping_since_ms = now_ms;
    }
}

/* A game that has taken its worker's place can say anything but that it has done what it was told;
 * NULL: it has, or has time left. */
static const char *disobedience_of(const struct worker *worker, int64_t now_ms)
{
    if (worker->stopping && now_ms - worker->stopping_since_ms > WORKER_OBEY_MS_MAX)
        return "it does not stop";
    for (uint32_t i = 0; i < worker->process->capacity; i++) {
        const struct live_match *match = worker->matches[i];
        if (match && match->stop_asked_ms != 0 &&
            now_ms - match->stop_asked_ms > WORKER_OBEY_MS_MAX)
            return "it does not stop a match";
    }
    return NULL;
}

static bool next_is_silent(const struct worker *worker, int64_t now_ms, bool punctual)
{
    if (!worker->next || !punctual)
        return false;
    int64_t patience_ms = worker->next->ready
                              ? worker->supervisor->context->settings->worker_silence_ms
                              : WORKER_START_MS_MAX;
    return now_ms - worker->next->heard_ms > patience_ms;
}

/* A game that never comes to an end is stopped, again and again until the worker has heard. */
static bool next_is_silent(const struct worker *worker, int64_t now_ms, bool punctual);
static void match_look_after(struct worker *worker, struct live_match *match, int64_t now_ms)
{
    int64_t length_ms_max = worker->supervisor->context->settings->match_seconds_max * 1000;
    if (!match->order && now_ms - match->begun_ms >= length_ms_max)
        match_stop(worker, match);
}

bool worker_take(struct worker *worker, struct live_match *match)
{
    uint32_t index = 0;
    uint32_t capacity = worker->process->capacity;
    if (worker->next && worker->next->capacity < capacity)
        capacity = worker->next->capacity;
    while (index < capacity && worker->matches[index])
        index++;
    if (index == capacity)
        return false;
    match->start.arena_index = index;
    worker->matches[index] = match;
    worker->match_count++;
    return true;
}

bool worker_has_room(const struct worker *worker, uint32_t matches_per_worker)
{
    uint32_t limit = worker->process->capacity;
    if (matches_per_worker != 0 && matches_per_worker < limit)
        limit = matches_per_worker;
    for (uint32_t i = 0; i < worker->process->capacity; i++) {
        uint32_t wish = worker->matches[i] ? worker->matches[i]->start.matches_per_worker : 0;
        if (wish != 0 && wish < limit)
            limit = wish;
    }
    return worker->match_count < limit;
}

struct live_match *worker_match_of(struct worker *worker, const uint8_t id[16])
{
    for (uint32_t i = 0; i < worker->process->capacity; i++)
        if (worker->matches[i] && memcmp(worker->matches[i]->id.bytes, id, 16) == 0)
            return worker->matches[i];
    return NULL;
}
