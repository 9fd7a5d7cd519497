/*
 * The state of all workers and their matches. A worker's word is checked before it counts: the
 * match must be its own, the result must fit. worker_down() owns the change from "runs" to "does
 * not run", match_over() the end of a match; both are reached from one place each per cause.
 */
#include "games/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/figures.h"
#include "games/mailbox.h"
#include "games/order.h"
#include "games/worker_process.h"
#include "host/sandbox.h"

#define PACKETS_PER_READ_MAX 256
#define CALL_NAME_BYTES      32

_Static_assert(MATCHES_PER_WORKER_MAX == ARENA_MATCHES_MAX, "the setting's limit is the arena's");

struct live_match {
    struct id id;
    struct control_match_start start; /* ours; the arena's copy may have been written over */
    struct order *order;              /* until it runs or is refused */
    bool sent;                        /* to the process of now */
    int64_t begun_ms;
    int deaths; /* of workers in a callback of this match */
};

struct worker {
    struct supervisor *supervisor; /* borrowed */
    struct worker_process process;
    struct event *event; /* on its control socket; NULL: no process */
    bool ready;
    bool draining; /* there is a newer image; gets no new matches */
    bool stopping; /* told to shut down */
    int64_t started_ms, heard_ms;
    int64_t start_again_ms; /* 0: not waiting for that */
    int quick_deaths;
    struct control_heartbeat heartbeat; /* the last one */
    int64_t second_ms;                  /* when the counts below began */
    uint32_t packets, logs;             /* of this second */
    uint32_t match_count;
    struct live_match *matches[ARENA_MATCHES_MAX]; /* owned, by arena index */
};

enum letter_kind { LETTER_ORDER, LETTER_IMAGE };
struct letter {
    enum letter_kind kind;
    struct order *order; /* one of its references */
    struct image *image; /* kept */
};

struct supervisor {
    struct service_context *context; /* borrowed */
    struct placements *placements;   /* borrowed */
    struct results *results;         /* borrowed */
    struct mailbox *mailbox;
    struct event *timer;
    char arena_folder[128];
    struct worker_program program;
    uint32_t capacity;
    struct worker *workers[SUPERVISOR_WORKERS_MAX]; /* owned, dense */
    size_t worker_count;
    struct order *waiting[SUPERVISOR_WAITING_MAX]; /* in the order they came */
    size_t waiting_count;
    int64_t looked_ms;
    uint8_t packet[CONTROL_BYTES_MAX];
};

static bool arena_folder_make(struct supervisor *supervisor);
static void on_letter(void *context, void *letter);
static void admit(struct supervisor *supervisor, struct image *image);
static void place_waiting(struct supervisor *supervisor);
static bool place(struct supervisor *supervisor, struct order *order);
static struct worker *worker_for(struct supervisor *supervisor, const struct image *image);
static struct worker *worker_add(struct supervisor *supervisor, struct image *image);
static bool worker_up(struct worker *worker);
static void worker_down(struct worker *worker, const char *why);
static void worker_down_matches(struct worker *worker, const struct live_match *culprit);
static const struct live_match *report_death(struct worker *worker, int status, const char *why);
static void name_forbidden_call(uint32_t noted, int status, char ret_name[CALL_NAME_BYTES]);
static void worker_remove(struct worker *worker);
static bool match_send(struct worker *worker, struct live_match *match, bool resume);
static void fill_start(const struct match_begin *begin, uint32_t index,
                       struct control_match_start *ret_start);
static void match_running(struct worker *worker, struct live_match *match);
static void match_stop(struct worker *worker, const struct live_match *match);
static void match_over(struct worker *worker, struct live_match *match,
                       const struct gk_result *result, uint64_t ticks, uint64_t state_hash);
