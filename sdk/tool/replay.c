/*
 * gamekit replay: runs a recorded match again, without a screen, and compares every hash. A match
 * that went over to another version of its game is followed with that one. Or takes the step of a
 * crash again, see crash.h. With --gdb it starts itself once more inside gdb, which stops at
 * gamekit_replay_stop right before the tick and from there at the first instruction of the game's
 * tick.
 */
#include <errno.h>
#include <limits.h>
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
#include "tool/crash.h"
#include "tool/file.h"
#include "tool/versions.h"

#define EXPLAIN_BYTES 8192
#define OPTION_GDB    "--gdb"
#define OPTION_STOP   "--stop" /* what --gdb starts us with */
#define OPTION_STORE  "--store"

struct wanted {
    const char *file; /* or the folder of a crash */
    const char *games[VERSIONS_MAX];
    int game_count;
    const char *store;      /* or NULL */
    const char *gdb, *stop; /* a tick, or NULL */
};

struct player {
    struct versions *versions;
    uint32_t stop_at; /* tick */
};

/* Where gdb stops; `gamekit_replay_callback` is then the address of the game's tick. */
extern const void *volatile gamekit_replay_callback;
const void *volatile gamekit_replay_callback;
void gamekit_replay_stop(void);

static enum command_status run_again(const struct wanted *wanted);
static enum command_status take_crash(const struct wanted *wanted);
static enum command_status find_first(struct versions *versions, const struct wanted *wanted,
                                      const uint8_t *file, size_t count, struct run **ret_run);
static enum command_status play(struct run *run, struct versions *versions,
                                const struct wanted *wanted, const uint8_t *file, size_t count);
static enum command_status play_apart(struct run *run, struct versions *versions,
                                      const struct wanted *wanted, const uint8_t *file,
                                      size_t count);
static void say_death(const struct wanted *wanted, const struct run_note *note, int signal);
static enum command_status judge(enum rerun_verdict verdict, const struct rerun_report *report);
static struct run *find_image(const struct replay_image *image, void *context);
static enum command_status start_gdb(const struct wanted *wanted);
static void stop_before(struct run *run, void *context);
static void stop_at(const void *callback);
static bool understand(int count, char **arguments, struct wanted *ret_wanted);
static bool is_number(const char *text);

enum command_status command_replay(int argument_count, char **arguments)
{
    struct wanted wanted;
    if (!understand(argument_count, arguments, &wanted)) {
        fprintf(stderr,
                "gamekit: replay takes a file, and the game it is of, in every version that "
                "played: gamekit replay FILE [GAME.so|FOLDER]... [--store FOLDER] "
                "[--gdb TICK]; or the folder of a crash, and one game at most\n");
        return COMMAND_USAGE;
    }
    return wanted.gdb ? start_gdb(&wanted) : run_again(&wanted);
}

static enum command_status run_again(const struct wanted *wanted)
{
    static struct versions versions;
    struct run *run = NULL;
    size_t count = 0;
    enum command_status status = COMMAND_FINE;
    if (crash_is_at(wanted->file))
        return take_crash(wanted);
    versions.store = wanted->store;
    for (int i = 0; i < wanted->game_count && status == COMMAND_FINE; i++)
        status = versions_open(&versions, wanted->games[i]);
    uint8_t *file =
        status == COMMAND_FINE ? file_read(wanted->file, REPLAY_BYTES_MAX, &count) : NULL;
    if (status == COMMAND_FINE)
        status = file ? find_first(&versions, wanted, file, count, &run) : COMMAND_USAGE;
    if (status == COMMAND_FINE && wanted->stop)
        status = play(run, &versions, wanted, file, count);
    else if (status == COMMAND_FINE)
        status = play_apart(run, &versions, wanted, file, count);
    versions_close(&versions);
    free(file);
    return status;
}

static enum command_status take_crash(const struct wanted *wanted)
{
    const char *game = wanted->games[0]; /* NULL: none is named */
    return wanted->stop ? crash_here(wanted->file, game, strtoul(wanted->stop, NULL, 10), stop_at)
                        : crash_again(wanted->file, game);
}

/* The version that the match began with; without it the first one that was named, whose hashes tell
 * whether it is the same function. */
static enum command_status find_first(struct versions *versions, const struct wanted *wanted,
                                      const uint8_t *file, size_t count, struct run **ret_run)
{
    static struct replay_reader reader;
    enum replay_refusal refusal = replay_read_begin(&reader, file, count);
    if (refusal != REPLAY_FINE) {
        fprintf(stderr, "%s: %s\n", replay_refusal_code(refusal), reader.sentence);
        return COMMAND_USAGE;
    }
    *ret_run = versions_find(versions, &reader.head.image);
    if (!*ret_run && wanted->game_count > 0)
        *ret_run = versions_first(versions);
    if (*ret_run)
        return COMMAND_FINE;
    fprintf(stderr, "The match began with version %.24s of %.32s, whose game.so has the SHA-256 ",
            reader.head.image.version, reader.head.game);
    for (size_t i = 0; i < sizeof reader.head.image.sha; i++)
        fprintf(stderr, "%02x", reader.head.image.sha[i]);
    fprintf(stderr, ": no folder in %s has it.\n", wanted->store);
    return COMMAND_USAGE;
}

