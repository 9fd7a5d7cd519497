/*
 * gamekit fuzz: plays a game with whatever can happen to it, built with the address and undefined
 * sanitizers, until something is wrong or the time is over. The runtime of the sanitizers has to be
 * in a program from its start, so the tool starts itself once more with it. There a child plays,
 * and its match is recorded in memory that it shares with its parent, who saves it when the child
 * dies.
 *
 * Match number N of seed S is always the same; how many there are is a matter of time.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/crowd.h"
#include "host/rerun.h"
#include "tool/build.h"
#include "tool/command.h"
#include "tool/file.h"
#include "tool/game.h"

#define OPTION_WITHIN   "--within" /* what the tool starts itself with: the sanitized image */
#define SECONDS_DEFAULT 10
#define SECONDS_MAX     86400
#define TICKS_MAX       2000 /* of one match */
#define STEPS_MAX       8000
#define RECORDING_BYTES (16u << 20)
#define SILENCE_MS_MAX  10000 /* of one callback */
#define LOOK_EVERY_MS   20
#define EXPLAIN_BYTES   2048
#define EXIT_FOUND      77

struct wanted {
    const char *folder, *within, *replay;
    uint64_t seed, seconds;
};

/* Seen by the child that plays and by its parent. */
struct shared {
    struct run_note note;
    uint32_t match; /* that is played */
    uint32_t fault; /* enum run_fault, of a child that ended with EXIT_FOUND */
    uint64_t matches, ticks;
    struct replay_writer writer;
    uint8_t recording[RECORDING_BYTES];
};

static enum command_status start(const struct wanted *wanted);
static enum command_status build(const struct wanted *wanted, char image[PATH_MAX],
                                 char runtime[PATH_MAX]);
static enum command_status start_within(const struct wanted *wanted, const char *image,
                                        const char *runtime);
static enum command_status fuzz(const struct wanted *wanted);
static void play(const struct wanted *wanted, const struct game *game, struct shared *shared)
    __attribute__((noreturn));
static void play_match(struct run *run, const struct game *game, struct shared *shared,
                       uint64_t seed);
static void look_around(struct run *run, struct crowd *crowd);
static int watch(pid_t child, const struct shared *shared, bool *ret_hangs);
static enum command_status tell(const struct wanted *wanted, struct shared *shared, int status,
                                bool hangs);
static bool save(const struct wanted *wanted, struct shared *shared, char path[PATH_MAX]);
static bool is_question(uint32_t callback);
static enum command_status replay_within(const struct wanted *wanted, const struct game *game);
static bool understand(int count, char **arguments, struct wanted *ret_wanted);
static bool take_number(const char *text, uint64_t number_max, uint64_t *ret_number);
static int64_t now_ms(void);

enum command_status command_fuzz(int argument_count, char **arguments)
{
    struct wanted wanted;
    if (!understand(argument_count, arguments, &wanted)) {
        fprintf(stderr, "gamekit: fuzz takes the folder of a game: gamekit fuzz [FOLDER] "
                        "[--seconds N] [--seed N] [--replay FILE]\n");
        return COMMAND_USAGE;
    }
    return wanted.within ? fuzz(&wanted) : start(&wanted);
}

static enum command_status start(const struct wanted *wanted)
{
    char image[PATH_MAX], runtime[PATH_MAX];
    enum command_status status = build(wanted, image, runtime);
    return status == COMMAND_FINE ? start_within(wanted, image, runtime) : status;
}

/* The bundle, which says what the game is, and the image with sanitizers. */
static enum command_status build(const struct wanted *wanted, char image[PATH_MAX],
                                 char runtime[PATH_MAX])
{
    struct build build;
    char path[PATH_MAX + 32];
    uint8_t *text = NULL;
    size_t count = 0;
    enum command_status status = build_game(wanted->folder, &build);
    if (status == COMMAND_FINE)
        status = build_target(wanted->folder, "fuzz", &build);
    build_show_output(&build);
    const char *id = status == COMMAND_FINE ? strrchr(build.bundle, '/') + 1 : "";
    snprintf(path, sizeof path, "%s/build/fuzz/%s.so", wanted->folder, id);
    if (status == COMMAND_FINE && !realpath(path, image))
        status = COMMAND_FAULT;
    snprintf(path, sizeof path, "%s/build/fuzz/%s.runtime", wanted->folder, id);
    if (status == COMMAND_FINE)
        text = file_read(path, PATH_MAX - 1, &count);
    if (text)
        snprintf(runtime, PATH_MAX, "%.*s", (int)count, (const char *)text);
    if (status == COMMAND_FINE && (!text || access(runtime, R_OK) != 0)) {
        fprintf(stderr, "gamekit: the compiler has no library for the address sanitizer: install "
                        "it, or build with gcc (variable CC).\n");
        status = COMMAND_MACHINE;
    }
    free(text);
    build_finish(&build);
    return status;
}