static void match_abort(struct worker *worker, struct live_match *match);
static bool result_is_sane(const struct live_match *match, const struct gk_result *result);
static void on_control(evutil_socket_t fd, short what, void *context);
static bool floods(struct worker *worker);
static bool on_packet(struct worker *worker, const struct control_head *head, const uint8_t *body);
static void on_ready(struct worker *worker);
static void on_heartbeat(struct worker *worker, const struct control_heartbeat *beat);
static void on_worker_log(struct worker *worker, struct control_log *entry);
static struct live_match *match_of(struct worker *worker, const uint8_t id[16]);
static void on_look(evutil_socket_t fd, short what, void *context);
static void look_after(struct worker *worker, int64_t now_ms, bool punctual);
static void match_look_after(struct worker *worker, struct live_match *match, int64_t now_ms);
static void refuse_overdue(struct supervisor *supervisor, int64_t now_ms);
static void figures_set(struct supervisor *supervisor);

enum error supervisor_create(struct service_context *context, struct placements *placements,
                             struct results *results, const struct worker_program *program,
                             struct supervisor **ret_supervisor)
{
    const struct timeval every = {.tv_usec = SUPERVISOR_LOOK_MS * 1000};
    struct supervisor *supervisor = calloc(1, sizeof *supervisor);
    if (!supervisor)
        return ERROR_INTERNAL;
    supervisor->context = context;
    supervisor->placements = placements;
    supervisor->results = results;
    supervisor->capacity = (uint32_t)context->settings->matches_per_worker_max;
    supervisor->timer = event_new(context->base, -1, EV_PERSIST, on_look, supervisor);
    supervisor->program = *program;
    if (!arena_folder_make(supervisor) || !supervisor->timer ||
        event_add(supervisor->timer, &every) != 0 ||
        mailbox_create(context->base, on_letter, supervisor, &supervisor->mailbox) != OK) {
        supervisor_destroy(supervisor);
        return ERROR_UNAVAILABLE;
    }
    supervisor->looked_ms = clock_monotonic_ms();
    *ret_supervisor = supervisor;
    return OK;
}

void supervisor_destroy(struct supervisor *supervisor)
{
    if (!supervisor)
        return;
    mailbox_destroy(supervisor->mailbox);
    while (supervisor->waiting_count > 0)
        (void)order_answer(supervisor->waiting[--supervisor->waiting_count], ERROR_UNAVAILABLE);
    while (supervisor->worker_count > 0)
        worker_remove(supervisor->workers[supervisor->worker_count - 1]);
    if (supervisor->timer)
        event_free(supervisor->timer);
    rmdir(supervisor->arena_folder);
    free(supervisor);
}

void supervisor_admit(struct supervisor *supervisor, struct image *image)
{
    struct letter *letter = calloc(1, sizeof *letter);
    if (!letter)
        return; /* its worker starts with its first match */
    *letter = (struct letter){.kind = LETTER_IMAGE, .image = image_keep(image)};
    if (mailbox_post(supervisor->mailbox, letter) != OK) {
        image_release(image);
        free(letter);
    }
}

enum error supervisor_start_match(struct supervisor *supervisor, const struct match_begin *begin)
{
    struct letter *letter = calloc(1, sizeof *letter);
    struct order *order = letter ? order_create(begin) : NULL;
    if (!order) {
        free(letter);
        return ERROR_INTERNAL;
    }
    *letter = (struct letter){.kind = LETTER_ORDER, .order = order};
    enum error error = mailbox_post(supervisor->mailbox, letter);
    if (error == OK) {
        error = order_wait(order, MATCH_START_MS_MAX);
    } else {
        order_release(order);
        free(letter);
    }
    order_release(order);
    return error;
}

bool supervisor_hand_over(struct supervisor *supervisor, const char *name, const char *gateway,
                          int fd)
{
    struct control_stream stream = {.gateway = {0}};
    snprintf(stream.gateway, sizeof stream.gateway, "%s", gateway);
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct worker *worker = supervisor->workers[i];
        if (strcmp(worker->process.name, name) == 0 && worker->ready)
            return worker_process_send(&worker->process, CONTROL_STREAM, &stream, sizeof stream,
                                       fd) == OK;
    }
    return false;
}

/* Memory-backed where there is /dev/shm, so that no disk is ever in the way of a tick. The name
 * tells platforms on one machine apart; what an earlier run left there is gone with its workers. */
