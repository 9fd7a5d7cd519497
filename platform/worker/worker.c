/*
 * transcendence-worker: plays the matches of one game. Born with a control socket, the game's image
 * and the matches' arena as descriptors (wire/control.h) and nothing else. Puts the walls around
 * itself (sandbox.h) before the game is loaded and before it is played, opens nothing after READY,
 * and ends when the supervisor does.
 *
 * A wake-up: orders and inputs first, then a bit of what is to be run again, then the ticks that
 * are due, then every view, then one send per gateway.
 */
#include "worker/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/allocations.h"
#include "host/load.h"
#include "host/probe.h"
#include "worker/control.h"
#include "worker/host.h"
#include "worker/link.h"
#include "worker/match.h"
#include "worker/rerun.h"
#include "worker/stream.h"
#include "worker/takeover.h"

#define EVENTS_MAX    64
#define ARGUMENT_TASK 5
enum fixed_event { EVENT_CONTROL, EVENT_TICK, EVENT_HEARTBEAT };

static int show_posture(struct worker *worker);
static bool report_ready(struct worker *worker);
static int prepare(struct worker *worker);
static bool arena_map(struct worker *worker);
static bool timers_make(struct worker *worker);
static bool watch(struct worker *worker, int fd, uint32_t events, uint32_t data);
static bool serve(struct worker *worker);
static void read_streams(struct worker *worker, const struct epoll_event *events, int count);
static void play(struct worker *worker);
static void start_clock(struct worker *worker, int64_t now);
static bool tick_all(struct worker *worker);
static void count_ticks(struct worker *worker, const struct schedule_due *due);
static int64_t step_in_time(struct worker *worker, struct match *match, int64_t before_ns);
static void deliver_all(struct worker *worker, bool ticked);
static void set_tick_timer(struct worker *worker);
static void beat(struct worker *worker);

int main(int argument_count, char **arguments)
{
    static struct worker worker;

    sandbox_init(&worker.sandbox, argument_count, arguments);
    if (argument_count > ARGUMENT_TASK && strcmp(arguments[ARGUMENT_TASK], WORKER_POSTURE) == 0)
        return show_posture(&worker);
    if (argument_count > ARGUMENT_TASK && strcmp(arguments[ARGUMENT_TASK], WORKER_PROBE) == 0)
        return probe_run(&worker.sandbox, &(struct probe_descriptors){
                                              WORKER_CONTROL_FD, WORKER_IMAGE_FD, WORKER_ARENA_FD});
    worker.started_ns = now_ns(CLOCK_MONOTONIC);
    if (!sandbox_begin(&worker.sandbox, WORKER_ARENA_FD))
        return SANDBOX_EXIT_INCOMPLETE;
    int status = prepare(&worker);
    if (status != 0)
        return status;
    if (!report_ready(&worker))
        return 1; /* the supervisor is gone */
    while (!worker.stopping)
        if (!serve(&worker))
            return 0;
    for (uint32_t i = 0; i < worker.match_end; i++)
        if (worker.matches[i].phase == MATCH_PLAYING)
            links_end(&worker, &worker.matches[i], DETACH_WORKER_STOPS);
    for (uint32_t i = 0; i < STREAMS_MAX; i++)
        if (worker.streams[i].fd >= 0)
            stream_flush(&worker, i);
    return 0;
}

/* All layers without a game: what a worker here would have. */
static int show_posture(struct worker *worker)
{
    static _Atomic uint32_t call;
    const struct sandbox_descriptors descriptors = {WORKER_CONTROL_FD, -1, -1, -1};
    if (!sandbox_begin(&worker->sandbox, WORKER_CONTROL_FD) ||
        !sandbox_load(&worker->sandbox, &descriptors, 0, &call) ||
        !sandbox_play(&worker->sandbox, &descriptors))
        return SANDBOX_EXIT_INCOMPLETE;
    return report_ready(worker) ? 0 : 1;
}

static bool report_ready(struct worker *worker)
{
    struct control_ready ready = {.abi_minor = worker->manifest.abi_minor,
                                  .layers = worker->sandbox.layers};
    return control_send(worker, CONTROL_READY, &ready, sizeof ready);
}

/* Everything that is ours is there before the game is loaded, and the game is loaded inside the
 * walls. Returns the exit status, 0: go on. */
