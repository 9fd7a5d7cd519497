/* The folder is read into a crash_report, whose process (host/crash_run.h) takes the step. */
#include "tool/crash.h"

#include <errno.h>
#include <limits.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/bundle.h"
#include "host/crash_run.h"
#include "host/image.h"
#include "tool/file.h"
#include "tool/game.h"
#include "tool/prober.h"

static bool read_folder(const char *folder, const struct gk_manifest *manifest,
                        struct crash_report *crash);
static bool read_step(const char *folder, struct crash_step *ret_step);
static bool read_part(const char *folder, const char *name, uint8_t *ret_bytes, size_t least,
                      size_t most, size_t *ret_count);
static bool has(const char *folder, const char *name);
static int seal_game(const char *path);
static enum command_status run_apart(int image, int report_file, int *ret_end);
static void show(const struct crash_step *step);
static enum command_status judge(const char *folder, const struct crash_report *crash, int end);
static enum command_status judge_fault(const struct crash_report *crash);
static const void *callback_of(const struct gk_game *game, enum game_callback callback);

bool crash_is_at(const char *path)
{
    return has(path, CRASH_FILE_JSON);
}

enum command_status crash_again(const char *folder, const char *game_path)
{
    static struct game game;
    char own[PATH_MAX];
    snprintf(own, sizeof own, "%s/" CRASH_FILE_GAME, folder);
    enum command_status status = game_find(game_path ? game_path : own, &game);
    if (status != COMMAND_FINE)
        return status;
    int file = memfd_create("crash", MFD_CLOEXEC), image = seal_game(game.path), end = 0;
    struct crash_report *crash = MAP_FAILED;
    status = COMMAND_MACHINE;
    if (file >= 0 && ftruncate(file, sizeof *crash) == 0)
        crash = mmap(NULL, sizeof *crash, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (crash == MAP_FAILED || image < 0)
        fprintf(stderr, "gamekit: there is no memory to play in: %s.\n", strerror(errno));
    else if (!read_folder(folder, &game.manifest, crash))
        status = COMMAND_USAGE;
    else {
        show(&crash->step);
        status = run_apart(image, file, &end);
        if (status == COMMAND_FINE)
            status = judge(folder, crash, end);
    }
    if (crash != MAP_FAILED)
        munmap(crash, sizeof *crash);
    if (file >= 0)
        close(file);
    if (image >= 0)
        close(image);
    return status;
}

enum command_status crash_here(const char *folder, const char *game_path, unsigned long tick,
                               void (*before)(const void *callback))
{
    static struct game game;
    static struct crash_report crash;
    char own[PATH_MAX];
    snprintf(own, sizeof own, "%s/" CRASH_FILE_GAME, folder);
    enum command_status status = game_open(game_path ? game_path : own, &game);
    if (status != COMMAND_FINE)
        return status;
    if (!read_folder(folder, &game.manifest, &crash))
        return COMMAND_USAGE;
    if (tick != crash.step.ticks) {
        fprintf(stderr, "gamekit: the crash is in tick %u: --gdb %u\n", crash.step.ticks,
                crash.step.ticks);
        return COMMAND_USAGE;
    }
    struct run *run = run_create(&game.manifest, &game.table);
    if (!run)
        return COMMAND_MACHINE;
    before(callback_of(&game.table, crash.step.callback));
    crash_take(run, &crash);
    crash.note = *run->note;
    atomic_store(&crash.fault, run->fault);
    run_destroy(run);
    return judge_fault(&crash);
}

/* False after a sentence. `crash` is zero before. */
static bool read_folder(const char *folder, const struct gk_manifest *manifest,
                        struct crash_report *crash)
{
    size_t count = 0;
    if (!read_step(folder, &crash->step))
        return false;
    const struct crash_step *step = &crash->step;
    if (!crash_fits(manifest, step)) {
        fprintf(stderr,
                "gamekit: the crash is of the game \"%s\", mode %u with %u players; \"%s\" "
                "does not have that.\n",
                step->game, step->match.mode, step->match.player_count, manifest->id);
        return false;
    }
    size_t input_bytes = (size_t)step->match.player_count * manifest->input_bytes;
    if (!read_part(folder, CRASH_FILE_INPUTS, crash->inputs, input_bytes, input_bytes, &count))
        return false;
    if (has(folder, CRASH_FILE_SAID) &&
        !read_part(folder, CRASH_FILE_SAID, crash->said, 0, sizeof crash->said, &count))
        return false;
    crash->said_count = has(folder, CRASH_FILE_SAID) ? (uint32_t)count : 0;
    crash->has_state = has(folder, CRASH_FILE_STATE);
    return !crash->has_state || read_part(folder, CRASH_FILE_STATE, crash->state,
                                          manifest->state_bytes, manifest->state_bytes, &count);
}

static bool read_step(const char *folder, struct crash_step *ret_step)
{
    char path[PATH_MAX], reason[CRASH_REASON_BYTES];
    size_t count;
    snprintf(path, sizeof path, "%s/%s", folder, CRASH_FILE_JSON);
    uint8_t *text = file_read(path, CRASH_JSON_BYTES_MAX, &count);
    if (!text)
        return false;
    bool fine = crash_step_decode((const char *)text, count, ret_step, reason);
    free(text);
    if (!fine)
        fprintf(stderr, "gamekit: %s: %s\n", path, reason);
    return fine;
}

static bool read_part(const char *folder, const char *name, uint8_t *ret_bytes, size_t least,
                      size_t most, size_t *ret_count)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    uint8_t *bytes = file_read(path, most, ret_count);
    if (!bytes)
        return false;
    bool fits = *ret_count >= least && *ret_count <= most;
    if (fits)
        memcpy(ret_bytes, bytes, *ret_count);
    else
        fprintf(stderr, "gamekit: %s has not as many bytes as this game has there: %zu.\n", path,
                least);
    free(bytes);
    return fits;
}

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

