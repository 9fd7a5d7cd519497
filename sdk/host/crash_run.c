/* Like a probe (probe.c): everything is allocated, the walls go up, the game is loaded, and one
 * step is taken. */
#include "host/crash_run.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "host/load.h"

static struct crash_report *report_map(int file);
static void let_signals_kill(void);
static bool is_of_step(enum game_callback callback);

bool crash_fits(const struct gk_manifest *manifest, const struct crash_step *step)
{
    return strcmp(step->game, manifest->id) == 0 && run_match_fits(manifest, &step->match);
}

/* Who joined or left in the callback that died is in came, went or gave_up already. */
void crash_take(struct run *run, const struct crash_report *crash)
{
    const struct crash_step *step = &crash->step;
    uint32_t input_bytes = run->manifest.input_bytes;
    if (!crash->has_state) {
        run_begin(run, &step->match);
        return;
    }
    run_resume(run, &step->match, crash->state, step->ticks, step->joined, step->left);
    if (!is_of_step(step->callback)) {
        run_ask(run, step->callback, step->slot, crash->said, crash->said_count);
        return;
    }
    for (uint32_t slot = 0; slot < step->match.player_count; slot++) {
        if (step->came >> slot & 1)
            run_join(run, slot);
        if ((step->went | step->gave_up) >> slot & 1)
            run_leave(run, slot, step->gave_up >> slot & 1 ? GK_LEAVE_LEFT : GK_LEAVE_DISCONNECTED);
        if (step->present >> slot & 1)
            run_put_input(run, slot, crash->inputs + (size_t)slot * input_bytes);
    }
    if (step->ticked)
        run_end_turn(run);
    (void)run_step(run);
}

int crash_run(struct sandbox *sandbox, const struct probe_descriptors *descriptors)
{
    static struct run *run; /* until the process ends: behind the walls nothing is freed */
    const struct rlimit time = {CRASH_CPU_S_MAX, CRASH_CPU_S_MAX};
    const struct sandbox_descriptors used = {descriptors->control, -1, -1, -1};
    struct gk_manifest manifest;
    struct gk_game game;
    uint64_t mapped_bytes;
    let_signals_kill();
    if (!sandbox_begin(sandbox, descriptors->report) || setrlimit(RLIMIT_CPU, &time) != 0)
        return SANDBOX_EXIT_INCOMPLETE;
    struct crash_report *report = report_map(descriptors->report);
    if (!report || !game_inspect(descriptors->image, &manifest, &mapped_bytes) ||
        !crash_fits(&manifest, &report->step))
        return 1;
    run = run_create(&manifest, &(struct gk_game){.size = 0});
    if (!run || !sandbox_load(sandbox, &used, mapped_bytes, &report->forbidden_call) ||
        !game_load(descriptors->image, &game))
        return 1;
    if (!sandbox_play(sandbox, &used))
        return SANDBOX_EXIT_INCOMPLETE;
    atomic_store(&report->layers, sandbox->layers);
    run->game = game;
    run->note = &report->note;
    crash_take(run, report);
    atomic_store(&report->fault, run->fault);
    atomic_store(&report->is_done, 1);
    return 0;
}

static struct crash_report *report_map(int file)
{
    struct stat status;
    if (fstat(file, &status) != 0 || (uint64_t)status.st_size < sizeof(struct crash_report))
        return NULL;
    void *report =
        mmap(NULL, sizeof(struct crash_report), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return report == MAP_FAILED ? NULL : report;
}

/* A sanitizer would make an exit of them. */
static void let_signals_kill(void)
{
    static const int deaths[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        signal(deaths[i], SIG_DFL);
}

/* The others are asked of a state that is committed. */
static bool is_of_step(enum game_callback callback)
{
    return callback == GAME_CALL_JOIN || callback == GAME_CALL_LEAVE ||
           callback == GAME_CALL_TICK || callback == GAME_CALL_CHECK;
}
