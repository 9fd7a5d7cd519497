/* gamekit build: makes the bundle of a game, with its WebAssembly where that can be made. */
#include "tool/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/prefix.h"
#include "tool/program.h"

#define GAME_CACHED "GAMEKIT_GAME:INTERNAL="

static enum command_status machine_judge(const char *folder, struct build *build);
static enum command_status configure(const char *folder, struct build *build);
static bool is_configured_for(const char *folder);
static enum command_status name_results(const char *folder, struct build *build);
static enum command_status run(const char *folder, const char *const *arguments,
                               struct build *build);
static int wait_for_turn(const char *folder);
static char *cached(const char *folder, const char *key);
static size_t lines_of_author(const char *output, char *to);
static bool is_noise(const char *line, bool after_failure);
static enum command_status say(struct build *build, enum command_status status, const char *format,
                               ...) __attribute__((format(printf, 3, 4)));

enum command_status command_build(int argument_count, char **arguments)
{
    if (argument_count > 1) {
        fprintf(stderr, "gamekit: build takes one folder: gamekit build [FOLDER]\n");
        return COMMAND_USAGE;
    }
    struct build build;
    enum command_status status = build_game(argument_count ? arguments[0] : ".", &build);
    build_show_output(&build);
    if (status == COMMAND_FINE) {
        char wasm[PATH_MAX + sizeof "/game.wasm"];
        snprintf(wasm, sizeof wasm, "%s/game.wasm", build.bundle);
        printf("%s\n", build.bundle);
        if (access(wasm, R_OK) != 0)
            printf("Without game.wasm, by which a site plays replays back: clang and wasm-ld make "
                   "it, and\nare not both here (Debian: apt install clang lld).\n");
    }
    build_finish(&build);
    return status;
}

enum command_status build_game(const char *folder, struct build *ret_build)
{
    static const char *const needed[] = {"CMakeLists.txt", "game.json", "client/main.js"};
    *ret_build = (struct build){.output = NULL};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, needed[i]);
        if (access(path, R_OK) != 0)
            return say(ret_build, COMMAND_FAULT,
                       "%s is no folder of a game, for it has no %s (%s): go to one, or make one "
                       "with `gamekit new NAME`.",
                       folder, needed[i], strerror(errno));
    }
    enum command_status status = machine_judge(folder, ret_build);
    if (status == COMMAND_FINE)
        status = configure(folder, ret_build);
    if (status == COMMAND_FINE)
        status = name_results(folder, ret_build);
    if (status == COMMAND_FINE)
        status = build_target(folder, "bundles", ret_build);
    return status;
}

enum command_status build_target(const char *folder, const char *target, struct build *build)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/build", folder);
    const char *const arguments[] = {"cmake", "--build", path, "--target", target, NULL};
    return run(folder, arguments, build);
}

void build_show_output(const struct build *build)
{
    size_t bytes = build->output ? strlen(build->output) : 0;
    if (bytes > 0)
        fprintf(stderr, "%s%s", build->output, build->output[bytes - 1] == '\n' ? "" : "\n");
}

void build_finish(struct build *build)
{
    free(build->output);
    build->output = NULL;
}

/* CMake, what it calls, and a place to write. */
static enum command_status machine_judge(const char *folder, struct build *build)
{
    char path[PATH_MAX];
    const char *compiler = getenv("CC");
    if (!program_is_there("cmake"))
        return say(build, COMMAND_MACHINE,
                   "There is no cmake: install it (Debian: apt install cmake).");
    if (!program_is_there("ninja") && !program_is_there("make"))
        return say(build, COMMAND_MACHINE,
                   "There is neither ninja nor make: install one (Debian: apt install "
                   "ninja-build).");
    if (compiler && *compiler && !strchr(compiler, ' ') && !program_is_there(compiler))
        return say(build, COMMAND_MACHINE,
                   "The compiler of the variable CC, %s, is not there: install it, or unset CC.",
                   compiler);
    if ((!compiler || !*compiler) && !program_is_there("cc") && !program_is_there("gcc") &&
        !program_is_there("clang"))
        return say(build, COMMAND_MACHINE,
                   "There is no C compiler: install one (Debian: apt install gcc libc6-dev).");
    snprintf(path, sizeof path, "%s/build", folder);
    if ((mkdir(path, 0777) != 0 && errno != EEXIST) || access(path, W_OK) != 0)
        return say(build, COMMAND_MACHINE,
                   "%s cannot be written (%s): give yourself the right to, or copy the game to "
                   "where you may.",
                   path, strerror(errno));
    return COMMAND_FINE;
}