/* What was judged is what is loaded. -1: it cannot be copied. */
static int seal_game(const char *path)
{
    size_t count;
    uint8_t *bytes = file_read(path, GAME_IMAGE_BYTES_MAX, &count);
    int image = bytes ? bundle_seal(bytes, count) : -1;
    free(bytes);
    return image;
}

static enum command_status run_apart(int image, int report_file, int *ret_end)
{
    int nobody = memfd_create("nobody", MFD_CLOEXEC); /* there is nothing to say to us */
    const struct probe_descriptors descriptors = {nobody, image, report_file};
    pid_t pid;
    bool started = nobody >= 0 && prober_start(PROBER_CRASH, &descriptors, &pid);
    while (started && waitpid(pid, ret_end, 0) < 0 && errno == EINTR)
        ;
    if (nobody >= 0)
        close(nobody);
    return started ? COMMAND_FINE : COMMAND_MACHINE;
}

static void show(const struct crash_step *step)
{
    printf("game=%s\nversion=%s\nsha=%s\nmatch=%s\ntick=%u\ncallback=%s\nslot=%u\nthen=%s\n",
           step->game, step->version, step->sha, step->match_id, step->ticks,
           game_callback_name(step->callback), step->slot, step->what);
    fflush(stdout);
}

static enum command_status judge(const char *folder, const struct crash_report *crash, int end)
{
    const char *callback = game_callback_name(crash->note.callback);
    uint32_t tick = crash->note.ticks, number = atomic_load(&crash->forbidden_call);
    if (WIFEXITED(end) && WEXITSTATUS(end) == 0 && atomic_load(&crash->is_done) == 1) {
        enum command_status status = judge_fault(crash);
        prober_say_walls(atomic_load(&crash->layers)); /* it may be for want of one */
        return status;
    }
    if (WIFEXITED(end) && WEXITSTATUS(end) == SANDBOX_EXIT_FORBIDDEN) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)(number - 1));
        fprintf(stderr, "In tick %u, %s made the system call %s, and a game makes none.\n", tick,
                callback, name ? name : "unknown");
        free(name);
    } else if (WIFSIGNALED(end) && (WTERMSIG(end) == SIGKILL || WTERMSIG(end) == SIGXCPU)) {
        fprintf(stderr, "In tick %u, %s does not return.\n", tick, callback);
    } else if (WIFSIGNALED(end)) {
        fprintf(stderr, "In tick %u, %s died: %s.\n", tick, callback, strsignal(WTERMSIG(end)));
    } else {
        fprintf(stderr, "gamekit: the step cannot be taken here.\n");
        return COMMAND_MACHINE;
    }
    fprintf(stderr, "To stand there, without walls around the game: gamekit replay %s --gdb %u\n",
            folder, crash->step.ticks);
    return COMMAND_FAULT;
}

static enum command_status judge_fault(const struct crash_report *crash)
{
    uint32_t fault = atomic_load(&crash->fault);
    if (fault == RUN_FINE) {
        printf("The step was taken, and nothing died.\n");
        return COMMAND_FINE;
    }
    fprintf(stderr, "In tick %u, %s %s.\n", crash->note.ticks,
            game_callback_name(crash->note.callback),
            run_fault_text(fault <= RUN_RESULT ? (enum run_fault)fault : RUN_FINE));
    return COMMAND_FAULT;
}

static const void *callback_of(const struct gk_game *game, enum game_callback callback)
{
    switch (callback) {
#define CALLBACK(NAME, member)                                                                     \
    case GAME_CALL_##NAME:                                                                         \
        return *(const void *const *)(const void *)&game->member
        CALLBACK(INIT, init);
        CALLBACK(JOIN, join);
        CALLBACK(LEAVE, leave);
        CALLBACK(INPUT, input);
        CALLBACK(VIEW, view);
        CALLBACK(RESULT, result);
        CALLBACK(CHECK, check);
        CALLBACK(EXPLAIN, explain);
        CALLBACK(BOT, bot);
#undef CALLBACK
    default:
        return *(const void *const *)(const void *)&game->tick;
    }
}