static enum command_status play(struct run *run, struct versions *versions,
                                const struct wanted *wanted, const uint8_t *file, size_t count)
{
    struct rerun_report report;
    struct player player = {.versions = versions,
                            .stop_at =
                                wanted->stop ? (uint32_t)strtoul(wanted->stop, NULL, 10) : 0};
    const struct rerun_wishes wishes = {.before_tick = wanted->stop ? stop_before : NULL,
                                        .find_image = find_image,
                                        .context = &player};
    enum rerun_verdict verdict = rerun(run, file, count, &wishes, &report);
    return judge(verdict, &report);
}

static struct run *find_image(const struct replay_image *image, void *context)
{
    const struct player *player = context;
    return versions_find(player->versions, image);
}

/* In a process of its own, so that a game that dies is told with its tick and callback. */
static enum command_status play_apart(struct run *run, struct versions *versions,
                                      const struct wanted *wanted, const uint8_t *file,
                                      size_t count)
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
        versions_note(versions, note);
        enum command_status status = play(run, versions, wanted, file, count);
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
        say_death(wanted, note, WTERMSIG(end));
    munmap(note, sizeof *note);
    return status;
}

static void say_death(const struct wanted *wanted, const struct run_note *note, int signal)
{
    fprintf(stderr, "In tick %u, %s died: %s. To stand there: gamekit replay %s", note->ticks,
            game_callback_name(note->callback), strsignal(signal), wanted->file);
    for (int i = 0; i < wanted->game_count; i++)
        fprintf(stderr, " %s", wanted->games[i]);
    fprintf(stderr, "%s%s --gdb %u\n", wanted->store ? " " OPTION_STORE " " : "",
            wanted->store ? wanted->store : "", note->ticks);
}

static enum command_status judge(enum rerun_verdict verdict, const struct rerun_report *report)
{
    char text[EXPLAIN_BYTES];
    printf("ticks=%u\nhashes=%u\n", report->ticks, report->hashes);
    if (report->swaps > 0)
        printf("swaps=%u\n", report->swaps);
    if (verdict == RERUN_SAME) {
        const char *how_far = "The match is the same to its end.";
        if (!report->is_finished)
            how_far = "The match is the same as far as it was recorded.";
        else if (!report->has_result)
            how_far =
                "The match is the same to its end: it was broken off there, without a result.";
        printf("last_hash=0x%016llx\n%s\n", (unsigned long long)report->hash_us, how_far);
        return COMMAND_FINE;
    }
    fflush(stdout);
    fprintf(stderr, "%s\n", report->sentence);
    if (verdict == RERUN_STRANGER)
        fprintf(stderr, "Name each version that played, or a folder of all of them: gamekit replay "
                        "FILE GAME... [--store FOLDER]\n");
    if (verdict == RERUN_DIFFERENT && report->run->game.explain) {
        run_explain(report->run, text, sizeof text);
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
    const char *arguments[24 + VERSIONS_MAX] = {
        "gdb",       "-q",
        "-ex",       "set breakpoint pending on",
        "-ex",       "break gamekit_replay_stop",
        "-ex",       "run",
        "-ex",       "tbreak **(void **)&gamekit_replay_callback",
        "-ex",       "continue",
        "--args",    self,
        "replay",    wanted->file,
        OPTION_STOP, wanted->gdb};
    size_t count = 18;
    for (int i = 0; i < wanted->game_count; i++)
        arguments[count++] = wanted->games[i];
    if (wanted->store) {
        arguments[count++] = OPTION_STORE;
        arguments[count++] = wanted->store;
    }
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    fprintf(stderr, "gamekit: gdb cannot be started: %s. Install it, or leave out --gdb.\n",
            strerror(errno));
    return COMMAND_MACHINE;
}

static void stop_before(struct run *run, void *context)
{
    const struct player *player = context;
    if (run->ticks != player->stop_at)
        return;
    run->repeats = false;
    stop_at(*(void *const *)(const void *)&run->game.tick);
}

static void stop_at(const void *callback)
{
    gamekit_replay_callback = callback;
    gamekit_replay_stop();
}

__attribute__((noinline)) void gamekit_replay_stop(void)
{
    __asm__ volatile(""); /* or the call would be left out */
}

static bool understand(int count, char **arguments, struct wanted *ret_wanted)
{
    struct wanted wanted = {.file = NULL};
    for (int i = 0; i < count; i++) {
        bool takes_tick =
            strcmp(arguments[i], OPTION_GDB) == 0 || strcmp(arguments[i], OPTION_STOP) == 0;
        if (takes_tick && i + 1 < count && is_number(arguments[i + 1])) {
            *(strcmp(arguments[i], OPTION_GDB) == 0 ? &wanted.gdb : &wanted.stop) =
                arguments[i + 1];
            i++;
        } else if (strcmp(arguments[i], OPTION_STORE) == 0 && i + 1 < count && !wanted.store) {
            wanted.store = arguments[++i];
        } else if (arguments[i][0] == '-' || wanted.game_count == VERSIONS_MAX) {
            return false;
        } else if (wanted.file) {
            wanted.games[wanted.game_count++] = arguments[i];
        } else {
            wanted.file = arguments[i];
        }
    }
    if (wanted.game_count == 0 && !wanted.store && wanted.file && !crash_is_at(wanted.file))
        wanted.games[wanted.game_count++] = ".";
    *ret_wanted = wanted;
    return wanted.file && (!crash_is_at(wanted.file) || (wanted.game_count <= 1 && !wanted.store));
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 10 && text[digits] == 0;
}
