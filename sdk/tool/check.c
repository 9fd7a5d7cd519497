/* gamekit check: asks the judge that the games service asks too, and shows what a host will see. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/admit.h"
#include "host/image.h"
#include "tool/build.h"
#include "tool/command.h"
#include "tool/prefix.h"
#include "tool/prober.h"

static enum command_status check_file(const char *path);
static enum command_status check_source(const char *folder);
static enum command_status check_bundle(const char *folder);
static enum command_status judge(const char *path, const struct bundle *bundle, size_t image_bytes,
                                 struct admission *admission);
static enum command_status refuse(const char *path, const char *code, const char *reason);
static bool was_probed(const struct admission *admission);
static void say_where(const char *code);
static void show(const struct admission *admission, const struct bundle *bundle,
                 size_t image_bytes);
static void show_modes(const struct gk_manifest *manifest);
static void show_players(uint32_t least, uint32_t most);
static void show_options(const struct game_options *options);
static void show_callbacks(uint32_t callbacks);
static bool has(const char *folder, const char *name);
static uint8_t *read_start(int file, size_t bytes_max, size_t *ret_count);

enum command_status command_check(int argument_count, char **arguments)
{
    const char *path = argument_count ? arguments[0] : ".";
    struct stat status;
    if (argument_count > 1) {
        fprintf(stderr, "gamekit: check takes one file or folder: gamekit check [FILE|FOLDER]\n");
        return COMMAND_USAGE;
    }
    if (stat(path, &status) != 0) {
        fprintf(stderr, "gamekit: %s: %s\n", path, strerror(errno));
        return COMMAND_USAGE;
    }
    if (!S_ISDIR(status.st_mode))
        return check_file(path);
    return has(path, "CMakeLists.txt") && !has(path, "game.so") ? check_source(path)
                                                                : check_bundle(path);
}

/* A game.so alone. */
static enum command_status check_file(const char *path)
{
    struct admission admission;
    struct stat status;
    size_t count = 0;
    uint8_t *bytes = NULL;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would make it wait */
    bool is_file = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    if (is_file)
        bytes = read_start(file, GAME_IMAGE_BYTES_MAX + 1, &count);
    if (!bytes)
        fprintf(stderr, "gamekit: %s cannot be read: %s.\n", path,
                file >= 0 && !is_file ? "it is no plain file" : strerror(errno));
    if (file >= 0)
        close(file);
    if (!bytes)
        return COMMAND_USAGE;
    struct probe_starter probe = prober();
    (void)admit_image(bytes, count, &probe, &admission);
    enum command_status result = judge(path, NULL, count, &admission);
    if (result == COMMAND_FINE && admission.manifest.option_count != 0)
        printf("\nOnly the shared object was looked at, and nothing of it was run, for its options "
               "stand in game.json: check the folder.\n");
    else if (result == COMMAND_FINE)
        printf("\nOnly the shared object was looked at: check the folder for game.json and "
               "client/.\n");
    admission_finish(&admission);
    free(bytes);
    return result;
}

/* What is built from it, as it is now. */
static enum command_status check_source(const char *folder)
{
    struct build build;
    enum command_status status = build_game(folder, &build);
    build_show_output(&build);
    if (status == COMMAND_FINE)
        status = check_bundle(build.bundle);
    build_finish(&build);
    return status;
}

static enum command_status check_bundle(const char *folder)
{
    char real[PATH_MAX], reason[BUNDLE_REASON_BYTES];
    struct bundle *bundle;
    struct admission admission;
    if (!realpath(folder, real)) {
        fprintf(stderr, "gamekit: %s: %s\n", folder, strerror(errno));
        return COMMAND_USAGE;
    }
    enum bundle_refusal refusal = bundle_read(real, &bundle, reason);
    if (refusal != BUNDLE_FINE)
        return refuse(folder, bundle_refusal_code(refusal), reason);
    struct probe_starter probe = prober();
    (void)admit_bundle(bundle, strrchr(real, '/') + 1, &probe, &admission);
    enum command_status result =
        judge(folder, bundle, bundle_find(bundle, "game.so")->count, &admission);
    admission_finish(&admission);
    bundle_destroy(bundle);
    return result;
}

static enum command_status judge(const char *path, const struct bundle *bundle, size_t image_bytes,
                                 struct admission *admission)
{
    if (admission->code)
        return refuse(path, admission->code, admission->reason);
    show(admission, bundle, image_bytes);
    if (was_probed(admission))
        prober_say_walls(admission->facts.layers);
    return COMMAND_FINE;
}

static enum command_status refuse(const char *path, const char *code, const char *reason)
{
    fprintf(stderr, "%s is refused: %s\n%s\n", path, code, reason);
    say_where(code);
    return strcmp(code, "probe_failed") == 0 ? COMMAND_MACHINE : COMMAND_FAULT;
}