static int prepare(struct worker *worker)
{
    uint64_t mapped_bytes;
    if (!game_inspect(WORKER_IMAGE_FD, &worker->manifest, &mapped_bytes) || !arena_map(worker))
        return 1;
    worker->matches = calloc(worker->arena->match_count, sizeof *worker->matches);
    worker->view = calloc(1, worker->manifest.view_bytes_max + sizeof(uint64_t));
    if (!worker->matches || !worker->view || !streams_init(worker) || !timers_make(worker)) {
        fprintf(stderr, "transcendence-worker: no memory or no descriptors at start\n");
        return 1;
    }
    host_init(worker);
    links_init(worker);
    close(WORKER_ARENA_FD);

    const struct sandbox_descriptors descriptors = {WORKER_CONTROL_FD, worker->epoll,
                                                    worker->tick_timer, worker->heartbeat_timer};
    if (!sandbox_load(&worker->sandbox, &descriptors, mapped_bytes, &worker->arena->forbidden_call))
        return SANDBOX_EXIT_INCOMPLETE;
    if (!game_load(WORKER_IMAGE_FD, &worker->game))
        return 1;
    close(WORKER_IMAGE_FD);
    return sandbox_play(&worker->sandbox, &descriptors) ? 0 : SANDBOX_EXIT_INCOMPLETE;
}

static bool arena_map(struct worker *worker)
{
    struct stat status;
    if (fstat(WORKER_ARENA_FD, &status) == 0 &&
        (uint64_t)status.st_size >= sizeof(struct arena_head)) {
        void *arena = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                           WORKER_ARENA_FD, 0);
        if (arena != MAP_FAILED &&
            arena_head_fits(arena, &worker->manifest, (uint64_t)status.st_size)) {
            worker->arena = arena;
            return true;
        }
    }
    fprintf(stderr, "transcendence-worker: the arena does not fit the game\n");
    return false;
}

static bool timers_make(struct worker *worker)
{
    struct itimerspec beat_every = {
        .it_value.tv_nsec = WORKER_HEARTBEAT_MS * 1000000L,
        .it_interval.tv_nsec = WORKER_HEARTBEAT_MS * 1000000L,
    };
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->tick_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    worker->heartbeat_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return worker->epoll >= 0 && worker->tick_timer >= 0 && worker->heartbeat_timer >= 0 &&
           timerfd_settime(worker->heartbeat_timer, 0, &beat_every, NULL) == 0 &&
           watch(worker, WORKER_CONTROL_FD, EPOLLIN, EVENT_CONTROL) &&
           watch(worker, worker->heartbeat_timer, EPOLLIN, EVENT_HEARTBEAT) &&
           /* edges: setting the timer anew is all it takes, nothing is ever read from it */
           watch(worker, worker->tick_timer, EPOLLIN | EPOLLET, EVENT_TICK);
}

static bool watch(struct worker *worker, int fd, uint32_t events, uint32_t data)
{
    struct epoll_event event = {.events = events, .data.u32 = data};
    return epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* One wake-up. False when the supervisor is gone. */
static bool serve(struct worker *worker)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(worker->epoll, events, EVENTS_MAX, worker->is_behind ? 0 : -1);
    if (count < 0)
        return errno == EINTR;
    worker->now_ms = now_ns(CLOCK_MONOTONIC) / 1000000;
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == EVENT_CONTROL && !control_receive(worker))
            return false;
        if (events[i].data.u32 == EVENT_HEARTBEAT)
            beat(worker);
    }
    read_streams(worker, events, count);
    play(worker);
    return true;
}

static void read_streams(struct worker *worker, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 < STREAM_EVENT_FIRST)
            continue;
        uint32_t index = events[i].data.u32 - STREAM_EVENT_FIRST;
        if (worker->streams[index].fd < 0)
            continue;
        if (events[i].events & EPOLLOUT)
            stream_flush(worker, index);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            (void)stream_receive(worker, index);
    }
}

static void play(struct worker *worker)
{
    if (worker->is_behind)
        matches_rerun(worker);
    bool ticked = worker_is_ticking(worker) && tick_all(worker);
    if (worker->manifest.tick_hz == 0)
        for (uint32_t i = 0; i < worker->match_end; i++)
            match_step_if_asked(worker, &worker->matches[i]);
    if (ticked || worker->manifest.tick_hz == 0)
        deliver_all(worker, ticked);
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        if (worker->streams[i].fd < 0)
            continue;
        /* a drained stream has nothing to send and costs no call */
        stream_flush(worker, i);
        stream_close_broken(worker, i);
    }
    if (worker->parking && !worker->is_behind && (ticked || !worker_is_ticking(worker)))
        matches_park(worker);
}

/* A clock that a dead worker has left goes on, so that no tick is lost. The arena's word is
 * checked, for a game can write there. */
static void start_clock(struct worker *worker, int64_t now)
{
    const int64_t period_ns = 1000000000 / worker->manifest.tick_hz;
    int64_t next = atomic_load(&worker->arena->next_tick_ns);
    bool goes_on = next > now - RESUME_LATE_NS_MAX && next <= now + period_ns;
    schedule_start(&worker->schedule, goes_on ? next - period_ns : now, worker->manifest.tick_hz);
    set_tick_timer(worker);
}