static bool arena_folder_make(struct supervisor *supervisor)
{
    const char *data_dir = supervisor->context->settings->data_dir;
    char real[CONFIG_TEXT_BYTES * 8];
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *at = realpath(data_dir, real) ? real : data_dir; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
    snprintf(supervisor->arena_folder, sizeof supervisor->arena_folder,
             "/dev/shm/transcendence-%016llx", (unsigned long long)hash);
    if (mkdir(supervisor->arena_folder, 0700) != 0 && errno != EEXIST) {
        snprintf(supervisor->arena_folder, sizeof supervisor->arena_folder, "%.110s/arena",
                 data_dir);
        if (mkdir(supervisor->arena_folder, 0700) != 0 && errno != EEXIST) {
            log_error("cannot make the folder of the arenas", "folder", supervisor->arena_folder,
                      "reason", strerror(errno), NULL);
            return false;
        }
    }
    DIR *entries = opendir(supervisor->arena_folder);
    struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (strstr(entry->d_name, ".arena"))
            (void)unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        closedir(entries);
    return entries != NULL;
}

static void on_letter(void *context, void *pointer)
{
    struct supervisor *supervisor = context;
    struct letter *letter = pointer;
    if (letter->kind == LETTER_IMAGE) {
        admit(supervisor, letter->image);
        image_release(letter->image);
    } else if (supervisor->waiting_count == SUPERVISOR_WAITING_MAX) {
        (void)order_answer(letter->order, ERROR_OVERLOADED);
    } else {
        supervisor->waiting[supervisor->waiting_count++] = letter->order;
        place_waiting(supervisor);
    }
    free(letter);
}

/* The workers of the versions before get no new matches; a worker for this one starts now, so that
 * the first players need not wait for it. */
static void admit(struct supervisor *supervisor, struct image *image)
{
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct worker *worker = supervisor->workers[i];
        if (strcmp(worker->process.image->manifest.id, image->manifest.id) == 0)
            worker->draining = memcmp(worker->process.image->sha, image->sha, 32) != 0;
    }
    if (!worker_for(supervisor, image))
        (void)worker_add(supervisor, image);
}

static void place_waiting(struct supervisor *supervisor)
{
    size_t kept = 0;
    for (size_t i = 0; i < supervisor->waiting_count; i++)
        if (!place(supervisor, supervisor->waiting[i]))
            supervisor->waiting[kept++] = supervisor->waiting[i];
    supervisor->waiting_count = kept;
    figures_set(supervisor);
}

/* False: not yet. */
static bool place(struct supervisor *supervisor, struct order *order)
{
    const struct match_begin *begin = order_begin(order);
    struct worker *worker = worker_for(supervisor, begin->image);
    if (!worker)
        worker = worker_add(supervisor, (struct image *)(uintptr_t)begin->image);
    if (!worker) {
        (void)order_answer(order, ERROR_UNAVAILABLE);
        return true;
    }
    if (!worker->ready)
        return false;
    uint32_t index = 0;
    while (worker->matches[index])
        index++;
    struct live_match *match = calloc(1, sizeof *match);
    if (!match) {
        (void)order_answer(order, ERROR_INTERNAL);
        return true;
    }
    match->id = begin->id;
    fill_start(begin, index, &match->start);
    match->start.abandoned_ms = supervisor->context->settings->match_abandoned_seconds * 1000;
    match->begun_ms = clock_monotonic_ms();
    struct arena_match *arena = worker_process_match(&worker->process, index);
    atomic_store(&arena->commits, 0);
    atomic_store(&arena->status, ARENA_LIVE);
    if (!match_send(worker, match, false)) {
        atomic_store(&arena->status, ARENA_FREE);
        free(match);
        return false;
    }
    match->order = order;
    worker->matches[index] = match;
    worker->match_count++;
    return true;
}

/* One with room, ready or about to be. */
static struct worker *worker_for(struct supervisor *supervisor, const struct image *image)
{
    struct worker *found = NULL;
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct worker *worker = supervisor->workers[i];
        if (memcmp(worker->process.image->sha, image->sha, 32) == 0 && !worker->stopping &&
            worker->match_count < worker->process.capacity && (!found || worker->ready))
            found = worker;
    }
    return found;
}

