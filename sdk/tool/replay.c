/*
 * gamekit replay: runs a recorded match again, without a screen, and compares every hash. With
 * --gdb it starts itself once more inside gdb, which stops at gamekit_replay_stop right before the
 * tick and from there at the first instruction of the game's tick.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/rerun.h"
#include "tool/command.h"
#include "tool/file.h"
#include "tool/game.h"

#define EXPLAIN_BYTES 8192
#define OPTION_GDB    "--gdb"
#define OPTION_STOP   "--stop" /* what --gdb starts us with */

struct wanted {
    const char *file, *game;
    const char *gdb, *stop; /* a tick, or NULL */
};

struct stop {
    uint32_t tick;
};

/* Where gdb stops; `gamekit_replay_callback` is then the address of the game's tick. */
extern const void *volatile gamekit_replay_callback;
const void *volatile gamekit_replay_callback;
void gamekit_replay_stop(void);

static enum command_status run_again(const struct wanted *wanted);
static enum command_status play(struct run *run, const struct wanted *wanted, const uint8_t *file,
                                size_t count);
static enum command_status play_apart(struct run *run, const struct wanted *wanted,
                                      const uint8_t *file, size_t count);
static enum command_status judge(struct run *run, enum rerun_verdict verdict,
                                 const struct rerun_report *report);
static enum command_status start_gdb(const struct wanted *wanted);
static void stop_before(struct run *run, void *context);
static bool understand(int count, char **arguments, struct wanted *ret_wanted);
static bool is_number(const char *text);

enum command_status command_replay(int argument_count, char **arguments)
{
    struct wanted wanted;
    if (!understand(argument_count, arguments, &wanted)) {
        fprintf(stderr, "gamekit: replay takes a file, and the game it is of: gamekit replay FILE "
                        "[GAME.so|FOLDER] [--gdb TICK]\n");
        return COMMAND_USAGE;
    }
    return wanted.gdb ? start_gdb(&wanted) : run_again(&wanted);
}

static enum command_status run_again(const struct wanted *wanted)
{
    static struct game game;
    size_t count;
    enum command_status status = game_open(wanted->game, &game);
    if (status != COMMAND_FINE)
        return status;
    uint8_t *file = file_read(wanted->file, REPLAY_BYTES_MAX, &count);
    if (!file)
        return COMMAND_USAGE;
    struct run *run = run_create(&game.manifest, &game.table);
    if (!run) {
        fprintf(stderr, "gamekit: there is no memory for a match.\n");
        free(file);
        return COMMAND_MACHINE;
    }
    run->repeats = true;
    status = wanted->stop ? play(run, wanted, file, count) : play_apart(run, wanted, file, count);
    run_destroy(run);
    free(file);
    return status;
}

static enum command_status play(struct run *run, const struct wanted *wanted, const uint8_t *file,
                                size_t count)
{
    struct rerun_report report;
    struct stop stop = {.tick = wanted->stop ? (uint32_t)strtoul(wanted->stop, NULL, 10) : 0};
    const struct rerun_wishes wishes = {.before_tick = wanted->stop ? stop_before : NULL,
                                        .context = &stop};
    enum rerun_verdict verdict = rerun(run, file, count, &wishes, &report);
    return judge(run, verdict, &report);
}