/* True when at least one tick was done. */
static bool tick_all(struct worker *worker)
{
    int64_t now = now_ns(CLOCK_MONOTONIC);
    if (worker->schedule.hz == 0)
        start_clock(worker, now);
    struct schedule_due due = schedule_take(&worker->schedule, now);
    if (due.ticks == 0)
        return false;
    count_ticks(worker, &due);
    streams_receive(worker);
    for (uint32_t tick = 0; tick < due.ticks; tick++)
        for (uint32_t i = 0; i < worker->match_end; i++)
            if (worker->matches[i].phase == MATCH_PLAYING && !match_is_behind(&worker->matches[i]))
                now = step_in_time(worker, &worker->matches[i], now);
    set_tick_timer(worker);
    return true;
}

/* The first that is due is the latest, each one behind it is a period less late. */
static void count_ticks(struct worker *worker, const struct schedule_due *due)
{
    static const uint32_t limits_us[CONTROL_LATE_CLASSES - 1] = CONTROL_LATE_LIMITS_US;
    struct control_heartbeat *counts = &worker->counts;
    counts->ticks += due->ticks;
    counts->ticks_caught_up += due->ticks - 1;
    counts->ticks_skipped += due->skipped;
    if ((uint64_t)due->late_ns > counts->tick_late_ns_max)
        counts->tick_late_ns_max = (uint64_t)due->late_ns;
    for (uint32_t tick = 0; tick < due->ticks; tick++) {
        int64_t late_ns = due->late_ns - tick * (1000000000ll / worker->manifest.tick_hz);
        uint32_t class = 0;
        while (class < CONTROL_LATE_CLASSES - 1 && late_ns > limits_us[class] * 1000ll)
            class ++;
        counts->ticks_late[class]++;
        counts->ticks_late_ns += (uint64_t)late_ns;
    }
}

/* A match whose ticks take longer than their period takes the others' time: it ends once it owes
 * SLOW_NS_MAX. One step counts for SLOW_STEP_NS_MAX at most, for the machine may have been asleep.
 * Steps since `before_ns`, returns the time after it. */
static int64_t step_in_time(struct worker *worker, struct match *match, int64_t before_ns)
{
    int64_t period_ns = 1000000000 / worker->manifest.tick_hz;
    match_step(worker, match);
    int64_t now = now_ns(CLOCK_MONOTONIC), took_ns = now - before_ns;
    if (took_ns > SLOW_STEP_NS_MAX)
        took_ns = SLOW_STEP_NS_MAX;
    match->slow_ns += took_ns - period_ns;
    if (match->slow_ns < 0)
        match->slow_ns = 0;
    if (match->slow_ns >= SLOW_NS_MAX)
        match_fault(worker, match, "its ticks take longer than their period");
    return now;
}

static void deliver_all(struct worker *worker, bool ticked)
{
    for (uint32_t i = 0; i < worker->match_end; i++)
        if (worker->matches[i].phase != MATCH_NONE)
            match_deliver(worker, &worker->matches[i], ticked);
}

/* A worker without matches sleeps: the timer is set by the first match. */
static void set_tick_timer(struct worker *worker)
{
    int64_t at = schedule_time_ns(&worker->schedule, worker->schedule.next);
    atomic_store(&worker->arena->next_tick_ns, at);
    struct itimerspec when = {.it_value = {at / 1000000000, at % 1000000000}};
    (void)timerfd_settime(worker->tick_timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void beat(struct worker *worker)
{
    /* A periodic timer starts its next period only when it was read. */
    uint64_t periods;
    if (read(worker->heartbeat_timer, &periods, sizeof periods) != sizeof periods)
        return;
    worker->heartbeats++;
    if (worker->heartbeats % (1000 / WORKER_HEARTBEAT_MS) == 0)
        worker->logs_left = LOGS_PER_SECOND_MAX;
    for (uint32_t i = 0; i < worker->match_end; i++) {
        match_look_at_clock(worker, &worker->matches[i]);
        if (worker->matches[i].phase != MATCH_NONE)
            match_report(worker, &worker->matches[i]);
    }
    worker->counts.age_ns = (uint64_t)(now_ns(CLOCK_MONOTONIC) - worker->started_ns);
    worker->counts.cpu_ns = (uint64_t)now_ns(CLOCK_PROCESS_CPUTIME_ID);
    worker->counts.allocations = allocations_total();
    worker->counts.matches = worker->matches_live;
    worker->counts.links = worker->links_used;
    (void)control_send(worker, CONTROL_HEARTBEAT, &worker->counts, sizeof worker->counts);
}