/* Each time: it takes a moment, and finds new files. A folder that was moved begins again. */
static enum command_status configure(const char *folder, struct build *build)
{
    char target[PATH_MAX], package[PATH_MAX], definition[PATH_MAX + 32];
    bool again = is_configured_for(folder);
    if (!prefix_path("share/cmake/gamekit", package))
        return say(build, COMMAND_MACHINE, "The CMake package of gamekit is missing.");
    snprintf(target, sizeof target, "%s/build", folder);
    snprintf(definition, sizeof definition, "-Dgamekit_DIR=%s", package);
    const char *arguments[16] = {"cmake", "-S", folder, "-B", target, definition, "-UGAMEKIT_GAME"};
    int count = 7;
    if (!again) {
        arguments[count++] = "--fresh";
        arguments[count++] = "-G";
        arguments[count++] = program_is_there("ninja") ? "Ninja" : "Unix Makefiles";
    }
    return run(folder, arguments, build);
}

static bool is_configured_for(const char *folder)
{
    char real[PATH_MAX];
    char *home = cached(folder, "CMAKE_HOME_DIRECTORY:INTERNAL=");
    bool same = home && realpath(folder, real) && strcmp(real, home) == 0;
    free(home);
    return same;
}

/* The paths of what will be made. */
static enum command_status name_results(const char *folder, struct build *build)
{
    char *id = cached(folder, GAME_CACHED);
    if (!id)
        return say(build, COMMAND_FAULT,
                   "CMakeLists.txt adds no game: write gamekit_add_game(ID SOURCES...) in it.");
    snprintf(build->bundle, sizeof build->bundle, "%s/build/plugins.d/%s", folder, id);
    free(id);
    return COMMAND_FINE;
}

/* Keeps what was said, cleaned, when there is something wrong or a warning. */
static enum command_status run(const char *folder, const char *const *arguments,
                               struct build *build)
{
    struct program_end end;
    int turn = wait_for_turn(folder);
    bool has_run = program_run(arguments, NULL, &end);
    if (turn >= 0)
        close(turn);
    if (!has_run)
        return say(build, COMMAND_MACHINE, "%s cannot be run.", arguments[0]);
    build_output_clean(end.output);
    if (end.status == 0 && !strstr(end.output, "warning:")) {
        free(end.output);
        return COMMAND_FINE;
    }
    build_finish(build);
    build->output = end.output;
    return end.status == 0 ? COMMAND_FINE : COMMAND_FAULT;
}

/* `gamekit play` builds whenever the author saves, and he may build too: one after the other.
 * Returns the descriptor that holds the lock until it is closed. */
static int wait_for_turn(const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/build", folder);
    int turn = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (turn >= 0)
        (void)flock(turn, LOCK_EX);
    return turn;
}

/* The value of a line of CMake's cache, owned by the caller; NULL when there is none. */
static char *cached(const char *folder, const char *key)
{
    char path[PATH_MAX], *value = NULL;
    snprintf(path, sizeof path, "%s/build/CMakeCache.txt", folder);
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *line = NULL;
    size_t room = 0, key_bytes = strlen(key);
    while (!value && getline(&line, &room, file) > 0)
        if (strncmp(line, key, key_bytes) == 0)
            value = strndup(line + key_bytes, strcspn(line + key_bytes, "\n"));
    free(line);
    fclose(file);
    return value;
}

void build_output_clean(char *output)
{
    if (lines_of_author(output, NULL) > 0)
        output[lines_of_author(output, output)] = '\0';
}

/* Moves those lines to `to`, unless it is NULL; returns how many bytes they are. */
static size_t lines_of_author(const char *output, char *to)
{
    size_t kept = 0;
    bool after_failure = false;
    for (const char *line = output; *line;) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        bool failure = strncmp(line, "FAILED: ", strlen("FAILED: ")) == 0;
        if (!is_noise(line, after_failure)) {
            if (to)
                memmove(to + kept, line, length);
            kept += length;
        }
        after_failure = failure;
        line += length;
    }
    return kept;
}

/* A line of the generator's own: progress, the command that failed, and that it stops. */
static bool is_noise(const char *line, bool after_failure)
{
    static const char *const starts[] = {
        "[", "FAILED: ", "ninja: ", "make: ", "make[", "gmake: ", "gmake[", "-- "};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(line, starts[i], strlen(starts[i])) == 0)
            return true;
    return after_failure; /* ninja repeats the command */
}

static enum command_status say(struct build *build, enum command_status status, const char *format,
                               ...)
{
    char sentence[2 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    build_finish(build);
    build->output = strdup(sentence);
    return status;
}