static struct worker *worker_add(struct supervisor *supervisor, struct image *image)
{
    if (supervisor->worker_count == SUPERVISOR_WORKERS_MAX) {
        log_error("there are too many workers; the match does not start", "game",
                  image->manifest.id, NULL);
        return NULL;
    }
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->supervisor = supervisor;
    if (worker_process_init(&worker->process, image, supervisor->arena_folder,
                            supervisor->capacity) != OK) {
        free(worker);
        return NULL;
    }
    supervisor->workers[supervisor->worker_count++] = worker;
    if (!worker_up(worker)) {
        worker_remove(worker);
        return NULL;
    }
    return worker;
}

static bool worker_up(struct worker *worker)
{
    struct supervisor *supervisor = worker->supervisor;
    worker->ready = false;
    worker->start_again_ms = 0;
    worker->started_ms = worker->heard_ms = clock_monotonic_ms();
    memset(&worker->heartbeat, 0, sizeof worker->heartbeat);
    if (worker_process_start(&worker->process, &supervisor->program) != OK)
        return false;
    worker->event = event_new(supervisor->context->base, worker->process.control,
                              EV_READ | EV_PERSIST, on_control, worker);
    if (!worker->event || event_add(worker->event, NULL) != 0) {
        (void)worker_process_end(&worker->process);
        return false;
    }
    log_info("worker started", "worker", worker->process.name, "pid",
             log_number(worker->process.pid), NULL);
    return true;
}

/* The process is gone or has to go. Its matches wait for the next one, or end. May free it. */
static void worker_down(struct worker *worker, const char *why)
{
    if (worker->event)
        event_free(worker->event);
    worker->event = NULL;
    worker->ready = false;
    int status = worker_process_end(&worker->process);
    if (worker->stopping && worker->match_count == 0) {
        log_info("worker stopped", "worker", worker->process.name, NULL);
        worker_remove(worker);
        return;
    }
    int64_t now_ms = clock_monotonic_ms();
    metric_add(&figure_worker_restarts, 1);
    const struct live_match *culprit = report_death(worker, status, why);
    worker_down_matches(worker, culprit);

    worker->quick_deaths =
        now_ms - worker->started_ms < WORKER_STABLE_MS ? worker->quick_deaths + 1 : 1;
    if (worker->quick_deaths >= WORKER_QUICK_DEATHS_MAX) {
        log_error("worker will not stay up; its matches end", "worker", worker->process.name, NULL);
        worker_remove(worker);
        return;
    }
    if (worker->draining && worker->match_count == 0) {
        worker_remove(worker);
        return;
    }
    int64_t backoff_ms = WORKER_BACKOFF_MS_FIRST << (worker->quick_deaths - 1);
    worker->start_again_ms =
        now_ms + (backoff_ms > WORKER_BACKOFF_MS_MAX ? WORKER_BACKOFF_MS_MAX : backoff_ms);
}

/* What the dead process had decided counts; who killed it too often ends; the others go on. */
static void worker_down_matches(struct worker *worker, const struct live_match *culprit)
{
    for (uint32_t i = 0; i < worker->process.capacity; i++) {
        struct live_match *match = worker->matches[i];
        if (!match)
            continue;
        struct arena_match *arena = worker_process_match(&worker->process, i);
        struct gk_result result = arena->result;
        if (match == culprit)
            match->deaths++;
        match->sent = false;
        if (atomic_load(&arena->status) == ARENA_OVER && result_is_sane(match, &result))
            match_over(worker, match, &result, arena->ticks, arena->state_hash);
        else if (match->deaths >= MATCH_DEATHS_MAX)
            match_abort(worker, match);
    }
}