/* In a process of its own, so that a game that dies is told with its tick and callback. */
static enum command_status play_apart(struct run *run, const struct wanted *wanted,
                                      const uint8_t *file, size_t count)
{
    int end = 0;
    struct run_note *note =
        mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = note == MAP_FAILED ? -1 : fork();
    if (child == 0) {
        static const int deaths[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
            signal(deaths[i], SIG_DFL); /* a sanitizer of the tool would make an exit of them */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run->note = note;
        enum command_status status = play(run, wanted, file, count);
        fflush(NULL);
        _exit((int)status);
    }
    while (child > 0 && waitpid(child, &end, 0) < 0 && errno == EINTR)
        ;
    if (child < 0) {
        fprintf(stderr, "gamekit: no process to play in: %s.\n", strerror(errno));
        return COMMAND_MACHINE;
    }
    enum command_status status =
        WIFEXITED(end) ? (enum command_status)WEXITSTATUS(end) : COMMAND_FAULT;
    if (WIFSIGNALED(end))
        fprintf(stderr, "In tick %u, %s died: %s. To stand there: gamekit replay %s %s --gdb %u\n",
                note->ticks, game_callback_name(note->callback), strsignal(WTERMSIG(end)),
                wanted->file, wanted->game, note->ticks);
    munmap(note, sizeof *note);
    return status;
}

static enum command_status judge(struct run *run, enum rerun_verdict verdict,
                                 const struct rerun_report *report)
{
    char text[EXPLAIN_BYTES];
    printf("ticks=%u\nhashes=%u\n", report->ticks, report->hashes);
    if (verdict == RERUN_SAME) {
        printf("last_hash=0x%016llx\n%s\n", (unsigned long long)report->hash_us,
               report->is_finished ? "The match is the same to its end."
                                   : "The match is the same as far as it was recorded.");
        return COMMAND_FINE;
    }
    fflush(stdout);
    fprintf(stderr, "%s\n", report->sentence);
    if (verdict == RERUN_DIFFERENT && run->game.explain) {
        run_explain(run, text, sizeof text);
        fprintf(stderr, "The state here:\n%s\n", text);
    }
    return verdict == RERUN_DIFFERENT || verdict == RERUN_FAULT ? COMMAND_FAULT : COMMAND_USAGE;
}

/* Does not return when gdb is there. */
static enum command_status start_gdb(const struct wanted *wanted)
{
    char self[PATH_MAX] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return COMMAND_MACHINE;
    const char *const arguments[] = {"gdb",        "-q",
                                     "-ex",        "set breakpoint pending on",
                                     "-ex",        "break gamekit_replay_stop",
                                     "-ex",        "run",
                                     "-ex",        "tbreak **(void **)&gamekit_replay_callback",
                                     "-ex",        "continue",
                                     "--args",     self,
                                     "replay",     wanted->file,
                                     wanted->game, OPTION_STOP,
                                     wanted->gdb,  NULL};
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    fprintf(stderr, "gamekit: gdb cannot be started: %s. Install it, or leave out --gdb.\n",
            strerror(errno));
    return COMMAND_MACHINE;
}

static void stop_before(struct run *run, void *context)
{
    const struct stop *stop = context;
    if (run->ticks != stop->tick)
        return;
    run->repeats = false;
    gamekit_replay_callback = *(void *const *)(const void *)&run->game.tick;
    gamekit_replay_stop();
}

__attribute__((noinline)) void gamekit_replay_stop(void)
{
    __asm__ volatile(""); /* or the call would be left out */
}

static bool understand(int count, char **arguments, struct wanted *ret_wanted)
{
    struct wanted wanted = {.game = NULL};
    for (int i = 0; i < count; i++) {
        bool takes_tick =
            strcmp(arguments[i], OPTION_GDB) == 0 || strcmp(arguments[i], OPTION_STOP) == 0;
        if (takes_tick && i + 1 < count && is_number(arguments[i + 1])) {
            *(strcmp(arguments[i], OPTION_GDB) == 0 ? &wanted.gdb : &wanted.stop) =
                arguments[i + 1];
            i++;
        } else if (arguments[i][0] == '-' || (wanted.file && wanted.game)) {
            return false;
        } else if (wanted.file) {
            wanted.game = arguments[i];
        } else {
            wanted.file = arguments[i];
        }
    }
    if (!wanted.game)
        wanted.game = ".";
    *ret_wanted = wanted;
    return wanted.file != NULL;
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 10 && text[digits] == 0;
}