/* The line of the document that explains the code. */
static void say_where(const char *code)
{
    char path[PATH_MAX], row[64], line[1024];
    if (!prefix_path("share/doc/gamekit/refused.md", path))
        return;
    FILE *document = fopen(path, "r");
    snprintf(row, sizeof row, "| `%s` |", code);
    for (int number = 1; document && fgets(line, sizeof line, document); number++)
        if (strncmp(line, row, strlen(row)) == 0)
            fprintf(stderr, "See %s:%d\n", path, number);
    if (document)
        fclose(document);
}

static void show(const struct admission *admission, const struct bundle *bundle, size_t image_bytes)
{
    const struct gk_manifest *manifest = &admission->manifest;
    printf("%s %s, \"%s\": a platform takes it.\n\n", manifest->id, manifest->version,
           manifest->title);
    printf("  abi        %u.%u, runs on %u.%u and later\n", manifest->abi_major,
           manifest->abi_minor, manifest->abi_major, manifest->abi_minor_required);
    if (bundle)
        printf("  files      %zu, %zu bytes, sha256 %.16s...\n", bundle->file_count,
               bundle->bytes_total, bundle->sha_text);
    printf("  game.so    %zu bytes\n", image_bytes);
    const struct bundle_file *wasm = bundle ? bundle_find(bundle, "game.wasm") : NULL;
    if (wasm)
        printf("  game.wasm  %zu bytes\n", wasm->count);
    else if (bundle)
        printf("  game.wasm  none: no playback of replays in the browser\n");
    printf("  state      %u bytes, schema %u", manifest->state_bytes, manifest->state_schema);
    if (manifest->state_schema_oldest != manifest->state_schema)
        printf(", takes over from %u on", manifest->state_schema_oldest);
    printf("\n  input      %u bytes\n  view       at most %u bytes\n", manifest->input_bytes,
           manifest->view_bytes_max);
    if (manifest->tick_hz)
        printf("  steps      %u a second\n", manifest->tick_hz);
    else if (manifest->turn_seconds)
        printf("  steps      turn-based, at most %u s a turn\n", manifest->turn_seconds);
    else
        printf("  steps      turn-based\n");
    printf("  seats      ");
    show_players(manifest->players_min, manifest->players_max);
    printf("%s\n", manifest->flags & GK_FLAG_OPEN_SEATS ? ", may be empty and taken late" : "");
    show_modes(manifest);
    if (bundle)
        show_options(&admission->about.declared);
    if (was_probed(admission))
        show_callbacks(admission->facts.callbacks);
}

static bool was_probed(const struct admission *admission)
{
    return admission->facts.callbacks != 0;
}

static void show_modes(const struct gk_manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->mode_count; i++) {
        const struct gk_mode *mode = &manifest->modes[i];
        printf("  %-10s %s: ", i == 0 ? "modes" : "", mode->id);
        show_players(mode->players_min, mode->players_max);
        if (mode->teams == mode->players_max)
            printf(", everyone for oneself\n");
        else
            printf(", %u team%s\n", mode->teams, mode->teams == 1 ? "" : "s");
    }
}

static void show_players(uint32_t least, uint32_t most)
{
    if (least == most)
        printf("%u player%s", most, most == 1 ? "" : "s");
    else
        printf("%u-%u players", least, most);
}

static void show_options(const struct game_options *options)
{
    if (options->count == 0)
        printf("  options    none\n");
    for (uint32_t i = 0; i < options->count; i++) {
        const struct game_option *option = &options->options[i];
        printf("  %-10s %s: ", i == 0 ? "options" : "", option->id);
        if (option->type == GAME_OPTION_INTEGER)
            printf("%d-%d in steps of %d, else %d\n", option->min, option->max, option->step,
                   option->value_default);
        else if (option->type == GAME_OPTION_SWITCH)
            printf("on or off, else %s\n", option->value_default ? "on" : "off");
        else {
            for (uint32_t value = 0; value < option->value_count; value++)
                printf("%s%s", value == 0 ? "" : ", ", option->values[value]);
            printf(", else %s\n", option->values[option->value_default]);
        }
    }
}

static void show_callbacks(uint32_t callbacks)
{
    printf("  callbacks ");
    for (uint32_t callback = GAME_CALL_INIT; callback < GAME_CALL_COUNT; callback++)
        if (callbacks >> callback & 1)
            printf(" %s", game_callback_name(callback));
    printf("\n");
}

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

/* At most so many bytes; the caller frees them. */
static uint8_t *read_start(int file, size_t bytes_max, size_t *ret_count)
{
    uint8_t *bytes = malloc(bytes_max);
    size_t count = 0;
    ssize_t got = 1;
    while (bytes && count < bytes_max && got > 0) {
        got = read(file, bytes + count, bytes_max - count);
        count += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        free(bytes);
        return NULL;
    }
    *ret_count = count;
    return bytes;
}