static enum command_status start_within(const struct wanted *wanted, const char *image,
                                        const char *runtime)
{
    char self[PATH_MAX] = "", seconds[24], seed[24];
    snprintf(seconds, sizeof seconds, "%" PRIu64, wanted->seconds);
    snprintf(seed, sizeof seed, "%" PRIu64, wanted->seed);
    const char *const arguments[] = {
        "gamekit",      "fuzz", wanted->folder, "--seconds", seconds,
        "--seed",       seed,   OPTION_WITHIN,  image,       wanted->replay ? "--replay" : NULL,
        wanted->replay, NULL};
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0 ||
        setenv("LD_PRELOAD", runtime, 1) != 0 ||
        setenv("ASAN_OPTIONS", "detect_leaks=0:detect_stack_use_after_return=0", 1) != 0 ||
        setenv("UBSAN_OPTIONS", "print_stacktrace=1", 1) != 0)
        return COMMAND_MACHINE;
    fflush(NULL);
    execv(self, (char *const *)(uintptr_t)arguments);
    fprintf(stderr, "gamekit: the tool cannot start itself: %s.\n", strerror(errno));
    return COMMAND_MACHINE;
}

static enum command_status fuzz(const struct wanted *wanted)
{
    static struct game game;
    int status = 0;
    bool hangs = false;
    unsetenv("LD_PRELOAD");
    enum command_status found = game_find(wanted->folder, &game);
    if (found == COMMAND_FINE)
        found = game_take(wanted->within, &game);
    if (found != COMMAND_FINE)
        return found;
    if (wanted->replay)
        return replay_within(wanted, &game);
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    pid_t child = shared == MAP_FAILED ? -1 : fork();
    if (child == 0)
        play(wanted, &game, shared);
    if (child < 0) {
        fprintf(stderr, "gamekit: no process to play in: %s.\n", strerror(errno));
        return COMMAND_MACHINE;
    }
    status = watch(child, shared, &hangs);
    return tell(wanted, shared, status, hangs);
}

static void play(const struct wanted *wanted, const struct game *game, struct shared *shared)
{
    int64_t until_ms = now_ms() + (int64_t)wanted->seconds * 1000;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct run *run = run_create(&game->manifest, &game->table);
    if (!run)
        _exit(COMMAND_MACHINE);
    run->repeats = true;
    run->note = &shared->note;
    run->recorder = &shared->writer;
    for (shared->match = 0; now_ms() < until_ms; shared->match++) {
        play_match(run, game, shared, wanted->seed);
        if (run->fault != RUN_FINE) {
            shared->fault = run->fault;
            _exit(EXIT_FOUND);
        }
        shared->matches++;
        shared->ticks += run->ticks;
    }
    _exit(0);
}

static void play_match(struct run *run, const struct game *game, struct shared *shared,
                       uint64_t seed)
{
    struct crowd crowd;
    struct replay_head head;
    struct gk_match match;
    /* Every fourth crowd is a fair one: it gets further. */
    crowd_init(&crowd, shared->match % 4 == 0 ? CROWD_MIXED : CROWD_HOSTILE,
               seed + shared->match * 0x9e3779b97f4a7c15u);
    crowd_choose_match(&crowd, &game->manifest, &game->options, shared->match, &match);
    run_head(&game->manifest, game->sha, &match, 0, &head);
    replay_write_begin(&shared->writer, shared->recording, sizeof shared->recording, NULL, NULL,
                       &head);
    run_begin(run, &match);
    crowd_sit_down(&crowd, run);
    for (uint32_t steps = 0;
         steps < STEPS_MAX && run->ticks < TICKS_MAX && !run->is_over && !shared->writer.is_full;
         steps++) {
        crowd_play(&crowd, run);
        (void)run_step(run);
        if (run->fault == RUN_FINE)
            look_around(run, &crowd);
    }
}

/* Everything that can be asked, whoever would ask it. */
static void look_around(struct run *run, struct crowd *crowd)
{
    char text[EXPLAIN_BYTES];
    uint32_t player_count = run->match.player_count;
    for (uint32_t slot = 0; slot < player_count && run->fault == RUN_FINE; slot++)
        (void)run_view(run, slot);
    if (run->fault == RUN_FINE)
        (void)run_view(run, GK_SPECTATOR);
    if (run->fault == RUN_FINE && run->ticks % 16 == 0)
        run_explain(run, text, 1 + crowd_chance(crowd, sizeof text));
    if (run->manifest.tick_hz != 0 && run->ticks % 8 == 0)
        (void)run_bot(run, crowd_chance(crowd, player_count), 1 + crowd_chance(crowd, 3));
}

/* Waits for it; ends it when one callback takes too long. */
static int watch(pid_t child, const struct shared *shared, bool *ret_hangs)
{
    const struct timespec pause = {0, LOOK_EVERY_MS * 1000000L};
    volatile const uint64_t *calls = &shared->note.calls;
    uint64_t seen = 0;
    int64_t since_ms = now_ms();
    int status = 0;
    for (;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR))
            return status;
        if (*calls != seen) {
            seen = *calls;
            since_ms = now_ms();
        }
        if (now_ms() - since_ms > SILENCE_MS_MAX && !*ret_hangs) {
            *ret_hangs = true;
            kill(child, SIGKILL);
        }
        nanosleep(&pause, NULL);
    }
}