/* Names the culprit: the match whose callback was running, NULL when none was. */
static const struct live_match *report_death(struct worker *worker, int status, const char *why)
{
    const struct gk_manifest *manifest = &worker->process.image->manifest;
    uint32_t callback = atomic_load(&worker->process.arena->callback_now);
    uint32_t index = atomic_load(&worker->process.arena->match_now);
    const struct live_match *culprit = NULL;
    uint64_t tick = 0;
    char match[ID_TEXT_BYTES] = "none";
    if (callback != GAME_CALL_NONE && index < worker->process.capacity && worker->matches[index]) {
        culprit = worker->matches[index];
        tick = arena_newest(&worker->process.sizes, worker_process_match(&worker->process, index))
                   ->tick;
        id_text(&culprit->id, match);
    }
    atomic_store(&worker->process.arena->callback_now, GAME_CALL_NONE);
    char call[CALL_NAME_BYTES];
    name_forbidden_call(atomic_exchange(&worker->process.arena->forbidden_call, 0), status, call);
    log_error("worker died; it is started again", "worker", worker->process.name, "why", why,
              "forbidden_call", call, "game", manifest->id, "version", manifest->version, "signal",
              WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "none", "match", match, "tick",
              log_number((int64_t)tick), "callback", game_callback_name(callback), "matches",
              log_number(worker->match_count), NULL);
    return culprit;
}

/* The game wrote the number into memory that it can write to: it is a hint, and the status tells
 * whether there was a call at all. */
static void name_forbidden_call(uint32_t noted, int status, char ret_name[CALL_NAME_BYTES])
{
    snprintf(ret_name, CALL_NAME_BYTES, "none");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != SANDBOX_EXIT_FORBIDDEN)
        return;
    char *name =
        noted ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)(noted - 1)) : NULL;
    snprintf(ret_name, CALL_NAME_BYTES, "%s", name ? name : "unknown");
    free(name);
}

/* Its matches end as aborted, it is gone. */
static void worker_remove(struct worker *worker)
{
    struct supervisor *supervisor = worker->supervisor;
    for (uint32_t i = 0; i < worker->process.capacity; i++)
        if (worker->matches[i])
            match_abort(worker, worker->matches[i]);
    if (worker->event)
        event_free(worker->event);
    worker_process_finish(&worker->process);
    for (size_t i = 0; i < supervisor->worker_count; i++)
        if (supervisor->workers[i] == worker)
            supervisor->workers[i] = supervisor->workers[--supervisor->worker_count];
    free(worker);
    figures_set(supervisor);
}

/* False when the socket is full. */
static bool match_send(struct worker *worker, struct live_match *match, bool resume)
{
    match->start.resume = resume;
    match->sent = worker_process_send(&worker->process, CONTROL_MATCH_START, &match->start,
                                      sizeof match->start, -1) == OK;
    return match->sent;
}

/* The seed comes from the kernel: nobody can know it before. */
static void fill_start(const struct match_begin *begin, uint32_t index,
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
static void match_running(struct worker *worker, struct live_match *match)
{
    struct supervisor *supervisor = worker->supervisor;
    if (!match->order)
        return; /* it goes on after a restart */
    const struct match_begin *begin = order_begin(match->order);
    struct placement placement = {.match = match->id, .player_count = begin->player_count};
    snprintf(placement.game, sizeof placement.game, "%s", begin->image->manifest.id);
    memcpy(placement.sha_text, begin->image->sha_text, sizeof placement.sha_text);
    memcpy(placement.worker, worker->process.name, sizeof placement.worker);
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

/* It ends as aborted, and the worker tells. */
static void match_stop(struct worker *worker, const struct live_match *match)
{
    struct control_match stop;
    memcpy(stop.match, match->id.bytes, sizeof stop.match);
    if (worker_process_send(&worker->process, CONTROL_MATCH_STOP, &stop, sizeof stop, -1) != OK)
        log_warn("a match that has to end goes on", "worker", worker->process.name, NULL);
}

static void match_over(struct worker *worker, struct live_match *match,
                       const struct gk_result *result, uint64_t ticks, uint64_t state_hash)
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
    figures_set(supervisor);
}

static void match_abort(struct worker *worker, struct live_match *match)
{
    struct gk_result result = {.player_count = match->start.slot_count,
                               .reason = SPOOL_REASON_ABORTED};
    match_over(worker, match, &result, 0, 0);
}

static bool result_is_sane(const struct live_match *match, const struct gk_result *result)
{
    if (result->player_count != match->start.slot_count || result->reason > SPOOL_REASON_ABORTED)
        return false;
    for (uint32_t i = 0; i < result->player_count; i++)
        if (result->players[i].outcome > GK_OUTCOME_DRAW || result->players[i].forfeit > 1)
            return false;
    return true;
}

static void on_control(evutil_socket_t fd, short what, void *context)
{
    struct worker *worker = context;
    struct supervisor *supervisor = worker->supervisor;
    (void)fd;
    (void)what;
    for (int i = 0; i < PACKETS_PER_READ_MAX; i++) {
        struct control_head head;
        enum error error = worker_process_receive(&worker->process, &head, supervisor->packet);
        if (error == ERROR_TIMED_OUT)
            return;
        const char *why = NULL;
        if (error != OK)
            why = error == ERROR_UNAVAILABLE ? "it ended" : "it broke the protocol";
        else if (floods(worker))
            why = "it flooded the supervisor";
        else if (!on_packet(worker, &head, supervisor->packet))
            why = "it broke the protocol";
        if (why) {
            worker_down(worker, why);
            place_waiting(supervisor);
            return;
        }
        worker->heard_ms = clock_monotonic_ms();
    }
}

/* Counts a packet of this second. A worker of ours stays far below; what is above is the game's. */
static bool floods(struct worker *worker)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - worker->second_ms >= 1000) {
        if (worker->logs > WORKER_LOGS_MAX)
            log_warn("a worker says too much; the rest of that second was dropped", "worker",
                     worker->process.name, "lines", log_number(worker->logs), NULL);
        worker->second_ms = now_ms;
        worker->packets = worker->logs = 0;
    }
    return ++worker->packets > WORKER_PACKETS_MAX;
}

