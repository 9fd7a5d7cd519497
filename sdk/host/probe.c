/*
 * The process of a probe: everything is allocated, the walls go up, the game is loaded, and the
 * matches of probe_play.c are played. The hashes of all answers go into the report; who asked runs
 * two processes and compares them, so that an address of the game itself is seen too.
 */
#include "host/probe.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/load.h"
#include "host/probe_play.h"

static bool prepare(struct trial *trial, struct probe_old *old, struct sandbox *sandbox,
                    const struct probe_descriptors *descriptors);
static struct probe_report *report_map(int file);
static bool old_make(struct probe_old *old);
static uint32_t callbacks_of(const struct gk_game *game);

int probe_run(struct sandbox *sandbox, const struct probe_descriptors *descriptors)
{
    static struct trial trial;
    struct probe_old old;
    const struct rlimit time = {PROBE_CPU_S_MAX, PROBE_CPU_S_MAX};
    const struct sandbox_descriptors used = {descriptors->control, -1, -1, -1};
    if (!sandbox_begin(sandbox, descriptors->report) || setrlimit(RLIMIT_CPU, &time) != 0)
        return SANDBOX_EXIT_INCOMPLETE;
    if (!prepare(&trial, &old, sandbox, descriptors))
        return 1;
    if (!sandbox_play(sandbox, &used))
        return SANDBOX_EXIT_INCOMPLETE;
    atomic_store(&trial.report->layers, sandbox->layers);
    atomic_store(&trial.report->callbacks, callbacks_of(&trial.game));
    atomic_store(&trial.report->verdict, probe_play(&trial, &old));
    return 0;
}

static bool prepare(struct trial *trial, struct probe_old *old, struct sandbox *sandbox,
                    const struct probe_descriptors *descriptors)
{
    const struct sandbox_descriptors used = {descriptors->control, -1, -1, -1};
    uint64_t mapped_bytes;
    trial->report = report_map(descriptors->report);
    return trial->report && game_inspect(descriptors->image, &trial->manifest, &mapped_bytes) &&
           trial_init(trial) && old_make(old) &&
           sandbox_load(sandbox, &used, mapped_bytes, &trial->report->forbidden_call) &&
           game_load(descriptors->image, &trial->game);
}

/* NULL: it is too small, or there is no room for it. */
static struct probe_report *report_map(int file)
{
    struct stat status;
    if (fstat(file, &status) != 0 || (uint64_t)status.st_size < sizeof(struct probe_report))
        return NULL;
    void *report =
        mmap(NULL, sizeof(struct probe_report), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return report == MAP_FAILED ? NULL : report;
}

static bool old_make(struct probe_old *old)
{
    uint64_t anything = 0x243f6a8885a308d3u; /* of pi */
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < 2; i++) {
        uint8_t *block = mmap(NULL, PROBE_OLD_BYTES + page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED)
            return false;
        for (size_t at = 0; i == 1 && at < PROBE_OLD_BYTES; at += sizeof anything) {
            anything = anything * 6364136223846793005u + 1442695040888963407u;
            memcpy(block + at, &anything, sizeof anything);
        }
        if (mprotect(block, PROBE_OLD_BYTES, PROT_READ) != 0 ||
            mprotect(block + PROBE_OLD_BYTES, page, PROT_NONE) != 0)
            return false;
        old->ends[i] = block + PROBE_OLD_BYTES;
    }
    return true;
}

static uint32_t callbacks_of(const struct gk_game *game)
{
#define BIT(name, member) ((uint32_t)(game->member != NULL) << GAME_CALL_##name)
    return BIT(INIT, init) | BIT(JOIN, join) | BIT(LEAVE, leave) | BIT(INPUT, input) |
           BIT(TICK, tick) | BIT(VIEW, view) | BIT(RESULT, result) | BIT(CHECK, check) |
           BIT(MIGRATE, migrate) | BIT(EXPLAIN, explain) | BIT(BOT, bot) |
           BIT(EXTENSION, extension);
#undef BIT
}