static enum command_status tell(const struct wanted *wanted, struct shared *shared, int status,
                                bool hangs)
{
    char path[PATH_MAX];
    bool is_found = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FOUND;
    printf("seed=%" PRIu64 "\nmatches=%" PRIu64 "\nticks=%" PRIu64 "\n", wanted->seed,
           shared->matches, shared->ticks);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        printf("findings=0\n");
        return shared->matches > 0 ? COMMAND_FINE : COMMAND_MACHINE;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_MACHINE) {
        fprintf(stderr, "gamekit: there is no memory for a match.\n");
        return COMMAND_MACHINE;
    }
    printf("findings=1\nmatch=%u\ntick=%u\ncallback=%s\n", shared->match, shared->note.ticks,
           game_callback_name(shared->note.callback));
    fflush(stdout);
    fprintf(stderr, "In tick %u of match %u, %s %s.\n", shared->note.ticks, shared->match,
            game_callback_name(shared->note.callback),
            hangs      ? "does not return"
            : is_found ? run_fault_text((enum run_fault)shared->fault)
                       : "died: the sanitizer has said why");
    if (!save(wanted, shared, path))
        return COMMAND_MACHINE;
    fprintf(stderr, "It is recorded. To see it again: gamekit fuzz %s --replay %s\n",
            wanted->folder, path);
    return COMMAND_FAULT;
}

/* What was played until then; and the question, when it was one that a recording leaves out. */
static bool save(const struct wanted *wanted, struct shared *shared, char path[PATH_MAX])
{
    const struct run_note *note = &shared->note;
    struct replay_writer *writer = &shared->writer;
    char folder[PATH_MAX / 2];
    if (is_question(note->callback))
        replay_write_ask(writer, (enum game_callback)note->callback, note->slot, note->bytes,
                         note->count);
    replay_write_flush(writer);
    snprintf(folder, sizeof folder, "%s/replays", wanted->folder);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "gamekit: %s: %s\n", folder, strerror(errno));
        return false;
    }
    snprintf(path, PATH_MAX, "%s/fuzz-%" PRIu64 "-%u.replay", folder, wanted->seed, shared->match);
    return file_write(path, writer->buffer, writer->used);
}

static bool is_question(uint32_t callback)
{
    return callback == GAME_CALL_INPUT || callback == GAME_CALL_VIEW ||
           callback == GAME_CALL_EXPLAIN || callback == GAME_CALL_BOT;
}

/* A crash ends this process, with the sanitizer's words. */
static enum command_status replay_within(const struct wanted *wanted, const struct game *game)
{
    const struct rerun_wishes wishes = {.without_hashes = true};
    struct rerun_report report;
    size_t count;
    uint8_t *file = file_read(wanted->replay, REPLAY_BYTES_MAX, &count);
    struct run *run = run_create(&game->manifest, &game->table);
    enum command_status status = COMMAND_USAGE;
    if (file && run) {
        run->repeats = true;
        enum rerun_verdict verdict = rerun(run, file, count, &wishes, &report);
        printf("ticks=%u\n", report.ticks);
        fflush(stdout);
        if (verdict == RERUN_SAME)
            printf("Nothing is wrong with it.\n");
        else
            fprintf(stderr, "%s\n", report.sentence);
        if (verdict == RERUN_SAME)
            status = COMMAND_FINE;
        else if (verdict == RERUN_FAULT || verdict == RERUN_DIFFERENT)
            status = COMMAND_FAULT;
    }
    run_destroy(run);
    free(file);
    return status;
}

static bool understand(int count, char **arguments, struct wanted *ret_wanted)
{
    struct wanted wanted = {.seed = 1, .seconds = SECONDS_DEFAULT};
    for (int i = 0; i < count; i++) {
        bool has_value = i + 1 < count;
        if (arguments[i][0] != '-') {
            if (wanted.folder)
                return false;
            wanted.folder = arguments[i];
        } else if (!has_value) {
            return false;
        } else if (strcmp(arguments[i], "--seconds") == 0) {
            if (!take_number(arguments[++i], SECONDS_MAX, &wanted.seconds))
                return false;
        } else if (strcmp(arguments[i], "--seed") == 0) {
            if (!take_number(arguments[++i], UINT64_MAX, &wanted.seed))
                return false;
        } else if (strcmp(arguments[i], "--replay") == 0) {
            wanted.replay = arguments[++i];
        } else if (strcmp(arguments[i], OPTION_WITHIN) == 0) {
            wanted.within = arguments[++i];
        } else {
            return false;
        }
    }
    if (!wanted.folder)
        wanted.folder = ".";
    *ret_wanted = wanted;
    return true;
}

static bool take_number(const char *text, uint64_t number_max, uint64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || errno != 0 || number > number_max)
        return false;
    *ret_number = number;
    return true;
}

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