/* False for what is no message of ours. */
static bool on_packet(struct worker *worker, const struct control_head *head, const uint8_t *body)
{
    union {
        struct control_match match;
        struct control_match_over over;
        struct control_heartbeat beat;
        struct control_log log;
        struct control_ready ready;
    } is;
    if (head->bytes > sizeof is)
        return false;
    memcpy(&is, body, head->bytes);
    struct live_match *match;

    switch (head->type) {
    case CONTROL_READY:
        if (head->bytes != sizeof is.ready || worker->ready)
            return false;
        on_ready(worker);
        return true;
    case CONTROL_MATCH_RUNNING:
        if (head->bytes != sizeof is.match)
            return false;
        match = match_of(worker, is.match.match);
        if (match)
            match_running(worker, match);
        return match != NULL;
    case CONTROL_MATCH_OVER:
        if (head->bytes != sizeof is.over)
            return false;
        match = match_of(worker, is.over.match);
        if (!match || !(is.over.result.reason == SPOOL_REASON_ABORTED ||
                        result_is_sane(match, &is.over.result)))
            return false;
        match_over(worker, match, &is.over.result, is.over.ticks, is.over.state_hash);
        return true;
    case CONTROL_HEARTBEAT:
        if (head->bytes != sizeof is.beat)
            return false;
        on_heartbeat(worker, &is.beat);
        return true;
    case CONTROL_LOG:
        if (head->bytes != sizeof is.log)
            return false;
        on_worker_log(worker, &is.log);
        return true;
    default:
        return false;
    }
}

/* The matches of the process before go on first. */
static void on_ready(struct worker *worker)
{
    worker->ready = true;
    for (uint32_t i = 0; i < worker->process.capacity; i++)
        if (worker->matches[i])
            (void)match_send(worker, worker->matches[i], true); /* or at the next look */
    place_waiting(worker->supervisor);
}

static void on_heartbeat(struct worker *worker, const struct control_heartbeat *beat)
{
    const struct control_heartbeat *before = &worker->heartbeat;
    metric_set(&figure_tick_late_us, (int64_t)(beat->tick_late_ns_max / 1000));
    metric_add(&figure_ticks_skipped, (int64_t)(beat->ticks_skipped - before->ticks_skipped));
    metric_add(&figure_frames_sent, (int64_t)(beat->frames_sent - before->frames_sent));
    metric_add(&figure_frames_dropped, (int64_t)(beat->frames_dropped - before->frames_dropped));
    metric_add(&figure_inputs_refused, (int64_t)(beat->inputs_refused - before->inputs_refused));
    metric_add(&figure_worker_allocations, (int64_t)(beat->allocations - before->allocations));
    metric_add(&figure_worker_cpu_ms, (int64_t)((beat->cpu_ns - before->cpu_ns) / 1000000));
    worker->heartbeat = *beat;
    worker->heartbeat.cpu_ns -= (beat->cpu_ns - before->cpu_ns) % 1000000; /* counted next time */
}

