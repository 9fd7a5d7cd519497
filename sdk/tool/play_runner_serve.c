/* The side that answers: the process of the game. One match of host/run.h, which is laid anew for
 * each question, for it is kept by who asks. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "host/load.h"
#include "tool/play_runner.h"

#define SIGNAL_STACK_BYTES 65536
#define PATH_BYTES         64

static void answer(struct run *run, struct play_desk *desk);
static void begin(struct run *run, struct play_desk *desk);
static void take(struct run *run, const struct play_desk *desk);
static void give(const struct run *run, struct play_desk *desk);
static void step(struct run *run, struct play_desk *desk);
static void input(struct run *run, struct play_desk *desk);
static void show(struct run *run, struct play_desk *desk);
static void migrate(struct run *run, struct play_desk *desk);
static void write_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes);
static void catch_signals(void);
static void note_signal(int number, siginfo_t *info, void *context);
static uint64_t now_ns(void);

static struct play_desk *the_desk; /* for the two that get no pointer of ours: log, signals */
static uintptr_t image_begin;      /* where the game was loaded */

void play_runner_serve(int socket, int image_fd, const struct gk_manifest *manifest,
                       struct play_desk *desk)
{
    struct gk_game game;
    uint8_t byte = 1;
    char path[PATH_BYTES];
    the_desk = desk;
    /* Not /proc/self, which is another one to a debugger that attaches. */
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), image_fd);
    if (!game_load_path(path, &game))
        _exit(1);
    struct run *run = run_create(manifest, &game);
    Dl_info loaded;
    if (!run || !dladdr(*(void **)&game.tick, &loaded))
        _exit(1);
    image_begin = (uintptr_t)loaded.dli_fbase;
    run->note = &desk->note;
    run->host.log = write_log;
    catch_signals();
    while (send(socket, &byte, 1, MSG_NOSIGNAL) == 1 && recv(socket, &byte, 1, 0) == 1)
        answer(run, desk);
    _exit(0);
}

static void answer(struct run *run, struct play_desk *desk)
{
    run->repeats = desk->repeats;
    switch (desk->question) {
    case PLAY_BEGIN:
        begin(run, desk);
        break;
    case PLAY_STEP:
        step(run, desk);
        break;
    case PLAY_INPUT:
        input(run, desk);
        break;
    case PLAY_SHOW:
        show(run, desk);
        break;
    case PLAY_EXPLAIN:
        take(run, desk);
        run_explain(run, desk->explain, sizeof desk->explain);
        break;
    case PLAY_MIGRATE:
        migrate(run, desk);
        break;
    default:
        break;
    }
    desk->fault = run->fault;
}

static void begin(struct run *run, struct play_desk *desk)
{
    run_begin(run, &desk->match);
    give(run, desk);
}

/* The match as it is on the desk. */
static void take(struct run *run, const struct play_desk *desk)
{
    run_resume(run, &desk->match, desk->areas, desk->tick, desk->joined, desk->left);
    run->present = desk->present;
    run->leaving = desk->leaving;
    run->turn_is_over = desk->turn_is_over;
}

static void give(const struct run *run, struct play_desk *desk)
{
    memcpy(desk->areas, run->state.bytes, run->manifest.state_bytes);
    desk->joined = run->joined;
    desk->left = run->left;
    desk->tick = run->ticks;
    desk->is_over = run->is_over;
    desk->result = run->result;
}

static void step(struct run *run, struct play_desk *desk)
{
    uint8_t *inputs = play_desk_inputs(desk, &run->manifest);
    uint32_t input_bytes = run->manifest.input_bytes;
    take(run, desk);
    for (uint32_t slot = 0; slot < run->match.player_count; slot++) {
        if (desk->inputs_present >> slot & 1)
            run_put_input(run, slot, inputs + (size_t)slot * input_bytes);
        else if (desk->bots >> slot & 1 && run_bot(run, slot, desk->difficulty[slot]) &&
                 run->manifest.tick_hz == 0)
            desk->bots = 0; /* turn-based: one at a time */
    }
    desk->inputs_present = run->inputs_present;
    memcpy(inputs, run->inputs.bytes, (size_t)run->match.player_count * input_bytes);
    uint64_t begun_ns = now_ns();
    if (run->fault == RUN_FINE)
        (void)run_step(run);
    desk->step_ns = now_ns() - begun_ns;
    desk->ticked = run->ticks != desk->tick;
    give(run, desk);
}

static void input(struct run *run, struct play_desk *desk)
{
    uint32_t input_bytes = run->manifest.input_bytes;
    take(run, desk);
    desk->accepted = run_input(run, desk->slot, desk->ask, desk->ask_bytes);
    if (desk->accepted)
        memcpy(play_desk_inputs(desk, &run->manifest) + (size_t)desk->slot * input_bytes,
               run->inputs.bytes + (size_t)desk->slot * input_bytes, input_bytes);
}

static void show(struct run *run, struct play_desk *desk)
{
    take(run, desk);
    uint64_t begun_ns = now_ns();
    for (uint32_t viewer = 0; viewer < PLAY_VIEWERS_MAX && run->fault == RUN_FINE; viewer++) {
        bool is_one = viewer == PLAY_SPECTATOR ||
                      (viewer < run->match.player_count && desk->viewers >> viewer & 1);
        desk->view_bytes[viewer] = 0;
        if (!is_one)
            continue;
        uint32_t bytes = run_view(run, viewer == PLAY_SPECTATOR ? GK_SPECTATOR : viewer);
        memcpy(play_desk_view(desk, &run->manifest, viewer), run->view.bytes, bytes);
        desk->view_bytes[viewer] = bytes;
    }
    desk->views_ns = now_ns() - begun_ns;
}

static void migrate(struct run *run, struct play_desk *desk)
{
    desk->accepted = run_migrate(run, &desk->match, desk->old, desk->old_bytes, desk->old_schema);
    memcpy(desk->areas, run->state.bytes, run->manifest.state_bytes);
}

static void write_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes)
{
    (void)host;
    if (the_desk->log_count >= PLAY_LOG_LINES_MAX) {
        the_desk->log_lost++;
        return;
    }
    struct play_log_line *line = &the_desk->log[the_desk->log_count++];
    line->level = level;
    line->bytes = bytes < PLAY_LOG_BYTES_MAX ? bytes : PLAY_LOG_BYTES_MAX;
    memcpy(line->text, text, line->bytes);
}

/* On a stack of their own, for the game's may be what has run over. */
static void catch_signals(void)
{
    static const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, PLAY_SIGNAL_WHERE};
    static uint8_t stack[SIGNAL_STACK_BYTES];
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = note_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
    sigaltstack(&other, NULL);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        sigaction(caught[i], &action, NULL);
}

/* The handler is reset: the instruction runs again, and the signal ends the process. Who has been
 * asked where he is has no further use. */
static void note_signal(int number, siginfo_t *info, void *context)
{
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
    the_desk->fault_address = (uint64_t)(uintptr_t)info->si_addr;
#if defined(__x86_64__)
    the_desk->fault_place = (uint64_t)machine->gregs[REG_RIP] - image_begin;
#elif defined(__aarch64__)
    the_desk->fault_place = (uint64_t)machine->pc - image_begin;
#else
    (void)machine;
#endif
    if (number == PLAY_SIGNAL_WHERE)
        raise(SIGKILL);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