static void on_worker_log(struct worker *worker, struct control_log *entry)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    char match[ID_TEXT_BYTES];
    struct id id;
    if (++worker->logs > WORKER_LOGS_MAX)
        return;
    memcpy(id.bytes, entry->match, sizeof id.bytes);
    id_text(&id, match);
    entry->text[sizeof entry->text - 1] = '\0';
    log_write(levels[entry->level > 3 ? 3 : entry->level], "game says", "worker",
              worker->process.name, "match", match, "text", entry->text, NULL);
}

static struct live_match *match_of(struct worker *worker, const uint8_t id[16])
{
    for (uint32_t i = 0; i < worker->process.capacity; i++)
        if (worker->matches[i] && memcmp(worker->matches[i]->id.bytes, id, 16) == 0)
            return worker->matches[i];
    return NULL;
}

/* When we are late ourselves, nobody's silence is held against him this time. */
static void on_look(evutil_socket_t fd, short what, void *context)
{
    struct supervisor *supervisor = context;
    int64_t now_ms = clock_monotonic_ms();
    bool punctual = now_ms - supervisor->looked_ms < 3 * SUPERVISOR_LOOK_MS;
    (void)fd;
    (void)what;
    supervisor->looked_ms = now_ms;
    for (size_t i = supervisor->worker_count; i-- > 0;)
        look_after(supervisor->workers[i], now_ms, punctual);
    refuse_overdue(supervisor, now_ms);
    place_waiting(supervisor);
}

static void look_after(struct worker *worker, int64_t now_ms, bool punctual)
{
    int64_t patience_ms = worker->ready ? worker->supervisor->context->settings->worker_silence_ms
                                        : WORKER_START_MS_MAX;
    if (worker->start_again_ms != 0) {
        if (now_ms >= worker->start_again_ms && !worker_up(worker))
            worker_down(worker, "it cannot be started");
        return;
    }
    if (punctual && now_ms - worker->heard_ms > patience_ms) {
        worker_down(worker, "it fell silent");
        return;
    }
    for (uint32_t i = 0; worker->ready && i < worker->process.capacity; i++)
        if (worker->matches[i])
            match_look_after(worker, worker->matches[i], now_ms);
    if (worker->draining && worker->match_count == 0 && worker->ready && !worker->stopping)
        worker->stopping =
            worker_process_send(&worker->process, CONTROL_SHUTDOWN, NULL, 0, -1) == OK;
}

/* A game that never comes to an end is stopped, again and again until the worker has heard. */
static void match_look_after(struct worker *worker, struct live_match *match, int64_t now_ms)
{
    int64_t length_ms_max = worker->supervisor->context->settings->match_seconds_max * 1000;
    if (!match->sent)
        (void)match_send(worker, match, true);
    else if (!match->order && now_ms - match->begun_ms >= length_ms_max)
        match_stop(worker, match);
}

static void refuse_overdue(struct supervisor *supervisor, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < supervisor->waiting_count; i++) {
        if (now_ms - order_since_ms(supervisor->waiting[i]) > MATCH_START_MS_MAX)
            (void)order_answer(supervisor->waiting[i], ERROR_TIMED_OUT);
        else
            supervisor->waiting[kept++] = supervisor->waiting[i];
    }
    supervisor->waiting_count = kept;
}

static void figures_set(struct supervisor *supervisor)
{
    int64_t matches = 0;
    for (size_t i = 0; i < supervisor->worker_count; i++)
        matches += supervisor->workers[i]->match_count;
    metric_set(&figure_matches_live, matches);
    metric_set(&figure_workers, (int64_t)supervisor->worker_count);
}
